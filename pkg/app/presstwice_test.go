package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// twice posts a form as a double click does: the browser forgets the first request as soon as the
// second is sent, and shows the answer to that.
func (b *browser) twice(path string, form url.Values, status int, text string) string {
	b.t.Helper()
	ctx, forget := context.WithCancel(b.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	must(b.t, err)
	req.Header.Set("Accept", "text/html")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", fmt.Sprint("test ", b.posts+1)) // as the second
	for _, c := range b.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	forgotten := make(chan struct{})
	go func() {
		defer close(forgotten)
		if resp, err := http.DefaultTransport.RoundTrip(req); err == nil { // its cookies are lost
			_ = resp.Body.Close()
		}
	}()
	time.Sleep(2 * time.Millisecond) // a hand is slower
	time.AfterFunc(time.Millisecond, forget)
	page := b.want(path, form, status, text)
	<-forgotten
	forget()
	return page
}

// A form that is pressed twice does once what it says, and its answer is that of the first press,
// whatever a browser has thrown away of it.
func TestADoubleClickIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }}) // on Tuesday noon
	lewis := sandbox.People()[0]
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	pool, b := w.pool(t), w.browser(t)
	once := func(what, query string, args ...any) {
		t.Helper()
		var n int
		if must(t, pool.QueryRow(t.Context(), query, args...).Scan(&n)); n != 1 {
			t.Errorf("%s: %d times", what, n)
		}
	}
	token, err := w.SignIns.Link(t.Context(), lewis.ID)
	must(t, err)
	b.twice("/sign-in/"+token, url.Values{}, http.StatusOK, "7 of 7 days on target")
	b.want("/settings", nil, http.StatusOK, "Daily targets") // and the browser is signed in

	b.twice("/week/"+(week-7).String()+"/plan", url.Values{}, http.StatusOK, "The week is planned.")
	once("a week was planned", "select count(*) from plans where week_of = $1", (week - 7).Time())
	once("its mail", "select count(*) from outbox where email_type = 'weekly_plan' and period = $1", (week - 7).String())
	b.twice("/shopping/"+week.String(), url.Values{"do": {"add"}, "text": {"two candles"}}, http.StatusOK, "two candles")
	once("an item was added", "select count(*) from shopping_items where text = 'two candles'")
	page := b.twice("/account/tokens", url.Values{"do": {"create"}, "name": {"phone"}, "scopes": {"plan:read"}}, http.StatusOK, "Copy this token now")
	once("a token was made", "select count(*) from api_tokens")
	b.twice("/account/tokens", url.Values{"do": {"revoke"}, "id": {field(t, page, "End it", "id")}}, http.StatusOK, "It has ended.")
	page = b.want("/settings", nil, http.StatusOK, "Daily targets")
	form := url.Values{"form": {"targets"}, "seen": {field(t, page, "Daily targets", "seen")}, "protein": {"141"}, "fat": {"60"}, "carbs": {"200"}, "tolerance": {"10"}}
	b.twice("/settings", form, http.StatusOK, "Stored.")
	page = b.want("/week/"+week.String(), nil, http.StatusOK, ">Lock<")
	lock := url.Values{"version": {field(t, page, ">Lock<", "version")}, "once": {field(t, page, ">Lock<", "once")}, "command": {"LOCK " + (week + calendar.Date(2)).String() + " lunch"}}
	if page := b.twice("/week/"+week.String(), lock, http.StatusOK, "Wednesday lunch stays"); strings.Contains(page, "pressed before") {
		t.Errorf("a command:\n%s", page)
	}
	mailed := strings.TrimPrefix(w.Links.Command(lewis.ID, week, "SKIP "+(week+5).String()+" breakfast"), w.Links.Base)
	b.twice(mailed, url.Values{}, http.StatusOK, "Saturday breakfast is skipped")
	for range 2 { // in vain: said each time
		if status, at, page := b.do("/shopping/"+week.String(), url.Values{"do": {"add"}, "text": {" "}}, "User-Agent", "one"); status != http.StatusOK || !strings.Contains(page, `class="flash"`) {
			t.Errorf("an item of no letters leads to %d at %s:\n%s", status, at, page)
		}
	}
	leave := url.Values{"email": {lewis.Email}}
	b.twice("/account/delete", leave, http.StatusOK, "mail")
	once("a mail that deletes", "select count(*) from outbox where email_type = 'account_deletion'")
}
