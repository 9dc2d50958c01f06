//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// ours selects the series of the program's processes.
const ours = `job=~"mealplanner/meal-planner.*"`

// services are the names under which the program's processes trace.
var services = []string{"meal-planner", "meal-planner-api", "meal-planner-scheduler"}

// TestTruth lets the program work, first undisturbed, then with faults, and compares every
// metric of the catalogue with what was counted without it.
func TestTruth(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
	w := newWorld(t, s)
	w.startRoles(t)
	w.normalTraffic(t)
	w.pageTraffic(t)
	w.checkAvailability(t, 1)
	w.faults(t)
	w.jobTraffic(t)
	w.notify(t)
	w.settle(t)
	t.Run("names and labels", w.checkNames)
	t.Run("counts", w.checkCounts)
	t.Run("gauges", w.checkGauges)
	t.Run("job counts", w.checkJobCounts)
	t.Run("feedback", w.checkFeedback)
	t.Run("pages", w.checkPages)
	t.Run("job traces", w.checkJobTraces)
	t.Run("pool usage", w.checkPoolUsage)
	t.Run("lines", w.checkLines)
	t.Run("log queries", w.checkLogQueries)
	t.Run("dashboards", w.checkDashboards)
	t.Run("attributes", w.checkAttributes)
	t.Run("statements", w.checkStatements)
	w.startRoles(t)
	t.Run("down", w.checkServiceUp)
}

// notify tells the api of an alert, as Alertmanager does.
func (w *world) notify(t *testing.T) {
	t.Helper()
	body := fmt.Sprintf(`{"version": "4", "alerts": [{"status": "firing", "fingerprint": "1", "startsAt": %q, "annotations": {},
		"labels": {"alertname": "SchedulerJobFailureRateHigh", "severity": "critical", "job_type": "WeeklyTrends"}}]}`, time.Now().Format(time.RFC3339))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.api.Addr+"/alerts/notify", strings.NewReader(body))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+alertsToken)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusNoContent {
		t.Errorf("the api answers a notification with %s", resp.Status)
	}
	eventually(t, "the response is exported", 2*time.Minute, func() bool { return w.value(t, "sum(alert_response)") == 1 })
}

func (w *world) normalTraffic(t *testing.T) {
	t.Helper()
	for _, p := range sandbox.People() {
		w.generate(t, p.ID)
	}
	w.generate(t, "user_lewis") // the week is planned: nothing happens
	httpStatus(t, "http://"+w.api.Addr+"/plan/forged")
}

