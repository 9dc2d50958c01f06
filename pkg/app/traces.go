package app

import (
	"context"
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// Limits of a trace page.
const (
	mostTraces = 20
	mostLines  = 500
)

// tracePages read from the telemetry servers of the configuration.
func (a *App) tracePages() *web.Traces {
	d := a.opts.Config.Diagnosis
	jaeger, loki := NewJaeger(d.JaegerURL), NewLoki(d.LokiURL)
	spans := func(found []telemetryapi.Span) []web.Span {
		out := make([]web.Span, len(found))
		for i, s := range found {
			out[i] = web.Span{Trace: s.Trace, ID: s.ID, Parent: s.Parent, Name: s.Name, Service: s.Service, Start: s.Start, Took: s.Took, Attributes: s.Tags}
		}
		return out
	}
	return &web.Traces{
		Now: a.opts.Now, Log: a.log,
		Recent: func(ctx context.Context, since time.Time) ([]web.Span, error) {
			found, err := jaeger.Slowest(ctx, []string{Serve.service(), Scheduler.service(), API.service()}, "generation", since, mostTraces)
			return spans(found), err
		},
		Spans: func(ctx context.Context, trace string) ([]web.Span, error) {
			found, err := jaeger.Trace(ctx, trace)
			return spans(found), err
		},
		Lines: func(ctx context.Context, trace string, since time.Time) ([]web.Line, error) {
			found, err := loki.Lines(ctx, fmt.Sprintf(`{service_name=~"meal-planner.*"} | trace_id=%q`, trace), since, mostLines)
			out := make([]web.Line, len(found))
			for i, l := range found {
				out[i] = web.Line{Time: l.Time, Level: l.Labels["level"], Text: l.Text, Span: l.Labels["span_id"]}
			}
			return out, err
		},
	}
}
