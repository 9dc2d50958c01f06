package planner_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Who cannot be given a week because nobody knows what is in the dishes is told how many
// and what.
func TestShortagesNameWhatBlocks(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(func(i int) []string {
		return []string{"rice", []string{"Zauberpulver", "Zauberpulver", "Hexenkraut", "Drachenöl", "Feenstaub"}[i%5]}
	})}, in: planner.Inputs{User: ana()}}
	p.pool.Recipes = append(p.pool.Recipes, library(rice)[:3]...)
	for i := range 3 {
		p.pool.Recipes[45+i].ID = recipe.ID(46 + i)
	}
	if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true}); err != nil {
		t.Fatalf("without an allergy they are fine: %v", err)
	}
	p.in.User.Settings.Allergens = []string{"nuts"}
	const blocked = ` left out because these 4 ingredients are unknown: "Zauberpulver", "Drachenöl", "Feenstaub", "Hexenkraut"`
	want := ". 45 of 48 recipes were" + blocked + ". (mealplanner library report)"
	_, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if fault.KindOf(err) != fault.NotEnoughRecipes || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %s: %v", fault.KindOf(err), err)
	}
	p.pool.Recipes = p.pool.Recipes[:45]
	want = ". 45 of 45 recipes were" + blocked + ". (mealplanner library report)"
	_, _, err = p.generate(planner.Request{User: "user_ana", Week: week})
	if fault.KindOf(err) != fault.NoRecipesAvailable || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("none left: got %s: %v", fault.KindOf(err), err)
	}
	p.pool.Recipes = append(p.pool.Recipes, library(rice)...)
	for i := range 45 {
		p.pool.Recipes[45+i].ID = recipe.ID(46 + i)
	}
	p.pool.Recipes[50].Gaps = []string{"recipe 9"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	notes := message.Joined(res.Week.Notes...).String()
	if err != nil || !strings.Contains(notes, "45 of 90 recipes were"+blocked+".") ||
		!strings.Contains(notes, `1 recipe was left out because of embedded recipes that cannot be seen, or that embed themselves: "dish 6".`) {
		t.Errorf("%v, notes:\n%s", err, notes)
	}
}

// Where upstreams are required, what is missing for now fails the run with its cause; what
// will not come however often it is asked for does not, and neither does what is there.
func TestRequiredUpstreams(t *testing.T) {
	t.Parallel()
	down, gone := fault.New(fault.Unavailable, "upstream", "503"), fault.New(fault.NotFound, "upstream", "no account")
	for name, c := range map[string]struct {
		stale, weight error
		want          error
	}{
		"both answer":            {},
		"stale recipes":          {stale: down, want: down},
		"no weight for now":      {weight: down, want: down},
		"no weight, ever":        {weight: gone},
		"neither, recipes first": {stale: down, weight: gone, want: down},
	} {
		for _, required := range []bool{true, false} {
			p := &ports{pool: recipe.Pool{Recipes: library(rice), Stale: c.stale != nil, Cause: c.stale}, wErr: c.weight, in: planner.Inputs{User: ana()}}
			_, _, err := p.generateWith(planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1, RequireUpstreams: required}, planner.Request{User: "user_ana", Week: week})
			want := c.want
			if !required {
				want = nil
			}
			if !errors.Is(err, want) || (err == nil) != (len(p.saved) == 1) {
				t.Errorf("%s, required %t: %v and %d plans, want %v", name, required, err, len(p.saved), want)
			}
		}
	}
}

// A meal that nothing may replace is missing, which is not what a skipped one is: the day
// still wants it, later commands work around it, and it is filled as soon as something fits.
func TestMissingMeals(t *testing.T) {
	mixed := append(library(rice), dish(100, []recipe.Meal{recipe.Breakfast}, "rice"))
	breakfasts := 0
	for i, r := range mixed {
		if slices.Contains(r.Meals, recipe.Breakfast) {
			if breakfasts++; breakfasts > 6 { // six of seven are without nuts
				mixed[i].Ingredients[0].Food.Name = "walnuts"
			}
			mixed[i].Meals = []recipe.Meal{recipe.Breakfast, recipe.Lunch} // so none comes twice
		}
	}
	p := &ports{pool: recipe.Pool{Recipes: mixed}, in: planner.Inputs{User: ana()}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	pl := planner.New(p, p, p, p, inline(&names, new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1})
	in := planner.Inputs{User: ana(), Existing: &res.Plan}
	in.User.Settings.Allergens = []string{"nuts"}

	amended, err := pl.Amend(t.Context(), in, planner.SettingsChanged, plan.Slot{Date: week})
	if err != nil || !amended.Lost {
		t.Fatalf("lost %t, %v", amended.Lost, err)
	}
	missing := func(w plan.Week) (out []plan.Slot) {
		t.Helper()
		if err := w.Validate(); err != nil {
			t.Error(err)
		}
		for _, s := range plan.Slots(w.WeekOf) {
			if w.Missing(s) {
				out = append(out, s)
				if d := w.Days[s.Date-w.WeekOf]; d.Balanced || w.Status != plan.Unbalanced || d.Target != w.Target || w.At(s) != nil {
					t.Errorf("%s: on target %t of %s, the week is %s", d.Date, d.Balanced, d.Target, w.Status)
				}
			}
		}
		return out
	}
	lost := missing(amended.Week)
	if len(lost) != 1 || lost[0].Meal != recipe.Breakfast {
		t.Fatalf("missing: %v", lost)
	}
	other := plan.Slot{Date: week + 2, Meal: recipe.Dinner}
	// UNDO brings back a week from before the allergy.
	if s, err := pl.Revise(t.Context(), in, planner.Revision{From: plan.Slot{Date: week}, Free: []plan.Slot{other}}); err != nil || len(missing(s.Week)) != 1 {
		t.Errorf("a week with a dish that is forbidden by now: %v", err)
	}
	in.Existing = &amended.Plan

	skipped := in
	skipped.Wishes.Skips = []plan.Slot{other}
	if s, err := pl.Revise(t.Context(), skipped, planner.Revision{Free: []plan.Slot{other}}); err != nil || len(missing(s.Week)) != 1 || s.Week.At(other) != nil {
		t.Errorf("a command about another meal: %v", err)
	}
	if s, err := pl.Revise(t.Context(), in, planner.Revision{Free: plan.Slots(week)}); err != nil || len(missing(s.Week)) != 1 {
		t.Errorf("the week anew: %v", err)
	}
	skipped.Wishes.Skips = lost
	if s, err := pl.Revise(t.Context(), skipped, planner.Revision{Free: lost}); err != nil || len(missing(s.Week)) != 0 || s.Week.Days[lost[0].Date-week].Target == s.Week.Target {
		t.Errorf("skipped after all: %v", err)
	}
	p.pool.Recipes = append(mixed, dish(101, []recipe.Meal{recipe.Breakfast}, "rice"))
	filled, err := pl.Amend(t.Context(), in, planner.RecipesChanged, plan.Slot{Date: week})
	if err != nil || len(missing(filled.Week)) != 0 || filled.Lost || !filled.Changed {
		t.Errorf("one more recipe: lost %t, changed %t, %v", filled.Lost, filled.Changed, err)
	}
}