// faults makes one thing after another go wrong.
func (w *world) faults(t *testing.T) {
	t.Helper()
	week := func(id string, n int) string { return (nextWeek(t, id) + calendar.Date(7*n)).String() }
	set := func(r faultswitch.Rule) (heal func()) {
		t.Helper()
		id, err := w.box.Faults.Set(r)
		must(t, err)
		return func() { must(t, w.box.Faults.Clear(id)) }
	}
	// Upstreams stumble: retried, one plan each.
	set(faultswitch.Rule{Upstream: "tandoor", Path: "/api/recipe/*", Status: http.StatusServiceUnavailable, Times: 1})
	set(faultswitch.Rule{Upstream: "fatsecret", Path: "profile.get", Status: http.StatusServiceUnavailable, Times: 1})
	w.generate(t, "user_kenji", "--week", week("user_kenji", 1))
	// Tandoor is gone: the plan comes from the cache, with a warning.
	heal := set(faultswitch.Rule{Upstream: "tandoor", Outage: true})
	w.generate(t, "user_ana", "--week", week("user_ana", 1))
	w.checkAvailability(t, 0)
	heal()
	// The mail server refuses one mail for good.
	heal = set(faultswitch.Rule{Upstream: "smtp", Path: "RCPT", Status: 550, Times: 1})
	w.generate(t, "user_mara", "--week", week("user_mara", 1))
	heal()
	// It defers another; the scheduler sends it half a minute later.
	heal = set(faultswitch.Rule{Upstream: "smtp", Path: "RCPT", Status: 451, Times: 1})
	w.generate(t, "user_tom", "--week", week("user_tom", 1))
	heal()
	// Tandoor is too slow for a generation.
	heal = set(faultswitch.Rule{Upstream: "tandoor", LatencyMS: 1500})
	w.command(t, []string{"generate", "--user", "user_mara", "--week", week("user_mara", 2)}, "GENERATION_UPSTREAM_TIMEOUT=300ms")
	heal()
	// A library that is too small, twice: two failures.
	for range 2 {
		if code, out := w.command(t, []string{"generate", "--user", poorUser}); code == 0 || code == 4 {
			t.Fatalf("a plan from nothing: %s", out)
		}
	}
	// A lock makes a statement slow; the run takes more than two seconds.
	tx, err := w.db.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "lock table plans in access exclusive mode")
	must(t, err)
	time.AfterFunc(2500*time.Millisecond, func() { _ = tx.Rollback(context.Background()) })
	w.generate(t, "user_lewis", "--week", week("user_lewis", 1))
	// One user's DEBUG lines, and every line of a trace.
	if code, out := w.command(t, []string{"debug", "user_lewis", "--for", "1m"}); code != 0 {
		t.Fatal(out)
	}
	w.command(t, []string{"generate", "--user", "user_lewis", "--week", week("user_lewis", 2)}, "LOG_LEVEL=debug@user_lewis")
	w.command(t, []string{"generate", "--user", "user_ana", "--week", week("user_ana", 2)}, "TRACE_REQUESTS=true")
}

// nextWeek is the week that a demo user is planned for next.
func nextWeek(t *testing.T, id string) calendar.Date {
	t.Helper()
	people := sandbox.People()
	p := people[slices.IndexFunc(people, func(p sandbox.Person) bool { return p.ID == id })]
	week, err := planner.NextWeek(p.User, time.Now())
	must(t, err)
	return week
}

// settle waits until what was sent has arrived everywhere.
func (w *world) settle(t *testing.T) {
	t.Helper()
	eventually(t, "no mail is waiting", 2*time.Minute, func() bool {
		return w.rows(t, "select 'n', count(*)::float8 from outbox where status = 'pending'")["n"] == 0
	})
	time.Sleep(4 * time.Second) // a push, the Collector's wait for traces, and a push of span_metrics
	planned := w.rows(t, "select 'n', count(*)::float8 from plans")["n"]
	last, since := -1.0, time.Now()
	eventually(t, "every plan is counted and the number of samples has stopped changing", 2*time.Minute, func() bool {
		got := w.value(t, `sum(increase(database_query_duration_seconds_count{job="mealplanner/meal-planner"}[1h] anchored)) + sum(generation_component_duration_spanmetrics_seconds_count)`)
		if got != last {
			last, since = got, time.Now()
		}
		return time.Since(since) > 3*time.Second && math.Round(w.value(t, "sum(increase(generation_success_total[1h] anchored))")) == planned
	})
}

// value is the only value of a query; 0 when there is none.
func (w *world) value(t *testing.T, expr string) float64 {
	t.Helper()
	got, err := w.stack.Ports.Metrics().Query(t.Context(), expr)
	must(t, err)
	if len(got) == 0 {
		return 0
	}
	return got[0].Value
}

// foreign are the beginnings of the names that libraries give.
var foreign = []string{"http_server_", "http_client_", "db_client_", "go_", "otel_sdk_", "target_info", "traces_span_metrics_"}

