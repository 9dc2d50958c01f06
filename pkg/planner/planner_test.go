package planner_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGenerateReadsAsItsComponents(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	res, names, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names[:2]) // the fetches run at the same time
	want := []string{"profile_fetch", "recipe_fetch", "generation_algorithm", "macro_validation", "grocery_consolidation", "email_render"}
	if !slices.Equal(names, want) {
		t.Errorf("ran %v, want %v", names, want)
	}
	if err := res.Week.Validate(); err != nil || res.Week.Meals() != 21 || len(p.saved) != 1 || res.Week.People != 2 {
		t.Errorf("%v, %d meals, %d saved", err, res.Week.Meals(), len(p.saved))
	}
	again, names, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil || !again.Existing || len(names) != 0 || len(p.saved) != 1 {
		t.Errorf("a second run: existing %t, ran %v, %d saved, %v", again.Existing, names, len(p.saved), err)
	}
}

func TestDryRunStoresNothing(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	if res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true}); err != nil || res.Week.Meals() != 21 || len(p.saved) != 0 {
		t.Errorf("%d meals, %d saved, %v", res.Week.Meals(), len(p.saved), err)
	}
}

// Only the meals that somebody wants are planned, whatever is locked is, and each day's
// target is that of its meals. A stored week keeps the others until they are replanned.
func TestMealsThatAreNotPlanned(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	whole, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	p.in.User.Settings.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
	lock := plan.Slot{Date: week + 2, Meal: recipe.Breakfast}
	p.in.Wishes.Locks = []plan.Lock{{Slot: lock, Recipe: 3}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	full := res.Week.Target
	for i, d := range res.Week.Days {
		meals := nutrition.Mass(2)
		if d.Date == lock.Date {
			meals = 3
		}
		if (d.Meals[recipe.Breakfast] != nil) != (meals == 3) || d.Meals[recipe.Lunch] == nil || d.Meals[recipe.Dinner] == nil || d.Target.Protein != full.Protein*meals/3 {
			t.Errorf("day %d: %+v of %+v", i, d.Meals, d.Target)
		}
	}
	if len(p.saved) != 1 || len(p.saved[0].Wishes.Skips) != 0 {
		t.Errorf("the setting became a wish: %+v", p.saved)
	}

	in := p.in
	in.Existing = &whole.Plan
	free := plan.Slot{Date: week + 4, Meal: recipe.Breakfast}
	revised, err := planner.New(p, p, p, p, inline(new([]string), new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}).
		Revise(t.Context(), in, planner.Revision{Free: []plan.Slot{free}, From: plan.Slot{Date: week}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range revised.Week.Days {
		if (d.Meals[recipe.Breakfast] == nil) != (d.Date == free.Date) {
			t.Errorf("revised %s: breakfast %+v", d.Date, d.Meals[recipe.Breakfast])
		}
	}
}

func TestNoMailForThoseWhoUnsubscribed(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.NoMail = []string{"weekly_plan"}
	if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week}); err != nil || p.saved[0].Mail != nil {
		t.Errorf("%v, mail %v", err, p.saved[0].Mail)
	}
}

// A lock that cannot be kept costs its user no week: the plan says so.
func TestLocksThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week, Meal: recipe.Dinner}, Recipe: 999}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil || !strings.Contains(message.Joined(res.Week.Notes...).String(), "Your lock on Monday dinner could not be kept: recipe 999 is not in the library.") {
		t.Errorf("%v, %v", err, res.Week.Notes)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	upstream := fault.New(fault.NetworkError, "tandoor", "refused")
	for name, c := range map[string]struct {
		change func(*ports)
		week   calendar.Date
		kind   fault.Kind
		text   string
	}{
		"not a Monday":  {nil, week + 1, fault.InvalidInput, "the week's Monday is 2026-11-30"},
		"no recipes":    {func(p *ports) { p.pool.Recipes = nil }, week, fault.NoRecipesAvailable, `"home" has no recipes`},
		"upstream dead": {func(p *ports) { p.poolErr = upstream }, week, fault.NetworkError, "refused"},
		"unknown mode":  {func(p *ports) { p.in.Wishes.Mode = "keto" }, week, fault.InvalidConstraints, `unknown mode "keto"`},
		"bad diet":      {func(p *ports) { p.in.User.Settings.Diets = []string{"fruitarian"} }, week, fault.InvalidConstraints, `unknown diet "fruitarian"`},
		"bad allergen":  {func(p *ports) { p.in.User.Settings.Allergens = []string{"plastic"} }, week, fault.InvalidConstraints, `unknown allergen "plastic"`},
		"too few":       {func(p *ports) { p.pool.Recipes = p.pool.Recipes[:10] }, week, fault.NotEnoughRecipes, "lunch"},
		"nothing usable": {func(p *ports) {
			for i := range p.pool.Recipes {
				p.pool.Recipes[i].Servings = 0
			}
		}, week, fault.NoRecipesAvailable, "none of the 45 recipes"},
	} {
		p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
		if c.change != nil {
			c.change(p)
		}
		_, _, err := p.generate(planner.Request{User: "user_ana", Week: c.week})
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %s: %v", name, fault.KindOf(err), err)
		}
		if len(p.saved) != 0 {
			t.Errorf("%s: something was stored", name)
		}
	}
}

func TestFallbackTargetsSaySo(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice), Stale: true, FetchedAt: time.Date(2026, 11, 26, 6, 0, 0, 0, time.UTC)}, in: planner.Inputs{User: ana()}, wErr: errors.New("down")}
	p.in.User.Settings.Targets = nil
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	notes := message.Joined(res.Week.Notes...).String()
	if res.Week.TargetSource != targets.Default || res.Week.Target != targets.Fallback || !strings.Contains(notes, "our defaults") || !strings.Contains(notes, "26 November, 06:00 UTC") {
		t.Errorf("%s, %s, notes:\n%s", res.Week.TargetSource, res.Week.Target, notes)
	}
}

// A week that cannot be balanced says which macro binds and which recipe would help most.
func TestUnbalancedWeeksNameTheRemedy(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.Targets = &nutrition.Macros{Protein: 190 * nutrition.Gram, Fat: 40 * nutrition.Gram, Carbs: 130 * nutrition.Gram}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	notes := message.Joined(res.Week.Notes...).String()
	if res.Week.Status != plan.Unbalanced || !strings.Contains(notes, "What misses its target most often is protein. What would help most: a ") {
		t.Errorf("%s:\n%s", res.Week.Status, notes)
	}
}

// Targets that no meal could reach are not answered with a breakfast of five kilograms.
func TestNoRemedyThatNobodyCouldEat(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.Targets = &nutrition.Macros{Protein: 5000 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 190 * nutrition.Gram}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	notes := message.Joined(res.Week.Notes...).String()
	if !strings.Contains(notes, "most often is protein. No one recipe more that a person could eat would bring a day on target.") {
		t.Error(notes)
	}
	for _, r := range res.Week.Reasons {
		if r.Remedy != nil {
			t.Errorf("%+v proposes %s", r, r.Remedy)
		}
	}
}
