package grocery_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

var update = flag.Bool("update", false, "write the golden files")

// A weekend of three dishes for two people, from aisle to pantry.
func TestGoldenList(t *testing.T) {
	t.Parallel()
	bakery := recipe.Category{ID: 1, Name: "Baking", Order: 3}
	produce := recipe.Category{ID: 2, Name: "Produce", Order: 1}
	dairy := recipe.Category{ID: 3, Name: "Dairy", Order: 2}
	cup := base("us_cup")
	flour := recipe.Food{ID: 1, Name: "flour", Category: bakery, Conversions: []recipe.Conversion{{Amount: recipe.One, Unit: cup, ToAmount: 125 * recipe.One, ToUnit: base("g")}}}
	egg := recipe.Food{ID: 2, Name: "egg", Plural: "eggs", Category: dairy}
	milk := recipe.Food{ID: 3, Name: "milk", Category: dairy}
	onion := recipe.Food{ID: 4, Name: "onion", Plural: "onions", Category: produce}
	tomato := recipe.Food{ID: 5, Name: "tomato", Plural: "tomatoes", Category: produce}
	oil := recipe.Food{ID: 6, Name: "olive oil", Category: bakery}
	salt := recipe.Food{ID: 7, Name: "salt"}
	saffron := recipe.Food{ID: 8, Name: "saffron"}
	dish := func(people int, m recipe.Meal, id recipe.ID, name string, yield int, in ...recipe.Ingredient) grocery.Dish {
		return grocery.Dish{Date: monday + 5, Meal: m, Servings: nutrition.Servings(people) * nutrition.OneServing, Recipe: recipe.Recipe{ID: id, Name: name, Servings: yield, Ingredients: in}}
	}
	l := consolidate(t,
		dish(2, recipe.Breakfast, 1, "Pancakes", 3,
			recipe.Ingredient{Food: flour, Unit: cup, Amount: amount(1.3333)}, recipe.Ingredient{Food: egg, Amount: amount(2)},
			recipe.Ingredient{Food: milk, Unit: named("dl"), Amount: amount(3)}, recipe.Ingredient{Food: salt, Unit: named("pinch"), Amount: amount(1)}),
		dish(2, recipe.Lunch, 2, "Tomato soup", 4,
			recipe.Ingredient{Food: tomato, Unit: named("cans"), Amount: amount(2), Note: "400 g"}, recipe.Ingredient{Food: tomato, Unit: base("g"), Amount: amount(250)},
			recipe.Ingredient{Food: onion, Amount: amount(1)}, recipe.Ingredient{Food: oil, Unit: base("tbsp"), Amount: amount(1)},
			recipe.Ingredient{Food: saffron, NoAmount: true}),
		dish(2, recipe.Dinner, 3, "Quiche", 6,
			recipe.Ingredient{Food: flour, Unit: base("g"), Amount: amount(250)}, recipe.Ingredient{Food: egg, Note: "3–4 eggs"},
			recipe.Ingredient{Food: milk, Unit: cup, Amount: amount(1)}, recipe.Ingredient{Food: onion, Amount: amount(3)}),
	)
	got, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const file = "testdata/weekend.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the list differs from %s (write it with -update):\n%s", file, got)
	}
}
