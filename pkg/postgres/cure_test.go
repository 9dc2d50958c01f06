package postgres_test

import (
	"errors"
	"log/slog"
	neturl "net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// What a server answers to a role, a database or a statement that is not as it should be is
// passed on in one line, with what to do about it, and still tells its SQLSTATE.
func TestErrorsOfTheServerNameTheCure(t *testing.T) {
	t.Parallel()
	url := testpg.URL(t)
	owner, err := postgres.Open(t.Context(), postgres.Options{URL: url, Pool: "test", MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(owner.Close)
	for _, sql := range []string{"create role cure_limited login", "create role cure_crowded login connection limit 0"} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	with := func(change func(*neturl.URL)) string {
		u, err := neturl.Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	open := func(o postgres.Options) error {
		o.Pool, o.MaxConns = "test", 1
		pool, err := postgres.Open(t.Context(), o)
		if err != nil {
			return err
		}
		defer pool.Close()
		return postgres.NewUsers(pool).PutConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://localhost", Sealed: []byte{1}})
	}
	migrate := func(url string) error {
		pool, err := postgres.Open(t.Context(), postgres.Options{URL: url, Pool: "test", MaxConns: 2})
		if err != nil {
			return err
		}
		defer pool.Close()
		_, err = postgres.Migrate(t.Context(), pool, slog.New(slog.DiscardHandler))
		return err
	}
	empty, err := neturl.Parse(testpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	empty.User = neturl.User("cure_limited")
	for name, c := range map[string]struct {
		err         error
		code, wants string
	}{
		"no such role":     {open(postgres.Options{URL: with(func(u *neturl.URL) { u.User = neturl.User("nobody") })}), "28000", "role that DATABASE_URL names"},
		"no such database": {open(postgres.Options{URL: with(func(u *neturl.URL) { u.Path = "/nothing" })}), "3D000", "createdb"},
		"no room":          {open(postgres.Options{URL: with(func(u *neturl.URL) { u.User = neturl.User("cure_crowded") })}), "53300", "max_connections"},
		"no right":         {open(postgres.Options{URL: with(func(u *neturl.URL) { u.User = neturl.User("cure_limited") })}), "42501", "owns the database"},
		"migrate":          {migrate(empty.String()), "42501", "owns the database"},
		"no writes":        {open(postgres.Options{URL: url, ReadOnly: true}), "25006", "target_session_attrs=read-write"},
	} {
		pg, ok := errors.AsType[*pgconn.PgError](c.err)
		if !ok || pg.Code != c.code || fault.KindOf(c.err) != fault.DatabaseError || !strings.Contains(c.err.Error(), c.wants) || strings.Contains(c.err.Error(), "\n") {
			t.Errorf("%s: want SQLSTATE %s and %q in one line, got %v", name, c.code, c.wants, c.err)
		}
	}
	err = open(postgres.Options{URL: "postgres://app:hunter2@127.0.0.1:1/x"})
	if text := err.Error(); strings.Contains(text, "\n") || strings.Count(text, "connection refused") != 1 || !strings.Contains(text, "check DATABASE_URL") {
		t.Errorf("nobody listens: %s", text)
	}
}

// A server that takes no writes is not ready, however well it answers.
func TestReady(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	if err := postgres.Ready(t.Context(), pool); err != nil {
		t.Error(err)
	}
	if _, err := pool.Exec(t.Context(), "alter role current_user in database "+pool.Config().ConnConfig.Database+" set default_transaction_read_only = on"); err != nil {
		t.Fatal(err)
	}
	pool.Reset()
	if err := postgres.Ready(t.Context(), pool); fault.KindOf(err) != fault.DatabaseError || !strings.Contains(err.Error(), "takes no writes") {
		t.Errorf("read only: %v", err)
	}
}

// A schema whose migrations were numbered in another way is refused by whoever starts and by
// migrate, and stays as it is.
func TestSchemaWithAGapIsRefused(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	if _, err := pool.Exec(t.Context(), "delete from goose_db_version where version_id in (5, 17)"); err != nil {
		t.Fatal(err)
	}
	if n, err := postgres.Pending(t.Context(), pool); n != 0 || fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "lacks version 5") {
		t.Errorf("starting: %d migrations are missing, %v", n, err)
	}
	applied, err := postgres.Migrate(t.Context(), pool, slog.New(slog.DiscardHandler))
	if len(applied) != 0 || fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "lacks version 5") {
		t.Errorf("migrate: applied %v, %v", applied, err)
	}
}
