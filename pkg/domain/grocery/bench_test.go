package grocery_test

import (
	"fmt"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// BenchmarkConsolidate adds up a full week: 21 dishes of 10 ingredients over 80 foods, a
// quarter of the lines in another unit than the food is usually written in.
func BenchmarkConsolidate(b *testing.B) {
	var dishes []grocery.Dish
	for d := range 21 {
		r := recipe.Recipe{ID: recipe.ID(d + 1), Name: fmt.Sprint("recipe ", d), Servings: 4}
		for i := range 10 {
			id := int64((d*7+i*11)%80 + 1)
			unit := units[id%4*2+1] // g, ounces, cups, teaspoons
			if (d+i)%4 == 0 {       // a quarter written otherwise
				unit = units[(d+i)%len(units)]
			}
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{
				Food: recipe.Food{
					ID: id, Name: fmt.Sprint("food ", id), Category: recipe.Category{Name: fmt.Sprint("aisle ", id%9)},
					Conversions: []recipe.Conversion{{Amount: recipe.One, Unit: base("us_cup"), ToAmount: 100 * recipe.One, ToUnit: base("g")}},
				},
				Amount: recipe.Amount(3333 * (i + 1)), Unit: unit,
			})
		}
		dishes = append(dishes, grocery.Dish{Date: monday + calendar.Date(d/3), Meal: recipe.Meals[d%3], Recipe: r, Servings: nutrition.OneServing * 5 / 4})
	}
	for b.Loop() {
		if _, err := grocery.Consolidate(dishes, nil); err != nil {
			b.Fatal(err)
		}
	}
}
