//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// browser asks for pages as a user, and counts what it gets by method, route and status.
type browser struct {
	http    *http.Client
	base    string
	session string
	got     map[string]float64
}

func (b *browser) ask(t *testing.T, ctx context.Context, method, path, route string, status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, http.NoBody)
	must(t, err)
	req.Header.Set("Cookie", b.session)
	req.Header.Set("Accept", "text/html")
	b.got[fmt.Sprintf("%s %s %d", method, route, status)]++
	resp, err := b.http.Do(req)
	if ctx.Err() != nil { // it stops watching
		return
	}
	must(t, err)
	for _, c := range resp.Cookies() {
		if strings.HasPrefix(path, "/sign-in/") && c.Value != "" {
			b.session = c.Name + "=" + c.Value
		}
	}
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, resp.Body.Close())
	if ctx.Err() == nil {
		must(t, err)
	}
	if resp.StatusCode != status {
		t.Errorf("%s %s: %s, want %d", method, path, resp.Status, status)
	}
}

// pageTraffic has a user look at pages: some are served, some refused, one fails, and a list is
// watched.
func (w *world) pageTraffic(t *testing.T) {
	t.Helper()
	code, link := w.command(t, []string{"user", "sign-in", "user_lewis"})
	if code != 0 {
		t.Fatal(link)
	}
	_, token, _ := strings.Cut(strings.TrimSpace(link), "/sign-in/")
	b := &browser{
		http: &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		base: "http://" + w.api.Addr, got: map[string]float64{},
	}
	defer b.http.CloseIdleConnections()
	ctx, list := t.Context(), "/shopping/"+nextWeek(t, "user_lewis").String()
	b.ask(t, ctx, http.MethodGet, "/settings", "/settings", http.StatusSeeOther) // who is not signed in is led there
	b.ask(t, ctx, http.MethodPost, "/sign-in/"+token, "/sign-in/{token}", http.StatusSeeOther)
	for range 5 {
		b.ask(t, ctx, http.MethodGet, list, "/shopping/{week}", http.StatusOK)
	}
	b.ask(t, ctx, http.MethodGet, "/shopping/someday", "/shopping/{week}", http.StatusNotFound)
	b.ask(t, ctx, http.MethodGet, "/api/v1/weeks", "/api/v1/weeks", http.StatusUnauthorized)
	// A plan that cannot be read: its statement succeeds, the page does not.
	const of = " where user_id = 'user_lewis' and week_of = (select max(week_of) from plans where user_id = 'user_lewis')"
	w.exec(t, "create table kept as select id, data from plans"+of)
	w.exec(t, "update plans set data = '[]'"+of)
	for range 3 {
		b.ask(t, ctx, http.MethodGet, list, "/shopping/{week}", http.StatusInternalServerError)
	}
	w.exec(t, "update plans p set data = k.data from kept k where k.id = p.id")
	w.exec(t, "drop table kept")
	brief, leave := context.WithTimeout(ctx, 3*time.Second)
	b.ask(t, brief, http.MethodGet, list+"/events", "/shopping/{week}/events", http.StatusOK)
	leave()
	w.pages = b.got
}

// checkPages compares the requests that Prometheus knows with those that were made. Other
// tests ask for other routes.
func (w *world) checkPages(t *testing.T) {
	tb := &table{t: t}
	defer tb.print()
	const routes = `http_route=~"/settings|/sign-in/.*|/shopping/.*|/api/v1/weeks"`
	got, err := w.stack.Ports.Metrics().Query(t.Context(), "sum by (http_request_method, http_route, http_response_status_code) (http_server_request_duration_count{"+routes+"})")
	must(t, err)
	measured := map[string]float64{}
	for _, s := range got {
		measured[fmt.Sprintf("%s %s %s", s.Labels["http_request_method"], s.Labels["http_route"], s.Labels["http_response_status_code"])] = s.Value
	}
	for k, n := range w.pages {
		tb.row("http_server_request_duration_count{"+k+"}", n, measured[k], 0)
		delete(measured, k)
	}
	for k, n := range measured {
		tb.row("http_server_request_duration_count{"+k+"}", 0, n, 0)
	}
	watched := w.value(t, `sum(http_server_request_duration_sum{http_route="/shopping/{week}/events"})`)
	if watched < 2 || watched > 10 {
		t.Errorf("a list was watched for %.1f s, want 3", watched)
	}
	lines := 0
	for _, l := range w.parsed() {
		if l.Message == "Page failed" {
			lines++
		}
	}
	if lines != 3 {
		t.Errorf("%d lines of failed pages, want 3", lines)
	}
}
