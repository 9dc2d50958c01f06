package allergen_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func BenchmarkPool(b *testing.B) {
	var library []recipe.Recipe
	known := allergen.Known()
	for n := range 1000 {
		r := recipe.Recipe{ID: recipe.ID(n), Name: "Chicken with rice and " + known[n%len(known)], Steps: []recipe.Step{
			{Instruction: "Fry the sliced chicken hot in the oil, then add the vegetables and ginger and fry for four minutes."},
			{Instruction: "Stir in the soy sauce, honey and cashews and serve with the warmed rice."},
		}}
		for i := range 10 {
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: kind(known[(n*10+i)%len(known)], "Dairy"), Unit: recipe.Unit{Name: "tbsp", Plural: "tbsp"}, Note: "finely chopped, peeled"})
		}
		library = append(library, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		p := allergen.NewPool(library)
		for _, r := range library {
			p.Of(r)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	f := recipe.Food{Name: "Reduced-fat cheddar", Ancestors: []recipe.FoodRef{{Name: "Cheese"}, {Name: "Dairy"}}}
	b.ReportAllocs()
	for b.Loop() {
		allergen.Classify(f)
	}
}
