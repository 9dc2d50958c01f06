package app_test

import (
	"encoding/json"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// spansOf returns the ended spans of a name, in the order of their end.
func (w *world) spansOf(name string) []sdktrace.ReadOnlySpan {
	var out []sdktrace.ReadOnlySpan
	for _, s := range w.spans.Ended() {
		if s.Name() == name {
			out = append(out, s)
		}
	}
	return out
}

// A job that its time started is a trace of its own with a link to its scheduling; the first
// attempt of one that somebody asked for belongs to the asking, further ones link to it.
func TestTracesOfJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], empty: true})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	const id, name = "auto_sync:connection:" + sandbox.Connection, "job AutoSync"

	w.due(t, pool, schedule.AutoSync)
	await(t, pool, 1, finals)
	await(t, pool, 0, "select count(*) from river_job where state = 'running'")
	jobs, ticks := w.spansOf(name), w.spansOf("schedule jobs")
	if len(jobs) != 1 || len(ticks) == 0 {
		t.Fatalf("%d jobs, %d ticks", len(jobs), len(ticks))
	}
	job, tick := jobs[0], ticks[len(ticks)-1].SpanContext()
	if job.Parent().IsValid() || len(job.Links()) != 1 || job.Links()[0].SpanContext.TraceID() != tick.TraceID() || job.Links()[0].SpanContext.SpanID() != tick.SpanID() {
		t.Errorf("a scheduled job: parent %v, links %v, the tick is %v", job.Parent(), job.Links(), tick)
	}
	var traced int
	must(t, pool.QueryRow(t.Context(), "select count(*) from job_executions where trace_id = $1", job.SpanContext().TraceID().String()).Scan(&traced))
	if traced != 1 {
		t.Errorf("%d executions have the job's trace id", traced)
	}

	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Outage: true})
	asking := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	_, err := w.Jobs.Enqueue(t.Context(), id, json.RawMessage(`{"sync_type": "tandoor", "full_sync": true}`), "00-01000000000000000000000000000000-0200000000000000-01")
	must(t, err)
	await(t, pool, 1, "select count(*) from job_executions where trigger_type = 'manual' and status = 'failed'")
	await(t, pool, 1, "select count(*) from river_job where state = 'retryable'")
	heal()
	hurry(t, pool)
	await(t, pool, 1, "select count(*) from job_executions where trigger_type = 'manual' and status = 'completed' and attempt_number = 2")
	await(t, pool, 0, "select count(*) from river_job where state = 'running'")
	jobs = w.spansOf(name)
	if len(jobs) != 3 {
		t.Fatalf("%d attempts", len(jobs))
	}
	if first := jobs[1]; first.Parent().SpanID() != asking.SpanID() || first.SpanContext().TraceID() != asking.TraceID() {
		t.Errorf("the first attempt is not part of the asking: parent %v", first.Parent())
	}
	if again := jobs[2]; again.Parent().IsValid() || len(again.Links()) != 1 || again.Links()[0].SpanContext.TraceID() != asking.TraceID() {
		t.Errorf("the second attempt: parent %v, links %v", again.Parent(), again.Links())
	}
}
