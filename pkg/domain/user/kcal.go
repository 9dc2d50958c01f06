package user

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Bounds are the energies of a serving of each meal: the usual ones where no rule of Kcal says
// otherwise. The error names the rule and how it should look.
func (c Cooking) Bounds() (course.Bounds, error) {
	out := course.Usual()
	said := map[recipe.Meal]string{}
	for _, text := range c.Kcal {
		meals, r, err := ParseKcal(text)
		if err != nil {
			return out, message.Errorf("kcal: %q: %v", text, err)
		}
		for _, m := range meals {
			if before, twice := said[m]; twice {
				return out, message.Errorf("kcal: %q: %q is about %s too: write one", text, before, m)
			}
			said[m], out[m] = text, r
		}
	}
	return out, nil
}

var kcalExample = message.Textf("write meals and the energy of a serving: breakfast 100-900, dinner 300-1000")

// ParseKcal reads a rule of Kcal: "lunch dinner 200-1000". Without meals it is every meal.
func ParseKcal(text string) ([]recipe.Meal, course.Range, error) {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(text, ",", " ")))
	if n := len(words); n > 1 && words[n-1] == "kcal" {
		words = words[:n-1]
	}
	if len(words) == 0 {
		return nil, course.Range{}, message.Errorf("is empty: %s", kcalExample)
	}
	last := words[len(words)-1]
	low, high, ok := strings.Cut(last, "-")
	least, err := strconv.Atoi(low)
	most, err2 := strconv.Atoi(high)
	const highest = 5000
	if !ok || err != nil || err2 != nil || least < 0 || most <= least || most > highest {
		return nil, course.Range{}, message.Errorf("%q is no range within 0 and %d: %s", last, highest, kcalExample)
	}
	var meals []recipe.Meal
	for _, w := range words[:len(words)-1] {
		if w == "and" {
			continue
		}
		m, err := recipe.ParseMeal(w)
		if err != nil {
			return nil, course.Range{}, message.Errorf("%q is no meal: %s", w, kcalExample)
		}
		if !slices.Contains(meals, m) {
			meals = append(meals, m)
		}
	}
	if len(meals) == 0 {
		meals = recipe.Meals[:]
	}
	return meals, course.Range{Least: nutrition.Energy(least) * nutrition.Kilocalorie, Most: nutrition.Energy(most) * nutrition.Kilocalorie}, nil
}
