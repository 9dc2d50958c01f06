package allergen

import (
	"github.com/mealplanner/mealplanner/pkg/domain/content"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Classify returns the groups a food carries, and whether it is known.
func Classify(f recipe.Food) (Set, bool) { return table().Classify(f) }

// Mentioned returns the groups of the foods that a text names.
func Mentioned(text string) Set { return table().Mentioned(text) }

// Named returns the groups that a food of a name of the tables carries for certain, and those
// that it may hide besides.
func Named(name string) (carries, may Set, known bool) { return table().Named(name) }

// Pool classifies the recipes of a library through those that their foods are made by.
type Pool = content.Pool[Set]

// NewPool returns a pool of recipes as [recipe.Assemble] gives them.
func NewPool(library []recipe.Recipe) *Pool { return content.NewPool(table(), library) }

// Of classifies a recipe that stands alone: what a food is made by cannot be seen.
func Of(r recipe.Recipe) (contains Set, unclassified []string) { return NewPool(nil).Of(r) }

// told takes away what a food of its name may hide, by brand or kind, and no group that all
// such foods carry: those are mentioned by the name.
func told(contains []string, _ Set, _ []string) (set Set, unknown []string) {
	for _, n := range contains {
		g, ok := group(n)
		if !ok {
			unknown = append(unknown, n)
		}
		set |= g
	}
	return set, unknown
}
