package food_test

import (
	"math"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func imported(amount float64, unit, name, note string) recipe.Ingredient {
	return recipe.Ingredient{
		Food: recipe.Food{Name: name}, Unit: recipe.Unit{Name: unit}, Note: note,
		Amount: recipe.Amount(math.Round(amount * float64(recipe.One))), NoAmount: amount == 0,
	}
}

// weighed is a line as an import leaves it, with what it is and weighs.
type weighed struct {
	amount           float64
	unit, name, note string
	food             string
	grams            float64
}

func weighs(t *testing.T, lines []weighed) {
	t.Helper()
	for _, c := range lines {
		got := food.Resolve(imported(c.amount, c.unit, c.name, c.note))
		if got.Food.Name != c.food || !got.Weighed || math.Abs(got.Mass.Grams()-c.grams) > 1.5 {
			t.Errorf("%g %q %q %q: got %.1f g of %q, want %.1f g of %q", c.amount, c.unit, c.name, c.note, got.Mass.Grams(), got.Food.Name, c.grams, c.food)
		}
	}
}

// What an import leaves of amounts that are written twice, in two parts or as a range, and of sizes.
func TestLineWeights(t *testing.T) {
	t.Parallel()
	weighs(t, []weighed{
		{2, "tablespoons", "¼ cup plus vegetable oil", "", "rapeseed oil", 82},
		{0.6667, "cup", "+ 1 tablespoon all-purpose flour", "", "plain flour", 91},
		{75, "oz", "½ cup unsweetened cocoa powder", "1. / 50 grams", "cocoa powder", 44},
		{240, "g", "½ cup () tomato paste", "", "tomato paste", 130},
		{4, "oz", "½ cup unsalted butter", "", "unsalted butter", 113},
		{2, "tablespoons", "olive oil", "divided 2-4", "olive oil", 41},
		{1, "cups", "graham cracker crumbs", "1-½", "graham cracker", 128},
		{0.5, "cup", "butter", "1/2-3/4", "butter", 142},
		{2, "tablespoons", "olive oil", "see note 3-4", "olive oil", 27}, // another number's range
		{2, "Cups", "Kale", "(56g) Torn up, packed", "kale", 56},
		{1, "cup", "(240 grams) all-purpose flour", "", "plain flour", 240},
		{1, "cup", "noodles", "about 2 ounces", "egg noodle", 56.7},
		{1, "cup", "sugar", "of the 1 kg bag", "sugar", 201}, // says nothing of this cup
		{1, "cup", "milk", "8 fl oz", "milk", 244},
		{9, "inch", "pound cake", "cut into cubes", "pound cake", 450},
		{1, "inch", "ginger root", "", "ginger", 7},
		{2, "Persian", "cucumbers", "chopped", "cucumber", 170},
		{2, "", "cucumbers", "chopped", "cucumber", 600},
		{8, "Roma", "tomatoes", "", "tomato", 496},
		{3, "large", "russet potatoes", "", "potato", 1107},
		{12, "flour", "tortillas, 6-inch", "", "flour tortilla", 384},
		{8, "9-inch", "flour tortillas", "", "flour tortilla", 480},
		{2, "", "burrito-size flour tortillas", "", "flour tortilla", 144},
		{2, "", "flour tortillas", "", "flour tortilla", 98},
		{2, "(12", "inch) pre-baked pizza crusts", "", "pizza crust", 794},
		{1, "extra", "large egg", "", "egg", 56},
		{2, "", "grapefruit segments", "", "grapefruit", 40},
		{2, "cans", "salmon", "6 oz each", "canned salmon", 340},
		{1, "can", "chopped tomatoes", "", "chopped tomatoes", 400},
		{1, "cup", "orzo", "", "orzo", 177},
		{1, "cup", "penne", "", "pasta", 104},
	})
}

// A can of pulses is weighed with its liquid, a cup of them without.
func TestDrainedCans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line recipe.Ingredient
		kcal float64
	}{
		{imported(1, "(15", "ounce) can chickpeas", "drained"), 352}, // 255 g of 138 kcal
		{imported(400, "g", "canned chickpeas", ""), 331},
		{imported(1, "can", "chickpeas", ""), 331}, // 240 g
		{imported(1, "cup", "canned chickpeas", "drained"), 225},
		{imported(240, "g", "chickpeas", "cooked"), 331},
		{imported(15, "oz", "canned kidney beans", "drained and rinsed"), 316},
		{imported(1, "(15", "ounce) can black beans", ""), 387}, // the table has the whole can
		{imported(1, "(15", "ounce) can black beans", "drained"), 310},
		{imported(1, "Dose", "Kichererbsen", "400 g"), 331},
		{imported(1, "Dose", "Kichererbsen", "240 g Abtropfgewicht"), 331},
	} {
		got, ok := food.Estimate(recipe.Recipe{Servings: 1, Ingredients: []recipe.Ingredient{c.line}})
		if kcal := got.PerServing.Energy().Kcal(); !ok || math.Abs(kcal-c.kcal) > 0.05*c.kcal {
			t.Errorf("%+v: got %.0f kcal, want %.0f (%v)", c.line, kcal, c.kcal, got.Refused)
		}
	}
}

