package postgres

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestDecodedRecipesAreBounded(t *testing.T) {
	t.Parallel()
	some := func(n int) map[recipe.ID]decodedRecipe {
		out := map[recipe.ID]decodedRecipe{}
		for i := range n {
			out[recipe.ID(i)] = decodedRecipe{}
		}
		return out
	}
	c := newDecodedRecipes(10)
	c.keep("a", some(4))
	c.keep("b", some(4))
	c.of("a") // "b" is now the one not used for longest
	c.keep("c", some(4))
	if len(c.of("a")) != 4 || c.of("b") != nil || len(c.of("c")) != 4 || c.count != 8 {
		t.Errorf("kept %v, %d recipes", c.recent, c.count)
	}
	c.keep("c", some(11))
	if c.of("c") != nil || len(c.of("a")) != 4 || c.count != 4 {
		t.Errorf("what is larger than the bound: kept %v, %d recipes", c.recent, c.count)
	}
	c.keep("a", some(10))
	if len(c.of("a")) != 10 || c.count != 10 || len(c.recent) != 1 {
		t.Errorf("replaced: kept %v, %d recipes", c.recent, c.count)
	}
}
