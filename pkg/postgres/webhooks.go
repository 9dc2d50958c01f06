package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Webhooks holds where users want to be told what happens. What they are told is written by
// triggers, in the transaction of what it tells.
type Webhooks struct {
	pool Conns
	q    *db.Queries
}

var _ webhook.Store = (*Webhooks)(nil)

// NewWebhooks returns the store.
func NewWebhooks(pool Conns) *Webhooks { return &Webhooks{pool, db.New(pool)} }

// Create implements [webhook.Store].
func (s *Webhooks) Create(ctx context.Context, w webhook.Webhook, sealed []byte, most int) error {
	return keepKind("create webhook", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.LockUser(ctx, w.User); errors.Is(err, pgx.ErrNoRows) {
			return noUser(w.User)
		} else if err != nil {
			return err
		}
		n, err := q.CreateWebhook(ctx, db.CreateWebhookParams{ID: w.ID, UserID: w.User, Url: w.URL, Events: w.Events, SecretSealed: sealed, Most: int32(most)}) //nolint:gosec // a small constant
		if err == nil && n == 0 {
			return fault.New(fault.InvalidInput, "create webhook", "you have %d webhooks: remove one first", most)
		}
		return err
	}))
}

// List implements [webhook.Store].
func (s *Webhooks) List(ctx context.Context, userID string) ([]webhook.Webhook, error) {
	rows, err := s.q.ListWebhooks(ctx, userID)
	out := make([]webhook.Webhook, len(rows))
	for i, r := range rows {
		out[i] = webhook.Webhook{ID: r.ID, User: userID, URL: r.Url, Events: r.Events, Created: r.CreatedAt, Ended: r.EndedAt}
	}
	return out, failed("list webhooks", err)
}

// Delete implements [webhook.Store].
func (s *Webhooks) Delete(ctx context.Context, userID, id string) error {
	n, err := s.q.DeleteWebhook(ctx, userID, id)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "remove webhook", "there is no webhook %s", id)
	}
	return failed("remove webhook", err)
}

// Ping implements [webhook.Store].
func (s *Webhooks) Ping(ctx context.Context, userID, id string, most int) error {
	n, err := s.q.PingWebhook(ctx, db.PingWebhookParams{UserID: userID, ID: id, Most: int32(most)}) //nolint:gosec // a small constant
	if err == nil && n == 0 {
		return fault.New(fault.QuotaExceeded, "ping webhook", "it was pinged %d times within a minute: wait a little", most)
	}
	return failed("ping webhook", err)
}

// Log implements [webhook.Store].
func (s *Webhooks) Log(ctx context.Context, userID, id string, most int) ([]webhook.Delivery, error) {
	rows, err := s.q.ListDeliveries(ctx, db.ListDeliveriesParams{UserID: userID, ID: id, Most: int32(most)}) //nolint:gosec // a small constant
	out := make([]webhook.Delivery, len(rows))
	for i, r := range rows {
		out[i] = webhook.Delivery{
			ID: r.ID, Event: r.Event, Message: r.Message, Status: r.Status, Attempts: int(r.Attempts), Problem: r.Problem,
			Created: r.CreatedAt, Next: r.NextAttemptAt, Settled: r.SettledAt,
		}
		if r.Answered != nil {
			n := int(*r.Answered)
			out[i].Answered = &n
		}
	}
	return out, failed("list deliveries", err)
}

// Claim implements [webhook.Store].
func (s *Webhooks) Claim(ctx context.Context) (webhook.Due, bool, error) {
	r, err := s.q.ClaimDelivery(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return webhook.Due{}, false, nil
	}
	return webhook.Due{ID: r.ID, Webhook: r.WebhookID, User: r.UserID, Event: r.Event, URL: r.Url, Sealed: r.SecretSealed, Message: r.Message, Attempts: int(r.Attempts)},
		err == nil, failed("claim a delivery", err)
}

// Settle implements [webhook.Store].
func (s *Webhooks) Settle(ctx context.Context, d webhook.Due, r webhook.Result) error {
	p := db.SettleDeliveryParams{Status: r.Status, Seconds: r.Retry.Seconds(), ID: d.ID, Attempts: int32(d.Attempts), Gone: r.Gone} //nolint:gosec // few
	if r.Answered != 0 {
		n := int32(r.Answered) //nolint:gosec // an HTTP status
		p.Answered = &n
	}
	if r.Problem != "" {
		p.Problem = &r.Problem
	}
	return failed("settle a delivery", s.q.SettleDelivery(ctx, p))
}
