package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// AddConnection stores a new connection that somebody connects; kind Conflict when the id is taken.
func (s *Users) AddConnection(ctx context.Context, c recipe.Connection, by string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		in := &Users{s.pool, s.q.WithTx(tx)}
		if _, err := in.Connection(ctx, c.ID); err == nil {
			return fault.New(fault.Conflict, "add connection", "%q exists: change it with `mealplanner connection set %s`, or choose another id", c.ID, c.ID)
		} else if fault.KindOf(err) != fault.NotFound {
			return err
		}
		return in.ChangeConnection(ctx, c, by)
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

// PutConnection adds or replaces a connection.
func (s *Users) PutConnection(ctx context.Context, c recipe.Connection) error {
	return s.ChangeConnection(ctx, c, "system")
}

// ChangeConnection is [Users.PutConnection] by somebody.
func (s *Users) ChangeConnection(ctx context.Context, c recipe.Connection, by string) error {
	keywords, err := json.Marshal(c.KeywordMeals)
	if err != nil {
		return fault.Wrap(fault.Internal, "save connection", err)
	}
	if c.KeywordMeals == nil {
		keywords = []byte("{}")
	}
	return failed("save connection", s.q.UpsertConnection(ctx, db.UpsertConnectionParams{
		ID: c.ID, Url: c.URL, TokenSealed: c.Sealed, KeywordMeals: keywords, Supermarket: c.Supermarket, WriteBack: c.WriteBack, Invited: c.Invited, SetBy: by,
	}))
}

// SetWriteBack turns write-back of a connection on or off, as somebody wants it, if its library is
// the one that was read. Kinds NotFound, and Conflict for one that was changed meanwhile.
func (s *Users) SetWriteBack(ctx context.Context, read recipe.Connection, on bool, by string) error {
	n, err := s.q.SetWriteBack(ctx, db.SetWriteBackParams{ID: read.ID, Url: read.URL, TokenSealed: read.Sealed, WriteBack: on, SetBy: by})
	if err != nil || n > 0 {
		return failed("set write-back", err)
	}
	now, err := s.Connection(ctx, read.ID)
	if err == nil && (!now.SameLibrary(read) || now.WriteBack != on) {
		return fault.New(fault.Conflict, "set write-back", "the connection was changed meanwhile: try again")
	}
	return err
}

// Connection loads one connection; kind NotFound.
func (s *Users) Connection(ctx context.Context, id string) (recipe.Connection, error) {
	row, err := connectionRow(ctx, s.q, id)
	if err != nil {
		return recipe.Connection{}, err
	}
	return toConnection(row)
}

// connectionRow loads a connection; kind NotFound, with the name.
func connectionRow(ctx context.Context, q *db.Queries, id string) (db.Connection, error) {
	row, err := q.GetConnection(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, fault.New(fault.NotFound, "load connection", "no connection %q (add it with `mealplanner connection add`; `mealplanner connection list` shows those that are there)", id)
	}
	return row, failed("load connection", err)
}

// Connections lists every connection by id.
func (s *Users) Connections(ctx context.Context) ([]recipe.Connection, error) {
	rows, err := s.q.ListConnections(ctx)
	if err != nil {
		return nil, failed("list connections", err)
	}
	out := make([]recipe.Connection, 0, len(rows))
	for _, r := range rows {
		c, err := toConnection(r)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func toConnection(r db.Connection) (recipe.Connection, error) {
	c := recipe.Connection{ID: r.ID, URL: r.Url, Sealed: r.TokenSealed, Supermarket: r.Supermarket, WriteBack: r.WriteBack, Invited: r.Invited}
	if err := json.Unmarshal(r.KeywordMeals, &c.KeywordMeals); err != nil {
		return c, fault.Wrap(fault.Internal, "load connection "+r.ID+": keyword_meals", err)
	}
	return c, nil
}
