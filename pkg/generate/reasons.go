package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// reasons says what keeps a plan from being all that was asked for.
func (m *model) reasons(plan *Plan) []Reason {
	var out []Reason
	for i := range plan.Days {
		d := &plan.Days[i]
		if !d.Balanced {
			out = append(out, m.imbalance(d)...)
		}
		for meal, s := range d.Meals {
			if s == nil || s.Source == Locked {
				continue
			}
			slot := Slot{Date: d.Date, Meal: recipe.Meal(meal)}
			rec := m.index[s.Recipe]
			if m.repeats[rec] {
				out = append(out, Reason{Code: RecipeRepeated, Date: d.Date, Meal: slot.Meal, Recipe: s.Recipe})
			}
			if debt := m.problem.debt(&m.problem.Recipes[rec], slot); debt > 0 {
				out = append(out, Reason{Code: RotationRelaxed, Date: d.Date, Meal: slot.Meal, Recipe: s.Recipe, DaysMissing: debt})
			}
		}
	}
	for i, have := range m.have(plan.Days) {
		if c := &m.problem.Counts[i]; c.missed(have) > 0 {
			out = append(out, Reason{Code: CountMissed, Name: c.Name, Have: have, Min: c.Min, Max: c.Max})
		}
	}
	return out
}

// imbalance gives one reason per macro of the day that is out of band.
func (m *model) imbalance(d *PlanDay) (out []Reason) {
	remedy := m.remedy(d)
	actual := d.Actual.vector()
	for i, t := range vector(m.problem.Target) {
		if inBand(actual[i], t, d.Slots(), m.tolerant) {
			continue
		}
		day := int64(d.Slots()) * int64(t) * int64(nutrition.OneServing)
		short := float64(day-3*actual[i]) / (3 * TotalGram)
		out = append(out, Reason{Code: MacroOutOfBand, Date: d.Date, Macro: macroNames[i], ShortGrams: short, Remedy: remedy})
	}
	return out
}

// remedy finds a recipe that would bring the day into band in place of one that is not
// locked, nil when the other meals alone rule it out, or nobody could eat so much at once.
func (m *model) remedy(d *PlanDay) *Remedy {
	for meal, s := range d.Meals {
		if s == nil || s.Source == Locked {
			continue
		}
		if per, servings, ok := m.missing(d, recipe.Meal(meal)); ok {
			return &Remedy{recipe.Meal(meal), per, servings}
		}
	}
	return nil
}

// missing returns the per-serving values with which the day is in band, the other meals
// standing, and the servings nearest to one natural portion that are on the grid.
func (m *model) missing(d *PlanDay, meal recipe.Meal) (nutrition.Macros, nutrition.Servings, bool) {
	servings := slices.MinFunc(m.grid, func(a, b nutrition.Servings) int {
		return int(max(a-nutrition.OneServing, nutrition.OneServing-a) - max(b-nutrition.OneServing, nutrition.OneServing-b))
	})
	rest := m.others(d, meal)
	var want [3]int64
	for i, t := range vector(m.problem.Target) {
		day := int64(d.Slots()) * int64(t) * int64(nutrition.OneServing) / 3
		want[i] = max(0, day-rest[i]) / int64(servings)
	}
	for _, unit := range []nutrition.Mass{nutrition.Gram, nutrition.Gram / 10, 1} {
		per := [3]nutrition.Mass{}
		for i, w := range want {
			per[i] = (nutrition.Mass(w) + unit/2) / unit * unit
		}
		if macros := (nutrition.Macros{Protein: per[0], Fat: per[1], Carbs: per[2]}); macros.Energy() <= nutrition.MostEnergy && m.completes(rest, per, servings, d.Slots()) {
			return macros, servings, true
		}
	}
	return nutrition.Macros{}, 0, false
}

// others is what the other meals of the day add up to.
func (m *model) others(d *PlanDay, meal recipe.Meal) [3]int64 {
	rest := d.Actual.vector()
	s := d.Meals[meal]
	for i, per := range vector(m.problem.Recipes[m.index[s.Recipe]].PerServing) {
		rest[i] -= int64(per) * int64(s.Servings)
	}
	return rest
}

func (m *model) completes(rest [3]int64, per [3]nutrition.Mass, s nutrition.Servings, slots int) bool {
	for i := range rest {
		rest[i] += int64(per[i]) * int64(s)
	}
	return m.balanced(rest, slots)
}

// String renders the reason for people.
func (r Reason) String() string {
	switch r.Code {
	case MacroOutOfBand:
		word, grams := "short", r.ShortGrams
		if grams < 0 {
			word, grams = "over", -grams
		}
		s := fmt.Sprintf("%s: %.1f g of %s %s", r.Date, grams, strings.TrimSuffix(r.Macro, "_g"), word)
		if r.Remedy != nil {
			s += fmt.Sprintf("; one further %s with %s per serving would balance the day", r.Remedy.Meal, r.Remedy.PerServing)
		}
		return s
	case RecipeRepeated:
		return fmt.Sprintf("%s %s: recipe %d was seen just before", r.Date, r.Meal, r.Recipe)
	case RotationRelaxed:
		return fmt.Sprintf("%s %s: recipe %d is back %d days early", r.Date, r.Meal, r.Recipe, r.DaysMissing)
	case CountMissed:
		if r.Have < r.Min {
			return fmt.Sprintf("%s: %d in the week, at least %d wanted", r.Name, r.Have, r.Min)
		}
		return fmt.Sprintf("%s: %d in the week, at most %d wanted", r.Name, r.Have, *r.Max)
	default:
		meals := make([]string, len(r.Meals))
		for i, m := range r.Meals {
			meals[i] = m.String()
		}
		return fmt.Sprintf("too few recipes for %s %s: %d needed, because %s (rule %d), and %d there",
			strings.Join(meals, " and "), datesText(r.Dates), r.Need, because[r.Rule], r.Rule, r.Have)
	}
}

// because explains the hard rules of docs/solve-contract.md that need recipes, by number.
var because = map[int]string{
	4:  "a meal takes the recipes that are for it and have no tag to avoid",
	5:  "a travel day takes quick ones",
	6:  "no breakfast comes twice in a week",
	7:  "lunches and dinners alternate between two each",
	8:  "none comes twice on a day",
	10: "its minutes are limited",
}

// datesText renders dates in their order, a run of three or more by its ends.
func datesText(dates []Date) string {
	if n := len(dates); n > 2 && int(dates[n-1]-dates[0]) == n-1 {
		return fmt.Sprintf("from %s to %s", dates[0], dates[n-1])
	}
	out := make([]string, len(dates))
	for i, d := range dates {
		out[i] = d.String()
	}
	return "on " + strings.Join(out, ", ")
}
