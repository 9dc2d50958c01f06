package tandoortest

import (
	"bytes"
	_ "embed" // for the small library
	"encoding/json"
	"io"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Library is what the stand-in serves, as it is written in a JSON file. Things refer to
// each other by name, compared exactly. Unknown fields and unknown names are errors that
// say where. A file looks like this:
//
//	{
//	  "categories": [{"name": "Produce", "order": 0}, {"name": "Grains", "order": 1}],
//	  "units":      [{"name": "g", "base_unit": "g"}, {"name": "clove", "plural": "cloves"}],
//	  "keywords":   [{"name": "dinner"}, {"name": "quick dinner", "parent": "dinner"}],
//	  "foods": [
//	    {"name": "Rolled oats", "category": "Grains", "fdc_id": 173904,
//	     "properties": {"kcal": 379, "protein": 13.2, "fat": 6.5, "carbs": 67.7}},
//	    {"name": "Garlic", "category": "Produce",
//	     "properties": {"kcal": 149, "protein": 6.4, "fat": 0.5, "carbs": 33.1},
//	     "conversions": [{"amount": 1, "unit": "clove", "to_amount": 3, "to_unit": "g"}]}
//	  ],
//	  "recipes": [
//	    {"name": "Overnight oats", "servings": 2, "servings_text": "bowls",
//	     "working_time": 10, "waiting_time": 480, "keywords": ["breakfast"],
//	     "nutrition": "food_properties",
//	     "steps": [{"instruction": "Mix.", "time": 10, "ingredients": [
//	       {"amount": 100, "unit": "g", "food": "Rolled oats", "note": "rolled"},
//	       {"food": "Salt", "no_amount": true},
//	       {"is_header": true, "note": "For the topping"}]}]}
//	  ]
//	}
type Library struct {
	Categories []CategorySpec `json:"categories"`
	Units      []UnitSpec     `json:"units"`
	Foods      []FoodSpec     `json:"foods"`
	Keywords   []KeywordSpec  `json:"keywords"`
	Recipes    []RecipeSpec   `json:"recipes"`
}

// CategorySpec is a supermarket aisle. Order is its position on the way through the one
// supermarket there is, from 0.
type CategorySpec struct {
	Name  string `json:"name"`
	Order int    `json:"order"`
}

// UnitSpec is a unit. BaseUnit is one of g, kg, ounce, pound, ml, l, fluid_ounce, pint,
// quart, gallon, tbsp, tsp, us_cup, or empty for what is counted. A unit "g" is added when
// the file has none.
type UnitSpec struct {
	Name     string `json:"name"`
	Plural   string `json:"plural,omitempty"`
	BaseUnit string `json:"base_unit,omitempty"`
}

// FoodSpec is a food. Parent names the food it is a kind of. Without Properties nothing
// is known of it, and recipes that need them are incomplete.
type FoodSpec struct {
	Name           string           `json:"name"`
	Plural         string           `json:"plural_name,omitempty"`
	Category       string           `json:"category,omitempty"`
	Parent         string           `json:"parent,omitempty"`
	FDC            int64            `json:"fdc_id,omitempty"`
	Slug           string           `json:"open_data_slug,omitempty"`
	Properties     *Values          `json:"properties,omitempty"` // per 100 g
	IgnoreShopping bool             `json:"ignore_shopping,omitempty"`
	OnHand         bool             `json:"on_hand,omitempty"`
	Recipe         string           `json:"recipe,omitempty"` // the recipe that makes it
	Conversions    []ConversionSpec `json:"conversions,omitempty"`
}

// ConversionSpec says that for this food Amount Unit are ToAmount ToUnit.
type ConversionSpec struct {
	Amount   float64 `json:"amount"`
	Unit     string  `json:"unit"`
	ToAmount float64 `json:"to_amount"`
	ToUnit   string  `json:"to_unit"`
}

// Values are energy in kilocalories and macros in grams.
type Values struct {
	Kcal    float64 `json:"kcal"`
	Protein float64 `json:"protein"`
	Fat     float64 `json:"fat"`
	Carbs   float64 `json:"carbs"`
}

// KeywordSpec is a keyword, below another one if Parent is set.
type KeywordSpec struct {
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

// Where a recipe's nutrition shows.
const (
	// ModeProperties shows PerServing (or, without it, what the foods come to) as typed in.
	ModeProperties = "properties"
	// ModeFoodProperties shows only what the server computes from foods and conversions.
	ModeFoodProperties = "food_properties"
	// ModeLegacy shows PerServing (or what the foods come to) in the old block alone, as
	// if no food had properties.
	ModeLegacy = "legacy"
	// ModeNone shows nothing: every computed value is 0 with missing_value, as if no food
	// had properties.
	ModeNone = "none"
	// ModeMissing shows computed values that are too low: the last ingredient with an
	// amount counts as a food without properties.
	ModeMissing = "missing"
)

// RecipeSpec is a recipe. Times are minutes. Nutrition is one of the modes above; empty
// means ModeFoodProperties. PerServing belongs to ModeProperties and ModeLegacy.
type RecipeSpec struct {
	Name         string     `json:"name"`
	Description  string     `json:"description,omitempty"`
	Servings     int        `json:"servings"`
	ServingsText string     `json:"servings_text,omitempty"`
	WorkingTime  int        `json:"working_time"`
	WaitingTime  int        `json:"waiting_time"`
	Keywords     []string   `json:"keywords,omitempty"`
	Nutrition    string     `json:"nutrition,omitempty"`
	PerServing   *Values    `json:"per_serving,omitempty"`
	Steps        []StepSpec `json:"steps"`
	Private      bool       `json:"private,omitempty"` // another user's: no list or detail shows it, its steps come along where it is embedded
}

// StepSpec is a step. Recipe embeds the steps of a recipe of the file; Tandoor does not mind
// if that is the recipe itself.
type StepSpec struct {
	Name        string           `json:"name,omitempty"`
	Instruction string           `json:"instruction"`
	Time        int              `json:"time,omitempty"` // minutes
	Ingredients []IngredientSpec `json:"ingredients,omitempty"`
	Recipe      string           `json:"recipe,omitempty"`
}

// IngredientSpec is a line for the whole yield. Without a unit the amount is a bare
// count, for which nothing can be computed unless NoAmount is set. A header has IsHeader
// and a Note; Tandoor accepts other lines without a food as well. OriginalText is what was imported.
type IngredientSpec struct {
	Amount   float64 `json:"amount,omitempty"`
	Unit     string  `json:"unit,omitempty"`
	Food     string  `json:"food,omitempty"`
	Note     string  `json:"note,omitempty"`
	NoAmount bool    `json:"no_amount,omitempty"`
	IsHeader bool    `json:"is_header,omitempty"`

	OriginalText string `json:"original_text,omitempty"`
}

// Read reads a library from JSON. References are checked by [New].
func Read(r io.Reader) (Library, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var l Library
	if err := d.Decode(&l); err != nil {
		return Library{}, fault.Wrap(fault.InvalidInput, "tandoor library", err)
	}
	return l, nil
}

//go:embed testdata/small.json
var small []byte

// Small returns a library of twelve recipes that shows every mode and every oddity.
func Small() Library {
	l, err := Read(bytes.NewReader(small))
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return l
}
