package food_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestGroupsIn(t *testing.T) {
	t.Parallel()
	line := func(grams int, name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name}, Amount: recipe.Amount(grams) * recipe.One, Unit: recipe.Unit{Base: "g"}}
	}
	for _, c := range []struct {
		want  string
		lines []recipe.Ingredient
	}{
		{"fish", []recipe.Ingredient{line(500, "salmon fillet"), line(10, "bacon")}},
		{"fish", []recipe.Ingredient{line(200, "canned tuna"), line(300, "pasta")}},
		{"meat red meat", []recipe.Ingredient{line(400, "Rinderhackfleisch")}},
		{"meat poultry", []recipe.Ingredient{line(400, "boneless chicken thighs")}},
		{"pulses", []recipe.Ingredient{line(400, "canned black beans")}},
		{"eggs", []recipe.Ingredient{line(200, "egg")}},
		{"", []recipe.Ingredient{line(20, "chicken stock"), line(5, "fish sauce"), line(300, "rice"), line(100, "eggplant")}},
		{"meat red meat", []recipe.Ingredient{{Food: recipe.Food{Name: "pork chop"}, NoAmount: true}}},
	} {
		got := food.GroupsIn(recipe.Recipe{Servings: 2, Ingredients: c.lines})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: %q, want %q", c.lines, got, c.want)
		}
		for _, g := range got {
			if !slices.Contains(food.Groups(), g) {
				t.Errorf("%q is no group", g)
			}
		}
	}
}
