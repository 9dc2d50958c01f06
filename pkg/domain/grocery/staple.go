package grocery

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Foods are recognised by their whole name, never by a part of it: peanut butter is no
// butter. Salts and oils are also recognised by an ancestor in the food tree.
var (
	waters = []string{"water", "tap water", "hot water", "cold water", "boiling water", "warm water", "ice water", "wasser", "eau", "agua", "acqua", "vatten", "vann", "vand"}
	salts  = []string{"salt", "sea salt", "kosher salt", "table salt", "fine salt", "coarse salt", "salt and pepper", "salz", "meersalz", "sel", "sal", "sale"}
	oils   = []string{"oil", "olive oil", "extra virgin olive oil", "vegetable oil", "sunflower oil", "canola oil", "rapeseed oil", "sesame oil", "peanut oil", "coconut oil", "cooking oil", "öl", "olivenöl", "sonnenblumenöl", "rapsöl", "huile d'olive", "olivolja", "rapsolja"}
	spices = []string{"pepper", "black pepper", "ground black pepper", "white pepper", "paprika", "cumin", "cinnamon", "turmeric", "nutmeg", "oregano", "thyme", "chili powder", "curry powder", "garlic powder", "onion powder", "cayenne pepper", "baking powder", "baking soda", "vanilla extract", "pfeffer", "zimt", "kurkuma", "muskat", "backpulver", "natron"}

	spiceAisles  = []string{"spice", "spices", "seasoning", "seasonings", "gewürz", "gewürze", "épices", "especias", "spezie", "kryddor"}
	oilAisles    = []string{"oil", "oils", "öl", "öle", "huiles"}
	pantryAisles = []string{"pantry", "baking", "condiment", "condiments", "vinegar", "vinegars", "vorrat", "backen", "essig"}
)

func is(f recipe.Food, names []string) bool {
	return slices.Contains(names, strings.ToLower(strings.TrimSpace(f.Name)))
}

func isOrUnder(f recipe.Food, names []string) bool {
	return is(f, names) || slices.ContainsFunc(f.Ancestors, func(a recipe.FoodRef) bool {
		return slices.Contains(names, strings.ToLower(strings.TrimSpace(a.Name)))
	})
}

func inAisle(f recipe.Food, words []string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(f.Category.Name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(words, word) {
			return true
		}
	}
	return false
}

// seasons reports whether a food is used by the spoon and kept for months: spices and oils.
func seasons(f recipe.Food) bool {
	return isOrUnder(f, oils) || is(f, spices) || inAisle(f, spiceAisles) || inAisle(f, oilAisles)
}

// kept reports whether a food is usually at home, so that spoons of it are shown as spoons.
func kept(f recipe.Food) bool {
	return f.OnHand || isOrUnder(f, salts) || is(f, waters) || seasons(f) || inAisle(f, pantryAisles)
}
