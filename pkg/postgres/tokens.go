package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Tokens holds what programs sign in with.
type Tokens struct {
	pool Conns
	q    *db.Queries
}

var _ access.Store = (*Tokens)(nil)

// NewTokens returns the store.
func NewTokens(pool Conns) *Tokens { return &Tokens{pool, db.New(pool)} }

// Create implements [access.Store].
func (s *Tokens) Create(ctx context.Context, t access.Token, digest []byte, valid time.Duration, most int) (access.Token, error) {
	scopes := make([]string, len(t.Scopes))
	for i, sc := range t.Scopes {
		scopes[i] = string(sc)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.LockUser(ctx, t.User); errors.Is(err, pgx.ErrNoRows) {
			return noUser(t.User)
		} else if err != nil {
			return err
		}
		row, err := q.CreateToken(ctx, db.CreateTokenParams{UserID: t.User, Digest: digest, Name: t.Name, Scopes: scopes, Seconds: valid.Seconds(), Most: int32(most)}) //nolint:gosec // a small constant
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.InvalidInput, "create token", "you have %d tokens and calendars: end one first", most)
		}
		t.ID, t.Created, t.Expires = row.ID, row.CreatedAt, row.ExpiresAt
		return err
	})
	return t, keepKind("create token", err)
}

// List implements [access.Store].
func (s *Tokens) List(ctx context.Context, userID string) ([]access.Token, error) {
	rows, err := s.q.ListTokens(ctx, userID)
	out := make([]access.Token, len(rows))
	for i, r := range rows {
		out[i] = access.Token{ID: r.ID, User: userID, Name: r.Name, Scopes: toScopes(r.Scopes), Created: r.CreatedAt, Expires: r.ExpiresAt, Used: r.UsedAt}
	}
	return out, failed("list tokens", err)
}

func toScopes(names []string) []access.Scope {
	out := make([]access.Scope, len(names))
	for i, n := range names {
		out[i] = access.Scope(n)
	}
	return out
}

// Use implements [access.Store].
func (s *Tokens) Use(ctx context.Context, digest []byte) (access.Token, error) {
	r, err := s.q.UseToken(ctx, digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return access.Token{}, fault.New(fault.Unauthorized, "token", "this token has ended, or never was: make one on the account page")
	}
	return access.Token{ID: r.ID, User: r.UserID, Name: r.Name, Scopes: toScopes(r.Scopes), Created: r.CreatedAt, Expires: r.ExpiresAt, Used: r.UsedAt}, failed("use a token", err)
}

// Delete implements [access.Store].
func (s *Tokens) Delete(ctx context.Context, userID string, id int64) error {
	n, err := s.q.DeleteToken(ctx, userID, id)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "token", "there is no token %d: it may have been ended before", id)
	}
	return failed("end a token", err)
}

// mostAnswers is how many answers of a token are kept.
const mostAnswers = 5000

// Answers holds answers to requests that may be repeated.
type Answers struct{ q *db.Queries }

// NewAnswers returns the store.
func NewAnswers(pool Conns) *Answers { return &Answers{db.New(pool)} }

// Claim implements [api.Answers].
func (s *Answers) Claim(ctx context.Context, tokenID int64, key string, request []byte) (c access.Claim, err error) {
	const size = 16
	c.ID = make([]byte, size)
	_, _ = rand.Read(c.ID) // never fails
	row, err := s.q.ClaimAnswer(ctx, db.ClaimAnswerParams{TokenID: tokenID, Key: key, Claim: c.ID, Request: request, Most: mostAnswers})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return access.Claim{}, fault.New(fault.QuotaExceeded, "repeat", "Idempotency-Key: this token used %d keys within a day: use one a day for no more changes", mostAnswers)
	case err != nil:
		return access.Claim{}, failed("claim a key", err)
	case row.Claimed:
		c.Effect = row.Effect
		return c, nil
	case !bytes.Equal(row.Request, request):
		return access.Claim{}, fault.New(fault.InvalidInput, "repeat", "Idempotency-Key: it was used for another request: take a new key for each")
	default:
		return access.Claim{Answer: row.Answer}, nil
	}
}

// Settle implements [api.Answers].
func (s *Answers) Settle(ctx context.Context, tokenID int64, key string, claim, answer []byte) error {
	return failed("store an answer", s.q.SettleAnswer(ctx, db.SettleAnswerParams{TokenID: tokenID, Key: key, Claim: claim, Answer: answer}))
}
