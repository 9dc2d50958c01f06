package food

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

var (
	// bracket is what stands in brackets; an import may have lost their end.
	bracket = lazyregexp.New(`\s*[(\[]([^()\[\]]*)(?:[)\]]|$)`)
	degrees = lazyregexp.New(`^\s*\d+ ?(?:°|º|degrees)`)
	// sized is a size or weight in brackets that a name begins with, inner what stands in brackets before the food.
	sized = lazyregexp.New(`^\s*\([^()]*\d[^()]*\)\s*`)
	inner = lazyregexp.New(`\s*\([^()]*\)(\s+\pL)`)
	// more ends a name with what is kept for later: "plus 2 tablespoons for sprinkling".
	more = lazyregexp.New(`(?i)\s+plus (?:\d[\d/ .]*|a few|a little|some) ?[a-z]* (?:for|to)\s.*$`)
)

// essentials are what may be left of a name that cannot be read whole, without what it says beside
// its food, the longest first: of "milk chocolate (such as Lindt)" and "(115 g) dark (bittersweet)
// chocolate" the chocolate. Allergens are read of the whole name: what is left out may hide one.
func essentials(name string) []string {
	advised := bracket().ReplaceAllStringFunc(name, func(s string) string {
		if said := strings.Trim(s, " ()[]"); begins(said, "aside") || degrees().MatchString(said) {
			return ""
		}
		return s
	})
	advised = untrailed(more().ReplaceAllString(advised, ""))
	measured := sized().ReplaceAllString(advised, "")
	return []string{advised, measured, inner().ReplaceAllString(measured, "$1")}
}

// untrailed cuts a name before an example, a shop or what is kept for later.
func untrailed(name string) string {
	if !strings.Contains(name, " ") {
		return name
	}
	for at := range len(name) {
		if name[at] == ' ' && begins(name[at+1:], "trailing") {
			return strings.TrimRight(name[:at], " ,;:–—-")
		}
	}
	return name
}

// begins reports whether a text begins with words for the purpose.
func begins(text, purpose string) bool {
	const longest = 3 // words
	key := ""
	for word := range strings.FieldsSeq(text) {
		if key = strings.TrimSpace(key + " " + phrase.Key(word)); purposes()[purpose][key] {
			return true
		}
		if strings.Count(key, " ") >= longest-1 {
			break
		}
	}
	return false
}
