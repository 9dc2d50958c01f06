package observe

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Jobs instruments the scheduler. A scheduled job is a trace of its own, linked to the
// scheduling span; the first attempt of a requested job joins the trace of the request,
// retries link to it.
type Jobs struct {
	tracer trace.Tracer
	rec    *metrics.Recorder
	log    *slog.Logger
	now    func() time.Time

	repeats *Repeats
}

var _ jobs.Observer = (*Jobs)(nil)

// NewJobs returns the observer.
func NewJobs(tracer trace.Tracer, rec *metrics.Recorder, log *slog.Logger, now func() time.Time) *Jobs {
	return &Jobs{tracer: tracer, rec: rec, log: log, now: now, repeats: NewRepeats(now)}
}

// Begin opens a span that done ends.
func Begin(ctx context.Context, tracer trace.Tracer, name string) (_ context.Context, done func(error)) {
	ctx, span := tracer.Start(ctx, name)
	return ctx, func(err error) {
		fail(span, err)
		span.End()
	}
}

// Queueing implements [jobs.Observer].
func (o *Jobs) Queueing(ctx context.Context, due int) (_ context.Context, traceParent string, done func(error)) {
	ctx, span := o.tracer.Start(telemetry.WithComponent(ctx, "scheduler"), "schedule jobs", trace.WithNewRoot(), trace.WithAttributes(attribute.Int("due", due)))
	return ctx, TraceParent(ctx), func(err error) {
		fail(span, err)
		span.End()
	}
}

// Begin implements [jobs.Observer].
func (o *Jobs) Begin(ctx context.Context, j jobs.Job) (_ context.Context, traceID string) {
	ctx = telemetry.WithComponent(telemetry.WithJob(ctx, j.ID), "scheduler")
	if j.User != "" {
		ctx = telemetry.WithUser(ctx, j.User)
	}
	opts := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithAttributes(
			semconv.MessagingSystemKey.String("river"), semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName("work"),
			semconv.MessagingMessageID(strconv.FormatInt(j.River, 10)),
			attribute.String("job_id", j.ID), attribute.String("job_type", string(j.Type)), attribute.String("job.trigger", string(j.Trigger)),
			attribute.String("job.priority", j.Priority.String()), attribute.String("job.scheduled_for", j.Fire.UTC().Format(time.RFC3339)),
		),
	}
	if j.User != "" {
		opts = append(opts, trace.WithAttributes(semconv.UserID(j.User)))
	}
	queued := propagation.TraceContext{}.Extract(context.WithoutCancel(ctx), propagation.MapCarrier{"traceparent": j.TraceParent})
	switch sc := trace.SpanContextFromContext(queued); {
	case !sc.IsValid():
		opts = append(opts, trace.WithNewRoot())
	case j.Trigger == schedule.Manual && !j.Repeated:
		ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
	default:
		opts = append(opts, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: sc}))
	}
	ctx, span := o.tracer.Start(ctx, "job "+string(j.Type), opts...) //nolint:spancheck // End ends it
	return ctx, span.SpanContext().TraceID().String()                //nolint:spancheck // End ends it
}

// Started implements [jobs.Observer].
func (o *Jobs) Started(ctx context.Context, j jobs.Job) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.Int("attempt", j.Attempt), attribute.Int64("job.execution_id", j.Execution))
	o.rec.JobStarted(ctx, string(j.Type), j.Attempt)
	if j.First {
		o.rec.JobWaited(ctx, string(j.Type), j.Priority.String(), max(j.Started.Sub(j.Due), 0))
	}
	o.log.DebugContext(ctx, "Job started", "job_type", string(j.Type), "attempt", j.Attempt)
}

// End implements [jobs.Observer].
func (o *Jobs) End(ctx context.Context, j jobs.Job, out jobs.Outcome) {
	span := trace.SpanFromContext(ctx)
	fail(span, out.Err)
	defer span.End()
	kind := fault.KindOf(out.Err)
	attrs := []any{
		slog.String("job_type", string(j.Type)), slog.Int("attempt", j.Attempt), slog.String("trigger", string(j.Trigger)),
		slog.Float64("duration_ms", ms(out.Took)),
	}
	switch {
	case out.Err == nil:
		o.rec.JobCompleted(ctx, string(j.Type))
		o.log.InfoContext(ctx, "Job completed", attrs...)
	case out.Dropped:
		o.log.InfoContext(ctx, "Job dropped", append(attrs, fault.Fields(kind, out.Err)...)...)
	case kind == fault.Canceled:
		o.log.InfoContext(ctx, "Job requeued on shutdown", attrs...)
	case out.Final:
		o.rec.JobFailed(ctx, string(j.Type), kind, out.Exhausted)
		o.log.ErrorContext(ctx, "Job failed", append(append(attrs, fault.Fields(kind, out.Err)...), slog.Bool("retry_exhausted", out.Exhausted))...)
	default:
		o.log.WarnContext(ctx, "Job will be retried", append(append(attrs, fault.Fields(kind, out.Err)...),
			slog.Int("retry_attempt", j.Attempt), slog.Time("retry_scheduled_for", o.now().Add(out.Retry)))...)
	}
}

// Error implements [jobs.Observer].
func (o *Jobs) Error(ctx context.Context, work string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if o.repeats.News(work) {
		o.log.ErrorContext(ctx, "Background work failed", append([]any{"component", "scheduler", "work", work}, fault.Fields(fault.KindOf(err), err)...)...)
	}
}
