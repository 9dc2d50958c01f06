package postgres_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

func ana() user.User {
	return user.User{
		ID: "user_ana", Name: "Ana", Email: "ana@example.org", TimeZone: "Europe/Berlin", Enabled: true, People: 2,
		Connection: "home", Settings: user.DefaultSettings(),
	}
}

func withAna(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := testpg.Pool(t)
	users := postgres.NewUsers(pool)
	if err := users.PutConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://localhost", Sealed: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	if err := users.Add(t.Context(), ana(), nil); err != nil {
		t.Fatal(err)
	}
	return pool
}

func draft() planner.Draft {
	w := plan.Week{User: "user_ana", WeekOf: monday, GenerationID: "gen_2026w49_user_ana", Status: plan.Balanced, People: 2}
	for i := range w.Days {
		w.Days[i].Date = monday + calendar.Date(i)
		w.Days[i].Meals[recipe.Dinner] = &plan.Serving{
			Recipe: recipe.ID(10 + i%2), Name: "Dal", Servings: nutrition.OneServing, Source: plan.Chosen,
		}
	}
	return planner.Draft{User: ana(), Plan: plan.Plan{Week: w}, Mail: &mail.Mail{
		Type: "weekly_plan", Period: monday.String(), MessageID: "weekly-plan.1@example.org", To: "ana@example.org",
		Subject: "Week 49", Text: "text", HTML: "<p>html</p>", Headers: map[string]string{"List-Id": "<x>"},
	}}
}

func noTrace(context.Context) string { return "" }

func TestUsers(t *testing.T) {
	t.Parallel()
	users := postgres.NewUsers(withAna(t))
	u, err := users.Get(t.Context(), "user_ana")
	if err != nil || u.People != 2 || u.Settings.RotationDays != 30 || u.FatSecret {
		t.Fatalf("got %+v, %v", u, err)
	}
	if err := users.Add(t.Context(), ana(), nil); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a taken id: %v", err)
	}
	bad := ana()
	bad.ID, bad.Email = "user_bo", "Bo <bo@example.org>"
	if err := users.Add(t.Context(), bad, nil); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "email") {
		t.Errorf("a bad address: %v", err)
	}
	u.People, u.Settings.Dislikes = 4, []string{"Brussels sprouts"}
	if err := users.Set(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if got, err := users.Get(t.Context(), "user_ana"); err != nil || got.People != 4 || len(got.Settings.Dislikes) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := users.SetFatSecret(t.Context(), "user_ana", []byte{7}); err != nil {
		t.Fatal(err)
	}
	if sealed, err := users.FatSecretToken(t.Context(), "user_ana"); err != nil || string(sealed) != "\x07" {
		t.Errorf("got %v, %v", sealed, err)
	}
	if _, err := users.Get(t.Context(), "user_nobody"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown user: %v", err)
	}
	if n, err := users.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("count = %d, %v", n, err)
	}
}

func TestQueryName(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"-- name: ListDueSchedules :many\nselect 1": "list_due_schedules",
		"-- name: JobGetAvailable :many\nselect 1":  "get_next_pending_job",
		"-- name: QueuePause :exec\nselect 1":       "job_queue",
		"begin":                                     "begin", "COMMIT;": "commit", "vacuum full": "other", "select 1": "select",
	} {
		if got := postgres.QueryName(sql); got != want {
			t.Errorf("QueryName(%q) = %q, want %q", sql, got, want)
		}
	}
}

func TestOpenNamesTheCure(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://app:hunter2@localhost:1/x?sslmode=bogus"})
	if fault.KindOf(err) != fault.InvalidConfig || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	_, err = postgres.Open(t.Context(), postgres.Options{URL: "postgres://app:hunter2@127.0.0.1:1/x"})
	if fault.KindOf(err) != fault.DatabaseError || !strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestScratchIsItsOwnAndVanishes(t *testing.T) {
	t.Parallel()
	server := testpg.URL(t)
	url, drop, err := postgres.Scratch(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	open := func() error {
		pool, err := postgres.Open(t.Context(), postgres.Options{URL: url, Pool: "test"})
		if err == nil {
			if n, err := postgres.Pending(t.Context(), pool); n == 0 || err != nil {
				t.Errorf("the scratch database is not empty: %d, %v", n, err)
			}
			pool.Close()
		}
		return err
	}
	if err := open(); err != nil || url == server {
		t.Errorf("got %s, %v", url, err)
	}
	if err := drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open() == nil {
		t.Error("it is still there")
	}
}

// A schema that a newer program made is refused, by whoever starts and by migrate.
func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	if n, err := postgres.Pending(t.Context(), pool); n != 0 || err != nil {
		t.Fatalf("%d migrations are missing, %v", n, err)
	}
	if _, err := pool.Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Pending(t.Context(), pool); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "newer mealplanner") {
		t.Errorf("starting: %v", err)
	}
	if _, err := postgres.Migrate(t.Context(), pool, slog.New(slog.DiscardHandler)); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("migrate: %v", err)
	}
}
