package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// AddConnection stores a new connection; kind Conflict when the id is taken.
func (s *Users) AddConnection(ctx context.Context, c recipe.Connection) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		in := &Users{s.pool, s.q.WithTx(tx)}
		if _, err := in.Connection(ctx, c.ID); err == nil {
			return fault.New(fault.Conflict, "add connection", "%q exists: change it with `mealplanner connection set %s`, or choose another id", c.ID, c.ID)
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return in.PutConnection(ctx, c)
	})
	return keepKind("add connection", err)
}

// RemoveConnection deletes a connection with its recipes. Kinds NotFound, and Conflict
// while users cook from it.
func (s *Users) RemoveConnection(ctx context.Context, id string) error {
	if _, err := s.Connection(ctx, id); err != nil {
		return err
	}
	n, err := s.q.DeleteConnection(ctx, id)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "remove connection", "users cook from %q: move them first with `mealplanner user set USER --connection OTHER`, or delete them", id)
	}
	return failed("remove connection", err)
}

// ConnectionUse is a connection as a list shows it.
type ConnectionUse struct {
	ID        string     `json:"id"`
	URL       string     `json:"url"`
	WriteBack bool       `json:"write_back"`
	Synced    *time.Time `json:"synced_at"`
	LastError string     `json:"last_error,omitempty"`
	Recipes   int64      `json:"recipes"`
	Users     string     `json:"users"`
}

// ConnectionUses lists every connection by id, with its users.
func (s *Users) ConnectionUses(ctx context.Context) ([]ConnectionUse, error) {
	rows, err := s.q.ListConnectionUse(ctx)
	if err != nil {
		return nil, failed("list connections", err)
	}
	out := make([]ConnectionUse, len(rows))
	for i, r := range rows {
		out[i] = ConnectionUse{r.ID, r.Url, r.WriteBack, r.SyncedAt, r.LastError, r.Recipes, r.Users}
	}
	return out, nil
}

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
