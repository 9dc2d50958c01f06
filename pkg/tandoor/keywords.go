package tandoor

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// KeywordMap says which keywords make a recipe fit for which meals. Names are compared
// without regard to case; a keyword below a listed one counts as the listed one.
type KeywordMap map[string][]recipe.Meal

// DefaultKeywords maps breakfast, lunch and dinner to themselves.
func DefaultKeywords() KeywordMap {
	m := KeywordMap{}
	for _, meal := range recipe.Meals {
		m[meal.String()] = []recipe.Meal{meal}
	}
	return m
}

// meals returns the meals of a recipe in the order of a day, and false when no keyword
// says any: the recipe then counts as lunch and dinner.
func (m KeywordMap) meals(own []wireKeyword, tree map[int64]wireKeyword) ([]recipe.Meal, bool) {
	folded := make(map[string][]recipe.Meal, len(m))
	for name, meals := range m {
		folded[strings.ToLower(name)] = meals
	}
	var found []recipe.Meal
	for _, k := range own {
		for range len(tree) + 1 { // bounds a tree with a cycle
			found = append(found, folded[strings.ToLower(strings.TrimSpace(k.Name))]...)
			parent, ok := tree[deref(k.Parent)]
			if !ok {
				break
			}
			k = parent
		}
	}
	if len(found) == 0 {
		return []recipe.Meal{recipe.Lunch, recipe.Dinner}, false
	}
	slices.Sort(found)
	return slices.Compact(found), true
}
