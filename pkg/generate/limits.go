package generate

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// MinutesLimit is an entry of minutes_limits (rule 10).
type MinutesLimit struct {
	Dates   []Date
	Meals   []recipe.Meal
	Minutes int
}

func (l *MinutesLimit) covers(s Slot) bool {
	return slices.Contains(l.Dates, s.Date) && slices.Contains(l.Meals, s.Meal)
}

// tightest returns the least minutes that a limit of the slot allows.
func (p *Problem) tightest(s Slot) (minutes int, limited bool) {
	for i := range p.MinutesLimits {
		l := &p.MinutesLimits[i]
		if l.covers(s) && (!limited || l.Minutes < minutes) {
			minutes, limited = l.Minutes, true
		}
	}
	return minutes, limited
}

// inTime applies rule 10 to a chosen recipe.
func (p *Problem) inTime(r *Recipe, s Slot) bool {
	minutes, limited := p.tightest(s)
	switch {
	case !limited:
		return true
	case r.Minutes == 0:
		return !p.RefuseUnknownMinutes
	default:
		return r.Minutes <= minutes
	}
}

func (p *Problem) validateMinutesLimits() error {
	for i := range p.MinutesLimits {
		l, field := &p.MinutesLimits[i], fmt.Sprintf("minutes_limits[%d]", i)
		if len(l.Dates) == 0 {
			return invalid("%s.dates: empty", field)
		}
		for j, d := range l.Dates {
			if !p.contains(d) {
				return invalid("%s.dates[%d]: %s is outside the week of %s", field, j, d, p.WeekOf)
			}
		}
		if err := validateMeals(field, l.Meals); err != nil {
			return err
		}
		if l.Minutes < 0 || l.Minutes > MaxMinutes {
			return invalid("%s.minutes: must be from 0 to %d", field, MaxMinutes)
		}
	}
	return nil
}

func validateMeals(field string, meals []recipe.Meal) error {
	if len(meals) == 0 {
		return invalid("%s.meals: empty", field)
	}
	for j, m := range meals {
		if m > recipe.Dinner {
			return invalid("%s.meals[%d]: unknown meal", field, j)
		}
	}
	return nil
}
