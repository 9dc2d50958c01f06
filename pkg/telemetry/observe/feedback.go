package observe

import (
	"context"
	"log/slog"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Feedback instruments an [outbox.Feedback]: a mail counts once as opened, once
// as clicked and once as bounced.
type Feedback struct {
	next outbox.Feedback
	rec  *metrics.Recorder
	log  *slog.Logger
}

var _ outbox.Feedback = (*Feedback)(nil)

// NewFeedback wraps next.
func NewFeedback(next outbox.Feedback, rec *metrics.Recorder, log *slog.Logger) *Feedback {
	return &Feedback{next, rec, log}
}

// Record implements [outbox.Feedback].
func (f *Feedback) Record(ctx context.Context, s outbox.Event) (outbox.EventResult, error) {
	n, err := f.next.Record(ctx, s)
	if err != nil || !n.First {
		return n, err
	}
	ctx = telemetry.WithComponent(telemetry.WithUser(ctx, n.User), "email")
	switch s.Signal {
	case outbox.Opened:
		f.rec.MailOpened(ctx, n.Type)
		f.log.InfoContext(ctx, "Mail opened", slog.String("email_type", n.Type))
	case outbox.Clicked:
		f.rec.MailClicked(ctx, n.Type)
		f.log.InfoContext(ctx, "Mail clicked", slog.String("email_type", n.Type))
	}
	return n, nil
}

// Bounced implements [outbox.Feedback].
func (f *Feedback) Bounced(ctx context.Context, messageID string, permanent bool, status string) (outbox.Bounce, bool, error) {
	r, news, err := f.next.Bounced(ctx, messageID, permanent, status)
	if err != nil || !news {
		return r, news, err
	}
	ctx = telemetry.WithComponent(telemetry.WithUser(ctx, r.User), "email")
	f.rec.MailBounced(ctx, r.Type)
	attrs := []any{slog.String("email_type", r.Type), slog.String("message_id", messageID)}
	cause := fault.New(fault.EmailError, "deliver mail", "the recipient's server rejected it permanently (status %s)", status)
	f.log.WarnContext(ctx, "Mail bounced", append(attrs, fault.Fields(fault.EmailError, cause)...)...)
	if r.InARow >= outbox.BounceAlarm {
		cause := fault.New(fault.EmailError, "deliver mail",
			"the last %d mails to user %s came back: correct the address (mealplanner user set %s --email ADDRESS) or end the mails (mealplanner user set %s --no-enabled)",
			r.InARow, r.User, r.User, r.User)
		f.log.ErrorContext(ctx, "Mails to a user keep bouncing", append([]any{slog.Int("bounced_in_a_row", r.InARow)}, fault.Fields(fault.EmailError, cause)...)...)
	}
	return r, true, nil
}
