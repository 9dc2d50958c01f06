package plan

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Validate recomputes every sum and verdict of the week from its meals and checks its
// shape: dates, distinct breakfasts unless it says otherwise, positive servings. It returns the first
// disagreement; such a plan must not be stored.
func (w Week) Validate() error {
	if w.WeekOf != w.WeekOf.Monday() {
		return fmt.Errorf("week_of: %s is not a Monday", w.WeekOf)
	}
	breakfasts := map[recipe.ID]calendar.Date{}
	balanced := Balanced
	for i, d := range w.Days {
		if want := w.WeekOf + calendar.Date(i); d.Date != want {
			return fmt.Errorf("days[%d]: date %s, want %s", i, d.Date, want)
		}
		var sum nutrition.Macros
		for m, s := range d.Meals {
			if s == nil {
				continue
			}
			if slices.Contains(d.Missing, recipe.Meals[m]) {
				return fmt.Errorf("%s %s: planned, and said to be missing", d.Date, recipe.Meals[m])
			}
			if s.Servings <= 0 {
				return fmt.Errorf("%s %s: %s servings", d.Date, recipe.Meals[m], s.Servings)
			}
			sum = sum.Add(s.PerServing.Scale(s.Servings))
			if recipe.Meals[m] != recipe.Breakfast {
				continue
			}
			if before, twice := breakfasts[s.Recipe]; twice && !w.Again {
				return fmt.Errorf("%s: recipe %d was breakfast on %s already", d.Date, s.Recipe, before)
			}
			breakfasts[s.Recipe] = d.Date
		}
		if sum != d.Actual {
			return fmt.Errorf("%s: meals add up to %s, the plan says %s", d.Date, sum, d.Actual)
		}
		if d.Planned() && d.Balanced != InBand(d.Actual, d.Target, w.TolerancePct) && !onEdge(d, w.TolerancePct) {
			return fmt.Errorf("%s: the plan says balanced = %t, the figures disagree (%s of %s)", d.Date, d.Balanced, d.Actual, d.Target)
		}
		if !d.Balanced && d.Planned() {
			balanced = Unbalanced
		}
	}
	if w.Status != balanced {
		return fmt.Errorf("status: the plan says %s, its days say %s", w.Status, balanced)
	}
	return nil
}

// onEdge reports whether a macro lies so close to the band's edge that rounding each
// serving to 0.1 mg decides; the engine, which sums exactly, is right there.
func onEdge(d Day, pct int) bool {
	near := func(a, t nutrition.Mass) bool {
		off := int64(a - t)
		return abs(abs(off)*100-int64(t)*int64(pct)) <= bandSlack*100
	}
	return near(d.Actual.Protein, d.Target.Protein) || near(d.Actual.Fat, d.Target.Fat) || near(d.Actual.Carbs, d.Target.Carbs)
}
