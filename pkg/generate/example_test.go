package generate_test

import (
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// A week from eleven recipes, the fewest that the rules allow, each a third of the day's target.
func ExampleSolve() {
	p := generate.Problem{
		WeekOf:    calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)),
		Target:    nutrition.Macros{Protein: 150 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 210 * nutrition.Gram},
		Tolerance: generate.RatioOne / 10, PortionWeight: generate.RatioOne / 20,
		Portions: generate.Portions{Min: nutrition.OneServing / 2, Max: 2 * nutrition.OneServing, Step: nutrition.OneServing / 4},
	}
	for i := range 11 {
		r := generate.Recipe{
			ID: recipe.ID(i + 1), Name: fmt.Sprint("dish ", i+1), Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner},
			PerServing: nutrition.Macros{Protein: 50 * nutrition.Gram, Fat: 20 * nutrition.Gram, Carbs: 70 * nutrition.Gram},
		}
		if i < 7 {
			r.Meals = []recipe.Meal{recipe.Breakfast}
		}
		p.Recipes = append(p.Recipes, r)
	}
	res, err := generate.Solve(p, generate.Options{Effort: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(res.Plan.Status, res.Plan.Optimal, res.Plan.Objective.DaysOut, "days out of band")
	monday := res.Plan.Days[0]
	fmt.Println(monday.Date.Weekday(), monday.Meals[recipe.Lunch].Servings, "servings of dish", monday.Meals[recipe.Lunch].Recipe)
	// Output:
	// balanced true 0 days out of band
	// Monday 1 servings of dish 8
}
