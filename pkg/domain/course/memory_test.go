package course

import (
	"reflect"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Whatever of a recipe differs, its verdict is its own: each field that a line is made of changes
// the digest.
func TestVerdictsAreKeptByAllTheyDependOn(t *testing.T) {
	t.Parallel()
	for typ, n := range map[reflect.Type]int{
		reflect.TypeFor[recipe.Ingredient](): 5, reflect.TypeFor[recipe.Food](): 12, reflect.TypeFor[recipe.Unit](): 4, reflect.TypeFor[recipe.Answer](): 5, reflect.TypeFor[recipe.Conversion](): 4,
	} {
		if typ.NumField() != n {
			t.Errorf("%s has %d fields, and %d were known when the digest was written", typ, typ.NumField(), n)
		}
	}
	base := func() recipe.Recipe {
		return recipe.Recipe{
			Name: "Soup", Servings: 4, Keywords: []string{"dinner"}, Meals: []recipe.Meal{recipe.Dinner},
			Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: "leek", Ancestors: []recipe.FoodRef{{Name: "vegetables"}}}, Unit: recipe.Unit{Name: "g"}, Amount: 100}},
		}
	}
	seen := map[uint64]int{digest(base()): -1}
	for n, change := range []func(*recipe.Recipe){
		func(r *recipe.Recipe) { r.Name = "Soup " },
		func(r *recipe.Recipe) { r.Servings = 5 },
		func(r *recipe.Recipe) { r.Keywords = []string{"dinner", ""} },
		func(r *recipe.Recipe) { r.Meals = []recipe.Meal{recipe.Lunch} },
		func(r *recipe.Recipe) { r.MealsSaid = true },
		func(r *recipe.Recipe) { r.PerServing.Protein = 1 },
		func(r *recipe.Recipe) { r.Ingredients = append(r.Ingredients, recipe.Ingredient{}) },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Name = "leeks" },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Plural = "leeks" },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Slug = "leek" },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.FDC = 1 },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.ID = 1 },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Recipe = 1 },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Category.Name = "meat" },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Ancestors[0].Name = "meat" },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Conversions = []recipe.Conversion{{Amount: 1}} },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Answer = &recipe.Answer{Is: "beef"} },
		func(r *recipe.Recipe) { r.Ingredients[0].Food.Answer = &recipe.Answer{Is: "beef", Ignored: true} },
		func(r *recipe.Recipe) { r.Ingredients[0].Unit.Name = "kg" },
		func(r *recipe.Recipe) { r.Ingredients[0].Unit.Base = "kg" },
		func(r *recipe.Recipe) { r.Ingredients[0].Amount = 101 },
		func(r *recipe.Recipe) { r.Ingredients[0].NoAmount = true },
		func(r *recipe.Recipe) { r.Ingredients[0].Note = "chopped" },
	} {
		r := base()
		change(&r)
		d := digest(r)
		if before, ok := seen[d]; ok {
			t.Errorf("change %d has the digest of %d", n, before)
		}
		seen[d] = n
	}
	if again := base(); digest(base()) != digest(again) {
		t.Error("the same recipe has two digests")
	}
}
