package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// noted are the changes of write-back, the oldest first.
func noted(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "select concat_ws(' ', name, value, 'by', set_by) from runtime_settings_audit order by id")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Write-back is turned on and off of the library that was read, and of no other: what else became of
// the connection meanwhile stays.
func TestSetWriteBackChangesNothingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile string
		on        bool
		kind      fault.Kind
		noted     bool
	}{
		"on":                    {"", true, "", true},
		"off, which it was":     {"", false, "", false},
		"it fails a sync":       {"update connections set last_error = 'down', keyword_meals = '{\"x\": [\"lunch\"]}'", true, "", true},
		"its token is new":      {"update connections set token_sealed = 'new'", true, fault.Conflict, false},
		"its address is new":    {"update connections set url = 'http://new'", true, fault.Conflict, false},
		"it is turned on, too":  {"update connections set write_back = true", true, "", false},
		"it is deleted":         {"delete from connections", true, fault.NotFound, false},
		"a new token, then off": {"update connections set token_sealed = 'new'", false, fault.Conflict, false},
	} {
		pool := testpg.Pool(t)
		users := postgres.NewUsers(pool)
		read := recipe.Connection{ID: "user_bo", URL: "http://old", Sealed: []byte("old"), Invited: true}
		if err := users.AddConnection(t.Context(), read, "user_bo"); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), c.meanwhile); err != nil {
			t.Fatal(err)
		}
		const row = "select coalesce((select to_jsonb(c) - 'write_back' from connections c), '{}')::text"
		var before, after string
		if err := pool.QueryRow(t.Context(), row).Scan(&before); err != nil {
			t.Fatal(err)
		}
		if err := users.SetWriteBack(t.Context(), read, c.on, "user_bo"); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if err := pool.QueryRow(t.Context(), row).Scan(&after); err != nil || after != before {
			t.Errorf("%s: the connection is %s, was %s: %v", name, after, before, err)
		}
		var want []string
		if c.noted {
			want = []string{"write-back of user_bo on by user_bo"}
		}
		if got := noted(t, pool); !slices.Equal(got, want) {
			t.Errorf("%s: %q are noted", name, got)
		}
	}
}

// Whoever has a library written to is noted, be it from the start or later.
func TestWhoHasALibraryWrittenToIsNoted(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	users := postgres.NewUsers(pool)
	c := recipe.Connection{ID: "home", URL: "http://old", Sealed: []byte("old"), WriteBack: true}
	for _, change := range []struct {
		store func(context.Context, recipe.Connection, string) error
		on    bool
		by    string
	}{{users.AddConnection, true, "user_bo"}, {users.ChangeConnection, true, "operator"}, {users.ChangeConnection, false, "operator"}} {
		c.WriteBack = change.on
		if err := change.store(t.Context(), c, change.by); err != nil {
			t.Fatal(err)
		}
	}
	if got := noted(t, pool); !slices.Equal(got, []string{"write-back of home on by user_bo", "write-back of home off by operator"}) {
		t.Errorf("%q are noted", got)
	}
}
