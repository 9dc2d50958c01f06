package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// Webhooks instruments a [webhook.Sender]: a trace of its own for each attempt. Receivers are
// others': their failures are warnings, their addresses stay out of telemetry, and no context of
// ours goes to them.
type Webhooks struct {
	next   webhook.Sender
	tracer trace.Tracer
	log    *slog.Logger
}

var _ webhook.Sender = (*Webhooks)(nil)

// NewWebhooks wraps next.
func NewWebhooks(next webhook.Sender, tracer trace.Tracer, log *slog.Logger) *Webhooks {
	return &Webhooks{next, tracer, log}
}

// Send implements [webhook.Sender].
func (w *Webhooks) Send(ctx context.Context, d webhook.Due, headers map[string]string) (int, error) {
	ctx, span := w.tracer.Start(telemetry.WithComponent(telemetry.WithUser(ctx, d.User), "webhooks"), "send webhook",
		trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(semconv.UserID(d.User), attribute.Int("attempt", d.Attempts)))
	defer span.End()
	status, err := w.next.Send(ctx, d, headers)
	if status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	if err != nil {
		w.log.WarnContext(ctx, "A webhook's receiver was not reached", "attempt", d.Attempts, "error_type", string(fault.KindOf(err)))
	}
	return status, err
}
