package allergen_test

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// judgedFile gives, of names in six languages, groups that they carry; a name that is called
// unknown says what it is without.
//
//go:embed testdata/judged.csv
var judgedFile string

// A name may be unknown. It must not be known without a group that it carries, and one that
// says what it lacks carries something, or is unknown.
func TestJudgedNames(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(judgedFile)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, row := range rows[1:] {
		set, known := allergen.Classify(recipe.Food{Name: row[0]})
		if !known {
			unknown++
		}
		if row[1] == "unknown" {
			if known && set == 0 {
				t.Errorf("%s is free of everything", row[0])
			}
			continue
		}
		for g := range strings.FieldsSeq(row[1]) {
			one, err := allergen.Parse(g)
			if err != nil {
				t.Fatalf("%s: %v", row[0], err)
			}
			if known && set&one == 0 {
				t.Errorf("%s carries %q, and no %s", row[0], set, g)
			}
		}
	}
	if most := len(rows) / 20; unknown > most {
		t.Errorf("%d of %d names are unknown", unknown, len(rows)-1)
	}
}

// However a name is dressed up, in whatever field an import puts it: what it carries stays.
func TestWordsAroundANameTakeNothingAway(t *testing.T) {
	t.Parallel()
	names := allergen.Known()
	own := map[string]bool{} // "fresh tuna", which is not canned, is another name
	for _, n := range names {
		own[n] = true
	}
	around := []string{
		"{}", "fresh {}", "2 large {}", "{}, finely chopped", "{} (optional)", "chopped {} to taste", "3 cups {}", "½ {}", "{} or water", "water and {}", "salt & {}",
		"gehackte {}", "{}, gehackt", "etwas {}", "{} zum Bestreuen", "de {}", "{} haché", "{} fresco", "verse {}", "ounce) package {}", "{} such as a brand", "{}®", "dried {}", "low-fat {}",
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		want, _ := allergen.Classify(recipe.Food{Name: name})
		carried := allergen.Mentioned(name) // without what it may hide
		text := strings.ReplaceAll(rapid.SampledFrom(around).Draw(t, "around"), "{}", name)
		if text != name && own[text] {
			text = name
		}
		if got, _ := allergen.Classify(recipe.Food{Name: text}); got&carried != carried {
			t.Fatalf("%q carries %q, %q only %q", name, want, text, got)
		}
		for where, i := range map[string]recipe.Ingredient{
			"unit":   {Food: recipe.Food{Name: "water"}, Unit: recipe.Unit{Name: name}},
			"note":   {Food: recipe.Food{Name: "water"}, Note: text},
			"parent": {Food: recipe.Food{Name: "water", Ancestors: []recipe.FoodRef{{Name: name}}}},
			"plural": {Food: recipe.Food{Name: "water", Plural: name}},
		} {
			if got, _ := allergen.NewPool(nil).Line(i); got&carried != carried {
				t.Fatalf("%q as %s: %q, want %q", text, where, got, carried)
			}
		}
	})
}
