package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Responder answers alerts.
type Responder interface {
	Respond(ctx context.Context, a alerting.Alert) error
}

// Notified is a [Responder] seen from outside: a line for each alert that was notified,
// which is all that becomes of an info alert.
type Notified struct {
	next Responder
	log  *slog.Logger
}

var _ Responder = (*Notified)(nil)

// NewNotified wraps next.
func NewNotified(next Responder, log *slog.Logger) *Notified { return &Notified{next, log} }

// Respond implements [Responder].
func (n *Notified) Respond(ctx context.Context, a alerting.Alert) error {
	ctx = telemetry.WithComponent(ctx, "alerting")
	attrs := []slog.Attr{telemetry.Keep, slog.String("alert", a.Name()), slog.String("severity", a.Labels["severity"]), slog.String("description", a.Annotations["description"])}
	switch {
	case a.Status == alerting.Resolved:
		n.log.LogAttrs(ctx, slog.LevelInfo, "Alert resolved", attrs...)
	case a.Labels["severity"] == "info":
		n.log.LogAttrs(ctx, slog.LevelInfo, "Alert firing", attrs...)
	default:
		n.log.LogAttrs(ctx, slog.LevelWarn, "Alert firing", attrs...)
	}
	return n.next.Respond(ctx, a)
}

// Responses is an [alerting.Actor] seen from outside: a span, a count and a line for each
// automatic response.
type Responses struct {
	next   alerting.Actor
	tracer trace.Tracer
	rec    *metrics.Recorder
	log    *slog.Logger
}

var _ alerting.Actor = (*Responses)(nil)

// NewResponses wraps next.
func NewResponses(next alerting.Actor, tracer trace.Tracer, rec *metrics.Recorder, log *slog.Logger) *Responses {
	return &Responses{next, tracer, rec, log}
}

// Act implements [alerting.Actor].
func (r *Responses) Act(ctx context.Context, action alerting.Action, a alerting.Alert) (int, string, error) {
	ctx, span := r.tracer.Start(telemetry.WithComponent(ctx, "alerting"), "alert response", trace.WithAttributes(
		attribute.String("alert", a.Name()), attribute.String("action", string(action))))
	defer span.End()
	n, detail, err := r.next.Act(ctx, action, a)
	fail(span, err)
	result := alerting.ResultOf(n, err)
	span.SetAttributes(attribute.String("result", string(result)))
	r.rec.AlertAnswered(ctx, string(action), string(result))
	attrs := []any{slog.String("alert", a.Name()), slog.String("action", string(action)), slog.String("result", string(result)), slog.String("detail", detail)}
	if err != nil {
		r.log.WarnContext(ctx, "Automatic response failed", append(attrs, fault.Fields(fault.KindOf(err), err)...)...)
		return n, detail, err
	}
	r.log.WarnContext(ctx, "Automatic response to an alert", attrs...)
	return n, detail, nil
}
