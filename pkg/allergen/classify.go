package allergen

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/food"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// Classify returns the groups a food carries. It compares the food's name, its plural and
// the names of its ancestors with the tables, each as a whole, and joins what they say: an
// ancestor can add an allergen and never take one away. false: none of the names is known,
// so nothing is known.
func Classify(f recipe.Food) (Set, bool) {
	names := []string{f.Name, f.Plural}
	for _, a := range f.Ancestors {
		names = append(names, a.Name)
	}
	var (
		set   Set
		known bool
	)
	for _, n := range names {
		if s, ok := groups()[food.Normalize(n)]; ok {
			set |= s
			known = true
		}
	}
	return set, known
}

// Of returns the groups a recipe's ingredients carry and, sorted and without repetition,
// the names of those nobody has classified. Lines "to taste" count like any other. A
// recipe without ingredients has one unclassified thing: itself.
func Of(r recipe.Recipe) (contains Set, unclassified []string) {
	if len(r.Ingredients) == 0 {
		return 0, []string{r.Name}
	}
	for _, i := range r.Ingredients {
		s, ok := Classify(i.Food)
		contains |= s
		if !ok {
			unclassified = append(unclassified, i.Food.Name)
		}
	}
	slices.Sort(unclassified)
	return contains, slices.Compact(unclassified)
}