// Of what stands on the table somebody takes two things, and no more of what the dish holds.
func TestToppings(t *testing.T) {
	t.Parallel()
	none := func(name string) recipe.Ingredient { return imported(0, "", name, "") }
	rice := imported(100, "g", "rice", "")
	of := func(lines ...recipe.Ingredient) nutrition.Mass {
		got, ok := food.Estimate(recipe.Recipe{Servings: 1, Ingredients: lines})
		if !ok {
			t.Fatal(got.Refused)
		}
		return got.PerServing.Fat
	}
	two := of(rice, none("avocado"), none("sour cream"))
	if more := of(rice, none("avocado"), none("sour cream"), none("cheddar"), none("guacamole")); more != two || two == of(rice) {
		t.Errorf("got %v of fat with four, %v with two", more, two)
	}
	grated := imported(50, "g", "cheddar", "")
	if again := of(rice, grated, none("cheddar")); again != of(rice, grated) {
		t.Errorf("got %v of fat with the cheese twice", again)
	}
}

func TestLeanAndSkinless(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit, name, note string
		kcal             float64
	}{
		{"pound", "ground beef", "", 254},
		{"pound", "lean ground beef", "", 176},
		{"pound", "ground beef", "90% lean", 176},
		{"pound", "ground beef", "lean, 90%", 176},
		{"pound", "85% lean ground beef", "", 215},
		{"pound", "extra lean ground beef", "", 131},
		{"pound", "chicken thighs", "", 221},
		{"pound", "chicken thighs, boneless, skinless", "", 121},
		{"pound", "chicken thighs", "skinless, boneless", 121},
		{"pound", "chicken thighs", "bone-in, skin-on", 221},
		{"pound", "spiral ham", "", 203},
		{"pound", "fresh rice noodles", "", 108},
	} {
		got := food.Resolve(imported(1, c.unit, c.name, c.note))
		if math.Abs(got.Food.Energy.Kcal()-c.kcal) > 6 {
			t.Errorf("%q %q: got %s of %.0f kcal, want %.0f", c.name, c.note, got.Food.Name, got.Food.Energy.Kcal(), c.kcal)
		}
	}
}

// Who takes the bones out weighs none; what is fat by nature may be called so.
func TestBonelessAndFullFat(t *testing.T) {
	t.Parallel()
	protein := func(name, note string) float64 {
		got, ok := food.Estimate(recipe.Recipe{Servings: 1, Ingredients: []recipe.Ingredient{imported(300, "g", name, note)}})
		if !ok {
			t.Fatalf("%q %q: %v", name, note, got.Refused)
		}
		return got.PerServing.Protein.Grams()
	}
	if whole, boned := protein("chicken", ""), protein("chicken", "deboned"); math.Abs(boned/whole-1/0.68) > 0.01 {
		t.Errorf("chicken: %.1f g of protein, deboned %.1f", whole, boned)
	}
	if lamb, boned := protein("rack of lamb", ""), protein("rack of lamb", "désossé"); boned <= lamb {
		t.Errorf("rack of lamb: %.1f g of protein, boned %.1f", lamb, boned)
	}
	if f := food.Resolve(imported(2, "large", "boneless and skinless chicken thighs", "")).Food.Name; f != "skinless chicken thigh" {
		t.Errorf("boneless and skinless chicken thighs are %s", f)
	}
	if plain, fat := protein("ricotta", ""), protein("full-fat ricotta cheese", ""); plain != fat {
		t.Errorf("ricotta: %.1f g of protein, full-fat %.1f", plain, fat)
	}
}

// An amount that follows the food, as in Italian and Spanish kitchens.
func TestAmountLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		food  string
		grams float64
	}{
		{"Tuorli 3", "egg yolk", 51},
		{"Oeuf - 2", "egg", 100},
		{"Harina – 100 g", "plain flour", 100},
		{"semolino 3 cucchiai", "semolina", 31},
		{"olio 2 etti", "oil", 200},
	} {
		got := food.Resolve(imported(0, "", c.name, ""))
		if got.Food.Name != c.food || math.Abs(got.Mass.Grams()-c.grams) > 1.5 {
			t.Errorf("%q: got %.1f g of %q", c.name, got.Mass.Grams(), got.Food.Name)
		}
	}
	for name, line := range map[string]recipe.Ingredient{
		"flour type": imported(0, "", "farina 00", ""), "fat content": imported(0, "", "latte 1,5%", ""),
	} {
		if got := food.Resolve(line); got.Weighed {
			t.Errorf("%s: got %v", name, got.Mass)
		}
	}
	for _, name := range []string{"half bakje roomkaas", "handje geraspte kaas", "half blik linzen"} {
		if got := food.Resolve(imported(0, "", name, "")); !got.Weighed || got.Mass.Grams() < 25 {
			t.Errorf("%s: got %v", name, got.Mass)
		}
	}
	if got := food.Resolve(imported(2, "vasos", "de leche", "")); math.Abs(got.Mass.Grams()-412) > 1 {
		t.Errorf("two glasses: got %v", got.Mass)
	}
}
