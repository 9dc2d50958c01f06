// Package grocery turns the dishes of a week into one shopping list: one line per food,
// amounts added only where they can be, in the order of the user's supermarket.
package grocery

import (
	"math/big"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Dish is one planned meal. Servings already counts the people who eat.
type Dish struct {
	Date     calendar.Date
	Meal     recipe.Meal
	Recipe   recipe.Recipe
	Servings nutrition.Servings
}

// List is what has to be bought, by aisle, and what to look for in the pantry first.
type List struct {
	Sections []Section `json:"sections"`
	Pantry   []Line    `json:"pantry,omitempty"` // salt, oil, water and spices under a spoon
}

// Section is one aisle.
type Section struct {
	Name  string `json:"name"`
	Lines []Line `json:"lines"`
}

// Line is one food.
type Line struct {
	Food int64  `json:"food"`
	Name string `json:"name"` // plural where the amount asks for it
	// Buy is the text to shop by, rounded up to a sensible step, e.g. "≈ 650 g" or
	// "300 g + 1 cup"; of foods without an amount the dishes, "for Tortilla", and in the
	// pantry nothing. [BuyIn] says it in other languages.
	Buy string `json:"buy"`
	// Exact is the sum before rounding.
	Exact string `json:"exact"`
	// Derived says that the sum needed a food-specific conversion or holds a heaped
	// measure, so that it is about right only.
	Derived bool `json:"derived,omitempty"`
	OnHand  bool `json:"on_hand,omitempty"`
	// Need is the exact sum of the needs of all Uses, one entry per unit as written in
	// the recipes; taking a use away subtracts its needs.
	Need []Quantity `json:"need,omitempty"`
	Uses []Use      `json:"uses"`
}

// Quantity is an exact amount of a unit as a recipe writes it. The amount marshals as a
// fraction, e.g. "1000/3".
type Quantity struct {
	Amount *big.Rat `json:"amount"`
	// Unit is Tandoor's base unit where the unit has one ("g", "us_cup"), else the name of
	// what is counted ("clove", "can (400 g)"), and empty for pieces.
	Unit string `json:"unit,omitempty"`
	// Of names what the recipes ask for where another food is bought, in which the amount is: of
	// "lemon juice" the lemons, of "cooked rice" the grams of rice. Parts of a piece share it:
	// [Wanted].
	Of string `json:"of,omitempty"`
}

// Use is one meal a line is for.
type Use struct {
	Date   calendar.Date `json:"date"`
	Meal   recipe.Meal   `json:"meal"`
	Recipe recipe.ID     `json:"recipe"`
	Name   string        `json:"name"`
	Amount string        `json:"amount"` // as text; empty for "to taste"
	Need   []Quantity    `json:"need,omitempty"`

	asked []string // of what is made of the food, as the recipe has it
}

// Lines counts the lines to buy.
func (l List) Lines() int {
	n := 0
	for _, s := range l.Sections {
		n += len(s.Lines)
	}
	return n
}
