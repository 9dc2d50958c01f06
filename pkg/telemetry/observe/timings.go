// Package observe wraps the ports of the program with telemetry, so that neither use
// cases nor adapters mention it. It is the only place that knows both.
package observe

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// componentAttr marks a span as one component of a generation.
const componentAttr = attribute.Key("component")

// Timings is a span processor that measures the components of a generation: when a span
// with the attribute component ends, its own duration becomes the metric (with that very
// span as exemplar) and is kept until the run takes it for its completion log. One
// clock, three signals.
type Timings struct {
	rec *metrics.Recorder

	mu   sync.Mutex
	runs map[trace.SpanID]*Run // by the root span of the run
}

var _ sdktrace.SpanProcessor = (*Timings)(nil)

// Run is what a generation's spans measured.
type Run struct {
	Total      time.Duration
	Components map[string]time.Duration
}

// NewTimings returns a processor without a recorder; see [Timings.Record].
func NewTimings() *Timings { return &Timings{runs: map[trace.SpanID]*Run{}} }

// Record sets where durations go. It must be called before the first span ends.
func (t *Timings) Record(rec *metrics.Recorder) { t.rec = rec }

// expect opens a place for the run with this root span; take closes it.
func (t *Timings) expect(root trace.SpanID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs[root] = &Run{Components: map[string]time.Duration{}}
}

func (t *Timings) take(root trace.SpanID) Run {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.runs[root]
	delete(t.runs, root)
	return *r
}

// OnStart implements [sdktrace.SpanProcessor].
func (*Timings) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd implements [sdktrace.SpanProcessor].
func (t *Timings) OnEnd(s sdktrace.ReadOnlySpan) {
	took := s.EndTime().Sub(s.StartTime())
	component := ""
	for _, kv := range s.Attributes() {
		if kv.Key == componentAttr {
			component = kv.Value.AsString()
		}
	}
	t.keep(s, component, took)
	if component != "" && t.rec != nil {
		t.rec.ComponentEnded(trace.ContextWithSpanContext(context.Background(), s.SpanContext()), component, took)
	}
}

func (t *Timings) keep(s sdktrace.ReadOnlySpan, component string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.runs[s.SpanContext().SpanID()]; r != nil {
		r.Total = took
	}
	if r := t.runs[s.Parent().SpanID()]; r != nil && component != "" {
		r.Components[component] = took
	}
}

// Shutdown implements [sdktrace.SpanProcessor].
func (*Timings) Shutdown(context.Context) error { return nil }

// ForceFlush implements [sdktrace.SpanProcessor].
func (*Timings) ForceFlush(context.Context) error { return nil }
