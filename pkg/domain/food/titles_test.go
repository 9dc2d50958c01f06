package food_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// A heading without a colon is no food of unknown weight; what is to be ready is.
func TestHeadingsWithoutAColon(t *testing.T) {
	t.Parallel()
	flour := recipe.Ingredient{Amount: 100 * recipe.One, Unit: recipe.Unit{Base: "g"}, Food: recipe.Food{Name: "flour"}}
	for name, want := range map[string]bool{
		"Cream Cheese Frosting": true, "DOUGH": true, "Filling for the Rolls": false, "Glaze for the Topping": true, "Teig": true, "Füllung": true,
		"cream cheese frosting": false, "Sour Cream Ice Cream": false, "A Very Long Title of a Sauce": false, "Pizza": false,
	} {
		title := recipe.Ingredient{NoAmount: true, Food: recipe.Food{Name: name}}
		if _, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{flour, title, flour, flour}}); ok != want {
			t.Errorf("%q between foods: estimated %v, want %v", name, ok, want)
		}
		for where, lines := range map[string][]recipe.Ingredient{"at the end": {flour, flour, title}, "before another without an amount": {flour, title, title, flour}} {
			if _, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: lines}); ok {
				t.Errorf("%q %s is taken for a heading", name, where)
			}
		}
	}
}

// What a recipe is for is told in a line of its own; the same words with a food are that food.
func TestServingsAreNoFood(t *testing.T) {
	t.Parallel()
	flour := recipe.Ingredient{Amount: 100 * recipe.One, Unit: recipe.Unit{Base: "g"}, Food: recipe.Food{Name: "flour"}}
	for _, c := range []struct {
		unit, food string
		want       bool
	}{
		{"personen", "Voor", true},
		{"personen", "Voor 5-", true},
		{"", "personen:", true},
		{"personen", "Bijgerecht voor", true},
		{"liter", "ca.", true},
		{"personen", "zoblat voor", false},
		{"liter", "zoblat ca.", false},
		{"", "zoblat", false},
	} {
		line := recipe.Ingredient{Amount: 6 * recipe.One, Unit: recipe.Unit{Name: c.unit}, Food: recipe.Food{Name: c.food}}
		if _, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{line, flour}}); ok != c.want {
			t.Errorf("6 %q of %q: estimated %v, want %v", c.unit, c.food, ok, c.want)
		}
	}
}
