// Package prep decides what is cooked when: a dish eaten several times is cooked in
// batches, and no portion is older than four days when it is eaten.
package prep

import (
	"cmp"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// MaxAge is how many days after cooking the last portion of a batch is eaten. Some dishes keep less
// long in a fridge (data/keeps.csv): what is eaten later is frozen.
const MaxAge = 4

// List is the week's cooking.
type List struct {
	Batches []Batch `json:"batches"`
}

// Batch is one cooking of one recipe. Portions eaten on the day of cooking are fresh;
// the others are leftovers.
type Batch struct {
	Cook     calendar.Date      `json:"cook"`
	Recipe   recipe.ID          `json:"recipe"`
	Name     string             `json:"name"`
	Minutes  int                `json:"minutes,omitempty"` // 0 = unknown
	Servings nutrition.Servings `json:"servings"`
	Eaten    []Eaten            `json:"eaten"`
	Keep     int                `json:"keep,omitempty"` // days in the fridge; 0 = as in plans of old, see [Batch.Keeps]
}

// Eaten is one meal out of a batch.
type Eaten struct {
	Date calendar.Date `json:"date"`
	Meal recipe.Meal   `json:"meal"`
}

// Leftovers reports whether the batch feeds more than its day of cooking.
func (b Batch) Leftovers() bool { return b.Eaten[len(b.Eaten)-1].Date > b.Cook }

// Plan groups the dishes of a week into batches: each recipe is cooked on the first day
// it is eaten and again as soon as a portion would be older than [MaxAge] days.
// Breakfasts are made fresh. Batches come in the order of cooking.
func Plan(dishes []grocery.Dish) List {
	sorted := slices.Clone(dishes)
	slices.SortFunc(sorted, func(a, b grocery.Dish) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Meal, b.Meal), cmp.Compare(a.Recipe.ID, b.Recipe.ID))
	})
	open := map[recipe.ID]int{} // index of the recipe's current batch
	var out List
	for _, d := range sorted {
		i, ok := open[d.Recipe.ID]
		if !ok || d.Meal == recipe.Breakfast || int(d.Date-out.Batches[i].Cook) > MaxAge {
			i = len(out.Batches)
			out.Batches = append(out.Batches, Batch{
				Cook: d.Date, Recipe: d.Recipe.ID, Name: d.Recipe.Name, Minutes: d.Recipe.Minutes(),
			})
			if d.Meal != recipe.Breakfast {
				open[d.Recipe.ID] = i
			}
		}
		b := &out.Batches[i]
		b.Servings += d.Servings
		b.Eaten = append(b.Eaten, Eaten{d.Date, d.Meal})
	}
	byID := map[recipe.ID]recipe.Recipe{}
	for _, d := range dishes {
		byID[d.Recipe.ID] = d.Recipe
	}
	for i, b := range out.Batches {
		if b.Leftovers() {
			out.Batches[i].Keep = keepOf(byID[b.Recipe])
		}
	}
	return out
}
