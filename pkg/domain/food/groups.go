package food

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Groups lists the food groups that weekly rules may count.
func Groups() []string {
	return []string{message.Mark("fish"), message.Mark("meat"), message.Mark("red meat"), message.Mark("poultry"), message.Mark("pulses"), message.Mark("eggs")}
}

// birds are the words of a name that make meat poultry.
var birds = []string{"chicken", "turkey", "duck", "goose", "quail", "hen", "poultry", "pheasant", "partridge", "guinea"}

// groupsOf names the groups of one food.
func groupsOf(f Food) []string {
	words := strings.FieldsFunc(f.Name, func(r rune) bool { return r == ' ' || r == '-' })
	switch f.Category {
	case Fish:
		return []string{"fish"}
	case Meat:
		if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(birds, w) }) {
			return []string{"meat", "poultry"}
		}
		return []string{"meat", "red meat"}
	case Pulses:
		return []string{"pulses"}
	case Tins:
		switch {
		case strings.Contains(f.Name, "salmon"), strings.Contains(f.Name, "tuna"), strings.Contains(f.Name, "sardine"):
			return []string{"fish"}
		case slices.Contains(words, "bean"), slices.Contains(words, "beans"), slices.Contains(words, "chickpea"), slices.Contains(words, "lentils"):
			return []string{"pulses"}
		}
	case Dairy:
		if slices.Contains(words, "egg") && !slices.Contains(words, "substitute") {
			return []string{"eggs"}
		}
	}
	return nil
}

// GroupsIn names the groups a dish belongs to: those of foods of which a serving has at least
// 20 g, or an amount that cannot be weighed.
func GroupsIn(r recipe.Recipe) []string {
	const enough = 20 * nutrition.Gram
	var out []string
	for _, i := range r.Ingredients {
		l := Resolve(i)
		if l.Weighed && l.Mass < enough*nutrition.Mass(max(1, r.Servings)) {
			continue
		}
		for _, g := range groupsOf(l.Food) {
			if !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
	}
	return out
}
