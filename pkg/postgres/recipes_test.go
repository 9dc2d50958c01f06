package postgres_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

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
