package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Alternative is a dish that could be in a meal's place, with its best portion and the day as
// it would be.
type Alternative struct {
	Recipe   recipe.ID
	Name     string
	Servings nutrition.Servings
	Minutes  int // 0 = unknown
	Day      plan.Day
}

// Alternatives are the dishes that the user may have in the slot's place in the week of
// in.Existing, those with which the day meets its targets best first. Kinds of error:
// InvalidInput for a slot of another week, InvalidConstraints, NoRecipesAvailable.
func Alternatives(in Inputs, pool recipe.Pool, slot plan.Slot, most int) ([]Alternative, error) {
	week := in.Existing.Week
	if slot.Date < week.WeekOf || slot.Date > week.WeekOf+6 {
		return nil, fault.New(fault.InvalidInput, "alternatives", "%s is not in the week of %s", slot.Date, week.WeekOf)
	}
	c, err := candidates(in, pool, true)
	if err != nil {
		return nil, err
	}
	rules := newRules(in, c)
	day := week.Days[slot.Date-week.WeekOf]
	day.Missing = slices.DeleteFunc(slices.Clone(day.Missing), func(m recipe.Meal) bool { return m == slot.Meal })
	s := in.User.Settings
	var out []Alternative
	for _, r := range c.ordered {
		if !r.Suits(slot.Meal) || rules.forbids(r.ID) || tooLong(s.Cooking, slot, r.Minutes()) || slices.ContainsFunc(day.Meals[:], func(sv *plan.Serving) bool { return sv != nil && sv.Recipe == r.ID }) {
			continue
		}
		best := Alternative{Recipe: r.ID, Name: r.Name, Minutes: r.Minutes()}
		least := math.Inf(1)
		for portion := s.MinServings; portion <= s.MaxServings; portion += s.ServingsStep {
			with := day
			with.Meals[slot.Meal] = &plan.Serving{Recipe: r.ID, Name: r.Name, Servings: portion, Source: plan.Chosen, Minutes: r.Minutes(), PerServing: r.PerServing, Estimated: r.Nutrition == recipe.Estimated}
			with.Sum(week.Target, week.TolerancePct)
			if d := distance(with) - inBand(with.Balanced); d < least {
				least, best.Servings, best.Day = d, portion, with
			}
		}
		out = append(out, best)
	}
	slices.SortFunc(out, func(a, b Alternative) int {
		return cmp.Or(cmp.Compare(inBand(b.Day.Balanced), inBand(a.Day.Balanced)), cmp.Compare(distance(a.Day), distance(b.Day)), cmp.Compare(a.Name, b.Name))
	})
	return out[:min(most, len(out))], nil
}

// inBand sorts a day in band before any other: no distance reaches it.
func inBand(balanced bool) float64 {
	if balanced {
		return 1000
	}
	return 0
}

// distance is the sum of a day's relative deviations from its targets.
func distance(d plan.Day) float64 {
	sum := 0.0
	for _, m := range [][2]nutrition.Mass{{d.Actual.Protein, d.Target.Protein}, {d.Actual.Fat, d.Target.Fat}, {d.Actual.Carbs, d.Target.Carbs}} {
		if m[1] > 0 {
			sum += math.Abs(float64(m[0]-m[1])) / float64(m[1])
		}
	}
	return sum
}
