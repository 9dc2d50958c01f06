package plan

import (
	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/nutrition"
	"github.com/mealplanner/mealplanner/pkg/recipe"
	"github.com/mealplanner/mealplanner/pkg/targets"
)

// Wishes are what a user asked of one week.
type Wishes struct {
	Locks        []Lock          `json:"locks,omitempty"`
	Skips        []Slot          `json:"skips,omitempty"`
	Travel       []calendar.Date `json:"travel,omitempty"`
	Mode         targets.Mode    `json:"mode,omitempty"`
	AvoidRepeats []recipe.ID     `json:"avoid_repeats,omitempty"`
}

// Slot is one meal of one day.
type Slot struct {
	Date calendar.Date `json:"date"`
	Meal recipe.Meal   `json:"meal"`
}

// Lock fixes a slot's recipe and, when Servings is not 0, its portion.
type Lock struct {
	Slot
	Recipe   recipe.ID          `json:"recipe"`
	Servings nutrition.Servings `json:"servings,omitempty"`
}
