package grocery_test

import (
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Two dishes of two servings each; the second is cooked for four.
func ExampleConsolidate() {
	monday := calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	rice := recipe.Food{ID: 1, Name: "rice", Category: recipe.Category{Name: "Dry goods"}}
	gram := recipe.Unit{ID: 1, Name: "g", Base: "g"}
	dish := func(id recipe.ID, name string, grams recipe.Amount) recipe.Recipe {
		return recipe.Recipe{ID: id, Name: name, Servings: 2, Ingredients: []recipe.Ingredient{{Food: rice, Unit: gram, Amount: grams * recipe.One}}}
	}
	list, err := grocery.Consolidate([]grocery.Dish{
		{Date: monday, Meal: recipe.Lunch, Recipe: dish(1, "Rice bowl", 150), Servings: 2 * nutrition.OneServing},
		{Date: monday + 1, Meal: recipe.Dinner, Recipe: dish(2, "Fried rice", 180), Servings: 4 * nutrition.OneServing},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range list.Sections {
		for _, l := range s.Lines {
			fmt.Printf("%s: %s of %s (%s), for %d meals\n", s.Name, l.Buy, l.Name, l.Exact, len(l.Uses))
		}
	}
	// Output:
	// Dry goods: 510 g of rice (510 g), for 2 meals
}

func ExampleParseLine() {
	p, err := grocery.ParseLine("1½ cups flour, sifted")
	fmt.Println(p.Amount.FloatString(1), p.Unit, p.Name, p.Note, err)
	// Output:
	// 1.5 us_cup flour sifted <nil>
}
