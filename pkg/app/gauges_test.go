package app_test

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mealplanner/mealplanner/pkg/app"
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
