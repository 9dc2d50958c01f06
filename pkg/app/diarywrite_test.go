package app_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Confirmed meals go to the diary of a user who opted in: line by line, each once, also
// when FatSecret's answer is lost; a dry run writes nothing.
func TestConfirmedMealsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[2:3]
	w := newWorld(t, options{people: people, now: time.Now})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	u, err := w.Users.Get(t.Context(), people[0].ID)
	must(t, err)
	zone, err := u.Location()
	must(t, err)
	today := calendar.On(time.Now().In(zone))
	m, err := w.Generate(t.Context(), planner.Request{User: u.ID, Week: today.Monday()}, nil)
	must(t, err)
	diary := w.diaryOf(t, people[0].ID)
	before := len(diary(today))
	sync := func(mode user.DiaryMode) {
		t.Helper()
		u.Settings.Diary = mode
		must(t, w.Users.Set(t.Context(), u))
		var n int
		must(t, pool.QueryRow(t.Context(), finals).Scan(&n))
		_, err := pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() where id = 'auto_sync:user:' || $1", u.ID)
		must(t, err)
		await(t, pool, n+1, finals)
	}
	// A meal of today with an ingredient that FatSecret knows by name.
	meal, known := w.mappable(t, m.Week, today)
	report, err := w.Click(t.Context(), u.ID, today.Monday(), fmt.Sprintf("ATE %s %s", today, meal), "a button")
	must(t, err)
	if report.Outcome != "applied" {
		t.Fatalf("%+v", report)
	}
	sync(user.DiaryDryRun)
	if got := len(diary(today)); got != before {
		t.Fatalf("a dry run wrote %d entries", got-before)
	}
	await(t, pool, 1, "select count(*) from job_executions where (output ->> 'diary_dry_run')::int = $1", known)
	defer w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Path: "food_entry.create", LoseAnswer: true, Times: 1})()
	for range 2 {
		sync(user.DiaryWrite)
	}
	if got := len(diary(today)) - before; got != known {
		t.Errorf("%d entries, want %d", got, known)
	}
	await(t, pool, known, "select count(*) from diary_entries where status = 'written' and entry_id <> ''")
	await(t, pool, 0, "select count(*) from job_executions where status = 'failed'")
}

// free is a call budget without an end.
type free struct{}

func (free) Take(context.Context, int) error { return nil }

func (w *world) diaryOf(t *testing.T, userID string) func(calendar.Date) []fatsecret.Entry {
	t.Helper()
	c, err := fatsecret.New(fatsecret.Config{ConsumerKey: sandbox.ConsumerKey, ConsumerSecret: w.cfg.FatSecret.ConsumerSecret, URL: w.cfg.FatSecret.APIURL, HTTP: http.DefaultClient, Budget: free{}, Now: time.Now})
	must(t, err)
	tok := w.box.FatSecretTokens[userID]
	return func(d calendar.Date) []fatsecret.Entry {
		t.Helper()
		out, err := c.Diary(t.Context(), fatsecret.Token{Key: tok.Key, Secret: seal.Secret(tok.Secret)}, fatsecret.Day(d.UnixDays()))
		must(t, err)
		return out
	}
}

// mappable returns a meal of the day and how many of its lines FatSecret knows by name.
func (w *world) mappable(t *testing.T, p plan.Week, today calendar.Date) (meal recipe.Meal, known int) {
	t.Helper()
	all, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	names := map[string]bool{}
	for _, n := range sandbox.Foods() {
		for _, f := range food.Forms(n) {
			names[f] = true
		}
	}
	for i, s := range p.Days[today-p.WeekOf].Meals {
		r := all[slices.IndexFunc(all, func(r recipe.Recipe) bool { return r.ID == s.Recipe })]
		n := 0
		for _, in := range r.Ingredients {
			f, _ := food.Of(in.Food)
			if _, ok := food.Weigh(in, f); ok && names[food.Normalize(in.Food.Name)] {
				n++
			}
		}
		if n > known {
			meal, known = recipe.Meals[i], n
		}
	}
	if known == 0 {
		t.Fatalf("FatSecret knows nothing of %v", p.Days[today-p.WeekOf].Meals)
	}
	return meal, known
}
