package prep_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

func dish(day int, m recipe.Meal, id recipe.ID) grocery.Dish {
	return grocery.Dish{Date: monday + calendar.Date(day), Meal: m, Recipe: recipe.Recipe{ID: id, Name: fmt.Sprint("dish ", id)}, Servings: nutrition.OneServing}
}

// A lunch on Monday, Wednesday, Friday and Sunday has two cooking days.
func ExamplePlan() {
	var dishes []grocery.Dish
	for _, day := range []int{0, 2, 4, 6} {
		dishes = append(dishes, dish(day, recipe.Lunch, 7))
	}
	for _, b := range prep.Plan(dishes).Batches {
		fmt.Println(b.Cook.Weekday(), b.Name, b.Servings, b.Leftovers())
	}
	// Output:
	// Monday dish 7 3 true
	// Sunday dish 7 1 false
}

func TestNoPortionIsTooOldAndNoneIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var dishes []grocery.Dish
		for day := range 7 {
			for _, m := range recipe.Meals {
				dishes = append(dishes, dish(day, m, recipe.ID(rapid.IntRange(1, 5).Draw(t, "recipe"))))
			}
		}
		var servings nutrition.Servings
		meals := 0
		for _, b := range prep.Plan(dishes).Batches {
			servings += b.Servings
			meals += len(b.Eaten)
			for _, e := range b.Eaten {
				if age := e.Date - b.Cook; age < 0 || age > prep.MaxAge {
					t.Fatalf("eaten %d days after cooking", age)
				}
				if e.Meal == recipe.Breakfast && len(b.Eaten) > 1 {
					t.Fatalf("a breakfast from a batch")
				}
			}
		}
		if meals != len(dishes) || servings != nutrition.Servings(len(dishes))*nutrition.OneServing {
			t.Fatalf("%d meals with %s servings, want %d", meals, servings, len(dishes))
		}
	})
}
