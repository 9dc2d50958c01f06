package app_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
)

// The pages behind a mail's links: a plan, and an unsubscribe that a GET does not perform.
func TestLinksOfAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.mustGenerate(t, "user_lewis")
	must(t, w.Start(t.Context()))
	base := "http://" + w.Addr(app.API).String()
	local := func(url string) string { return base + url[strings.Index(url[8:], "/")+8:] }
	client := &http.Client{Timeout: 10 * time.Second}
	status := func(method, url string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		must(t, err)
		resp, err := client.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		return resp.StatusCode
	}
	unsubscribe := local(w.Links.Unsubscribe("user_lewis", "weekly_plan"))
	wants := func() bool {
		t.Helper()
		u, err := w.Users.Get(t.Context(), "user_lewis")
		must(t, err)
		return u.Settings.Wants("weekly_plan")
	}
	for _, c := range []struct {
		method, url string
		status      int
		wants       bool
	}{
		{"GET", base + "/healthz", 200, true},
		{"GET", base + "/readyz", 200, true},
		{"GET", local(w.Links.Plan("user_lewis", week)), 200, true},
		{"GET", local(w.Links.Plan("user_lewis", week+7)), 404, true},
		{"GET", base + "/plan/forged", 401, true},
		{"GET", unsubscribe, 200, true},
		{"POST", local(w.Links.Plan("user_lewis", week)), 405, true},
		{"POST", unsubscribe + "x", 401, true},
		{"POST", unsubscribe, 200, false},
		{"POST", unsubscribe, 200, false}, // once more changes nothing
	} {
		if got := status(c.method, c.url); got != c.status || wants() != c.wants {
			t.Errorf("%s %s: %d, wants mail %t; want %d, %t", c.method, c.url, got, wants(), c.status, c.wants)
		}
	}
	for method, want := range map[string][]string{
		http.MethodGet:  {">Lewis", "Unsubscribe from these mails?"},
		http.MethodPost: {">Lewis", `<a href="` + w.Links.Base + `/settings">Settings</a>`},
	} {
		page := fetched(t, client, method, unsubscribe)
		for _, what := range want {
			if !strings.Contains(page, what) {
				t.Errorf("%s: no %s:\n%s", method, what, page)
			}
		}
	}
	if m := w.mustGenerate(t, "user_ana"); m.Mail.To == "" {
		t.Error("Ana gets no mail because Lewis unsubscribed")
	}
}

// fetched is the text of a page.
func fetched(t *testing.T, client *http.Client, method, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	must(t, err)
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(body)
}

// Links, callbacks and their tokens stay out of the traces.
func TestTokensOfLinksStayOutOfTraces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.mustGenerate(t, "user_lewis")
	must(t, w.Start(t.Context()))
	base := "http://" + w.Addr(app.API).String()
	token := w.Links.Signer.Sign("plan", "user_lewis", week.String(), time.Hour)
	for _, path := range []string{"/plan/" + token, "/fatsecret/callback?oauth_token=" + token + "&oauth_verifier=" + token} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, http.NoBody)
		must(t, err)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
	}
	must(t, w.Stop(t.Context())) // the server's spans have ended
	routes := map[string]bool{}
	for _, s := range w.spans.Ended() {
		routes[s.Name()] = true
		for _, kv := range s.Attributes() {
			if strings.Contains(kv.Value.String(), token) {
				t.Errorf("%s: %s holds the token", s.Name(), kv.Key)
			}
		}
	}
	if !routes["GET /plan/{token}"] || !routes["GET /fatsecret/callback"] {
		t.Errorf("the requests have no spans: %v", routes)
	}
}

