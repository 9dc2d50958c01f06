package planner

import (
	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// LoadTables reads the tables of foods, allergens, diets and courses, which are read once a process, when
// a first dish needs them: the first plan would wait for them.
func LoadTables() {
	r := recipe.Recipe{Name: "Lemon rice", Servings: 1, Ingredients: []recipe.Ingredient{
		{Food: recipe.Food{Name: "cooked rice"}, Unit: recipe.Unit{Name: "g"}, Amount: 100 * recipe.One},
		{Food: recipe.Food{Name: "lemon juice, freshly squeezed"}, Unit: recipe.Unit{Name: "tbsp"}, Amount: recipe.One, Note: "to taste"},
	}}
	food.Estimate(r)
	allergen.NewPool(nil).Of(r)
	diet.NewPool(nil).Of(r)
	course.Of(r, course.Usual())
	dishes := []grocery.Dish{{Meal: recipe.Dinner, Recipe: r, Servings: nutrition.OneServing}}
	_, _ = grocery.Consolidate(dishes, nil) // nobody buys this
	prep.Plan(dishes)
}
