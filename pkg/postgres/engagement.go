package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

var _ outbox.Feedback = (*Outbox)(nil)

// Record implements [outbox.Feedback].
func (o *Outbox) Record(ctx context.Context, s outbox.Event) (outbox.EventResult, error) {
	row, err := o.q.RecordMailEvent(ctx, db.RecordMailEventParams{
		ReplyKey: s.Mail, Kind: string(s.Signal), Machine: s.Machine, MachineSeconds: s.Signal.MachineWithin().Seconds(),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return outbox.EventResult{}, nil
	}
	return outbox.EventResult{User: row.UserID, Type: row.EmailType, First: row.First}, failed("note a "+string(s.Signal), err)
}

// Bounced implements [outbox.Feedback].
func (o *Outbox) Bounced(ctx context.Context, messageID string, permanent bool, status string) (r outbox.Bounce, news bool, err error) {
	if !permanent || messageID == "" {
		return r, false, nil
	}
	err = pgx.BeginFunc(ctx, o.pool, func(tx pgx.Tx) error {
		q := o.q.WithTx(tx)
		row, err := q.MarkMailBounced(ctx, "bounced: "+status, messageID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := q.CountBouncedInARow(ctx, row.UserID)
		r, news = outbox.Bounce{User: row.UserID, Type: row.EmailType, InARow: int(n)}, true
		return err
	})
	if err != nil {
		return outbox.Bounce{}, false, failed("note a bounce", err)
	}
	return r, news, nil
}

// MailStats counts the outcomes of a type's mails accepted in the last 30 days.
type MailStats = db.MailStatsRow

// Stats returns one row for each type of which a mail was accepted.
func (o *Outbox) Stats(ctx context.Context) ([]MailStats, error) {
	rows, err := o.q.MailStats(ctx)
	return rows, failed("mail statistics", err)
}

// Engagement returns, per mail type, the share of the mails accepted in the last 30 days
// that a person opened or clicked.
func (o *Outbox) Engagement(ctx context.Context) (map[string]float64, error) {
	rows, err := o.Stats(ctx)
	out := make(map[string]float64, len(rows))
	for _, r := range rows {
		out[r.EmailType] = float64(r.Engaged) / float64(r.Accepted)
	}
	return out, err
}

// ListedMail is a mail without what it says.
type ListedMail = db.ListMailsRow

// MailsOf chooses mails.
type MailsOf struct {
	User       string // "" is everybody
	FailedOnly bool   // not those that wait
	Sent       bool   // also those that were sent
}

// Mails lists the mails that wait and those of the last 30 days that failed or, where wanted, were
// sent, 500 at most: what waits first, then the newest.
func (o *Outbox) Mails(ctx context.Context, of MailsOf) ([]ListedMail, error) {
	rows, err := o.q.ListMails(ctx, db.ListMailsParams{Of: of.User, FailedOnly: of.FailedOnly, Sent: of.Sent})
	return rows, failed("list mails", err)
}

// Newest loads the plan of the user's latest week that has one; kind NotFound.
func (s *Plans) Newest(ctx context.Context, userID string) (plan.Plan, error) {
	const op = "load the newest plan"
	var out plan.Plan
	row, err := s.q.NewestPlan(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, fault.New(fault.NotFound, op, "user %q has no plan yet (`mealplanner generate --user %s` makes one)", userID, userID)
	}
	if err != nil {
		return out, failed(op, err)
	}
	out, err = toStored(row.Data, row.Outdated)
	return out, fault.Wrap(fault.Internal, op, err)
}
