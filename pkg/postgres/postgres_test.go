package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
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
	if err := users.PutConnection(t.Context(), postgres.Connection{ID: "home", URL: "http://localhost", Sealed: []byte{1}}); err != nil {
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

// Many runs for one week store one plan and one mail.
func TestSaveIsExactlyOncePerUserAndWeek(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	plans := postgres.NewPlans(pool, noTrace)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		wins int
	)
	for range 8 {
		wg.Go(func() {
			saved, err := plans.Save(t.Context(), draft())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if saved {
				wins++
			}
		})
	}
	wg.Wait()
	if wins != 1 {
		t.Errorf("%d runs stored the plan", wins)
	}
	for table, want := range map[string]int{"plans": 1, "plan_meals": 7, "outbox": 1} {
		var n int
		if err := pool.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
		}
	}
	in, err := plans.Inputs(t.Context(), "user_ana", monday+7)
	if err != nil {
		t.Fatal(err)
	}
	if got := in.LastUsed[10][recipe.Dinner]; got != monday+6 {
		t.Errorf("dinner 10 was last used on %s", got)
	}
	if in.Existing != nil {
		t.Error("the next week has a plan")
	}
	if in, err = plans.Inputs(t.Context(), "user_ana", monday); err != nil || in.Existing == nil || in.Existing.Week.Days[6].Meals[2].Name != "Dal" {
		t.Errorf("the stored plan came back as %+v, %v", in.Existing, err)
	}
}

func TestSaveStoresNothingWhenAPartFails(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	plans := postgres.NewPlans(pool, noTrace)
	d := draft()
	d.Week.Days[3].Meals[2].Servings = -1 // breaks a check on plan_meals
	if _, err := plans.Save(t.Context(), d); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	for _, table := range []string{"plans", "plan_meals", "outbox"} {
		var n int
		if err := pool.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d rows (%v)", table, n, err)
		}
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	if _, err := postgres.NewPlans(pool, noTrace).Save(t.Context(), draft()); err != nil {
		t.Fatal(err)
	}
	box := postgres.NewOutbox(pool)
	next := func(out outbox.Outcome) (m outbox.Queued, found bool) {
		t.Helper()
		found, err := box.Next(t.Context(), func(_ context.Context, q outbox.Queued) outbox.Outcome { m = q; return out })
		if err != nil {
			t.Fatal(err)
		}
		return m, found
	}
	m, found := next(outbox.Outcome{Err: errors.New("later"), Retry: time.Hour})
	if !found || m.MessageID != "weekly-plan.1@example.org" || m.Headers["List-Id"] != "<x>" || m.Attempts != 0 {
		t.Fatalf("got %+v", m)
	}
	if _, found := next(outbox.Outcome{}); found {
		t.Error("a deferred mail is due at once")
	}
	if _, err := pool.Exec(t.Context(), "update outbox set next_attempt_at = now()"); err != nil {
		t.Fatal(err)
	}
	if m, found := next(outbox.Outcome{}); !found || m.Attempts != 1 {
		t.Errorf("got %+v, %t", m, found)
	}
	if n, err := box.Pending(t.Context()); n != 0 || err != nil {
		t.Errorf("%d pending, %v", n, err)
	}
	if rates, err := box.DeliveryRate(t.Context()); err != nil || rates["weekly_plan"] != 1 {
		t.Errorf("rates %v, %v", rates, err)
	}
}

// A mail is claimed by one process at a time, and a program that stops finishes the mail
// it has begun.
func TestOutboxClaimsExclusivelyAndFinishes(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	if _, err := postgres.NewPlans(pool, noTrace).Save(t.Context(), draft()); err != nil {
		t.Fatal(err)
	}
	box := postgres.NewOutbox(pool)
	ctx, cancel := context.WithCancel(t.Context())
	found, err := box.Next(ctx, func(context.Context, outbox.Queued) outbox.Outcome {
		found, err := box.Next(t.Context(), func(context.Context, outbox.Queued) outbox.Outcome { return outbox.Outcome{} })
		if found || err != nil {
			t.Errorf("claimed twice: %t, %v", found, err)
		}
		cancel() // the program stops while the mail server answers
		return outbox.Outcome{}
	})
	if !found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	if n, err := box.Pending(t.Context()); n != 0 || err != nil {
		t.Errorf("%d pending, %v", n, err)
	}
	if _, err := box.Next(ctx, nil); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a stopping program claims another mail: %v", err)
	}
}

