package app_test

import (
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// gauge returns a gauge's points by their only label.
func (w *world) gauge(t *testing.T, name string) map[string]float64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	out := map[string]float64{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != name {
				continue
			}
			for _, p := range m.Data.(metricdata.Gauge[float64]).DataPoints {
				if p.Attributes.Len() == 0 {
					out[""] = p.Value
				}
				for _, kv := range p.Attributes.ToSlice() {
					out[kv.Value.AsString()] = p.Value
				}
			}
		}
	}
	return out
}

func TestGaugesReadTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.mustGenerate(t, "user_lewis")
	w.mustGenerate(t, kenji)
	_, err := w.Delivery.Drain(t.Context())
	must(t, err)
	calls := len(w.box.FatSecret.Requests()) // the leader's probes cost nothing
	must(t, w.Start(t.Context()))
	w.awaitLeader(t)
	if got := w.gauge(t, "generation_macro_balance_success_rate"); got["user_lewis"] != 1 || len(got) != 2 {
		t.Errorf("macro balance: %v", got)
	}
	if got := w.gauge(t, "email_delivery_success_rate"); got["weekly_plan"] != 1 || len(got) != len(metrics.EmailTypes) {
		t.Errorf("delivery rate: %v", got)
	}
	if got := w.gauge(t, "database_connection_pool_usage"); len(got) != 2 || got["api"] < 0 || got["scheduler"] > 1 {
		t.Errorf("pool usage: %v", got)
	}
	if got := w.gauge(t, "service_up"); got["meal-planner"] != 1 {
		t.Errorf("service_up: %v", got)
	}
	if got := w.gauge(t, "weekly_generation_last_success_timestamp_seconds"); len(got) != 1 || time.Since(time.Unix(int64(got[""]), 0)) > time.Minute {
		t.Errorf("last success: %v", got)
	}
	if got, want := w.gauge(t, "api_daily_budget_usage"), float64(calls)/5000; got["fatsecret"] != want || want == 0 {
		t.Errorf("budget: %v, want %v", got, want)
	}
}

// Of two schedulers one reads the database for the gauges; the other takes over when it
// stops.
func TestOneProcessSpeaksForTheInstallation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) // Friday, everybody's run is due
	clock := func() time.Time { return now }
	first := newWorld(t, options{empty: true, now: clock})
	for _, p := range sandbox.People() {
		_, err := first.pool(t).Exec(t.Context(), "update users set created_at = '2026-01-01' where id = $1", p.ID)
		must(t, err)
	}
	second := newWorld(t, options{empty: true, now: clock, database: string(first.cfg.Database.URL)})
	must(t, first.Start(t.Context()))
	first.awaitLeader(t)
	must(t, second.Start(t.Context()))
	// The second one stood for election too: both sessions have asked and wait.
	await(t, first.pool(t), 2, "select count(*) from pg_stat_activity where application_name = 'mealplanner leader' and datname = current_database() and state = 'idle' and query <> ''")
	const gauge = "weekly_generation_success_all_users"
	if got := first.gauge(t, gauge); len(got) != 2 || got["2026-11-30"] != 0 {
		t.Errorf("plans that are hours late: %v", got)
	}
	if got := second.gauge(t, gauge); len(got) != 0 {
		t.Errorf("both speak: %v", got)
	}
	if got := first.gauge(t, "weekly_generation_current_week"); got["2026-11-30"] != 1 || got["2026-11-23"] != 0 {
		t.Errorf("current week: %v", got)
	}
	must(t, first.Stop(t.Context()))
	second.awaitLeader(t)
	if got := second.gauge(t, gauge); len(got) != 2 {
		t.Errorf("nobody speaks: %v", got)
	}
}

// awaitLeader waits until the process has been elected and has read the last gauge.
func (w *world) awaitLeader(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); len(w.gauge(t, "weekly_generation_success_streak_weeks")) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no leader after 15 s")
		}
	}
}

