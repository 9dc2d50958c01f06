package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Keys stores the record of the keys and the values sealed with them.
type Keys struct {
	pool Conns
	q    *db.Queries
}

var _ keyring.Store = (*Keys)(nil)

// NewKeys returns the store.
func NewKeys(pool Conns) *Keys { return &Keys{pool, db.New(pool)} }

// Keys implements [keyring.Store].
func (s *Keys) Keys(ctx context.Context) ([]keyring.Key, error) {
	rows, err := s.q.ListKeys(ctx)
	out := make([]keyring.Key, len(rows))
	for i, r := range rows {
		out[i] = keyring.Key{ID: seal.ID(r.ID), InUse: r.InUse, Added: r.AddedAt, Signed: r.SignedAt, Retired: r.RetiredAt}
	}
	return out, failed("list keys", err)
}

// Register implements [keyring.Store].
func (s *Keys) Register(ctx context.Context, id seal.ID) error {
	return failed("register key", s.q.RegisterFirstKey(ctx, string(id)))
}

// Use implements [keyring.Store].
func (s *Keys) Use(ctx context.Context, id seal.ID) error {
	return keepKind("use key", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return use(ctx, s.q.WithTx(tx), id) }))
}

func use(ctx context.Context, q *db.Queries, id seal.ID) error {
	if err := q.DisuseKeys(ctx, string(id)); err != nil {
		return err
	}
	n, err := q.UseKey(ctx, string(id))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "use key", "%s is retired", id)
	}
	return err
}

// Retire implements [keyring.Store].
func (s *Keys) Retire(ctx context.Context, id, successor seal.ID) error {
	return keepKind("retire key", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		keys, err := q.ListKeys(ctx)
		if err != nil {
			return err
		}
		if err := q.RetireKey(ctx, string(id)); err != nil {
			return err
		}
		for _, k := range keys {
			if k.InUse && k.ID != string(id) {
				return nil
			}
		}
		return use(ctx, q, successor)
	}))
}

// Signing implements [keyring.Store].
func (s *Keys) Signing(ctx context.Context, id seal.ID) error {
	return failed("note signing", s.q.NoteSigning(ctx, string(id)))
}

// Hold implements [keyring.Store].
func (s *Keys) Hold(ctx context.Context, h keyring.Holder) error {
	return failed("hold keys", s.q.HoldKeys(ctx, db.HoldKeysParams{Process: h.Process, Keys: texts(h.Keys), InUse: string(h.InUse)}))
}

func texts(ids []seal.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return out
}

// Release implements [keyring.Store].
func (s *Keys) Release(ctx context.Context, process string) error {
	return failed("release keys", s.q.ReleaseKeys(ctx, process))
}

// Holders implements [keyring.Store].
func (s *Keys) Holders(ctx context.Context, within time.Duration) ([]keyring.Holder, error) {
	rows, err := s.q.ListKeyHolders(ctx, within.Seconds())
	out := make([]keyring.Holder, len(rows))
	for i, r := range rows {
		out[i] = keyring.Holder{Process: r.Process, InUse: seal.ID(r.InUse), Seen: r.SeenAt}
		for _, k := range r.Keys {
			out[i].Keys = append(out[i].Keys, seal.ID(k))
		}
	}
	return out, failed("list key holders", err)
}

// Sealed implements [keyring.Store].
func (s *Keys) Sealed(ctx context.Context, after keyring.Sealed) ([]keyring.Sealed, error) {
	rows, err := s.q.ListSealed(ctx, string(after.Place), after.ID)
	out := make([]keyring.Sealed, len(rows))
	for i, r := range rows {
		out[i] = keyring.Sealed{Place: keyring.Place(r.Place), ID: r.ID, Value: r.Sealed}
	}
	return out, failed("list sealed values", err)
}

// Reseal implements [keyring.Store].
func (s *Keys) Reseal(ctx context.Context, was keyring.Sealed, value []byte) error {
	return failed("reseal", s.q.Reseal(ctx, db.ResealParams{Place: string(was.Place), ID: was.ID, Was: was.Value, Sealed: value}))
}
