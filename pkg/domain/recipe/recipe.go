// Package recipe describes what the planner needs to know of a dish: which meals it
// suits, what a serving holds, what has to be bought for it and how long it takes.
package recipe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// ID identifies a recipe within one connection (Tandoor's id).
type ID int64

// Meal is one of the three meals of a planned day.
type Meal uint8

// The meals of a day, in the order they are eaten.
const (
	Breakfast Meal = iota
	Lunch
	Dinner
)

// Meals lists all meals in the order they are eaten.
var Meals = [...]Meal{Breakfast, Lunch, Dinner}

var mealNames = [...]string{"breakfast", "lunch", "dinner"}

// String returns "breakfast", "lunch" or "dinner".
func (m Meal) String() string { return mealNames[m] }

// ParseMeal reads a meal name, in any case.
func ParseMeal(s string) (Meal, error) {
	for i, n := range mealNames {
		if strings.EqualFold(n, s) {
			return Meals[i], nil
		}
	}
	return 0, fmt.Errorf("unknown meal %q: want breakfast, lunch or dinner", s)
}

// MarshalText implements [encoding.TextMarshaler].
func (m Meal) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Meal) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMeal(string(b))
	return err
}

// NutritionSource says where a recipe's macros come from.
type NutritionSource string

// The sources of macros, best first.
const (
	Stated    NutritionSource = "stated"    // typed into the recipe, per serving
	Computed  NutritionSource = "computed"  // computed by Tandoor from its foods
	Legacy    NutritionSource = "legacy"    // Tandoor's old nutrition block
	Estimated NutritionSource = "estimated" // computed by us from the USDA table
	Unknown   NutritionSource = "unknown"   // not known: never planned
)

// Recipe is one dish of the library.
type Recipe struct {
	ID             ID               `json:"id"`
	Name           string           `json:"name"`
	Description    string           `json:"description,omitempty"`
	URL            string           `json:"url,omitempty"`
	Picture        string           `json:"picture,omitempty"` // path on the library's server
	Servings       int              `json:"servings"`          // yield; 0 = not stated, such a recipe is not planned
	WorkingMinutes int              `json:"working_minutes"`
	WaitingMinutes int              `json:"waiting_minutes"`
	Keywords       []string         `json:"keywords,omitempty"`
	Meals          []Meal           `json:"meals,omitempty"`
	MealsSaid      bool             `json:"meals_said,omitempty"` // a keyword says them; else they are lunch and dinner for want of one
	PerServing     nutrition.Macros `json:"per_serving"`
	Nutrition      NutritionSource  `json:"nutrition"`
	Ingredients    []Ingredient     `json:"ingredients,omitempty"`
	Steps          []Step           `json:"steps,omitempty"`
	// Texts are header rows and names of steps: nothing to buy, but they may say what is in it.
	Texts []string `json:"texts,omitempty"`
	// Foodless are lines that are no headers and name no food: nobody knows what they ask for.
	Foodless  []string  `json:"foodless,omitempty"`
	Embeds    []Embed   `json:"embeds,omitempty"` // until [Assemble] puts them in
	UpdatedAt time.Time `json:"updated_at"`

	// Gaps say, after [Assemble], which embedded recipes could not be put in: its lines are
	// not all there.
	Gaps []string `json:"-"`
	// Outdated says that it was stored by a version that kept less of it.
	Outdated bool `json:"-"`
}

// Embed is another recipe of the library whose lines and steps belong here.
type Embed struct {
	Recipe ID  `json:"recipe"`
	Line   int `json:"line"` // its lines come before this one
	Step   int `json:"step"` // its steps come before this one
}

// Minutes is the time from start to table; 0 means unknown.
func (r Recipe) Minutes() int { return r.WorkingMinutes + r.WaitingMinutes }

// Suits reports whether the recipe may be chosen for the meal.
func (r Recipe) Suits(m Meal) bool {
	return slices.Contains(r.Meals, m)
}

// Step is one instruction.
type Step struct {
	Instruction string `json:"instruction"`
	Minutes     int    `json:"minutes,omitempty"`
}

// Amount is a quantity in ten-thousandths of its unit, the precision Tandoor sends.
type Amount int64

// One is an amount of one.
const One Amount = 10_000

// Float returns the amount, for presentation.
func (a Amount) Float() float64 { return float64(a) / float64(One) }

// Ingredient is one line of a recipe, for its whole yield.
type Ingredient struct {
	Food     Food   `json:"food"`
	Unit     Unit   `json:"unit"`
	Amount   Amount `json:"amount"`
	NoAmount bool   `json:"no_amount,omitempty"` // "to taste": the amount means nothing
	Note     string `json:"note,omitempty"`
}

// Heads reports whether a line is the heading of others: "For the sauce:". Of "Accompaniment:
// sour cream" an import leaves "Accompaniment", with the food in the note. "For 6 persons" heads
// them too.
func (i Ingredient) Heads() bool {
	return phrase.Serves(i.Unit.Name+" "+i.Food.Name) || (i.NoAmount || i.Amount <= 0) && (strings.HasSuffix(strings.TrimSpace(i.Food.Name), ":") || i.Unit.Name == "" && phrase.Heads(i.Food.Name))
}

// Food is what a line is made of. Foods are told apart by ID, never by parts of names.
type Food struct {
	ID             int64     `json:"id"`
	Name           string    `json:"name"`
	Plural         string    `json:"plural,omitempty"`
	FDC            int64     `json:"fdc,omitempty"`  // FoodData Central id or NDB number; 0 = unknown
	Slug           string    `json:"slug,omitempty"` // Tandoor open-data slug
	Category       Category  `json:"category"`
	Ancestors      []FoodRef `json:"ancestors,omitempty"` // nearest first
	IgnoreShopping bool      `json:"ignore_shopping,omitempty"`
	OnHand         bool      `json:"on_hand,omitempty"`
	Recipe         ID        `json:"recipe,omitempty"` // that makes it; 0 = none
	// Conversions are the user's own, for this food; see [Conversion].
	Conversions []Conversion `json:"conversions,omitempty"`
	// Answer is what the user said of it; nil: nothing.
	Answer *Answer `json:"-"`
}

// FoodRef names a food in the food tree.
type FoodRef struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Category is a supermarket aisle. Order is its position on the way through the
// user's supermarket; categories without a position sort after those with one.
type Category struct {
	ID    int64  `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Order int    `json:"order,omitempty"`
}

// Unit is what an amount counts. Base is Tandoor's base unit ("g", "ml", "us_cup", ...)
// and is empty for counted things and for units that state none.
type Unit struct {
	ID     int64  `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Plural string `json:"plural,omitempty"`
	Base   string `json:"base,omitempty"`
}

// Conversion says that one amount of a food equals another in a different unit.
type Conversion struct {
	Amount   Amount `json:"amount"`
	Unit     Unit   `json:"unit"`
	ToAmount Amount `json:"to_amount"`
	ToUnit   Unit   `json:"to_unit"`
}