// Every role says of itself whether it is up; only what schedules reads the database for
// the installation's gauges.
func TestGaugesOfEachRole(t *testing.T) {
	t.Parallel()
	for role, service := range map[app.Role]string{
		app.API: "meal-planner-api", app.Scheduler: "meal-planner-scheduler", app.Serve: "meal-planner",
	} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{role: role, empty: true})
			must(t, w.Start(t.Context()))
			if role != app.API {
				w.awaitLeader(t)
			}
			if got := w.gauge(t, "service_up"); got[service] != 1 || len(got) != 1 {
				t.Errorf("service_up: %v", got)
			}
			if got := w.gauge(t, "email_delivery_success_rate"); (len(got) > 0) != (role != app.API) {
				t.Errorf("delivery rate: %v", got)
			}
		})
	}
}

func TestAvailabilityFollowsTheProbe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule faultswitch.Rule
		want map[string]float64
	}{
		"all well":       {faultswitch.Rule{Upstream: "nobody", Outage: true}, map[string]float64{"tandoor": 1, "fatsecret": 1}},
		"tandoor down":   {faultswitch.Rule{Upstream: "tandoor", Outage: true}, map[string]float64{"tandoor": 0, "fatsecret": 1}},
		"fatsecret down": {faultswitch.Rule{Upstream: "fatsecret", Status: 503}, map[string]float64{"tandoor": 1, "fatsecret": 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{})
			w.fault(t, c.rule)
			w.Probe(t.Context())
			must(t, w.Start(t.Context()))
			w.awaitLeader(t)
			got := w.gauge(t, "api_availability")
			for api, want := range c.want {
				if got[api] != want {
					t.Errorf("%s = %v, want %v", api, got[api], want)
				}
			}
			if c.want["tandoor"] == 0 && !strings.Contains(w.logs.String(), `"api":"tandoor"`) {
				t.Error("no line says that Tandoor does not answer")
			}
		})
	}
}

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
	if m := w.mustGenerate(t, "user_ana"); m.Mail.To == "" {
		t.Error("Ana gets no mail because Lewis unsubscribed")
	}
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

// A library that opted in shows the plan and the groceries, once, however often they are
// written.
func TestWriteBackIsIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: func() time.Time { return week.Time() }})
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	w.mustGenerate(t, "user_lewis")
	if n, err := w.Publish(t.Context(), ""); n != 0 || err != nil {
		t.Errorf("published %d plans of a library that did not opt in, %v", n, err)
	}
	conn.WriteBack = true
	must(t, w.Users.PutConnection(t.Context(), conn))
	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Method: http.MethodPost, LoseAnswer: true, Times: 1, Skip: 5})
	if _, err := w.Publish(t.Context(), ""); err != nil {
		t.Logf("the first try broke off: %v", err)
	}
	heal()
	var both sync.WaitGroup // two processes at once
	for range 2 {
		both.Go(func() {
			if _, err := w.Publish(t.Context(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	client, err := w.Tandoor(t.Context(), sandbox.Connection)
	must(t, err)
	meals, err := client.Meals(t.Context(), week, week+6)
	must(t, err)
	if len(meals) != 21 {
		t.Errorf("Tandoor shows %d meals", len(meals))
	}
	stored, err := w.Plans.Get(t.Context(), "user_lewis", week)
	must(t, err)
	needs := 0
	for _, s := range stored.Groceries.Sections {
		for _, l := range s.Lines {
			needs += len(l.Need)
		}
	}
	entries, err := client.Lines(t.Context(), 0)
	must(t, err)
	if len(entries) != needs || needs == 0 {
		t.Errorf("Tandoor shows %d shopping entries, the plan has %d", len(entries), needs)
	}
	if todo, err := w.Plans.Unpublished(t.Context(), "", week); err != nil || len(todo) != 0 {
		t.Errorf("still to do: %v, %v", todo, err)
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
