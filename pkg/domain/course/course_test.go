package course_test

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// dinner is a recipe with the figures of a meal and no keyword.
func dinner(name string, keywords ...string) recipe.Recipe {
	g := func(n nutrition.Mass) nutrition.Mass { return n * nutrition.Gram }
	return recipe.Recipe{Name: name, Keywords: keywords, Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner}, PerServing: nutrition.Macros{Protein: g(30), Fat: g(20), Carbs: g(50)}}
}

func TestOf(t *testing.T) {
	t.Parallel()
	main, breakfast, none := []recipe.Meal{recipe.Lunch, recipe.Dinner}, []recipe.Meal{recipe.Breakfast}, []recipe.Meal(nil)
	for _, c := range []struct {
		recipe recipe.Recipe
		want   []recipe.Meal
	}{
		{dinner("Beef goulash"), main},
		{dinner("Spaghetti with tomato sauce"), main},
		{dinner("Steak in pepper sauce"), main},
		{dinner("Crab cakes"), main},
		{dinner("Chicken pot pie"), main},
		{dinner("Pastítsio"), main},
		{dinner("Rindergulasch mit Brot"), main},
		{dinner("Orange jam"), none},
		{dinner("No-knead pizza dough"), none},
		{dinner("Potato sourdough bread"), none},
		{dinner("Plain Bread"), none},
		{dinner("Coconut oil coffee"), none},
		{dinner("Chocolate Chip Cookies"), none},
		{dinner("Confiture de fraises"), none},
		{dinner("Gâteau au chocolat"), none},
		{dinner("Tarta de queso"), none},
		{dinner("Apfelkuchen", "Kuchen"), none},
		{dinner("Blueberry pancakes"), breakfast},
		{dinner("Rührei mit Schnittlauch"), breakfast},
		{dinner("Oats", "Petit-déjeuner"), breakfast},
		{dinner("Something", "Frühstück"), breakfast},
		{dinner("Something", "desayuno"), breakfast},
		{dinner("Something", "Vegan desserts"), none},
		{dinner("Something", "Beilage"), none},
		{dinner("Chocolate cake", "Hauptgericht"), main}, // keywords before titles
	} {
		got := course.Of(c.recipe)
		if !slices.Equal(got.Meals, c.want) || got.Why == "" {
			t.Errorf("%s %q: %v, %s", c.recipe.Name, c.recipe.Keywords, got.Meals, got.Why)
		}
	}
	said := dinner("Chocolate cake")
	said.MealsSaid = true
	if got := course.Of(said); !slices.Equal(got.Meals, main) {
		t.Errorf("a keyword of the user's is overruled: %+v", got)
	}
	thin := dinner("Something")
	thin.PerServing = nutrition.Macros{Protein: 20 * nutrition.Gram}
	sweet := dinner("Something")
	sweet.PerServing = nutrition.Macros{Carbs: 100 * nutrition.Gram}
	whole := dinner("Something")
	whole.PerServing = nutrition.Macros{Protein: 100 * nutrition.Gram, Fat: 100 * nutrition.Gram}
	line := func(name string, grams recipe.Amount) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name}, Unit: recipe.Unit{Name: "g", Base: "g"}, Amount: grams * recipe.One}
	}
	glazed := dinner("Something")
	glazed.Ingredients = []recipe.Ingredient{line("chicken breast", 500), line("brown sugar", 200)}
	if got := course.Of(glazed); len(got.Meals) == 0 {
		t.Errorf("glazed chicken is no meal: %s", got.Why)
	}
	baked := dinner("Something")
	baked.Ingredients = []recipe.Ingredient{line("flour", 300), line("sugar", 200), line("butter", 100), line("egg", 150)}
	for _, r := range []recipe.Recipe{thin, sweet, whole, baked} {
		if got := course.Of(r); len(got.Meals) > 0 {
			t.Errorf("%+v is taken for a meal: %s", r.PerServing, got.Why)
		}
	}
}
