package observe

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// slowGeneration is the duration above which a run is logged at WARN (docs/thresholds.md).
const slowGeneration = 2 * time.Second

// Generator plans one week.
type Generator interface {
	Generate(ctx context.Context, req planner.Request) (planner.Result, error)
}

// Generation instruments a [Generator]: a root span, the metrics of the run and
// one completion line with the components' times.
type Generation struct {
	next    Generator
	tracer  trace.Tracer
	timings *Timings
	rec     *metrics.Recorder
	log     *slog.Logger
}

// NewGeneration wraps next.
func NewGeneration(next Generator, tracer trace.Tracer, t *Timings, rec *metrics.Recorder, log *slog.Logger) *Generation {
	return &Generation{next, tracer, t, rec, log}
}

// Step returns the [planner.Step] that makes a component a child span.
func Step(tracer trace.Tracer) planner.Step {
	return func(ctx context.Context, component string, fn func(context.Context) error) error {
		ctx, span := tracer.Start(telemetry.WithComponent(ctx, component), component, trace.WithAttributes(componentAttr.String(component)))
		defer span.End()
		err := fn(ctx)
		fail(span, err)
		return err
	}
}

// fail marks the span as failed; a cancellation by the caller is not a failure.
func fail(span trace.Span, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	span.SetStatus(codes.Error, err.Error())
	span.SetAttributes(semconv.ErrorTypeKey.String(string(fault.KindOf(err))))
}

// Measured is a run with its spans' durations.
type Measured struct {
	planner.Result
	Run
	TraceID string
}

// Generate runs next and measures it.
func (g *Generation) Generate(ctx context.Context, req planner.Request) (Measured, error) {
	ctx = telemetry.WithComponent(telemetry.WithUser(ctx, req.User), "generation_scheduler")
	ctx, span := g.tracer.Start(ctx, "generation", trace.WithAttributes(
		attribute.String("generation.id", plan.GenerationID(req.User, req.Week)),
		semconv.UserID(req.User),
		attribute.String("week_of", req.Week.String()),
		attribute.String("job_id", telemetry.JobFrom(ctx)),
		attribute.Bool("dry_run", req.DryRun),
		attribute.Int("attempt", max(req.Attempt, 1)),
	))
	g.timings.expect(span.SpanContext().SpanID())
	g.log.DebugContext(ctx, "Generation started", "week_of", req.Week.String())
	res, err := g.next.Generate(ctx, req)
	span.SetAttributes(
		attribute.IntSlice("candidates", res.Candidates[:]),
		attribute.StringSlice("conflicts", res.Conflicts),
		attribute.Int64("work", res.Work),
		attribute.Bool("balanced", err == nil && res.Week.Status == plan.Balanced),
		attribute.Bool("pool_stale", res.Pool.Stale),
		attribute.Bool("existing", res.Existing),
	)
	fail(span, err)
	span.End()
	m := Measured{Result: res, Run: g.timings.take(span.SpanContext().SpanID()), TraceID: span.SpanContext().TraceID().String()}
	g.finish(ctx, req, m, err)
	return m, err
}

// finish counts the run and writes its completion line, which no sampling drops. Dry
// runs and runs that found the week planned are neither attempts nor failures.
func (g *Generation) finish(ctx context.Context, req planner.Request, m Measured, err error) {
	week := req.Week.String()
	timings := make([]any, 0, len(metrics.Components))
	for _, c := range metrics.Components {
		timings = append(timings, slog.Float64(c, ms(m.Components[c])))
	}
	attrs := []any{
		slog.String("generation_id", plan.GenerationID(req.User, req.Week)),
		slog.Float64("duration_ms", ms(m.Total)),
		slog.Group("component_timings", timings...),
		telemetry.Keep,
	}
	kind := fault.KindOf(err)
	switch {
	case kind == fault.Canceled:
	case err != nil && req.WillRetry && kind.Transient():
		g.log.WarnContext(ctx, "Generation will be retried", append(append(attrs, fault.Fields(kind, err)...), slog.Int("retry_attempt", max(req.Attempt, 1)))...)
	case err != nil:
		if !req.DryRun {
			g.rec.GenerationFailed(ctx, req.User, week, m.Total, kind)
		}
		g.log.ErrorContext(ctx, "Generation failed", append(attrs, fault.Fields(kind, err)...)...)
	case m.Existing || req.DryRun:
		g.log.DebugContext(ctx, "Generation stored nothing", append(attrs, slog.Bool("existing", m.Existing))...)
	default:
		g.rec.GenerationSucceeded(ctx, req.User, week, m.Total, m.Week.Status == plan.Balanced, m.Conflicts)
		if m.Pool.Stale {
			g.log.WarnContext(ctx, "Recipe pool is stale", append([]any{slog.Time("fetched_at", m.Pool.FetchedAt)},
				fault.Fields(fault.KindOf(m.Pool.Cause), m.Pool.Cause)...)...)
		}
		if m.ProfileCause != nil {
			g.log.WarnContext(ctx, "Reading the profile failed; using the user's own figures", fault.Fields(fault.KindOf(m.ProfileCause), m.ProfileCause)...)
		}
		g.log.Log(ctx, CompletionLevel(m), "Generation completed", append(attrs, slog.String("status", string(m.Week.Status)), slog.Bool("optimal", m.Week.Optimal))...)
	}
}

// CompletionLevel is WARN for a run that took longer than two seconds, else INFO.
func CompletionLevel(m Measured) slog.Level {
	if m.Total > slowGeneration {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
