package generate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

// What no file can hold but a caller in the program may get wrong, and the limits.
func TestProblemLimits(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(p *generate.Problem){
		"week_of":                          func(p *generate.Problem) { p.WeekOf = 0 },
		"target.fat_g":                     func(p *generate.Problem) { p.Target.Fat = generate.MaxPerServing + 1 },
		"tolerance":                        func(p *generate.Problem) { p.Tolerance = generate.MaxRatio + 1 },
		"portion_weight":                   func(p *generate.Problem) { p.PortionWeight = -1 },
		"rotation_days":                    func(p *generate.Problem) { p.RotationDays = generate.MaxRotationDays + 1 },
		"quick_minutes":                    func(p *generate.Problem) { p.QuickMinutes = -1 },
		"portions.max":                     func(p *generate.Problem) { p.Portions.Max = generate.MaxServing + 1 },
		"recipes":                          func(p *generate.Problem) { p.Recipes = make([]generate.Recipe, generate.MaxRecipes+1) },
		"recipes[2].per_serving.protein_g": func(p *generate.Problem) { p.Recipes[2].PerServing.Protein = -1 },
		"recipes[2].minutes":               func(p *generate.Problem) { p.Recipes[2].Minutes = generate.MaxMinutes + 1 },
		"recipes[2].meals[0]":              func(p *generate.Problem) { p.Recipes[2].Meals = []recipe.Meal{3} },
		"locks[0].servings":                func(p *generate.Problem) { p.Locks[0].Servings = generate.MaxServing + 1 },
		"counts":                           func(p *generate.Problem) { p.Counts = make([]generate.Count, generate.MaxCounts+1) },
		"counts[0].meals[0]": func(p *generate.Problem) {
			p.Counts = []generate.Count{{Name: "soup", Tags: []string{"soup"}, Meals: []recipe.Meal{3}, Of: generate.CountSlots}}
		},
		"minutes_limits[0].minutes": func(p *generate.Problem) {
			p.MinutesLimits = []generate.MinutesLimit{{Dates: []generate.Date{p.WeekOf}, Meals: []recipe.Meal{0}, Minutes: -1}}
		},
		"skips[0].meal": func(p *generate.Problem) { p.Skips = []generate.Slot{{Date: p.WeekOf, Meal: 7}} },
	} {
		p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3})
		p.Recipes = slices.Clone(p.Recipes)
		p.Locks = []generate.Lock{{Slot: generate.Slot{Date: p.WeekOf, Meal: recipe.Lunch}, Recipe: p.Recipes[0].ID, Servings: nutrition.OneServing}}
		change(&p)
		_, err := generate.Solve(p, generate.Options{})
		if fault.KindOf(err) != fault.InvalidInput || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestRegenerateRefusesWhatIsNotItsPlan(t *testing.T) {
	t.Parallel()
	p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3})
	plan := solve(t, p, generate.Options{}).Plan
	lunch := recipe.Lunch
	other := plan
	other.WeekOf += 7
	for name, call := range map[string]func() (generate.Problem, error){
		"week": func() (generate.Problem, error) { return generate.Regenerate(p, other, generate.Scope{}) },
		"date": func() (generate.Problem, error) {
			return generate.Regenerate(p, plan, generate.Scope{Date: p.WeekOf + 7})
		},
		"meal without date": func() (generate.Problem, error) { return generate.Regenerate(p, plan, generate.Scope{Meal: &lunch}) },
	} {
		if _, err := call(); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	next, err := generate.Regenerate(p, plan, generate.Scope{})
	if err != nil || len(next.Locks) != 0 || len(next.AvoidRepeats) != 11 || len(p.AvoidRepeats) != 0 {
		t.Errorf("the whole week: %d locks, %d to avoid, %v", len(next.Locks), len(next.AvoidRepeats), err)
	}
}
