package app_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/pagetest"
)

// A person with a mouse opens a mail in the sandbox's inbox page, presses a button in it,
// confirms, and the plan is another one; then answers the mail and reads what came back.
func TestInboxPageAsAPersonUsesIt(t *testing.T) {
	t.Parallel()
	addr := loopback.Addr(t)
	w := newWorld(t, options{people: sandbox.People()[:1], imap: true, now: time.Now, change: func(c *config.Config) {
		c.Web.APIAddr, c.Web.PublicURL = addr, "http://"+addr
		c.IMAP.Encryption, c.IMAP.Username, c.IMAP.AuthservID = "none", sandbox.InboxAddress, "sandbox.invalid"
	}})
	must(t, w.Start(t.Context()))
	const who = "user_lewis"
	u, err := w.Users.Get(t.Context(), who)
	must(t, err)
	monday, err := planner.NextWeek(u, time.Now())
	must(t, err)
	_, err = w.Generate(t.Context(), planner.Request{User: who, Week: monday}, nil)
	must(t, err)
	must(t, w.box.Mail.Wait(t.Context(), 1))
	before, err := w.Plans.Get(t.Context(), who, monday)
	must(t, err)

	browser := pagetest.Start(t)
	inbox := strings.TrimSuffix(w.box.InboxURL(), "/")
	browser.Visit(t, inbox+"/mail/1")
	tab := browser.ClickInFrame(t, "p > a.btn + a.btn")
	tab.Await(t, "Nothing has been changed yet.")
	tab.Click(t, "button")
	tab.Await(t, "Done.")
	after, err := w.Plans.Get(t.Context(), who, monday)
	must(t, err)
	if len(plan.Diff(before.Week, after.Week)) == 0 {
		t.Error("the button said Done and changed no meal")
	}

	browser.Visit(t, inbox+"/mail/1")
	browser.Type(t, "#t", "STATUS")
	browser.Click(t, "form button")
	browser.Await(t, "The answer to your reply")
	browser.Visit(t, inbox+"/")
	browser.Await(t, "the newest first")

	sandboxPages := map[string]string{"inbox": inbox + "/", "mail": inbox + "/mail/1", "alerts": w.box.AlertsURL(), "faults": w.box.FaultsURL()}
	for name, url := range sandboxPages {
		html := asBrowser(t, url)
		for _, v := range pagetest.Views {
			for _, f := range browser.Findings(t, html, v) {
				t.Errorf("the sandbox's page %s, %s: %s", name, v, f)
			}
		}
	}
}

// asBrowser returns the page that a browser is shown.
func asBrowser(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	must(t, err)
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(body)
}

// The page of a plan says which meal is which and what the day gives, and can be read and
// touched on a phone and a desktop, in light and in dark.
func TestPlanPageAsAPersonReadsIt(t *testing.T) {
	t.Parallel()
	r := newReaders(t)
	page := r.visit(t, http.MethodGet, r.Links.Plan("user_lewis", week))
	for _, words := range []string{"Week of Monday, 30 November 2026", `<th scope="col">Breakfast</th><th scope="col">Lunch</th><th scope="col">Dinner</th>`, "\u00a0kcal<br>", "<h3>"} {
		if !strings.Contains(page.body, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if strings.Contains(page.body, "checkbox") {
		t.Error("the page has boxes whose ticks nobody keeps")
	}
	list := regexp.MustCompile(`/list/[\w.-]+`).FindString(page.body)
	if shared := r.visit(t, http.MethodGet, r.Links.Base+list); shared.status != http.StatusOK || !strings.Contains(shared.body, "left to buy") {
		t.Errorf("the list to tick, %s: %d", list, shared.status)
	}
	browser, open := pagetest.Start(t), strings.ReplaceAll(page.body, "<details", "<details open")
	for _, v := range pagetest.Views {
		for _, f := range browser.Findings(t, open, v) {
			t.Errorf("%s: %s", v, f)
		}
	}
}
