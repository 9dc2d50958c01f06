package observe

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Commander carries out commands.
type Commander interface {
	Receive(ctx context.Context, l replies.Letter) (replies.Report, error)
	Click(ctx context.Context, u user.User, week calendar.Date, line, token string) (replies.Report, error)
	Press(ctx context.Context, u user.User, week calendar.Date, p replies.Press) (replies.Report, error)
	Clicked(ctx context.Context, userID, token string) (bool, error)
	Lines(ctx context.Context, userID, line string) ([]string, error)
}

// Commands instruments a [Commander]: a span for each mail and click, counters of outcomes and
// commands, and a log line for support questions.
type Commands struct {
	next   Commander
	tracer trace.Tracer
	rec    *metrics.Recorder
	log    *slog.Logger
}

var _ Commander = (*Commands)(nil)

// NewCommands wraps next.
func NewCommands(next Commander, tracer trace.Tracer, rec *metrics.Recorder, log *slog.Logger) *Commands {
	return &Commands{next, tracer, rec, log}
}

// Receive implements [Commander]. A mail is a trace of its own.
func (s *Commands) Receive(ctx context.Context, l replies.Letter) (replies.Report, error) {
	ctx, span := s.tracer.Start(telemetry.WithComponent(ctx, "commands"), "command mail", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		semconv.MessagingSystemKey.String("imap"), semconv.MessagingOperationTypeProcess, semconv.MessagingOperationName("process"),
	)) // without the message's id, which is its sender's
	defer span.End()
	r, err := s.next.Receive(ctx, l)
	s.finish(ctx, span, replies.ByMail, r, err)
	return r, err
}

// Clicked implements [Commander].
func (s *Commands) Clicked(ctx context.Context, userID, token string) (bool, error) {
	return s.next.Clicked(ctx, userID, token)
}

// Lines implements [Commander].
func (s *Commands) Lines(ctx context.Context, userID, line string) ([]string, error) {
	return s.next.Lines(ctx, userID, line)
}

// Click implements [Commander].
func (s *Commands) Click(ctx context.Context, u user.User, week calendar.Date, lines, token string) (replies.Report, error) {
	ctx, span := s.tracer.Start(telemetry.WithComponent(ctx, "commands"), "command click")
	defer span.End()
	r, err := s.next.Click(ctx, u, week, lines, token)
	s.finish(ctx, span, replies.ByButton, r, err)
	return r, err
}

// Press implements [Commander]. A preview counts as nothing.
func (s *Commands) Press(ctx context.Context, u user.User, week calendar.Date, p replies.Press) (replies.Report, error) {
	ctx, span := s.tracer.Start(telemetry.WithComponent(ctx, "commands"), "command "+string(p.By()))
	defer span.End()
	r, err := s.next.Press(ctx, u, week, p)
	if p.Preview {
		fail(span, err)
		return r, err
	}
	s.finish(ctx, span, p.By(), r, err)
	return r, err
}

func (s *Commands) finish(ctx context.Context, span trace.Span, source replies.Source, r replies.Report, err error) {
	fail(span, err)
	verbs := make([]string, len(r.Verbs))
	for i, v := range r.Verbs {
		verbs[i] = string(v)
	}
	span.SetAttributes(attribute.String("outcome", string(r.Outcome)), attribute.StringSlice("commands", verbs), attribute.Bool("answered", r.Answered), attribute.String("source", string(source)))
	if r.User != "" {
		ctx = telemetry.WithUser(ctx, r.User)
		span.SetAttributes(semconv.UserID(r.User))
	}
	s.rec.CommandRequest(ctx, string(r.Outcome))
	attrs := []any{slog.String("outcome", string(r.Outcome)), slog.String("source", string(source)), slog.Any("commands", verbs)}
	switch r.Outcome {
	case command.Failed:
		s.log.ErrorContext(ctx, "Commands failed", append(attrs, fault.Fields(fault.KindOf(err), err)...)...)
	case command.Applied, command.Informed:
		for _, v := range verbs {
			s.rec.CommandExecuted(ctx, v)
		}
		s.log.InfoContext(ctx, "Commands executed", attrs...)
	case command.SenderMismatch, command.AuthFailed, command.BadToken, command.RateLimited:
		s.log.WarnContext(ctx, "Commands dropped", attrs...)
	default:
		s.log.InfoContext(ctx, "Commands refused", attrs...)
	}
}
