package app_test

import (
	"math"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// The gauges about jobs are what the tables say: what waits while a type is paused, and
// afterwards the rates of the last day.
func TestJobGauges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:3]})
	pool := w.pool(t)
	must(t, w.JobStore.SetRuntime(t.Context(), "jobs.WeeklyGeneration.paused", "true", "test", "", time.Hour))
	w.due(t, pool, schedule.WeeklyGeneration)
	_, err := pool.Exec(t.Context(), `update users set settings = settings || '{"allergens": ["no such thing"]}' where id = 'user_00'`)
	must(t, err)
	must(t, w.Start(t.Context()))
	w.awaitLeader(t)
	_, err = pool.Exec(t.Context(), "update scheduled_jobs set next_run_at = next_run_at - interval '2 seconds' where job_type = 'WeeklyGeneration'")
	must(t, err)
	w.ReadGauges(t.Context())
	check := func(name string, want map[string]float64) {
		t.Helper()
		got := w.gauge(t, name)
		if len(got) != len(metrics.JobTypes) {
			t.Errorf("%s: %v", name, got)
		}
		for k, v := range want {
			if math.Abs(got[k]-v) > 1e-9 {
				t.Errorf("%s{%s} = %g, want %g", name, k, got[k], v)
			}
		}
	}
	check("scheduler_job_queue_depth", map[string]float64{"WeeklyGeneration": 3, "AutoSync": 0})
	if age := w.gauge(t, "scheduler_job_oldest_pending_age_seconds"); age["WeeklyGeneration"] < 1 || age["WeeklyGeneration"] > 60 || age["AutoSync"] != 0 {
		t.Errorf("oldest pending: %v", age)
	}
	if limit := w.gauge(t, "scheduler_concurrency_limit"); limit[""] != 5 {
		t.Errorf("limit: %v", limit)
	}
	check("scheduler_concurrent_jobs", map[string]float64{"WeeklyGeneration": 0})
	_, err = w.JobStore.DropRuntime(t.Context(), "jobs.WeeklyGeneration.paused", "test", "")
	must(t, err)
	await(t, pool, 3, finals)
	w.ReadGauges(t.Context())
	check("scheduler_job_queue_depth", map[string]float64{"WeeklyGeneration": 0})
	check("scheduler_job_retry_rate", map[string]float64{"WeeklyGeneration": 0})
	check("job_processing_throughput", map[string]float64{"WeeklyGeneration": 3. / 24, "DailyAdvisor": 0})
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	sum, worst := 0.0, ""
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != "scheduler_job_error_rate" {
				continue
			}
			for _, p := range m.Data.(metricdata.Gauge[float64]).DataPoints {
				sum += p.Value
				if p.Value > 0 {
					kind, _ := p.Attributes.Value(metrics.KeyJobType)
					what, _ := p.Attributes.Value(metrics.KeyErrorType)
					worst = kind.AsString() + " " + what.AsString()
				}
			}
		}
	}
	if math.Abs(sum-1./3) > 1e-9 || worst != "WeeklyGeneration InvalidConstraints" {
		t.Errorf("error rates: %g in all, %s", sum, worst)
	}
}
