package plan

import (
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Wishes are what a user asked of one week.
type Wishes struct {
	Locks        []Lock          `json:"locks,omitempty"`
	Skips        []Slot          `json:"skips,omitempty"`
	Travel       []calendar.Date `json:"travel,omitempty"`
	Mode         targets.Mode    `json:"mode,omitempty"`
	AvoidRepeats []recipe.ID     `json:"avoid_repeats,omitempty"`
	Guests       []Guests        `json:"guests,omitempty"`
}

// Guests are people who eat a portion of a meal besides the household. They change what is
// cooked and bought, not what is planned.
type Guests struct {
	Slot
	People int `json:"people"`
}

// MaxGuests bounds the guests of a meal.
const MaxGuests = 30

// Invite notes the guests of the week's meals.
func (w *Week) Invite(guests []Guests) {
	for i := range w.Days {
		for m, s := range w.Days[i].Meals {
			if s == nil {
				continue
			}
			at := Slot{Date: w.Days[i].Date, Meal: recipe.Meals[m]}
			s.Guests = 0
			if g := slices.IndexFunc(guests, func(g Guests) bool { return g.Slot == at }); g >= 0 {
				s.Guests = guests[g].People
			}
		}
	}
}

// Slot is one meal of one day.
type Slot struct {
	Date calendar.Date `json:"date"`
	Meal recipe.Meal   `json:"meal"`
}

// Text names the meal: "Friday dinner".
func (s Slot) Text() message.Text { return message.Textf("%v %v", s.Date.Weekday(), s.Meal) }

// Before reports whether the meal is eaten before the other one.
func (s Slot) Before(other Slot) bool {
	return s.Date < other.Date || s.Date == other.Date && s.Meal < other.Meal
}

// Hours after which a meal of the day counts as eaten.
const breakfastOver, lunchOver, dinnerOver = 11, 15, 22

// Next is the meal that is eaten next at a time of the user's zone.
func Next(now time.Time) Slot {
	s := Slot{Date: calendar.On(now)}
	switch h := now.Hour(); {
	case h < breakfastOver:
		s.Meal = recipe.Breakfast
	case h < lunchOver:
		s.Meal = recipe.Lunch
	case h < dinnerOver:
		s.Meal = recipe.Dinner
	default:
		s.Date++
	}
	return s
}

// Slots are the meals of the week that begins on a Monday, in the order they are eaten.
func Slots(monday calendar.Date) []Slot {
	out := make([]Slot, 0, 7*len(recipe.Meals))
	for d := range calendar.Date(7) {
		for _, m := range recipe.Meals {
			out = append(out, Slot{monday + d, m})
		}
	}
	return out
}

// Locked reports whether the user fixed the slot's recipe.
func (w Wishes) Locked(s Slot) bool {
	return slices.ContainsFunc(w.Locks, func(l Lock) bool { return l.Slot == s })
}

// Skipped reports whether the user leaves the slot out.
func (w Wishes) Skipped(s Slot) bool { return slices.Contains(w.Skips, s) }

// Lock fixes a slot's recipe and, when Servings is not 0, its portion.
type Lock struct {
	Slot
	Recipe   recipe.ID          `json:"recipe"`
	Servings nutrition.Servings `json:"servings,omitempty"`
}
