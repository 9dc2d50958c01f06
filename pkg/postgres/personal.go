package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Held is a kind of rows that are stored about a user, and how many there are.
type Held = db.CountUserRowsRow

// Holdings lists what is stored about a user; kind NotFound.
func (s *Users) Holdings(ctx context.Context, id string) ([]Held, error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, err
	}
	rows, err := s.q.CountUserRows(ctx, id)
	return rows, failed("count a user's rows", err)
}

// Export returns everything that is stored about a user, secrets excepted; kind NotFound.
func (s *Users) Export(ctx context.Context, id string) (json.RawMessage, error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, err
	}
	data, err := s.q.ExportUser(ctx, id)
	return data, failed("export user", err)
}

// Delete removes a user and everything that is stored about them; kind NotFound.
func (s *Users) Delete(ctx context.Context, id string) error {
	return keepKind("delete user", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.DeleteUserQueue(ctx, id); err != nil {
			return err
		}
		n, err := q.DeleteUser(ctx, id)
		if err == nil && n == 0 {
			return noUser(id)
		}
		return err
	}))
}
