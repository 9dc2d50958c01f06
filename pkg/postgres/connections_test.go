package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
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

// What is noted of a person's library is theirs: it is exported, counted and deleted with them, and
// nobody else's is.
func TestWhatIsNotedOfWriteBackGoesWithItsUser(t *testing.T) {
	t.Parallel()
	for id, own := range map[string][]int{"user_bo": {0, 1, 2}, "user_bo_2": {3}, "operator": nil} {
		pool := testpg.Pool(t)
		users := postgres.NewUsers(pool)
		if err := users.AddConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://old", Sealed: []byte("old")}, "system"); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"user_bo", "user_bo_2", "operator"} {
			if err := users.Add(t.Context(), user.User{ID: who, Name: who, Email: who + "@example.org", TimeZone: "UTC", Enabled: true, People: 1, Connection: "home", Settings: user.DefaultSettings()}, nil); err != nil {
				t.Fatal(err)
			}
		}
		var all, left []string
		for i, n := range [][2]string{
			{"write-back of user_bo", "user_bo"},
			{"write-back of user_bo", "operator"},
			{"write-back of user_bo_3", "operator"},
			{"write-back of user_bo_2", "user_bo_2"},
			{"write-back of user_bot", "user_bot"},
			{"write-back of home", "operator"},
			{"planner.limit", "operator"},
		} {
			if _, err := pool.Exec(t.Context(), "insert into runtime_settings_audit (name, value, set_by) values ($1, 'on', $2)", n[0], n[1]); err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprintf("%s on by %s", n[0], n[1]))
			if !slices.Contains(own, i) {
				left = append(left, all[i])
			}
		}
		data, err := users.Export(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var export struct {
			Noted []struct{ Name, Value, At string } `json:"write_back"`
		}
		if err := json.Unmarshal(data, &export); err != nil || len(export.Noted) != len(own) {
			t.Errorf("%s: the export has %+v, %v", id, export.Noted, err)
		}
		held, err := users.Holdings(t.Context(), id)
		if i := slices.IndexFunc(held, func(h postgres.Held) bool { return strings.Contains(h.What, "write-back") }); err != nil || i < 0 || held[i].N != int64(len(own)) {
			t.Errorf("%s: %+v are counted, %v", id, held, err)
		}
		if err := users.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got := noted(t, pool); !slices.Equal(got, left) {
			t.Errorf("%s: %q are left, want %q", id, got, left)
		}
	}
}
