package recipe

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// Answer is what a user said of a food of the library that the tables do not know. It holds
// for the food wherever the library names it.
type Answer struct {
	// Food is the food's name in the library, with the unit before it where an import took
	// the first word of the name for one.
	Food string
	// Is names the food of the tables that it is; empty: only its allergens were told.
	Is string
	// Contains are the allergen groups it carries, if Told; none means that it carries none.
	Contains []string
	Told     bool
	// Ignored foods are nothing to eat: foil, love.
	Ignored bool
}

// Answered returns the recipes with the answers noted at their foods. Recipes that no answer
// concerns are the caller's own.
func Answered(recipes []Recipe, answers []Answer) []Recipe {
	if len(answers) == 0 {
		return recipes
	}
	by := make(map[string]*Answer, len(answers))
	for _, a := range answers {
		by[phrase.Key(a.Food)] = &a
	}
	out := slices.Clone(recipes)
	for n, r := range out {
		copied := false
		for at, i := range r.Ingredients {
			a := by[phrase.Key(i.Food.Name)]
			if a == nil && i.Unit.Name != "" {
				a = by[phrase.Key(i.Unit.Name+" "+i.Food.Name)]
			}
			if a == nil {
				continue
			}
			if !copied {
				out[n].Ingredients, copied = slices.Clone(r.Ingredients), true
			}
			out[n].Ingredients[at].Food.Answer = a
		}
	}
	return out
}