func TestRecipes(t *testing.T) {
	t.Parallel()
	cache := postgres.NewRecipes(withAna(t))
	at := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	apply := func(f recipesync.Found, at time.Time, full bool) {
		t.Helper()
		if err := cache.Apply(t.Context(), "home", f, at, full); err != nil {
			t.Fatal(err)
		}
	}
	recipes := func(ids ...recipe.ID) (out []recipe.Recipe) {
		for _, id := range ids {
			out = append(out, recipe.Recipe{ID: id, Name: fmt.Sprint("dish ", id), Servings: 2, UpdatedAt: at, Meals: []recipe.Meal{recipe.Lunch}})
		}
		return out
	}
	apply(recipesync.Found{Changed: recipes(1, 2), Problems: []recipesync.Problem{{Recipe: 3, Name: "c", Field: "servings", Problem: "0"}}}, time.Time{}, false)
	_, state, err := cache.Versions(t.Context(), "home")
	if err != nil || !state.Synced.IsZero() {
		t.Errorf("an incomplete fetch was recorded as complete: %+v, %v", state, err)
	}
	apply(recipesync.Found{Changed: recipes(3), Deleted: []recipe.ID{1}}, at, true)
	known, state, err := cache.Versions(t.Context(), "home")
	if err != nil || len(known) != 2 || !known[3].Equal(at) || !state.Full.Equal(at) {
		t.Errorf("got %v, %+v, %v", known, state, err)
	}
	got, err := cache.Load(t.Context(), "home")
	if err != nil || len(got) != 2 || got[1].Name != "dish 3" || got[1].Meals[0] != recipe.Lunch {
		t.Errorf("got %+v, %v", got, err)
	}
	if problems, err := cache.Problems(t.Context(), "home"); err != nil || len(problems) != 0 {
		t.Errorf("the mended recipe still has problems: %v, %v", problems, err)
	}
}

// Decoded recipes are kept in memory; what another process writes must be seen all the same.
func TestRecipesOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	at := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	dishes := func(name string, ids ...recipe.ID) (f recipesync.Found) {
		for _, id := range ids {
			f.Changed = append(f.Changed, recipe.Recipe{ID: id, Name: name, Servings: 2, UpdatedAt: at})
		}
		return f
	}
	mine, others := postgres.NewRecipes(pool), postgres.NewRecipes(pool)
	for _, step := range []struct {
		found recipesync.Found
		want  string
	}{
		{dishes("soup", 1, 2, 3), "1 soup, 2 soup, 3 soup"},
		{dishes("stew", 2), "1 soup, 2 stew, 3 soup"}, // at the very same time
		{recipesync.Found{Deleted: []recipe.ID{1}}, "2 stew, 3 soup"},
		{dishes("pie", 1), "1 pie, 2 stew, 3 soup"},
		{recipesync.Found{Deleted: []recipe.ID{1, 2, 3}}, ""},
	} {
		if err := others.Apply(t.Context(), "home", step.found, at, false); err != nil {
			t.Fatal(err)
		}
		for range 2 { // as read, and as kept
			got, err := mine.Load(t.Context(), "home")
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range got {
				names = append(names, fmt.Sprint(r.ID, " ", r.Name))
			}
			if s := strings.Join(names, ", "); s != step.want {
				t.Errorf("got %q, want %q", s, step.want)
			}
		}
	}
}

// What an older version stored lacks what the planner looks at: such a recipe is outdated,
// and the library counts as never imported in full until all of it is fetched again. An older
// process that writes meanwhile is noticed too.
func TestRecipesOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	cache := postgres.NewRecipes(pool)
	at := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	found := recipesync.Found{Changed: []recipe.Recipe{
		{ID: 1, Name: "sauce", UpdatedAt: at, Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: "walnut", Recipe: 7}}}, Foodless: []string{"a glug"}},
		{ID: 2, Name: "dish", UpdatedAt: at, Embeds: []recipe.Embed{{Recipe: 1}}},
	}}
	check := func(when string, old bool) {
		t.Helper()
		got, err := cache.Load(t.Context(), "home")
		if err != nil || len(got) != 2 || got[0].Outdated != old || got[1].Outdated != old {
			t.Fatalf("%s: %+v, %v; want outdated %t", when, got, err, old)
		}
		if _, state, err := cache.Versions(t.Context(), "home"); err != nil || state.Full.IsZero() != old || state.Synced.IsZero() {
			t.Errorf("%s: %+v, %v; want never looked at wholly %t", when, state, err, old)
		}
		if in := got[1].Ingredients; len(in) != 1 || in[0].Food.Recipe != 7 || len(got[1].Foodless) != 1 {
			t.Errorf("%s: the embedded recipe is not there: %+v", when, got[1])
		}
	}
	apply := func() {
		t.Helper()
		if err := cache.Apply(t.Context(), "home", found, at, true); err != nil {
			t.Fatal(err)
		}
	}
	apply()
	check("fresh", false)
	exec := func(sql string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`update recipes set data = data - 'form' where recipe_id = 1`)
	check("one written by an older version", true)
	exec(`update recipes set data = jsonb_set(data, '{form}', '2') where recipe_id = 1`)
	check("one written by a newer version", true)
	apply()
	check("fetched again", false)
}

