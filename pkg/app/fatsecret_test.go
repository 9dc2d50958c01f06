package app_test

import (
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// An account is connected by the three-legged flow, in the browser that began.
func TestConnectFatSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	must(t, w.Start(t.Context()))
	base := "http://" + w.Addr(app.API).String()
	link := w.Links.Connect("user_lewis")
	link = base + link[strings.Index(link, "/fatsecret/"):]
	jar, err := cookiejar.New(nil)
	must(t, err)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	browser, stranger := &http.Client{CheckRedirect: stay, Jar: jar}, &http.Client{CheckRedirect: stay}
	do := func(c *http.Client, method, url string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		must(t, err)
		resp, err := c.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		return resp
	}
	if resp := do(browser, "GET", link); resp.StatusCode != http.StatusOK || w.box.FatSecret.Calls()["/oauth/request_token"] != 0 {
		t.Errorf("looking at the link calls FatSecret (%d)", resp.StatusCode)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, link, http.NoBody)
	must(t, err)
	begun, err := browser.Do(req)
	must(t, err)
	page, err := io.ReadAll(begun.Body)
	must(t, err)
	must(t, begun.Body.Close())
	found := regexp.MustCompile(`href="([^"]+)"`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("no link to FatSecret: %s", page)
	}
	agree := html.UnescapeString(string(found[1]))
	callback := do(stranger, "GET", agree).Header.Get("Location") // the stand-in's page agrees at once
	i := strings.Index(callback, "/fatsecret/callback")
	if i < 0 {
		t.Fatalf("the visitor is sent to %q", callback)
	}
	callback = base + callback[i:]
	if resp := do(stranger, "GET", callback); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("another browser may finish: %d", resp.StatusCode)
	}
	if resp := do(browser, "GET", callback); resp.StatusCode != http.StatusOK {
		t.Fatalf("callback: %d", resp.StatusCode)
	}
	u, err := w.Users.Get(t.Context(), "user_lewis")
	must(t, err)
	if !u.FatSecret {
		t.Error("the account is not connected")
	}
	if resp := do(browser, "GET", callback); resp.StatusCode != http.StatusNotFound {
		t.Errorf("the callback works twice: %d", resp.StatusCode)
	}
	if detail, err := w.Accounts.Check(t.Context()); err != nil || !strings.Contains(detail, "answers for") {
		t.Errorf("doctor says %q, %v", detail, err)
	}
}

// A token exchange is signed for one attempt: the transport does not repeat it unseen.
func TestTokenExchangeIsCountedByAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{empty: true})
	_, requestToken, err := w.Accounts.ConnectURL(t.Context(), "user_lewis")
	must(t, err)
	w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Path: "*access_token", Status: http.StatusServiceUnavailable, Times: 1})
	if _, err := w.Accounts.Connect(t.Context(), requestToken, "verifier"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	got := w.byStatus(t)
	if want := map[string]int64{"fatsecret 200": 1, "fatsecret 503": 1}; !maps.Equal(got, want) || len(w.box.FatSecret.Requests()) != 1 {
		t.Errorf("counted %v, want %v; %d requests reached FatSecret", got, want, len(w.box.FatSecret.Requests()))
	}
}