// checkNames looks for every exported metric, under exactly its name and labels, and for
// names that nobody declared.
func (w *world) checkNames(t *testing.T) {
	resource := []string{"__name__", "job", "instance", "service_name", "deployment_environment_name"}
	declared := map[string]bool{}
	for _, d := range metrics.Catalogue {
		names := []string{d.Name}
		if d.Kind == metrics.Histogram {
			names = []string{d.Name + "_bucket", d.Name + "_sum", d.Name + "_count"}
		}
		for _, name := range names {
			declared[name] = true
			got, err := w.stack.Ports.Metrics().Query(t.Context(), name)
			must(t, err)
			if len(got) == 0 {
				t.Errorf("%s is not in Prometheus", name)
			}
			want := map[string]bool{}
			for _, k := range d.Keys {
				want[string(k)] = true
			}
			if strings.HasSuffix(name, "_bucket") {
				want["le"] = true
			}
			for _, sample := range got {
				have := map[string]bool{}
				for l := range sample.Labels {
					if !slices.Contains(resource, l) {
						have[l] = true
					}
				}
				if !maps.Equal(have, want) {
					t.Errorf("%s has the labels %v, want %v", name, slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(want)))
					break
				}
			}
		}
	}
	all, err := w.stack.Ports.MetricNames(t.Context(), "{"+ours+"}")
	must(t, err)
	for _, name := range all {
		if !declared[name] && !slices.ContainsFunc(foreign, func(p string) bool { return strings.HasPrefix(name, p) }) {
			t.Errorf("%s is in no catalogue", name)
		}
	}
	checkBudget(t, w.stack, 5, rolesBudget, "{"+ours+"}")
}

func (w *world) checkCounts(t *testing.T) {
	tb := &table{t: t}
	defer tb.print()
	planned := w.rows(t, "select user_id, count(*)::float8 from plans group by 1")
	failed := map[string]float64{poorUser: 2 + w.rows(t, "select 'n', count(*)::float8 from job_executions where final and status = 'failed' and job_type = 'WeeklyGeneration'")["n"]}
	attempts := maps.Clone(planned)
	attempts[poorUser] += failed[poorUser]
	w.compare(tb, "generation_success_total", planned, 0, metrics.KeyUser)
	w.compare(tb, "generation_attempts_total", attempts, 0, metrics.KeyUser)
	w.compare(tb, "generation_failures_total", map[string]float64{poorUser + " NotEnoughRecipes": failed[poorUser]}, 0, metrics.KeyUser, metrics.KeyErrorType)
	w.compare(tb, "generation_macro_balanced_total", w.rows(t, "select user_id, count(*)::float8 from plans where status = 'balanced' group by 1"), 0, metrics.KeyUser)
	w.compare(tb, "generation_execution_time_seconds_count", attempts, 0, metrics.KeyUser)

	conflicts, total, components, times := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]float64{}
	runs := w.tagged(t, "generation", "generation.id")
	for _, spans := range runs {
		for _, s := range spans {
			if s.Tags["existing"] == true {
				continue
			}
			total[""] += s.Duration.Seconds()
			if s.Tags["otel.status_code"] != "ERROR" {
				for _, c := range metrics.ConflictTypes {
					if strings.Contains(fmt.Sprint(s.Tags["conflicts"]), c) {
						conflicts[c]++
					}
				}
			}
		}
	}
	for _, operation := range []string{"generation", "command mail", "command click"} { // who steers has the week revised
		for c, spans := range w.tagged(t, operation, "component") {
			for _, s := range spans {
				components[c]++
				times[c] += s.Duration.Seconds()
			}
		}
	}
	w.compare(tb, "generation_recipe_selection_conflicts_total", conflicts, 0, metrics.KeyConflict)
	w.compare(tb, "generation_execution_time_seconds_sum", total, .01)
	for _, name := range []string{"generation_component_duration_seconds", "generation_component_duration_spanmetrics_seconds"} {
		w.compare(tb, name+"_count", components, 0, metrics.KeyComponent)
		got, want := w.growth(t, name+"_sum", metrics.KeyComponent), times
		for _, c := range metrics.Components { // Jaeger's durations are whole microseconds
			tb.row(name+"_sum{"+c+"}", want[c], got[c], math.Max(.01*want[c], components[c]*1e-6))
		}
	}

	byCall, byEndpoint, byAPI, received := w.outside.counts()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && !maps.Equal(byCall, w.growth(t, "api_request_total", metrics.KeyAPI, metrics.KeyEndpoint, metrics.KeyStatus)); {
		time.Sleep(time.Second) // a retry that came meanwhile is not exported yet
		byCall, byEndpoint, byAPI, received = w.outside.counts()
	}
	w.compare(tb, "api_request_total", byCall, 0, metrics.KeyAPI, metrics.KeyEndpoint, metrics.KeyStatus)
	w.compare(tb, "api_request_duration_seconds_count", byEndpoint, 0, metrics.KeyAPI, metrics.KeyEndpoint)
	w.compare(tb, "cost_metrics_api_calls", byAPI, 0, metrics.KeyAPI)
	mailed, wire := map[string]float64{}, 0
	types := w.emailTypes(t)
	for _, m := range w.box.Mail.Messages() {
		if emailType := types[m.MessageID]; emailType != "" { // the others are letters to the planner
			mailed[emailType]++
			wire += len(m.Raw)
		}
	}
	w.compare(tb, "cost_metrics_bandwidth_bytes", map[string]float64{"api": float64(received), "email": float64(wire)}, .001, metrics.KeySource)

	w.compare(tb, "email_delivery_success_total", mailed, 0, metrics.KeyEmailType)
	w.compare(tb, "email_delivery_failures_total", w.rows(t, "select email_type, count(*)::float8 from outbox where status = 'failed' or bounced_at is not null group by 1"), 0, metrics.KeyEmailType)
	w.compare(tb, "email_delivery_attempts_total", w.rows(t, "select email_type, count(*)::float8 from outbox where status <> 'pending' group by 1"), 0, metrics.KeyEmailType)
	w.compare(tb, "email_delivery_latency_seconds_count", mailed, 0, metrics.KeyEmailType)
	waited := w.rows(t, "select email_type, sum(extract(epoch from sent_at - created_at))::float8 from outbox where status = 'sent' group by 1")
	took := w.growth(t, "email_delivery_latency_seconds_sum", metrics.KeyEmailType)
	for _, emailType := range metrics.EmailTypes {
		tb.row("email_delivery_latency_seconds_sum{"+emailType+"}", waited[emailType], took[emailType], .1*mailed[emailType])
	}
}

