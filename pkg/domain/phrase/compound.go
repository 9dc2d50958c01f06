package phrase

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// German writers cut compounds and part them with hyphens. Only a name of the table makes a compound of what they leave.
var (
	shared   = lazyregexp.New(`(\pL{3,})-(?: ?/ ?| ?, | (?:oder|od\.?|und|u\.|bzw\.?) )(\pL{5,})`)
	typed    = lazyregexp.New(`(?i)\pL*[aou]e\pL*`)
	hyphened = lazyregexp.New(`\pL{3,} ?- ?\pL{3,}`)
)

// completed gives the first of "Zitronen- oder Limettensaft" the end that it shares with the second.
func (n *Names) completed(text string) string {
	if !strings.Contains(text, "-") {
		return text
	}
	return replaced(text, shared().FindAllStringSubmatchIndex(text, -1), func(a, b string) string {
		runes := []rune(b)
		const shortest = 3
		for from := 2; from <= len(runes)-shortest; from++ {
			if whole := a + strings.ToLower(string(runes[from:])); n.has(Key(whole)) {
				return whole
			}
		}
		return ""
	})
}

// hyphens puts "Dill-Gurke" and "China-Kohl" together, and, of what cannot be read otherwise, "ingwer - wurzel":
// "Milch - Reis" may be two foods.
func (n *Names) hyphens(text string, spaced bool) string {
	if !strings.Contains(text, "-") {
		return text
	}
	return hyphened().ReplaceAllStringFunc(text, func(s string) string {
		if !spaced && strings.Contains(s, " ") {
			return s
		}
		a, b, _ := strings.Cut(s, "-")
		if whole := strings.TrimSpace(a) + strings.ToLower(strings.TrimSpace(b)); n.has(Key(whole)) {
			return whole
		}
		return s
	})
}

// umlauts reads "Huehnerbruehe" as "Hühnerbrühe". It is for what cannot be read otherwise, too.
func (n *Names) umlauts(text string) string {
	return typed().ReplaceAllStringFunc(text, func(s string) string {
		key := Key(s)
		if whole := spelledOut.Replace(key); !n.within(key) && !Describes(key) && (n.within(whole) || Describes(whole)) {
			return whole
		}
		return s
	})
}

var spelledOut = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// replaced replaces the first group of matches with what by makes of the groups, and its hyphen.
func replaced(text string, matches [][]int, by func(a, b string) string) string {
	for _, m := range slices.Backward(matches) {
		if whole := by(text[m[2]:m[3]], text[m[4]:m[5]]); whole != "" {
			text = text[:m[2]] + whole + text[m[3]+1:]
		}
	}
	return text
}
