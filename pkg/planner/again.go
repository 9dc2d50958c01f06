package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// The engine never serves a breakfast twice in a week. A library with fewer breakfasts than
// mornings would then give no week at all, so it gets copies of them, no more than it needs: the
// n-th has n times copied added to its id.
const copied recipe.ID = 1 << 48

// original is the recipe of which the engine's one may be a copy.
func original(id recipe.ID) recipe.ID { return id % copied }

// copies returns the problem with each recipe that is for breakfast alone so many times, for a week
// that has some more than once. The copies are recipes to avoid.
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

// solve answers the task. If there are too few breakfasts, those come more than once that are most
// like the day's target, as few as the mornings want.
func (s task) solve(in Inputs, c candidateSet, pool recipe.Pool, effort int) (selection, error) {
	sel, err := s.once(in, c, pool, effort)
	first, none := sel, err
	order := s.likely()
	extra := 0
	for fault.KindOf(err) == fault.NotEnoughRecipes && slices.Contains(sel.shortage.Meals, recipe.Breakfast) {
		if extra += max(1, sel.shortage.Need-sel.shortage.Have); extra > len(order)*(generate.DaysPerWeek-1) || len(s.problem.Recipes)+extra > generate.MaxRecipes {
			return first, none
		}
		sel, err = s.with(order, extra).once(in, c, pool, effort)
	}
	const choice = 2
	if err == nil && extra > 0 && sel.week.Status == plan.Unbalanced {
		if other, then := s.with(order, extra+choice).once(in, c, pool, effort); then == nil && other.week.BalancedDays() > sel.week.BalancedDays() {
			sel = other
		}
	}
	sel.candidates = first.candidates
	return sel, err
}

// with is the task with so many copies of the recipes, in their order.
func (s task) with(order []generate.Recipe, extra int) task {
	s.problem.Recipes = slices.Clone(s.problem.Recipes)
	for n := range extra {
		r := order[n%len(order)]
		r.ID += recipe.ID(1+n/len(order)) * copied
		s.problem.Recipes = append(s.problem.Recipes, r)
	}
	return s
}

// likely are the recipes for breakfast alone that may be chosen, those whose protein, fat and
// carbohydrate are divided most like the target's first.
func (s task) likely() []generate.Recipe {
	var out []generate.Recipe
	for _, r := range s.problem.Recipes {
		if r.ID < copied && slices.Equal(r.Meals, []recipe.Meal{recipe.Breakfast}) && !slices.ContainsFunc(r.Tags, func(t string) bool { return slices.Contains(s.problem.AvoidTags, t) }) {
			out = append(out, r)
		}
	}
	share := func(part nutrition.Macros) [3]float64 {
		e := max(1, float64(part.Energy()))
		return [3]float64{float64(part.Protein) / e, float64(part.Fat) / e, float64(part.Carbs) / e}
	}
	want := share(s.problem.Target)
	off := func(r generate.Recipe) float64 {
		sum := 0.0
		for i, have := range share(r.PerServing) {
			sum += math.Abs(have - want[i])
		}
		return sum
	}
	slices.SortStableFunc(out, func(a, b generate.Recipe) int { return cmp.Or(cmp.Compare(off(a), off(b)), cmp.Compare(a.ID, b.ID)) })
	return out
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
	s.week.Notes = append([]message.Text{message.Textf("Missing: breakfast, for no recipe of your library suits you in the morning. One is enough: give it the keyword breakfast, and it is filled in.")}, s.week.Notes...)
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
		w.Notes = append(w.Notes, message.Textf("Your library has too few breakfasts that suit you for seven different ones: this week has %d, and some come more than once. Keep more of them, or give recipes that you like in the morning the keyword breakfast.", len(seen)))
	}
}
