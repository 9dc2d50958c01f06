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
		{dinner("Salmon temaki cones"), main},
		{dinner("Pizza cones"), main},
		{dinner("Waffle cones"), none},
		{dinner("Pastítsio"), main},
		{dinner("Rindergulasch mit Brot"), main},
		{dinner("Orange jam"), none},
		{dinner("Grandma's buttermilk biscuits"), none},
		{dinner("Peanut butter balls"), none},
		{dinner("No-knead pizza dough"), none},
		{dinner("Potato sourdough bread"), none},
		{dinner("Pizza Dough", "dinner"), none},
		{dinner("Focaccia", "Pain", "plat"), none},
		{dinner("Soft Pretzel Twists"), none},
		{dinner("Masa para pizza a la parrilla"), none},
		{dinner("Hummus casero"), none},
		{dinner("Agua de amaranto"), none},
		{dinner("Crème glacée crémeuse au rhum et aux raisins secs"), none},
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
		{dinner("Chocolate cake", "main dish", "dessert"), none},
		// What an import adds to a name hides no course.
		{dinner("Easy Key Lime Pie II"), none},
		{dinner("Avocado Dip I"), none},
		{dinner("Homemade Cinnamon Rolls Recipe by Tasty"), breakfast},
		{dinner("Tuscan Meat Sauce (Ragu)"), none},
		{dinner("Bundt Cake - the best"), none},
		{dinner("Naan-Brot - Rezept für den Klassiker"), none},
		{dinner("Rhubarb and Strawberry Dump Cake"), none},
		{dinner("Spinach and Artichoke Dip"), none},
		// The head of a title is its end, in German the end of its last word.
		{dinner("Butter Chicken"), main},
		{dinner("Salsa Chicken"), main},
		{dinner("Pan Seared Swordfish"), main},
		{dinner("The Best Parmesan Chicken Bake"), main},
		{dinner("Chicken and Wine Sauce"), main},
		{dinner("Asparagus and Onion Lasagna"), main},
		{dinner("Schokoladenkuchen"), none},
		{dinner("Knoblauchbrot"), none},
		{dinner("Tomatensalsa"), none},
		{dinner("Zwiebelkuchen"), main},
		{dinner("Appeltaart"), none},
		{dinner("Apfelpfannkuchen"), breakfast},
		// Breakfasts, and what only sounds like one.
		{dinner("Blueberry Muffins"), breakfast},
		{dinner("Banana Bread"), breakfast},
		{dinner("Ham Breakfast Braid"), breakfast},
		{dinner("Eggs over Toast"), breakfast},
		{dinner("Green Smoothie"), breakfast},
		{dinner("Biscuits and Gravy"), breakfast},
		{dinner("Potato Pancakes"), main},
		{dinner("Egg Salad"), main},
		{dinner("Deviled Eggs"), none},
		{dinner("Crêpes", "Dessert"), none},
		// Ingredients among the keywords are no courses.
		{dinner("Glazed Grilled Salmon", "Mustard", "garlic butter salmon"), main},
		{dinner("Sheet Pan Halibut", "sheet pan"), main},
		{dinner("Something", "Sauces & Dips"), none},
		{dinner("Dough Ornament"), none},
		{dinner("Refried Beans Without the Refry"), none},
	} {
		got := course.Of(c.recipe, course.Usual())
		if !slices.Equal(got.Meals, c.want) || got.Why.Empty() {
			t.Errorf("%s %q: %v, %s", c.recipe.Name, c.recipe.Keywords, got.Meals, got.Why)
		}
	}
	for _, c := range []struct {
		name, food string
		protein    nutrition.Mass
		want       []recipe.Meal
	}{ // What is called a side or a dessert is a meal if it is made like one.
		{"Grilled Potatoes", "potato", 8, none},
		{"Grilled Potatoes", "bacon", 12, none},
		{"Grilled Potatoes", "pork", 25, main},
		{"Cheese Pie", "cheese", 20, main},
		{"Sweet Pie", "sugar", 20, none},
		{"Cabbage Rolls", "beef mince", 20, main},
		{"Dinner Rolls", "flour", 20, none},
		{"Saucy Chickpeas", "chickpeas", 6, main},
		{"Gazpacho", "tomato", 6, none},
		{"Barley Soup", "barley", 6, main},
		{"Paneer", "paneer", 20, none},
		{"Jam", "sugar", 1, none},
	} {
		r := dinner(c.name)
		r.Servings, r.PerServing.Protein = 2, c.protein*nutrition.Gram
		r.Ingredients = []recipe.Ingredient{{Food: recipe.Food{Name: c.food}, Unit: recipe.Unit{Name: "g", Base: "g"}, Amount: 300 * recipe.One}}
		if got := course.Of(r, course.Usual()); !slices.Equal(got.Meals, c.want) {
			t.Errorf("%s of %s: %v, %s", c.name, c.food, got.Meals, got.Why)
		}
	}
	syrup := dinner("Orange syrup")
	syrup.MealsSaid, syrup.PerServing.Protein = true, nutrition.Gram
	if got := course.Of(syrup, course.Usual()); len(got.Meals) > 0 {
		t.Errorf("syrup with a keyword for breakfast is a meal: %s", got.Why)
	}
	tight := course.Usual()
	tight[recipe.Dinner].Most = 300 * nutrition.Kilocalorie
	if got := course.Of(dinner("Beef goulash"), tight); !slices.Equal(got.Meals, []recipe.Meal{recipe.Lunch}) {
		t.Errorf("500 kcal, with dinners of up to 300: %v", got.Meals)
	}
	said := dinner("Chocolate cake")
	said.MealsSaid = true
	if got := course.Of(said, course.Usual()); !slices.Equal(got.Meals, main) {
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
	if got := course.Of(glazed, course.Usual()); len(got.Meals) == 0 {
		t.Errorf("glazed chicken is no meal: %s", got.Why)
	}
	baked := dinner("Something")
	baked.Ingredients = []recipe.Ingredient{line("flour", 300), line("sugar", 200), line("butter", 100), line("egg", 150)}
	for _, r := range []recipe.Recipe{thin, sweet, whole, baked} {
		if got := course.Of(r, course.Usual()); len(got.Meals) > 0 {
			t.Errorf("%+v is taken for a meal: %s", r.PerServing, got.Why)
		}
	}
}
