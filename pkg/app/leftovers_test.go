package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// The page behind a link to sign in names the account to its owner, without using the link up, and to
// nobody whose link does not work.
func TestASignInLinkNamesItsAccount(t *testing.T) {
	t.Parallel()
	lewis := sandbox.People()[0]
	w := newWorld(t, options{people: []sandbox.Person{lewis}, role: "api"})
	must(t, w.Start(t.Context()))
	token, err := w.SignIns.Link(t.Context(), lewis.ID)
	must(t, err)
	b := w.browser(t)
	for range 2 {
		page := b.want("/sign-in/"+token, nil, http.StatusOK, "<b>l…@sandbox.example</b>")
		if strings.Contains(page, lewis.Email) {
			t.Errorf("the page has the whole address:\n%s", page)
		}
	}
	for _, bad := range []string{"x", token + "A", strings.Repeat("A", len(token))} {
		if page := b.want("/sign-in/"+bad, nil, http.StatusUnauthorized, "Mail me a link"); strings.Contains(page, "@") || strings.Contains(page, "stays signed in") {
			t.Errorf("a link that is not valid names an account:\n%s", page)
		}
	}
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	if page := b.want("/sign-in/"+token, nil, http.StatusUnauthorized, "This link was used before"); strings.Contains(page, "@") {
		t.Errorf("a link that was used names an account:\n%s", page)
	}
}

// A first week that cannot be planned says so, instead of a page that loads itself anew for ever; and
// whose invitation ends while a step is under way reads what a person can do.
func TestWhatASetUpSaysWhenItFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{role: "api", change: func(c *config.Config) { c.Web.RateLimit, c.Generation.Timeout = 0, time.Millisecond }})
	must(t, w.Start(t.Context()))
	token, err := w.SignIns.Link(t.Context(), sandbox.People()[0].ID)
	must(t, err)
	b := w.browser(t)
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	b.want("/first", url.Values{}, http.StatusOK, "")
	deadline := time.Now().Add(20 * time.Second)
	for page := ""; !strings.Contains(page, "your week is not planned yet"); _, _, page = b.do("/first", nil) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is said of the failure:\n%s", page)
		}
	}

	link := w.invitePrinted(t, user.User{ID: "user_bo", Email: "bo@example.org"})
	late := w.browser(t)
	late.want(link, url.Values{}, http.StatusOK, "Where your recipes are")
	at, err := url.Parse(w.box.TandoorURL())
	must(t, err)
	library, pool := httputil.NewSingleHostReverseProxy(at), w.pool(t)
	slow := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { // meanwhile it ends
		if _, err := pool.Exec(r.Context(), "update invitations set expires_at = now() where user_id = 'user_bo'"); err != nil {
			t.Error(err)
		}
		library.ServeHTTP(rw, r)
	}))
	defer slow.Close()
	page := late.want("/setup/library", url.Values{"url": {slow.URL}, "token": {w.box.TandoorToken}}, http.StatusUnauthorized, "has ended")
	if strings.Contains(page, "mealplanner invitation") {
		t.Errorf("a person reads what operators do:\n%s", page)
	}
}

// invitePrinted invites somebody without a mail and returns the path of their link.
func (w *world) invitePrinted(t *testing.T, u user.User) string {
	t.Helper()
	u.TimeZone, u.People, u.Settings = "Europe/Berlin", 1, user.DefaultSettings()
	link, err := w.Invite(t.Context(), u, false)
	must(t, err)
	return invitationPath.FindString(link)
}
