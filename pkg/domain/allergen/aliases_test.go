package allergen_test

import (
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// elsewhereFile lists, by language, words within names of foods that do not carry what the word
// alone does, and why: "rice" says that these "noodles" hold no wheat.
//
//go:embed testdata/elsewhere.csv
var elsewhereFile string

// alias is a name of a food in a language.
type alias struct{ lang, food, name string }

// aliases are all names of the tables, and per language the foods that a key means.
func aliases(t *testing.T) ([]alias, map[string]map[string][]string) {
	t.Helper()
	var all []alias
	meant := map[string]map[string][]string{}
	add := func(a alias, forms ...string) {
		all = append(all, a)
		if meant[a.lang] == nil {
			meant[a.lang] = map[string][]string{}
		}
		for _, n := range append(forms, a.name) {
			k := phrase.Key(n)
			meant[a.lang][k] = append(meant[a.lang][k], a.food)
		}
	}
	for _, tr := range food.Translations() {
		add(alias{tr.Lang, tr.Food, tr.Name})
	}
	tables, err := allergen.Listed()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range slices.Concat(tables...) {
		for _, n := range row {
			add(alias{"en", row[0], n}, food.Forms(n)...)
		}
	}
	return all, meant
}

// An alias that says more than a shorter name of its food, or joins several foods, carries what the
// other words name: "tuna sushi" is not only tuna, "beans in tomato sauce" are no beans alone.
func TestAliasesKeepWhatTheirWordsCarry(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(elsewhereFile)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	used := map[alias]bool{}
	for _, row := range rows[1:] {
		if row[3] == "" {
			t.Errorf("%s %q: say why its names carry less", row[0], row[1])
		}
		for f := range strings.SplitSeq(row[2], "|") {
			used[alias{row[0], f, row[1]}] = false
		}
	}
	all, meant := aliases(t)
	for _, a := range all {
		set, _ := allergen.Classify(recipe.Food{Name: a.name})
		for word, foods := range others(a, meant[a.lang], meant["en"]) {
			lost := ^allergen.Set(0)
			for _, f := range foods { // a word for several foods carries what all do
				carries, _, _ := allergen.Named(f)
				lost &= carries
			}
			if lost &^= set; lost == 0 {
				continue
			}
			reason := alias{a.lang, a.food, word}
			if _, ok := used[reason]; !ok {
				t.Errorf("%s: %q, a name of %q, carries %q, and not %q as %q does", a.lang, a.name, a.food, set, lost, word)
				continue
			}
			used[reason] = true
		}
	}
	for r, is := range used {
		if !is {
			t.Errorf("elsewhere.csv: %s %q of %q loses nothing; take it out", r.lang, r.name, r.food)
		}
	}
}

// others are the names of other foods within an alias, the longest first, with what they mean;
// none where neither the food's own name nor a word that joins foods stands beside them.
func others(a alias, meant, english map[string][]string) map[string][]string {
	joins := []string{"met", "in", "mit", "with", "and", "en", "und", "y", "et", "e", "con", "avec", "au", "aux", "a", "al", "alla", "op"}
	words := strings.Fields(phrase.Key(a.name))
	out := map[string][]string{}
	tied := false
	for i := 0; i < len(words); {
		size := 1
		tied = tied || slices.Contains(joins, words[i])
		for end := len(words); end > i; end-- {
			name := strings.Join(words[i:end], " ")
			foods := meant[name]
			if len(foods) == 0 {
				foods = english[name] // "tonijn sushi"
			}
			if len(foods) == 0 || end-i == len(words) {
				continue
			}
			size = end - i
			tied = tied || slices.ContainsFunc(foods, func(f string) bool { return f == a.food || strings.HasSuffix(f, " "+a.food) }) // canned tuna is tuna
			if !slices.Contains(foods, a.food) {
				out[name] = foods
			}
			break
		}
		i += size
	}
	if !tied {
		return nil
	}
	return out
}
