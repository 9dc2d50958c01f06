package food_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Tandoor's parser writes amount 0 where its editor sets no_amount: it is the same recipe.
func TestAmountZeroIsNoAmount(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"salt", "water", "parsley", "butter", "sugar", "chicken breast", "olive oil", "lemon", "unheard-of"} {
		for _, unit := range []recipe.Unit{{}, gram, tbsp, clove} {
			made := func(flag bool) (food.Estimation, bool) {
				without := line(0, unit, name)
				without.NoAmount = flag
				return food.Estimate(recipe.Recipe{Servings: 2, Ingredients: []recipe.Ingredient{line(200, gram, "rice"), line(300, gram, "carrot"), without}})
			}
			zero, ok := made(false)
			flagged, okFlagged := made(true)
			if d := cmp.Diff(flagged, zero); ok != okFlagged || d != "" {
				t.Errorf("0 %s %s: estimated %t, with no_amount %t; %s", unit.Name, name, ok, okFlagged, d)
			}
		}
	}
}

// A name that begins with a spice is the food that it seasons, and weighs what that does.
func TestASpiceBeforeAFood(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"vanilla whey protein": "whey protein powder", "garlic chicken": "whole chicken", "cinnamon applesauce": "sweetened applesauce",
		"vanilla oats": "rolled oats", "salt and pepper": "salt", "salt and butter": "salt", "vanilla": "vanilla extract",
	} {
		if got, ok := food.Read(name); !ok || got.Food.Name != want || want != "salt" && !got.Food.Known() {
			t.Errorf("%s is read as %q, with figures: %t", name, got.Food.Name, got.Food.Known())
		}
	}
	powder := recipe.Ingredient{Amount: recipe.One, Unit: recipe.Unit{Name: "scoop"}, Food: recipe.Food{Name: "vanilla whey protein"}}
	apple := line(100, gram, "apple")
	with, _ := food.Estimate(recipe.Recipe{Servings: 1, Ingredients: []recipe.Ingredient{apple, powder}})
	without, _ := food.Estimate(recipe.Recipe{Servings: 1, Ingredients: []recipe.Ingredient{apple}})
	if more := with.PerServing.Protein.Grams() - without.PerServing.Protein.Grams(); more < 20 {
		t.Errorf("a scoop of vanilla whey protein brings %.1f g of protein", more)
	}
}
