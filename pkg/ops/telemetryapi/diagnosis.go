package telemetryapi

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
)

var (
	_ diagnose.Metrics = Metrics{}
	_ diagnose.Logs    = Logs{}
	_ diagnose.Traces  = Traces{}
)

// Metrics are a Prometheus as a diagnosis asks it.
type Metrics struct{ *Prometheus }

// Query implements [diagnose.Metrics].
func (p Metrics) Query(ctx context.Context, expr string) ([]diagnose.Sample, error) {
	all, err := p.Prometheus.Query(ctx, expr)
	out := make([]diagnose.Sample, len(all))
	for i, s := range all {
		out[i] = diagnose.Sample(s)
	}
	return out, err
}

// Logs are a Loki as a diagnosis asks it.
type Logs struct{ *Loki }

// Lines implements [diagnose.Logs].
func (l Logs) Lines(ctx context.Context, query string, since time.Time, most int) ([]diagnose.Line, error) {
	all, err := l.Loki.Lines(ctx, query, since, most)
	out := make([]diagnose.Line, len(all))
	for i, x := range all {
		out[i] = diagnose.Line{Text: x.Text, Fields: x.Labels}
	}
	return out, err
}

// Traces are a Jaeger as a diagnosis asks it.
type Traces struct{ *Jaeger }

// Slow implements [diagnose.Traces].
func (j Traces) Slow(ctx context.Context, service, operation string, since time.Time, least time.Duration, most int) ([]diagnose.Span, error) {
	all, err := j.Jaeger.Slow(ctx, service, operation, since, least, most)
	out := make([]diagnose.Span, len(all))
	for i, s := range all {
		out[i] = diagnose.Span{Trace: s.Trace, ID: s.ID, Parent: s.Parent, Name: s.Name, Component: s.Tags["component"], Start: s.Start, Took: s.Took}
	}
	return out, err
}
