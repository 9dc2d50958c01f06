// Package problems makes weekly selection problems for tests and benchmarks: the same seed
// and shape give the same problem.
package problems

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Shape says what a problem is like. Fractions are from 0 to 1.
type Shape struct {
	Breakfasts, Lunches, Dinners int
	Portions                     bool              // 0.5 to 2 in steps of 0.25, instead of 1
	Grid                         generate.Portions // overrides Portions when Step is not 0
	Both                         float64           // of the lunches and dinners that list both meals
	Used                         float64           // recipes with a last use per meal, in the last 45 days
	RotationDays                 int
	Locks, Skips, TravelDates    int
	AvoidTags                    int
	AvoidRepeats                 int
	Tolerance                    generate.Ratio // 0 means 0.10
	PortionWeight                generate.Ratio

	Limits, Counts                int // entries of minutes_limits and counts
	RefuseUnknown, Same, ByRecipe bool
	Anytime                       float64 // of the breakfasts that are lunches too
}

var tags = []string{"beef", "dairy", "egg", "fish", "gluten", "nuts", "pork", "soy"}

var targets = []nutrition.Macros{
	{Protein: 150 * nutrition.Gram, Fat: 65 * nutrition.Gram, Carbs: 210 * nutrition.Gram},
	{Protein: 130 * nutrition.Gram, Fat: 70 * nutrition.Gram, Carbs: 212 * nutrition.Gram},
	{Protein: 180 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 200 * nutrition.Gram},
}

// New makes the problem of the seed and shape, for the week of 30 November 2026. It is
// valid; it may be infeasible.
func New(seed uint64, s Shape) generate.Problem {
	r := rand.New(rand.NewPCG(seed, 0x6d65616c))
	week := calendar.On(time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC))
	p := generate.Problem{
		WeekOf: week, Seed: seed, Target: targets[r.IntN(len(targets))],
		Tolerance: s.Tolerance, RotationDays: s.RotationDays, PortionWeight: s.PortionWeight,
		Portions:     generate.Portions{Min: nutrition.OneServing, Max: nutrition.OneServing, Step: nutrition.OneServing / 4},
		QuickMinutes: 15,
	}
	if p.Tolerance == 0 {
		p.Tolerance = generate.RatioOne / 10
	}
	if s.Portions {
		p.Portions.Min, p.Portions.Max = nutrition.OneServing/2, 2*nutrition.OneServing
	}
	if s.Grid.Step != 0 {
		p.Portions = s.Grid
	}
	for meal, n := range []int{s.Breakfasts, s.Lunches, s.Dinners} {
		for range n {
			p.Recipes = append(p.Recipes, dish(r, recipe.Meal(meal), len(p.Recipes)+1, s, week, p.Target))
		}
	}
	constrain(r, &p, s)
	demand(seed, &p, s)
	return p
}

func dish(r *rand.Rand, meal recipe.Meal, id int, s Shape, week generate.Date, target nutrition.Macros) generate.Recipe {
	share := []float64{0.27, 0.35, 0.38}[meal]
	amount := func(t nutrition.Mass) nutrition.Mass {
		g := t.Grams() * share * (0.45 + 1.1*r.Float64())
		return nutrition.Mass(g*10+0.5) * (nutrition.Gram / 10)
	}
	out := generate.Recipe{
		ID: recipe.ID(id), Name: fmt.Sprintf("%s %d", meal, id), Meals: []recipe.Meal{meal},
		PerServing: nutrition.Macros{Protein: amount(target.Protein), Fat: amount(target.Fat), Carbs: amount(target.Carbs)},
		Minutes:    []int{0, 5, 10, 15, 20, 25, 30, 40, 60}[r.IntN(9)],
	}
	if meal != recipe.Breakfast && r.Float64() < s.Both {
		out.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
	}
	for _, t := range tags {
		if r.IntN(6) == 0 {
			out.Tags = append(out.Tags, t)
		}
	}
	for _, m := range out.Meals {
		if r.Float64() < s.Used {
			out.LastUsed[m] = week - 1 - generate.Date(r.IntN(45))
		}
	}
	return out
}

func constrain(r *rand.Rand, p *generate.Problem, s Shape) {
	slots := make([]plan.Slot, 0, 21)
	for i := range generate.DaysPerWeek {
		for _, m := range recipe.Meals {
			slots = append(slots, plan.Slot{Date: p.Day(i), Meal: m})
		}
	}
	r.Shuffle(len(slots), func(i, j int) { slots[i], slots[j] = slots[j], slots[i] })
	lockedBreakfast := make(map[recipe.ID]bool)
	for _, slot := range slots[:s.Locks] {
		of := &p.Recipes[r.IntN(len(p.Recipes))]
		if slot.Meal == recipe.Breakfast && lockedBreakfast[of.ID] {
			continue
		}
		lockedBreakfast[of.ID] = lockedBreakfast[of.ID] || slot.Meal == recipe.Breakfast
		lock := plan.Lock{Slot: slot, Recipe: of.ID}
		if r.IntN(2) == 0 {
			lock.Servings = nutrition.Servings(3+r.IntN(6)) * nutrition.OneServing / 4
		}
		p.Locks = append(p.Locks, lock)
	}
	p.Skips = append(p.Skips, slots[s.Locks:s.Locks+s.Skips]...)
	for _, i := range r.Perm(generate.DaysPerWeek)[:s.TravelDates] {
		p.TravelDates = append(p.TravelDates, p.Day(i))
	}
	for _, i := range r.Perm(len(tags))[:s.AvoidTags] {
		p.AvoidTags = append(p.AvoidTags, tags[i])
	}
	for _, i := range r.Perm(len(p.Recipes))[:min(s.AvoidRepeats, len(p.Recipes))] {
		p.AvoidRepeats = append(p.AvoidRepeats, p.Recipes[i].ID)
	}
}
