package diet_test

import (
	_ "embed"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// judgedFile gives, of names in six languages, what they bring that a diet leaves out.
//
//go:embed testdata/judged.csv
var judgedFile string

// A name must fit no diet that leaves out what it brings. It may be unknown, or carry what it
// only may hide: of the names that fit a diet, few.
func TestJudgedNames(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(judgedFile)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	if len(rows) < 800 {
		t.Errorf("%d names, want 800", len(rows))
	}
	judged := map[string]diet.Set{}
	fitting, cautious := 0, 0
	for _, row := range rows {
		for k := range strings.FieldsSeq(row[1]) {
			judged[row[0]] |= diet.Kind(k)
		}
		set, known := diet.Classify(recipe.Food{Name: row[0]})
		fits := diet.Fits(set)
		if !known {
			fits = nil
		}
		should := diet.Fits(judged[row[0]])
		for _, d := range diet.Names() {
			switch does := slices.Contains(fits, d); {
			case slices.Contains(should, d):
				fitting++
				if !does {
					cautious++
					t.Logf("%s: not %s: %q, known %v", row[0], d, set, known)
				}
			case does:
				t.Errorf("%s (%s) is taken for %s: %q", row[0], row[1], d, set)
			}
		}
	}
	t.Logf("%d names; of %d diets that they fit, %d are not seen to", len(rows), fitting, cautious)
	if cautious > fitting/25 {
		t.Errorf("%d of %d judgements are too cautious", cautious, fitting)
	}
}
