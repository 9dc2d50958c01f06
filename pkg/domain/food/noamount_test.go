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
