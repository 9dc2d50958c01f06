package food

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Bounds of a title: what has more words is a sentence, and shorter words need no capital.
const (
	longestTitle = 5
	shortWord    = 3 // bytes
)

// titles reports whether the first of the lines, without a colon, heads the others, as "Cream
// Cheese Frosting" does: it has no amount, it ends with what a recipe makes of several foods, its
// words have capitals, and the next line has an amount. The same words at the end of a list, or in
// small letters, are something to have ready.
func titles(lines []recipe.Ingredient) bool {
	const fewest = 3 // a heading and two foods
	i := lines[0]
	if len(lines) < fewest || amounts(i) || !amounts(lines[1]) || i.Unit.Name != "" || i.Note != "" {
		return false
	}
	words := strings.Fields(i.Food.Name)
	if len(words) == 0 || len(words) > longestTitle || !purposes()["title"][phrase.Key(words[len(words)-1])] {
		return false
	}
	return !slices.ContainsFunc(words, func(w string) bool {
		first, _ := utf8.DecodeRuneInString(w)
		return unicode.IsLower(first) && len(w) > shortWord
	})
}

func amounts(i recipe.Ingredient) bool { return !i.NoAmount && i.Amount > 0 }