func TestRecipesAreLoadedConcurrently(t *testing.T) {
	t.Parallel()
	cache := postgres.NewRecipes(withAna(t))
	at := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 20 {
				r := recipe.Recipe{ID: recipe.ID(i + 1), Name: strconv.Itoa(n), Servings: 2, UpdatedAt: at}
				if err := cache.Apply(t.Context(), "home", recipesync.Found{Changed: []recipe.Recipe{r}}, at, false); err != nil {
					t.Error(err)
				}
				got, err := cache.Load(t.Context(), "home")
				if err != nil {
					t.Error(err)
				}
				if !slices.ContainsFunc(got, func(g recipe.Recipe) bool { return g.ID == r.ID && g.Name == r.Name }) {
					t.Errorf("%d: what was written is not what was read", i)
				}
			}
		})
	}
	wg.Wait()
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

// A week's run is due on each user's own Friday morning; only those whose run was due
// and who were there before it are missed.
func TestDueWeeks(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	users, plans := postgres.NewUsers(pool), postgres.NewPlans(pool, noTrace)
	for id, zone := range map[string]string{"user_a": "Pacific/Auckland", "user_b": "Europe/Berlin", "user_l": "America/Los_Angeles", "user_new": "Europe/Berlin", "user_off": "Europe/Berlin"} {
		u := ana()
		u.ID, u.TimeZone, u.Enabled = id, zone, id != "user_off"
		if err := users.Add(t.Context(), u, nil); err != nil {
			t.Fatal(err)
		}
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("delete from users where id = 'user_ana'")
	exec("update users set created_at = '2026-01-01'")
	exec("update users set created_at = '2026-11-27 08:00+01' where id = 'user_new'")
	for _, u := range []string{"user_a", "user_b", "user_l"} {
		exec("insert into plans (user_id, week_of, generation_id, status, optimal, data) values ($1, '2026-11-23', 'x', 'balanced', true, '{}')", u)
	}
	exec("insert into plans (user_id, week_of, generation_id, status, optimal, data) values ('user_a', '2026-11-30', 'x', 'balanced', true, '{}')")
	for name, c := range map[string]struct{ now, want string }{
		"nobody's Friday yet":     {"2026-11-26T16:59:00Z", "[{2026-11-23 0 0}]"},
		"Friday in Auckland":      {"2026-11-26T17:00:00Z", "[{2026-11-30 0 0} {2026-11-23 0 0}]"},
		"Friday in Berlin":        {"2026-11-27T05:00:00Z", "[{2026-11-30 1 0} {2026-11-23 0 0}]"},
		"half an hour later":      {"2026-11-27T05:30:00Z", "[{2026-11-30 1 0} {2026-11-23 0 0}]"},
		"Berlin's plan is late":   {"2026-11-27T05:31:00Z", "[{2026-11-30 1 1} {2026-11-23 0 0}]"},
		"Friday in Los Angeles":   {"2026-11-27T14:00:00Z", "[{2026-11-30 2 1} {2026-11-23 0 0}]"},
		"so is that of the third": {"2026-11-27T14:31:00Z", "[{2026-11-30 2 2} {2026-11-23 0 0}]"},
	} {
		at, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plans.DueWeeks(t.Context(), []calendar.Date{monday, monday - 7}, at, 30*time.Minute)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
}

// Two functions of the schema say when a user's week is planned; both agree with the
// settings, for every day and hour, from the first moment and after every change.
func TestPlanTime(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	users := postgres.NewUsers(pool)
	check := func(u user.User) {
		t.Helper()
		day, hour := u.Settings.PlanTime()
		var cron string
		var lead float64
		err := pool.QueryRow(t.Context(), "select s.cron, extract(epoch from weekly_lead(u.settings))::float8 from users u join scheduled_jobs s on s.user_id = u.id where u.id = $1 and s.job_type = 'WeeklyGeneration'", u.ID).Scan(&cron, &lead)
		days := (7-int(day))%7 + 1 // to the next Monday: 1 from a Sunday, 7 from a Monday
		if want := float64(days*24-hour) * 3600; err != nil || cron != fmt.Sprintf("0 %d * * %d", hour, day) || lead != want {
			t.Errorf("%s at %d: cron %q, lead %.0f s, want %.0f, %v", day, hour, cron, lead, want, err)
		}
	}
	check(ana())
	for _, day := range user.Weekdays {
		for _, hour := range []int{0, 6, 23} {
			u, err := users.Change(t.Context(), "user_ana", func(u *user.User) error {
				u.Settings.PlanDay, u.Settings.PlanHour = day, hour
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			check(u)
		}
	}
	u := ana()
	u.ID, u.Settings.PlanDay, u.Settings.PlanHour = "user_sunday", "sunday", 18
	if err := users.Add(t.Context(), u, nil); err != nil {
		t.Fatal(err)
	}
	check(u)
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
