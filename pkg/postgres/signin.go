package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account/signin"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// SignIns holds the links by which people sign in.
type SignIns struct {
	pool Conns
	q    *db.Queries
}

var _ signin.Store = (*SignIns)(nil)

// NewSignIns returns the store.
func NewSignIns(pool Conns) *SignIns { return &SignIns{pool, db.New(pool)} }

// ByEmail implements [signin.Store].
func (s *SignIns) ByEmail(ctx context.Context, email string) ([]user.User, error) {
	rows, err := s.q.FindUsersByEmail(ctx, email)
	if err != nil {
		return nil, failed("find users", err)
	}
	out := make([]user.User, len(rows))
	for i, r := range rows {
		if out[i], err = toUser(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateLink implements [signin.Store].
func (s *SignIns) CreateLink(ctx context.Context, userID string, digest []byte, valid time.Duration, most int) (bool, error) {
	created := false
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.LockUser(ctx, userID); err != nil {
			return err
		}
		n, err := q.CountSignInLinks(ctx, userID)
		if err != nil || n >= int64(most) {
			return err
		}
		created = true
		return q.CreateSignInLink(ctx, db.CreateSignInLinkParams{Digest: digest, UserID: userID, Seconds: valid.Seconds()})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, noUser(userID)
	}
	return created, failed("create a sign-in link", err)
}

// UseLink implements [signin.Store].
func (s *SignIns) UseLink(ctx context.Context, digest []byte, used bool) (string, error) {
	id, err := s.q.UseSignInLink(ctx, used, digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.New(fault.Unauthorized, "sign in", "this link was used before, or is older than %d minutes: ask for another", int(signin.Valid.Minutes()))
	}
	return id, failed("use a sign-in link", err)
}

// SessionUser is the key of the user's id in a session.
const SessionUser = "user"

// Sessions holds the sessions of browsers for [scs.SessionManager].
type Sessions struct{ q *db.Queries }

var _ scs.CtxStore = (*Sessions)(nil)

// NewSessions returns the store.
func NewSessions(pool Conns) *Sessions { return &Sessions{db.New(pool)} }

// FindCtx implements [scs.CtxStore].
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := s.q.FindSession(ctx, token)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, failed("find a session", err)
}

// CommitCtx implements [scs.CtxStore]. It notes whose session it is, so that all of a user's
// can be ended.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fault.Wrap(fault.Internal, "store a session", err)
	}
	var owner *string
	if id, ok := values[SessionUser].(string); ok {
		owner = &id
	}
	return failed("store a session", s.q.CommitSession(ctx, db.CommitSessionParams{Token: token, UserID: owner, Data: data, ExpiresAt: expiry}))
}

// DeleteCtx implements [scs.CtxStore].
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return failed("end a session", s.q.EndBrowser(ctx, token))
}

// EndAll ends all sessions of a user.
func (s *Sessions) EndAll(ctx context.Context, userID string) error {
	_, err := s.q.EndBrowsers(ctx, &userID)
	return failed("end sessions", err)
}

// Find implements [scs.Store].
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements [scs.Store].
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements [scs.Store].
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