// A Prometheus that scrapes finds the names of the catalogue, unchanged; operators of the
// machine get profiles and a user's DEBUG lines, and nobody else does.
func TestPagesForMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now, change: func(c *config.Config) { c.Telemetry.Metrics, c.Web.AdminAddr = true, anyPort }})
	w.mustGenerate(t, kenji)
	must(t, w.Start(t.Context()))
	w.awaitLeader(t)
	do := func(method, url, host string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
		must(t, err)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		return resp.StatusCode, string(body)
	}
	admin, public := "http://"+w.Addr(app.Admin).String(), "http://"+w.Addr(app.API).String()
	_, page := do("GET", admin+"/metrics", "")
	for _, want := range []string{
		`generation_success_total{user_id="user_kenji"} 1`, `service_up{service="meal-planner"} 1`,
		`cost_metrics_api_calls{api="fatsecret"} 1`, `generation_component_duration_seconds_count{component="recipe_fetch"} 1`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	for _, private := range []string{"/metrics", "/debug/pprof/", "/debug/users/user_lewis"} {
		for _, base := range []string{public, "http://" + w.Addr(app.Scheduler).String()} {
			if status, _ := do("GET", base+private, ""); status != 404 {
				t.Errorf("%s%s: %d", base, private, status)
			}
		}
	}
	for base, tells := range map[string]bool{public: false, admin: true} {
		if _, page := do("GET", base+"/runbook/api-down", ""); !strings.Contains(page, "Diagnosis") || strings.Contains(page, "done automatically") != tells {
			t.Errorf("%s tells what was done automatically, or has no runbook; want %v", base, tells)
		}
	}
	for _, c := range []struct {
		method, path, host string
		want               int
	}{
		{"GET", "/debug/pprof/goroutine?debug=1", "", 200},
		{"GET", "/debug/pprof/goroutine?debug=1", "evil.example", 403},
		{"PUT", "/debug/users/user_lewis?for=1h", "", 204},
		{"PUT", "/debug/users/user_nobody?for=1h", "", 404},
		{"PUT", "/debug/users/user_lewis?for=25h", "", 400},
		{"PUT", "/debug/users/user_lewis", "", 400},
	} {
		if got, body := do(c.method, admin+c.path, c.host); got != c.want {
			t.Errorf("%s %s (%s): %d, want %d: %s", c.method, c.path, c.host, got, c.want, body)
		}
	}
	w.mustGenerate(t, "user_lewis")
	w.mustGenerate(t, "user_ana")
	for line := range strings.Lines(w.logs.String()) {
		if strings.Contains(line, `"level":"DEBUG"`) != strings.Contains(line, "Generation started") {
			t.Errorf("level: %s", line)
		}
		if strings.Contains(line, "Generation started") && !strings.Contains(line, "user_lewis") {
			t.Errorf("DEBUG lines of another user: %s", line)
		}
	}
	if !strings.Contains(w.logs.String(), "Generation started") {
		t.Error("no DEBUG line of Lewis")
	}
}

// Where others reach the listener, it has no profile and changes nothing.
func TestAdminBeyondThisMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now, change: func(c *config.Config) { c.Telemetry.Metrics, c.Web.AdminAddr = true, "0.0.0.0:0" }})
	must(t, w.Start(t.Context()))
	_, port, err := net.SplitHostPort(w.Addr(app.Admin).String())
	must(t, err)
	for path, want := range map[string]int{"/metrics": 200, "/runbook/api-down": 200, "/debug/pprof/": 404, "/debug/pprof/heap": 404, "/debug/users/user_lewis?for=1h": 404} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+path, http.NoBody)
		must(t, err)
		req.Host = "api:6060"
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
}

// The pages are limited for each client; probes and Alertmanager are not.
func TestPagesAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now, change: func(c *config.Config) { c.Web.RateLimit, c.Alerts.Token = 4, "a-token-of-sixteen" }})
	must(t, w.Start(t.Context()))
	base := "http://" + w.Addr(app.API).String()
	status := func(method, path string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, base+path, http.NoBody)
		must(t, err)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, resp.Body.Close())
		if (resp.StatusCode == http.StatusTooManyRequests) != (resp.Header.Get("Retry-After") != "") {
			t.Errorf("%s: %s, Retry-After %q", path, resp.Status, resp.Header.Get("Retry-After"))
		}
		return resp.StatusCode
	}
	for i, want := range []int{200, 429} {
		if got := status("GET", "/runbook/"); got != want {
			t.Errorf("page %d: %d, want %d", i+1, got, want)
		}
	}
	for range 10 {
		if got := status("GET", "/healthz"); got != 200 {
			t.Errorf("/healthz: %d", got)
		}
		if got := status("GET", "/readyz"); got != 200 {
			t.Errorf("/readyz: %d", got)
		}
		if got := status("POST", "/alerts/notify"); got != 401 {
			t.Error("Alertmanager is limited")
		}
	}
}

// The bare address leads to the pages; browsers are told to keep to TLS where it is spoken.
func TestWhereThePagesBegin(t *testing.T) {
	t.Parallel()
	for public, keep := range map[string]string{"https://meals.example.org": "max-age=31536000", "http://meals.example.org": ""} {
		w := newWorld(t, options{role: "api", change: func(c *config.Config) { c.Web.PublicURL = public }})
		must(t, w.Start(t.Context()))
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Get("http://" + w.Addr(app.API).String() + "/")
		must(t, err)
		must(t, resp.Body.Close())
		if got := resp.Header.Get("Strict-Transport-Security"); resp.StatusCode != http.StatusSeeOther || got != keep {
			t.Errorf("%s: %d, %q, want %q", public, resp.StatusCode, got, keep)
		}
	}
}
