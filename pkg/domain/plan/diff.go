package plan

import (
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Difference is a slot whose dish or portion is another one.
type Difference struct {
	Slot
	Was, Is *Serving // nil: empty
}

// Diff lists the slots in which two plans of a week differ, by date and meal.
func Diff(was, is Week) []Difference {
	var out []Difference
	for i := range was.Days {
		for m := range was.Days[i].Meals {
			a, b := was.Days[i].Meals[m], is.Days[i].Meals[m]
			if a == nil && b == nil || a != nil && b != nil && a.Recipe == b.Recipe && a.Servings == b.Servings {
				continue
			}
			out = append(out, Difference{Slot{Date: was.WeekOf + calendar.Date(i), Meal: recipe.Meals[m]}, a, b})
		}
	}
	return out
}
