package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Scope is a part of a week to be chosen again: everything when Date is 0, one day,
// or one meal of a day when Meal is given.
type Scope struct {
	Date Date
	Meal *recipe.Meal
}

// Regenerate returns the problem whose answer replaces the parts of the plan within the
// scopes, nothing when there is none. Every slot outside them is locked with the plan's servings; user locks inside them stand. The
// recipes chosen there before become avoid_repeats, in addition to those of p. The plan must be one of
// p's: errors are of kind [fault.InvalidInput].
func Regenerate(p Problem, plan Plan, scopes ...Scope) (Problem, error) {
	const op = "generate: regenerate"
	if plan.WeekOf != p.WeekOf || len(plan.Days) != DaysPerWeek {
		return Problem{}, fault.New(fault.InvalidInput, op, "plan: not a plan for the week of %s", p.WeekOf)
	}
	for _, s := range scopes {
		if s.Date != 0 && !p.contains(s.Date) {
			return Problem{}, fault.New(fault.InvalidInput, op, "date: %s is outside the week of %s", s.Date, p.WeekOf)
		}
		if s.Date == 0 && s.Meal != nil {
			return Problem{}, fault.New(fault.InvalidInput, op, "date: a meal needs one")
		}
	}
	p.Locks = slices.Clone(p.Locks)
	p.AvoidRepeats = slices.Clone(p.AvoidRepeats)
	for i := range plan.Days {
		d := &plan.Days[i]
		for meal, s := range d.Meals {
			slot := Slot{Date: d.Date, Meal: recipe.Meal(meal)}
			if s == nil {
				continue
			}
			free := slices.ContainsFunc(scopes, func(sc Scope) bool { return sc.covers(slot) })
			n := slices.IndexFunc(p.Locks, func(l Lock) bool { return l.Slot == slot })
			switch {
			case !free && n >= 0:
				p.Locks[n] = Lock{Slot: slot, Recipe: s.Recipe, Servings: s.Servings}
			case !free:
				p.Locks = append(p.Locks, Lock{Slot: slot, Recipe: s.Recipe, Servings: s.Servings})
			case n < 0 && !slices.Contains(p.AvoidRepeats, s.Recipe):
				p.AvoidRepeats = append(p.AvoidRepeats, s.Recipe)
			}
		}
	}
	return p, p.Validate()
}

func (s Scope) covers(slot Slot) bool {
	return s.Date == 0 || s.Date == slot.Date && (s.Meal == nil || *s.Meal == slot.Meal)
}
