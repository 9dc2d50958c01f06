package planner_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// few is a library with so many breakfasts.
func few(breakfasts int) []recipe.Recipe {
	var out []recipe.Recipe
	for _, r := range library(rice) {
		if r.Meals[0] != recipe.Breakfast || breakfasts > 0 {
			out = append(out, r)
		}
		if r.Meals[0] == recipe.Breakfast {
			breakfasts--
		}
	}
	return out
}

func mornings(w plan.Week) (ids []recipe.ID, different int) {
	for _, d := range w.Days {
		if s := d.Meals[recipe.Breakfast]; s != nil {
			ids = append(ids, s.Recipe)
		}
	}
	return ids, len(slices.Compact(slices.Sorted(slices.Values(ids))))
}

// A library with fewer breakfasts than mornings gives a week all the same: some come twice, as
// few as can be, and the plan says so. With none the breakfasts are missing, until there is one.
func TestBreakfastsComeAgain(t *testing.T) {
	t.Parallel()
	for have, want := range map[int]int{1: 1, 3: 3, 6: 6, 7: 7, 9: 7} {
		p := &ports{pool: recipe.Pool{Recipes: few(have)}, in: planner.Inputs{User: ana()}}
		res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
		if err != nil {
			t.Errorf("%d breakfasts: %v", have, err)
			continue
		}
		ids, different := mornings(res.Week)
		said := strings.Contains(message.Joined(res.Week.Notes...).String(), "too few breakfasts")
		if len(ids) != 7 || different != want || said != (have < 7) || res.Week.Again != said {
			t.Errorf("%d breakfasts: %v, said so: %t", have, ids, said)
		}
		for _, id := range ids {
			if !slices.ContainsFunc(p.pool.Recipes, func(r recipe.Recipe) bool { return r.ID == id }) {
				t.Errorf("%d breakfasts: the library has no recipe %d", have, id)
			}
		}
	}
	p := &ports{pool: recipe.Pool{Recipes: few(0)}, in: planner.Inputs{User: ana()}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	if err != nil || res.Week.Meals() != 14 || !res.Week.Missing(plan.Slot{Date: week, Meal: recipe.Breakfast}) || res.Week.Status != plan.Unbalanced ||
		!strings.Contains(message.Joined(res.Week.Notes...).String(), "Missing: breakfast") {
		t.Errorf("without a breakfast: %d meals, %s, %v, %v", res.Week.Meals(), res.Week.Status, res.Week.Notes, err)
	}
	in := planner.Inputs{User: ana(), Existing: &res.Plan}
	p.pool.Recipes = few(2)
	pl := planner.New(p, p, p, p, inline(new([]string), new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1})
	filled, err := pl.Amend(t.Context(), in, planner.RecipesChanged, plan.Slot{Date: week})
	if err != nil || filled.Week.Meals() != 21 || filled.Week.Missing(plan.Slot{Date: week, Meal: recipe.Breakfast}) {
		t.Errorf("with two breakfasts more: %d meals, %v", filled.Week.Meals(), err)
	}
	p.pool.Recipes = p.pool.Recipes[:3]
	if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week}); fault.KindOf(err) != fault.NotEnoughRecipes {
		t.Errorf("three recipes: %v", err)
	}
}

// A week with breakfasts that come again can be changed like any other, locks included.
func TestChangeAWeekWithFewBreakfasts(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: few(3)}, in: planner.Inputs{User: ana()}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	pl := planner.New(p, p, p, p, inline(new([]string), new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1})
	slot := func(day int, m recipe.Meal) plan.Slot { return plan.Slot{Date: week + calendar.Date(day), Meal: m} }
	last := res.Week.Days[6].Meals[recipe.Breakfast].Recipe
	for name, free := range map[string][]plan.Slot{
		"a dinner":      {slot(2, recipe.Dinner)},
		"a breakfast":   {slot(4, recipe.Breakfast)},
		"all mornings":  {slot(0, recipe.Breakfast), slot(1, recipe.Breakfast), slot(2, recipe.Breakfast), slot(3, recipe.Breakfast), slot(4, recipe.Breakfast), slot(5, recipe.Breakfast)},
		"the week anew": plan.Slots(week),
	} {
		in := planner.Inputs{User: ana(), Existing: &res.Plan}
		in.Wishes.Locks = []plan.Lock{{Slot: slot(6, recipe.Breakfast), Recipe: last}}
		s, err := pl.Revise(t.Context(), in, planner.Revision{Free: free, From: plan.Slot{Date: week}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := s.Week.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ids, _ := mornings(s.Week); len(ids) != 7 || ids[6] != last {
			t.Errorf("%s: %v, locked %d", name, ids, last)
		}
		for i, d := range s.Week.Days {
			for m, sv := range d.Meals {
				if !slices.Contains(free, slot(i, recipe.Meals[m])) && sv.Recipe != res.Week.Days[i].Meals[m].Recipe {
					t.Errorf("%s: %s %s changed", name, d.Date, recipe.Meals[m])
				}
			}
		}
	}
}
