package food_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// However a unit is spelled, it weighs the same.
func TestUnitsOfAnySpelling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		food     string
		amount   recipe.Amount
		unit     string
		same     recipe.Amount
		sameUnit string
	}{
		{"garlic", 2, "Zehe(n)", 2, "clove"},
		{"garlic", 3, "gousses", 3, "cloves"},
		{"egg", 1, "Dutzend", 12, ""},
		{"egg", 2, "Stk.", 2, ""},
		{"onion", 1, "mittelgroße", 1, ""},
		{"olive oil", 2, "EL", 30, "ml"},
		{"olive oil", 2, "c. à s.", 2, "cucharadas"},
		{"olive oil", 3, "T", 3, "tbsp."},
		{"milk", 2, "dl", 200, "ml"},
		{"milk", 1, "quart", 4, "cups"},
		{"butter", 1, "Pfund", 500, "g"},
		{"butter", 8, "oz.", 8, "ounces"},
	} {
		f, ok := food.Lookup(c.food)
		if !ok {
			t.Fatalf("no food %q", c.food)
		}
		weigh := func(amount recipe.Amount, unit string) any {
			m, ok := food.Weigh(recipe.Ingredient{Food: recipe.Food{Name: c.food}, Amount: amount * recipe.One, Unit: recipe.Unit{Name: unit}}, f)
			if !ok {
				t.Errorf("%d %q of %s weigh nothing", amount, unit, c.food)
			}
			return m
		}
		if got, want := weigh(c.amount, c.unit), weigh(c.same, c.sameUnit); got != want {
			t.Errorf("%d %q of %s weigh %v, %d %q weigh %v", c.amount, c.unit, c.food, got, c.same, c.sameUnit, want)
		}
	}
}
