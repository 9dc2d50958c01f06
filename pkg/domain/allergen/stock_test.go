package allergen_test

import (
	"regexp"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// What may hide in bought stock may hide in it under each of its names; some are cooked at home, and
// dashi has its own.
func TestStocksUnderAllNames(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`homemade|giblet|dashi`)
	for _, f := range food.All() {
		if f.Name != "chicken stock" && f.Name != "beef stock" && f.Name != "vegetable stock" && f.Name != "fish stock" {
			continue
		}
		for _, name := range append([]string{f.Name}, f.Aliases...) {
			got, ok := allergen.Classify(recipe.Food{Name: name})
			if want := allergen.Gluten | allergen.Milk; !own.MatchString(name) && (!ok || got&want != want) {
				t.Errorf("%s carries %q", name, got)
			}
		}
	}
}
