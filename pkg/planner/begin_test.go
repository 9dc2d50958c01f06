package planner_test

import (
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// What is over of a running week stays empty, even where it was locked; the days' targets are those
// of the meals that are left, and a revision fills nothing in either.
func TestARunningWeekIsPlannedFromItsNextMealOn(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	from := plan.Slot{Date: week + 1, Meal: recipe.Dinner}
	p.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week, Meal: recipe.Breakfast}, Recipe: 3}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, From: from})
	if err != nil {
		t.Fatal(err)
	}
	only := func(what string, w plan.Week) {
		t.Helper()
		for _, s := range plan.Slots(week) {
			if (w.At(s) != nil) == s.Before(from) || w.Missing(s) {
				t.Errorf("%s: %v holds %v", what, s.Text(), w.At(s))
			}
		}
		if w.Begins != from {
			t.Errorf("%s: it begins with %v", what, w.Begins)
		}
		if err := w.Validate(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	only("planned", res.Week)
	if d := res.Week.Days[1]; d.Target.Protein != res.Week.Target.Protein/3 || len(p.saved) != 1 || len(p.saved[0].Wishes.Locks) != 1 {
		t.Errorf("Tuesday's target %v, saved %d", d.Target, len(p.saved))
	}
	p.in.Existing = &res.Plan
	friday := plan.Slot{Date: week + 4, Meal: recipe.Lunch}
	var names []string
	pl := planner.New(p, p, p, p, inline(&names, &sync.Mutex{}), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1})
	revised, err := pl.Revise(t.Context(), p.in, planner.Revision{Free: []plan.Slot{friday}, From: plan.Slot{Date: week + 1}})
	if err != nil {
		t.Fatal(err)
	}
	only("revised", revised.Week)
	if revised.Week.At(friday).Recipe == res.Week.At(friday).Recipe {
		t.Error("Friday's lunch stayed")
	}
	p.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week + 1, Meal: recipe.Lunch}, Recipe: 20}}
	if revised, err = pl.Revise(t.Context(), p.in, planner.Revision{Free: []plan.Slot{p.in.Wishes.Locks[0].Slot}, From: plan.Slot{Date: week + 1}}); err != nil || revised.Week.At(p.in.Wishes.Locks[0].Slot) == nil {
		t.Errorf("a meal before the beginning can be had by a lock: %v", err)
	}
}

func TestFirstMeal(t *testing.T) {
	t.Parallel()
	u := ana()
	u.TimeZone = "Europe/Berlin"
	at := func(day, hour int) time.Time { return time.Date(2026, 12, day, hour, 30, 0, 0, time.UTC) }
	tuesday := week + 1
	for _, x := range []struct {
		now  time.Time
		want plan.Slot // the zero slot: refused
	}{
		{at(1, 8), plan.Slot{Date: tuesday, Meal: recipe.Breakfast}},
		{at(1, 10), plan.Slot{Date: tuesday, Meal: recipe.Lunch}}, // half past eleven in Berlin
		{at(1, 22), plan.Slot{Date: tuesday + 1}},
		{at(6, 20), plan.Slot{Date: week + 6, Meal: recipe.Dinner}},
		{at(6, 21), plan.Slot{}}, // Sunday evening
		{at(8, 8), plan.Slot{}},
		{at(1, 8).AddDate(0, -1, 0), plan.Slot{Date: week}},
	} {
		got, err := planner.FirstMeal(u, week, x.now)
		if got != x.want || (err != nil) != (x.want == plan.Slot{}) || err != nil && fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("at %v: %v, %v", x.now, got, err)
		}
	}

	// Who has no dinners planned has nothing left of a Sunday afternoon, and a week without any meal
	// is not made.
	u.Settings.Meals = []recipe.Meal{recipe.Breakfast, recipe.Lunch}
	if got, err := planner.FirstMeal(u, week, at(6, 20)); fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("without dinners: %v, %v", got, err)
	}
	if got, err := planner.FirstMeal(u, week, at(6, 9)); err != nil || got != (plan.Slot{Date: week + 6, Meal: recipe.Breakfast}) {
		t.Errorf("without dinners: %v, %v", got, err)
	}
}