// checkStatements stops the roles, which ask and ask, and compares the named statements
// with what PostgreSQL executed. A batch is measured as one statement, so batches have no
// truth to compare with; nor have the words that no query of ours is named by.
func (w *world) checkStatements(t *testing.T) {
	must(t, w.api.End(syscall.SIGTERM))
	must(t, w.sched.End(syscall.SIGTERM))
	rows, err := w.db.Query(t.Context(), `select query, calls::float8 from pg_stat_statements where query ~ '^-- name: [A-Za-z]+ :(one|many|exec|execrows|execresult)\s'`)
	must(t, err)
	defer rows.Close()
	truth := map[string]float64{}
	for rows.Next() {
		var sql string
		var n float64
		must(t, rows.Scan(&sql, &n))
		if name := postgres.QueryName(sql); name != "count_users" { // asked before there are metrics
			truth[name] += n
		}
	}
	must(t, rows.Err())
	batches := map[string]bool{}
	for _, name := range statements(t, "batchexec") {
		batches[postgres.QueryName(name)] = true
	}
	var measured map[string]float64
	arrived := func() bool {
		measured = w.growth(t, "database_query_duration_seconds_count", metrics.KeyQuery)
		for name, n := range truth {
			if measured[name] != n {
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(time.Minute); !arrived() && time.Now().Before(deadline); { // the last push is on its way
		time.Sleep(500 * time.Millisecond)
	}
	tb := &table{t: t}
	defer tb.print()
	for name := range measured {
		if _, ok := truth[name]; !ok && !batches[name] && !slices.Contains([]string{"begin", "commit", "rollback", "select", "other"}, name) {
			t.Errorf("%s was measured %g times and never executed", name, measured[name])
		}
	}
	for name, n := range truth {
		tb.row("database_query_duration_seconds_count{"+name+"}", n, measured[name], 0)
	}
	if len(truth) < 10 {
		t.Errorf("only %d statements", len(truth))
	}
}
