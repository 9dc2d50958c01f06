package food

import (
	_ "embed" // for the words
	"encoding/csv"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

//go:embed data/numbers.csv
var numbersFile string

// numbers are the numbers that people write as words, in six languages.
var numbers = sync.OnceValue(func() map[string]string {
	rows, err := csv.NewReader(strings.NewReader(numbersFile)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		for w := range strings.SplitSeq(row[1], "|") {
			out[phrase.Key(w)] = row[0]
		}
	}
	return out
})

// What an import leaves of "1–2 tbsp", "1⁄3 cup", "1 1⁄2 cups" and "150g/5½oz" as the unit.
var (
	through = lazyregexp.New(`^[-–—] ?(\d+(?:[.,]\d+)?(?:/\d+)?) ?(\pL*)$`)
	over    = lazyregexp.New(`^/ ?(\d+)$`)
	share   = lazyregexp.New(`^(\d+/\d+)$`)
)

// mended puts together an amount that an import tore: a range or a fraction that became the
// unit, "1 + 1/4 cup", a metric amount beside another one.
func mended(i recipe.Ingredient) recipe.Ingredient {
	unit := strings.Trim(phrase.Fold(i.Unit.Name), "*†~. ")
	if unit == "" || i.Unit.Base != "" || i.NoAmount || i.Amount <= 0 {
		return i
	}
	const abbreviated = 2 // "c." is a cup, and what is left of "c. à soupe"
	if u, ok := units.Named(unit); ok && u.Kind != units.Count && len(unit) > abbreviated && !strings.HasPrefix(unit, "cui") && !strings.HasPrefix(unit, "cuch") && !strings.HasPrefix(unit, "cent") {
		return i
	}
	if words := strings.Fields(unit + " " + i.Food.Name); len(words) > 2 {
		own := len(strings.Fields(unit))
		for n := min(4, len(words)-1); n > own; n-- { // "c." and "à soupe d'huile", "fl" and "oz vodka"
			if u, ok := units.Named(strings.Join(words[:n], " ")); ok && u.Kind != units.Count && !u.Aside {
				i.Unit, i.Food.Name = recipe.Unit{Name: u.One, Base: u.Key}, strings.Join(words[n:], " ")
				return i
			}
		}
	}
	if before, _, ok := strings.Cut(unit, "/"); ok && before != "" {
		if _, scale := namedUnit(before); scale {
			i.Unit = recipe.Unit{Name: before}
			return i
		}
	}
	if m := through().FindStringSubmatch(unit); m != nil {
		if upper, ok := amountOf(m[1]); ok {
			if upper > i.Amount {
				i.Amount = (i.Amount + upper) / 2
			}
			return counting(i, m[2])
		}
	}
	if m := over().FindStringSubmatch(unit); m != nil {
		if by, ok := amountOf(m[1]); ok && by >= recipe.One {
			i.Amount = recipe.Amount(mulDiv(int64(i.Amount), int64(recipe.One), int64(by)))
			return counting(i, "")
		}
	}
	if m := share().FindStringSubmatch(unit); m != nil {
		if a, ok := amountOf(m[1]); ok && a < recipe.One {
			i.Amount += a
			return counting(i, "")
		}
	}
	if slices.Contains([]string{"+", "and", "&", "plus", "und", "et", "e", "y", "en"}, unit) {
		rest := amountInName(recipe.Ingredient{NoAmount: true, Food: recipe.Food{Name: i.Food.Name}})
		if !rest.NoAmount && rest.Amount < recipe.One {
			i.Amount, i.Food.Name = i.Amount+rest.Amount, rest.Food.Name
			return counting(i, "")
		}
	}
	return i
}

// counting is the line with the unit of that name, or else the one that the import put into
// the note, or none.
func counting(i recipe.Ingredient, unit string) recipe.Ingredient {
	i.Unit = recipe.Unit{Name: unit}
	if unit != "" {
		return i
	}
	if u, ok := units.Named(i.Note); ok && !u.Aside {
		i.Unit, i.Note = recipe.Unit{Name: i.Note}, ""
	}
	return i
}

// spelled turns the number that a name without an amount begins with into digits: "One 15-ounce
// can black beans", "eine Prise Zucker". "Pinch of sugar" is one pinch.
func spelled(name string) string {
	word, rest, ok := strings.Cut(strings.TrimSpace(name), " ")
	if !ok {
		return name
	}
	if n, ok := numbers()[phrase.Key(word)]; ok {
		return n + " " + strings.TrimPrefix(rest, "of ")
	}
	u, ok := units.Named(word)
	if ok && slices.Contains([]string{"tl", "el"}, phrase.Key(word)) && !spanish(rest) {
		return "1 " + name // "TL Zucker"
	}
	if ok && u.Key == "size" { // "klein blik mais"
		if next, _, more := strings.Cut(rest, " "); more {
			if packed, ok := units.Named(next); ok && packed.Style == units.Packed {
				return "1 " + rest
			}
		}
	}
	if !ok || u.Kind != units.Count || u.Aside || u.Key == "size" || u.Key == "" {
		return name
	}
	if _, ok := Read(word + " " + rest); ok { // "clove", the spice
		if _, ok := Lookup(word); ok {
			return name
		}
	}
	return "1 " + name
}

// spanish reports whether a text may go on after the Spanish article "el": with a Spanish name that is no German one.
func spanish(rest string) bool {
	key := " " + phrase.Key(rest) + " "
	if strings.Contains(key, " de ") || strings.Contains(key, " del ") {
		return true
	}
	words := strings.Fields(key)
	for from := range words {
		for to := from + 1; to <= len(words); to++ {
			if onlySpanish()[strings.Join(words[from:to], " ")] {
				return true
			}
		}
	}
	return false
}

// onlySpanish are the Spanish names that are no German ones, by [phrase.Key].
var onlySpanish = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, t := range translations() {
		if t.Lang == "es" {
			out[t.key] = true
		}
	}
	for _, t := range translations() {
		if t.Lang == "de" {
			delete(out, t.key)
		}
	}
	return out
})
