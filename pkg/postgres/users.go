package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Users stores people and the recipe libraries they refer to.
type Users struct {
	pool Conns
	q    *db.Queries
}

// NewUsers returns the store.
func NewUsers(pool Conns) *Users { return &Users{pool, db.New(pool)} }

// Unsubscribe ends a user's mails of a type; doing it twice changes nothing more.
func (s *Users) Unsubscribe(ctx context.Context, id, emailType string) error {
	n, err := s.q.AddNoMail(ctx, emailType, id)
	if err != nil {
		return failed("unsubscribe", err)
	}
	if n == 0 {
		_, err = s.Get(ctx, id) // unsubscribed before, or unknown
	}
	return err
}

// AddWith stores a new user together with the connection they cook from, new or
// changed: both or none. Kinds as [Users.Add].
func (s *Users) AddWith(ctx context.Context, u user.User, c recipe.Connection) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		in := &Users{s.pool, s.q.WithTx(tx)}
		if err := in.ChangeConnection(ctx, c, "operator"); err != nil {
			return err
		}
		return in.Add(ctx, u, nil)
	})
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return failed("add user", err)
}

// Add stores a new user; kind Conflict when the id is taken, NotFound when the connection does
// not exist, InvalidInput when a field is wrong. sealed is the FatSecret token, encrypted, or nil.
func (s *Users) Add(ctx context.Context, u user.User, sealed []byte) error {
	if err := u.Validate(); err != nil {
		return fault.Wrap(fault.InvalidInput, "add user", err)
	}
	settings, err := json.Marshal(u.Settings)
	if err != nil {
		return fault.Wrap(fault.Internal, "add user", err)
	}
	err = failed("add user", s.q.InsertUser(ctx, db.InsertUserParams{
		ID: u.ID, Email: u.Email, Name: u.Name, TimeZone: u.TimeZone, Enabled: u.Enabled, Operator: u.Operator, People: int32(u.People), //nolint:gosec // 1 to 20
		ConnectionID: u.Connection, Settings: settings, FatsecretSealed: sealed,
	}))
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.ConstraintName {
		case "users_pkey":
			return fault.New(fault.Conflict, "add user", "the id %q is taken", u.ID)
		case "users_connection_id_fkey":
			return fault.New(fault.NotFound, "add user", "no connection %q: see `mealplanner connection list`", u.Connection)
		}
	}
	return err
}

// Set replaces a user's fields.
func (s *Users) Set(ctx context.Context, u user.User) error {
	if err := u.Validate(); err != nil {
		return fault.Wrap(fault.InvalidInput, "set user", err)
	}
	settings, err := json.Marshal(u.Settings)
	if err != nil {
		return fault.Wrap(fault.Internal, "set user", err)
	}
	n, err := s.q.UpdateUser(ctx, db.UpdateUserParams{
		ID: u.ID, Email: u.Email, Name: u.Name, TimeZone: u.TimeZone, Enabled: u.Enabled, Operator: u.Operator, People: int32(u.People), //nolint:gosec // 1 to 20
		ConnectionID: u.Connection, Settings: settings,
	})
	if err != nil {
		return failed("set user", err)
	}
	if n == 0 {
		return noUser(u.ID)
	}
	return nil
}

// Change applies change to the stored user, under their lock, and stores the result. Kinds
// NotFound, InvalidInput and those of change.
func (s *Users) Change(ctx context.Context, id string, change func(*user.User) error) (u user.User, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		row, err := q.LockUser(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return noUser(id)
		}
		if err != nil {
			return err
		}
		if u, err = toUser(row); err != nil {
			return err
		}
		if err := change(&u); err != nil {
			return err
		}
		return (&Users{s.pool, q}).Set(ctx, u)
	})
	return u, keepKind("change user", err)
}

// SetFatSecret stores the user's encrypted FatSecret token; nil disconnects.
func (s *Users) SetFatSecret(ctx context.Context, id string, sealed []byte) error {
	n, err := s.q.SetFatSecretToken(ctx, sealed, id)
	if err != nil {
		return failed("set FatSecret token", err)
	}
	if n == 0 {
		return noUser(id)
	}
	return nil
}

// FatSecretToken returns the user's encrypted token, nil when not connected.
func (s *Users) FatSecretToken(ctx context.Context, id string) ([]byte, error) {
	row, err := s.q.GetUser(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noUser(id)
	}
	return row.FatsecretSealed, failed("load user", err)
}

// Get loads a user; kind NotFound.
func (s *Users) Get(ctx context.Context, id string) (user.User, error) {
	row, err := s.q.GetUser(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return user.User{}, noUser(id)
	}
	if err != nil {
		return user.User{}, failed("load user", err)
	}
	return toUser(row)
}

// List returns every user by id.
func (s *Users) List(ctx context.Context) ([]user.User, error) {
	rows, err := s.q.ListUsers(ctx)
	if err != nil {
		return nil, failed("list users", err)
	}
	out := make([]user.User, 0, len(rows))
	for _, r := range rows {
		u, err := toUser(r)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, nil
}

// LinksFrom returns since when links in the user's mails count, the zero time for always, and
// the user's language. Kind NotFound.
func (s *Users) LinksFrom(ctx context.Context, id string) (time.Time, message.Language, error) {
	row, err := s.q.LinksFrom(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return time.Time{}, "", noUser(id)
	case err != nil:
		return time.Time{}, "", failed("load user", err)
	case row.LinksFrom == nil:
		return time.Time{}, message.Language(row.Language), nil
	}
	return *row.LinksFrom, message.Language(row.Language), nil
}

// CookingFrom returns how many users cook from a library.
func (s *Users) CookingFrom(ctx context.Context, connection string) (n int, err error) {
	all, err := s.List(ctx)
	for _, u := range all {
		if u.Connection == connection {
			n++
		}
	}
	return n, err
}

// Count returns the number of users.
func (s *Users) Count(ctx context.Context) (int, error) {
	n, err := s.q.CountUsers(ctx)
	return int(n), failed("count users", err)
}

// SetDebug asks every process for the user's DEBUG lines until the given time; a time
// that has passed ends it.
func (s *Users) SetDebug(ctx context.Context, id string, until time.Time) error {
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	return failed("debug "+id, s.q.SetDebugUser(ctx, id, until))
}

// Debugged returns the users whose DEBUG lines are wanted at the given time, and until
// when.
func (s *Users) Debugged(ctx context.Context, at time.Time) (map[string]time.Time, error) {
	rows, err := s.q.ListDebugUsers(ctx, at)
	if err != nil {
		return nil, failed("debugged users", err)
	}
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.UserID] = r.Until
	}
	return out, nil
}

func noUser(id string) error {
	return fault.New(fault.NotFound, "load user", "no user %q (see `mealplanner user list`)", id)
}

func toUser(r db.User) (user.User, error) {
	u := user.User{
		ID: r.ID, Email: r.Email, Name: r.Name, TimeZone: r.TimeZone, Enabled: r.Enabled, Operator: r.Operator, People: int(r.People),
		Connection: r.ConnectionID, FatSecret: r.FatsecretSealed != nil, Created: r.CreatedAt, Settings: user.DefaultSettings(),
	}
	if err := json.Unmarshal(r.Settings, &u.Settings); err != nil {
		return u, fault.Wrap(fault.Internal, "load user "+r.ID+": settings", err)
	}
	return u, nil
}
