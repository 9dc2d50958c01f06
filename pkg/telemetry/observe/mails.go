package observe

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// MailServer sends a mail over SMTP and returns its size in bytes.
type MailServer interface {
	Send(ctx context.Context, m mail.Mail, date time.Time) (int64, error)
	// Address is the server's, as it is configured.
	Address() (host string, port int)
}

// Mails instruments an [outbox.Sender]. The first attempt is a span in the trace that wrote the
// mail, later ones link to it; only the final outcome is counted.
type Mails struct {
	next   MailServer
	tracer trace.Tracer
	rec    *metrics.Recorder
	log    *slog.Logger
	now    func() time.Time
}

var _ outbox.Sender = (*Mails)(nil)

// NewMails wraps next.
func NewMails(next MailServer, tracer trace.Tracer, rec *metrics.Recorder, log *slog.Logger, now func() time.Time) *Mails {
	return &Mails{next, tracer, rec, log, now}
}

// TraceParent returns the context's W3C traceparent, "" outside a trace.
func TraceParent(ctx context.Context) string {
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c["traceparent"]
}

// Send implements [outbox.Sender].
func (m *Mails) Send(ctx context.Context, q outbox.Queued) error {
	ctx = telemetry.WithComponent(telemetry.WithUser(ctx, q.User), "email")
	host, port := m.next.Address()
	opts := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindClient), // SMTP is asked and answers
		trace.WithAttributes(
			semconv.ServerAddress(host), semconv.ServerPort(port), semconv.NetworkProtocolName("smtp"),
			attribute.String("email_type", q.Type),
			semconv.UserID(q.User),
			attribute.Int("attempt", q.Attempts+1),
		),
	}
	wrote := propagation.TraceContext{}.Extract(context.WithoutCancel(ctx), propagation.MapCarrier{"traceparent": q.TraceParent})
	if sc := trace.SpanContextFromContext(wrote); sc.IsValid() {
		if q.Attempts == 0 {
			ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
		} else {
			opts = append(opts, trace.WithNewRoot(), trace.WithLinks(trace.Link{SpanContext: sc}))
		}
	}
	ctx, span := m.tracer.Start(ctx, "send "+q.Type, opts...)
	defer span.End()
	begin := m.now()
	size, err := m.next.Send(ctx, q.Mail, q.Created)
	end := m.now()
	fail(span, err)
	attrs := []any{
		slog.String("email_type", q.Type), slog.String("message_id", q.MessageID),
		slog.Int("attempt", q.Attempts+1), slog.Float64("duration_ms", ms(end.Sub(begin))),
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		m.rec.MailAccepted(ctx, q.Type, end.Sub(q.Created), size)
		m.log.InfoContext(ctx, "Mail accepted", attrs...)
	case !outbox.Permanent(err) && q.Attempts+1 < outbox.MaxAttempts:
		m.log.WarnContext(ctx, "Mail deferred", append(append(attrs, fault.Fields(kind, err)...),
			slog.Int("retry_attempt", q.Attempts+1), slog.Time("retry_scheduled_for", end.Add(outbox.Backoff(q.Attempts+1))))...)
	default:
		m.rec.MailFailed(ctx, q.Type)
		m.log.ErrorContext(ctx, "Mail failed", append(attrs, fault.Fields(kind, err)...)...)
	}
	return err
}
