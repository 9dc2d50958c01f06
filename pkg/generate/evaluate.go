package generate

import (
	"math"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// price computes a plan's days and objective from its meals alone.
func (m *model) price(days []PlanDay) Objective {
	out := Objective{CountsMissed: m.missed(days)}
	free := int64(0)
	for i := range days {
		d := &days[i]
		out.DaysOut += m.priceDay(d)
		out.Cost += m.deviation(d)
		for meal, s := range d.Meals {
			if s == nil {
				continue
			}
			slot := Slot{Date: d.Date, Meal: recipe.Meal(meal)}
			_, lock := m.problem.kindOf(slot)
			if lock == nil {
				rec := m.index[s.Recipe]
				own := value{counts: m.counts(rec, slot)}.split()
				out.Repeats += own.Repeats
				out.RotationDebt += own.RotationDebt
			}
			if lock == nil || lock.Servings == 0 {
				free += int64(max(s.Servings-nutrition.OneServing, nutrition.OneServing-s.Servings))
			}
		}
	}
	out.Cost += float64(free*int64(m.problem.PortionWeight)) / float64(int64(RatioOne)*int64(nutrition.OneServing))
	return out
}

// priceDay fills in the day's totals and returns 1 when it is out of band.
func (m *model) priceDay(d *PlanDay) (out int) {
	d.Actual = Totals{}
	for _, s := range d.Meals {
		if s == nil {
			continue
		}
		per := m.problem.Recipes[m.index[s.Recipe]].PerServing
		d.Actual.Protein += int64(per.Protein) * int64(s.Servings)
		d.Actual.Fat += int64(per.Fat) * int64(s.Servings)
		d.Actual.Carbs += int64(per.Carbs) * int64(s.Servings)
	}
	slots, daily := d.Slots(), m.problem.Target
	share := float64(slots) / 3
	d.Target = DayTarget{daily.Protein.Grams() * share, daily.Fat.Grams() * share, daily.Carbs.Grams() * share}
	d.Balanced = slots == 0 || m.balanced(d.Actual.vector(), slots)
	if !d.Balanced {
		return 1
	}
	return 0
}

// deviation is the day's sum of |actual - target| / target.
func (m *model) deviation(d *PlanDay) (sum float64) {
	slots := int64(d.Slots())
	if slots == 0 {
		return 0
	}
	actual := d.Actual.vector()
	for i, t := range vector(m.problem.Target) {
		day := slots * int64(t) * int64(nutrition.OneServing)
		sum += math.Abs(float64(3*actual[i]-day) / float64(day))
	}
	return sum
}

// objective converts a lower bound of the engine, leaving room for the rounding of costs.
func (m *model) objective(v value) Objective {
	o := v.split()
	o.Cost = max(0, float64(v.cost-DaysPerWeek*3*roundingMargin)/float64(int64(1)<<m.scale)-1e-9)
	return o
}

// Less reports whether o is better than p in the contract's strict order.
func (o Objective) Less(p Objective) bool {
	switch {
	case o.DaysOut != p.DaysOut:
		return o.DaysOut < p.DaysOut
	case o.CountsMissed != p.CountsMissed:
		return o.CountsMissed < p.CountsMissed
	case o.Repeats != p.Repeats:
		return o.Repeats < p.Repeats
	case o.RotationDebt != p.RotationDebt:
		return o.RotationDebt < p.RotationDebt
	default:
		return o.Cost < p.Cost
	}
}
