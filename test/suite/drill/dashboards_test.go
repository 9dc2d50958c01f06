//go:build drill && pictures

package drill

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/suite/dashboards"
)

// shows is the drill under which each dashboard is drawn.
var shows = map[string]string{
	"business-metrics":  "email-delivery-issues",
	"generation-engine": "generation-slow",
	"pages":             "page-errors",
	"scheduler":         "job-failures",
	"service-levels":    "service-down",
	"system-health":     "api-errors",
	"telemetry":         "telemetry-queue-filling",
}

// TestDashboardAnswers records what a stack says to every panel, in health and under a drill of
// each dashboard, for test/grafana/draw: files DASHBOARD.CASE.jsonl in $DASHBOARD_ANSWERS. -only
// chooses dashboards by their drills.
func TestDashboardAnswers(t *testing.T) {
	dir := os.Getenv("DASHBOARD_ANSWERS")
	if dir == "" {
		t.Fatal("DASHBOARD_ANSWERS names no directory")
	}
	must(t, os.MkdirAll(dir, 0o755))
	runs := chosen(t)
	maps.DeleteFunc(shows, func(_, drill string) bool { return !runs(drill) })
	all, err := dashboards.Load(os.DirFS(root), "grafana/dashboards")
	must(t, err)
	w := newWorld(t, options{})
	record := func(name string, only ...string) {
		t.Helper()
		servers := dashboards.Servers{Prometheus: w.Ports.URL(stack.Prometheus), PostgreSQL: w.pg.URL("postgres")}
		if w.HasLoki() {
			servers.Loki = w.Ports.URL(stack.Loki)
		}
		results := dashboards.Run(t.Context(), all, servers, dashboards.Window{To: time.Now(), Span: 20 * time.Minute, Step: 10 * time.Second})
		for uid := range shows {
			if len(only) > 0 && !slices.Contains(only, uid) {
				continue
			}
			f, err := os.Create(filepath.Join(dir, uid+"."+name+".jsonl"))
			must(t, err)
			mine := slices.DeleteFunc(slices.Clone(results), func(r dashboards.Result) bool { return r.Dashboard != uid })
			must(t, dashboards.WriteAnswers(f, mine))
			must(t, f.Close())
		}
	}

	w.ordinaryDay(t, 6*time.Minute)
	record("healthy")
	for _, uid := range slices.Sorted(maps.Keys(shows)) {
		name := shows[uid]
		d, err := drill.Lookup(name)
		must(t, err)
		heal, err := d.Inject(t.Context(), w.in)
		must(t, err)
		if !w.eventually(t.Context(), firesWithin, func() bool { return w.has(t.Context(), selector(d, "firing")) }) {
			t.Errorf("%s does not fire", d.Alert)
		}
		time.Sleep(20 * time.Second) // what comes after it fired is drawn too
		record(name, uid)
		must(t, heal(context.WithoutCancel(t.Context())))
		w.settle(t, lingering)
	}
}

// ordinaryDay has weeks planned, libraries and pages read, one after the other, for a while.
func (w *world) ordinaryDay(t *testing.T, long time.Duration) {
	t.Helper()
	monday := calendar.On(time.Now()).Monday()
	look := w.person(t)
	for deadline, n := time.Now().Add(long), 0; time.Now().Before(deadline); n++ {
		p := people()[n%users]
		week, err := json.Marshal(map[string]string{"week": (monday + 14).String()})
		must(t, err)
		args := []string{"job", "run", "weekly_generation:" + p.ID, "--params", string(week), "--wait", "30s"}
		if n%3 == 2 {
			args = []string{"job", "run", "auto_sync:connection:" + sandbox.Connection, "--wait", "30s"}
		}
		if code, out, err := w.command(t.Context(), args...); err != nil || code != 0 {
			t.Logf("%s: exit %d, %v\n%s", strings.Join(args, " "), code, err, out)
		}
		look("/week", "/week/"+monday.String(), "/shopping/"+monday.String(), "/settings", "/cooking/"+monday.String(), "/meal/"+monday.String()+"/dinner/others", "/week/never")
		_, err = w.in.DB.Exec(t.Context(), "delete from plans where week_of = $1::text::date", (monday + 14).String())
		must(t, err)
		time.Sleep(time.Second) // a thousand weeks in six minutes would hide what a drill does to a few
	}
}

// person signs in, and returns what looks at pages while another browser watches a list.
func (w *world) person(t *testing.T) (look func(paths ...string)) {
	t.Helper()
	token, err := w.tool.SignIns.Link(t.Context(), people()[0].ID)
	must(t, err)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	session := ""
	ask := func(method, path string) {
		req, err := http.NewRequestWithContext(t.Context(), method, w.in.Pages+path, http.NoBody)
		must(t, err)
		req.Header.Set("Cookie", session)
		resp, err := client.Do(req)
		if err != nil { // the test's end
			return
		}
		for _, c := range resp.Cookies() {
			if c.Value != "" && session == "" {
				session = c.Name + "=" + c.Value
			}
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		must(t, resp.Body.Close())
	}
	ask(http.MethodPost, "/sign-in/"+token)
	var wg sync.WaitGroup
	wg.Go(func() {
		for t.Context().Err() == nil {
			ask(http.MethodGet, "/shopping/"+calendar.On(time.Now()).Monday().String()+"/events")
		}
	})
	t.Cleanup(wg.Wait)
	last := time.Time{}
	return func(paths ...string) {
		if time.Since(last) < 5*time.Second { // within API_RATE_LIMIT
			return
		}
		last = time.Now()
		for _, p := range paths {
			ask(http.MethodGet, p)
		}
	}
}
