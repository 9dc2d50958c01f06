package sandbox_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// strangers returns the untidy library the way the program gets it: over the protocol.
func strangers(t *testing.T) []recipe.Recipe {
	t.Helper()
	lib, err := sandbox.StrangersLibrary()
	if err != nil {
		t.Fatal(err)
	}
	srv, err := tandoortest.New(tandoortest.Options{Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	t.Cleanup(hs.Close)
	c, err := tandoor.New(tandoor.Config{BaseURL: hs.URL, Token: seal.Secret(tandoortest.DefaultToken), HTTP: hs.Client()})
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Sync(t.Context(), tandoor.Ask{Full: true})
	if err != nil || len(res.Changed) != len(lib.Recipes) {
		t.Fatalf("%d of %d recipes came over: %v, %+v", len(res.Changed), len(lib.Recipes), err, res.Problems)
	}
	return res.Changed
}

// The stranger's library is as untidy as imports are, and most of it is understood all the same.
func TestStrangersLibrary(t *testing.T) {
	t.Parallel()
	all := strangers(t)
	names, german, torn := map[string]bool{}, 0, 0
	for _, r := range all {
		if names[r.Name] || strings.ContainsAny(r.Name, "{}") && !strings.HasSuffix(r.Name, "{easy}") {
			t.Errorf("%q: twice, or not filled in", r.Name)
		}
		names[r.Name] = true
		if r.Nutrition != recipe.Unknown {
			t.Errorf("%s has %s figures", r.Name, r.Nutrition)
		}
		if slices.ContainsFunc(r.Steps, func(s recipe.Step) bool {
			return strings.Contains(s.Instruction, " und ") || strings.Contains(s.Instruction, " mit ")
		}) {
			german++
		}
		for _, i := range r.Ingredients {
			if i.Note != "" || strings.ContainsAny(i.Unit.Name+i.Food.Name, "0123456789(/") {
				torn++
				break
			}
		}
	}
	if len(all) < 150 || german < 35 || torn < 9*len(all)/10 {
		t.Errorf("%d recipes, %d German, %d with a torn line", len(all), german, torn)
	}
	rep, err := planner.Explain(sandbox.Stranger().User, recipe.Pool{Recipes: all})
	if err != nil {
		t.Fatal(err)
	}
	left := map[planner.Reason]int{}
	for _, l := range rep.LeftOut {
		left[l.Reason] = len(l.Recipes)
		for _, r := range l.Recipes {
			t.Logf("%s: %q %s", l.Reason, r.Name, r.Why)
		}
	}
	t.Logf("usable: %v, left out: %v", rep.Usable, left)
	if rep.Usable[recipe.Breakfast] < 14 || rep.Usable[recipe.Dinner] < 70 || left[planner.NoNutrition] > len(all)/8 || left[planner.Unclassified] > len(all)/20 {
		t.Errorf("usable: %v, left out: %v", rep.Usable, left)
	}
}

// Two weeks of the stranger's, one after the other: on target, nothing that is no meal, no
// nuts, fish, and dinners that fit a weekday.
func TestStrangersWeeks(t *testing.T) {
	t.Parallel()
	first, err := calendar.Parse("2026-11-30")
	if err != nil {
		t.Fatal(err)
	}
	const weeks = 2
	results, err := generated(t.Context(), sandbox.Stranger(), strangers(t), first, weeks)
	if err != nil {
		t.Fatal(err)
	}
	for w, res := range results {
		if res.Week.Status != plan.Balanced || len(res.Week.Reasons) > 0 && w == 0 {
			t.Errorf("week %d: %s, %+v", w+1, res.Week.Status, res.Week.Reasons)
		}
		for _, d := range res.Week.Days {
			for m, sv := range d.Meals {
				t.Logf("week %d %s %-9s %s x %s, %d min", w+1, d.Date.Weekday().String()[:3], recipe.Meals[m], sv.Servings, sv.Name, sv.Minutes)
				for _, no := range []string{"Cookies", "Jam", "Dip", "Dressing", "Crumble", "kuchen", "Hot Chocolate", "Mashed", "Bread", "Bratkartoffeln"} {
					if strings.Contains(sv.Name, no) {
						t.Errorf("week %d: %s for %s", w+1, sv.Name, recipe.Meals[m])
					}
				}
				if recipe.Meals[m] == recipe.Dinner && d.Date.Weekday()%6 != 0 && sv.Minutes > 60 {
					t.Errorf("week %d: %s takes %d minutes on a %s", w+1, sv.Name, sv.Minutes, d.Date.Weekday())
				}
			}
		}
	}
}
