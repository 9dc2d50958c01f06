package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Why a recipe is no candidate for a meal.
const (
	OtherMeal       = "other_meal"       // it does not list the meal
	AvoidedTag      = "avoided_tag"      // it has one of the avoided tags
	LockedBreakfast = "locked_breakfast" // another breakfast of the week is locked to it
	NotQuick        = "not_quick"        // for a travel date: too slow, or minutes unknown
)

// reject returns why the recipe is no candidate for a free slot of the meal, "" if it is one.
func (p *Problem) reject(r *Recipe, m recipe.Meal) string {
	switch {
	case !r.Suits(m):
		return OtherMeal
	case p.avoided(*r):
		return AvoidedTag
	case m == recipe.Breakfast && slices.ContainsFunc(p.Locks, func(l Lock) bool {
		return l.Meal == m && l.Recipe == r.ID
	}):
		return LockedBreakfast
	default:
		return ""
	}
}

// avoided reports whether the recipe has one of the avoided tags.
func (p *Problem) avoided(r Recipe) bool {
	return slices.ContainsFunc(p.AvoidTags, func(t string) bool { return slices.Contains(r.Tags, t) })
}
