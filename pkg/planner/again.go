package planner

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// The engine never serves a breakfast twice in a week. A library with fewer breakfasts than
// mornings would then give no week at all, so it gets copies of them: the n-th has n times
// copied added to its id. They are recipes to avoid, and so come back only where nothing else
// suits or no day would be on target.
const copied recipe.ID = 1 << 48

// original is the recipe of which the engine's one may be a copy.
func original(id recipe.ID) recipe.ID { return id % copied }

// copies returns the problem with each recipe that is for breakfast alone so many times.
func copies(p generate.Problem, times int) generate.Problem {
	p.Recipes, p.AvoidRepeats = slices.Clone(p.Recipes), slices.Clone(p.AvoidRepeats)
	for _, r := range p.Recipes {
		if r.ID >= copied || !slices.Equal(r.Meals, []recipe.Meal{recipe.Breakfast}) {
			continue
		}
		for n := 1; n < times; n++ {
			c := r
			c.ID += recipe.ID(n) * copied
			if len(p.Recipes) == generate.MaxRecipes {
				return p
			}
			if !slices.ContainsFunc(p.Recipes, func(o generate.Recipe) bool { return o.ID == c.ID }) {
				p.Recipes, p.AvoidRepeats = append(p.Recipes, c), append(p.AvoidRepeats, c.ID)
			}
		}
	}
	return p
}

// mornings numbers the breakfasts of a week that come more than once, so that each is another
// recipe to the engine: locked ones first, for a lock names the original.
func mornings(was *generate.Plan, locked func(plan.Slot) bool) (times int) {
	seen := map[recipe.ID]int{}
	for _, lockedOnes := range []bool{true, false} {
		for i := range was.Days {
			sv := was.Days[i].Meals[recipe.Breakfast]
			if sv == nil || locked(plan.Slot{Date: was.Days[i].Date, Meal: recipe.Breakfast}) != lockedOnes {
				continue
			}
			id := sv.Recipe
			sv.Recipe += recipe.ID(seen[id]) * copied
			seen[id]++
			times = max(times, seen[id])
		}
	}
	return times
}

// solve answers the task. If there are too few breakfasts, some come more than once.
func (s task) solve(in Inputs, c candidateSet, pool recipe.Pool, effort int) (selection, error) {
	sel, err := s.once(in, c, pool, effort)
	candidates := sel.candidates
	for times := 2; times <= generate.DaysPerWeek && fault.KindOf(err) == fault.NotEnoughRecipes && slices.Contains(sel.shortage.Meals, recipe.Breakfast); times++ {
		more := s
		more.problem = copies(s.problem, times)
		if len(more.problem.Recipes) == len(s.problem.Recipes) {
			break
		}
		again, then := more.once(in, c, pool, effort)
		if again.candidates = candidates; then == nil || !slices.Contains(again.shortage.Meals, recipe.Breakfast) {
			return again, then
		}
	}
	return sel, err
}

// withoutBreakfast reports whether a week fails because the library has no breakfast at all.
func withoutBreakfast(err error, sel selection) bool {
	return fault.KindOf(err) == fault.NotEnoughRecipes && sel.shortage.Have == 0 && slices.Equal(sel.shortage.Meals, []recipe.Meal{recipe.Breakfast})
}

// missing says of a week that its breakfasts are missing: they are wanted, and are filled as soon
// as the library has one.
func (s *selection) missing(in Inputs, slots []plan.Slot) {
	markMissing(&s.week, in, slots)
	s.week.Status = plan.Balanced
	for i := range s.week.Days {
		d := &s.week.Days[i]
		if len(d.Missing) > 0 {
			d.Sum(s.week.Target, s.week.TolerancePct)
		}
		if d.Planned() && !d.Balanced {
			s.week.Status = plan.Unbalanced
		}
	}
	s.week.Optimal = false
	s.week.Notes = append([]string{"Missing: breakfast, for no recipe of your library suits you in the morning. One is enough: give it the keyword breakfast, and it is filled in."}, s.week.Notes...)
}

// repeated notes which breakfasts the week has more than once.
func repeated(w *plan.Week) {
	seen := map[recipe.ID]bool{}
	for _, d := range w.Days {
		if s := d.Meals[recipe.Breakfast]; s != nil {
			w.Again = w.Again || seen[s.Recipe]
			seen[s.Recipe] = true
		}
	}
	if w.Again {
		w.Notes = append(w.Notes, fmt.Sprintf("Your library has too few breakfasts that suit you for seven different ones: this week has %d, and some come more than once. Keep more of them, or give recipes that you like in the morning the keyword breakfast.", len(seen)))
	}
}
