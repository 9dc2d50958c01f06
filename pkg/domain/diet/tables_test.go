package diet_test

import (
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// fragmentsFile has parts of words by which names of the kinds are known in six languages;
// harmlessFile the names with such a part that were looked at and bring none of the kinds.
var (
	//go:embed testdata/fragments.csv
	fragmentsFile string
	//go:embed testdata/harmless.txt
	harmlessFile string
)

// A name that is added to the tables of foods counts as its row does. One that sounds like more
// must be looked at. Milk, eggs, fish and shellfish are known by their allergens.
func TestNamesThatSoundLikeMore(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(fragmentsFile)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	harmless := map[string]bool{}
	for n := range strings.Lines(harmlessFile) {
		harmless[strings.TrimSpace(n)] = true
	}
	sounds := map[string]bool{}
	for name := range listed(t) {
		set, _ := diet.Classify(recipe.Food{Name: name})
		for _, row := range rows[1:] {
			bare := name
			for within := range strings.SplitSeq(row[2], "|") {
				bare = strings.ReplaceAll(bare, within, " ")
			}
			var kinds diet.Set
			for k := range strings.FieldsSeq(row[0]) {
				kinds |= diet.Kind(k)
			}
			if set&kinds != 0 || !slices.ContainsFunc(strings.Split(row[1], "|"), func(f string) bool { return strings.Contains(bare, f) }) {
				continue
			}
			if sounds[name] = true; !harmless[name] {
				t.Errorf("%s brings %q, and sounds like %s: say what it brings in names.csv, or list it in testdata/harmless.txt", name, set, row[0])
			}
		}
	}
	for n := range harmless {
		if !sounds[n] {
			t.Errorf("testdata/harmless.txt: %q sounds like nothing, or is in no table", n)
		}
	}
}

// listed are the names of the tables, by key, without the forms made of them.
func listed(t *testing.T) map[string]bool {
	t.Helper()
	lists, err := allergen.Listed()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, list := range lists {
		for _, row := range list {
			for _, n := range row {
				out[phrase.Key(n)] = true
			}
		}
	}
	for _, tr := range food.Translations() {
		out[phrase.Key(tr.Name)] = true
	}
	return out
}

// What the allergens' tables know is known here, and brings at least what its allergens say.
func TestEveryKnownNameHasAnOrigin(t *testing.T) {
	t.Parallel()
	for _, name := range allergen.Known() {
		groups, _, _ := allergen.Named(name)
		set, known := diet.Classify(recipe.Food{Name: name})
		if !known {
			t.Errorf("of %s it is not known what it brings", name)
		}
		for _, c := range []struct {
			group allergen.Set
			kind  diet.Set
		}{{allergen.Milk, diet.Milk}, {allergen.Eggs, diet.Eggs}, {allergen.Fish, diet.Fish}, {allergen.Crustaceans, diet.Shellfish}, {allergen.Molluscs, diet.Shellfish}} {
			if groups&c.group != 0 && set&c.kind == 0 {
				t.Errorf("%s carries %s and brings %q", name, c.group, set)
			}
		}
	}
}

// A line that says nothing, or what no diet knows, is refused, not taken for a plant.
func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "first line",
		"name,brings,may\n":                   "first line",
		"food,brings,may\nbacon,,\n":          `"bacon" brings ""`,
		"food,brings,may\nbacon,swine,\n":     `"bacon" brings "swine"`,
		"food,brings,may\nbacon,pork,swine\n": "swine",
		"food,brings,may\nham,pork,\nham,plant,\n": "twice",
		"food,brings,may\nham\n":                   "wrong number of fields",
	} {
		if err := diet.Read("foods", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "words,without\n", "words,without,may\nvegan,swine,\n", "words,without,may\nvegan,pork,swine\n"} {
		if err := diet.ReadLacks(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
