package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Outbox is the queue of mails; every mail entered it in the transaction that made it
// necessary.
type Outbox struct {
	pool        Conns
	q           *db.Queries
	traceParent func(context.Context) string
}

var _ outbox.Outbox = (*Outbox)(nil)

// NewOutbox returns the store. traceParent gives the W3C traceparent that is kept with a mail.
func NewOutbox(pool Conns, traceParent func(context.Context) string) *Outbox {
	return &Outbox{pool, db.New(pool), traceParent}
}

// Mailed reports whether the user got the mail of the type and period.
func (o *Outbox) Mailed(ctx context.Context, userID, emailType, period string) (bool, error) {
	got, err := o.q.HasMail(ctx, db.HasMailParams{UserID: userID, EmailType: emailType, Period: period})
	return got, failed("look for a mail", err)
}

// Add queues a mail; false: it was already queued.
func (o *Outbox) Add(ctx context.Context, userID string, m mail.Mail) (bool, error) {
	ok, err := enqueue(ctx, o.q, userID, &m, o.traceParent(ctx))
	return ok, failed("queue a mail", err)
}

// Next claims one due mail, hands it to send and records the outcome; the claim is held
// as a row lock, so a killed process gives it back at once. It returns false when no
// mail is due. Between the server's acceptance and our commit a kill makes one more
// copy of the same Message-ID possible: SMTP has no way to avoid it.
func (o *Outbox) Next(ctx context.Context, send func(context.Context, outbox.Queued) outbox.Outcome) (found bool, err error) {
	tx, err := o.pool.Begin(ctx)
	if err != nil {
		return false, failed("outbox", err)
	}
	// A mail that is on its way is finished even when the program stops: the server may
	// have taken it, and only our commit keeps it from being sent again.
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	defer func() {
		if rerr := tx.Rollback(work); rerr != nil && !errors.Is(rerr, pgx.ErrTxClosed) && err == nil {
			err = failed("outbox", rerr)
		}
	}()
	q := o.q.WithTx(tx)
	row, err := q.ClaimMail(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, failed("outbox", err)
	}
	m, err := queued(row)
	if err != nil {
		return true, err
	}
	return true, failed("outbox", errors.Join(record(work, q, row.ID, send(work, m)), tx.Commit(work)))
}

// finishWithin bounds a mail that is being sent, its record included.
const finishWithin = 20 * time.Second

func queued(row db.Outbox) (outbox.Queued, error) {
	m := outbox.Queued{
		ID: row.ID, User: row.UserID, Attempts: int(row.Attempts), Created: row.CreatedAt, TraceParent: row.TraceParent,
		Mail: mail.Mail{
			Type: row.EmailType, Period: row.Period, MessageID: row.MessageID, To: row.Recipient,
			Subject: row.Subject, Text: row.TextBody, HTML: row.HtmlBody,
		},
	}
	return m, fault.Wrap(fault.Internal, "outbox", errors.Join(json.Unmarshal(row.Headers, &m.Headers), json.Unmarshal(row.Inline, &m.Inline)))
}

func record(ctx context.Context, q *db.Queries, id int64, out outbox.Outcome) error {
	switch {
	case out.Err == nil:
		return q.MarkMailSent(ctx, id)
	case out.Retry > 0:
		return q.MarkMailDeferred(ctx, db.MarkMailDeferredParams{ID: id, LastError: out.Err.Error(), DelaySeconds: out.Retry.Seconds()})
	default:
		return q.MarkMailFailed(ctx, out.Err.Error(), id)
	}
}

// DeliveryRate returns, per mail type, accepted over finished mails of the last 24 h.
func (o *Outbox) DeliveryRate(ctx context.Context) (map[string]float64, error) {
	rows, err := o.q.MailDelivery(ctx)
	if err != nil {
		return nil, failed("delivery rate", err)
	}
	out := make(map[string]float64, len(rows))
	for _, r := range rows {
		out[r.EmailType] = float64(r.Sent) / float64(r.Sent+r.Failed)
	}
	return out, nil
}

// enqueue puts a mail into the outbox within the caller's transaction; nil is no mail. It
// returns false when the user got the mail of the type and period before.
func enqueue(ctx context.Context, q *db.Queries, userID string, m *mail.Mail, traceParent string) (bool, error) {
	if m == nil {
		return false, nil
	}
	headers, err := json.Marshal(m.Headers)
	if err != nil {
		return false, err
	}
	inline, err := json.Marshal(append([]mail.Inline{}, m.Inline...))
	if err != nil {
		return false, err
	}
	p := db.InsertMailParams{
		UserID: userID, EmailType: m.Type, Period: m.Period, MessageID: m.MessageID, Recipient: m.To,
		Subject: m.Subject, TextBody: m.Text, HtmlBody: m.HTML, Headers: headers, TraceParent: traceParent, Inline: inline, Diary: m.Diary,
	}
	if m.Week != 0 {
		week := m.Week.Time()
		p.WeekOf = &week
	}
	if m.ReplyKey != "" {
		p.ReplyKey = &m.ReplyKey
	}
	if m.Fingerprint != nil {
		p.Fingerprint = m.Fingerprint.Bytes()
	}
	n, err := q.InsertMail(ctx, p)
	return n > 0, err
}
