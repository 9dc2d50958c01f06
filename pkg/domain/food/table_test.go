package food_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
)

const header = "name,aliases,ndb,allergens,density_g_per_ml,piece_g,category,why\n"

func TestTableErrorsNameTheFoodAndTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, want string }{
		{"", "columns"},
		{"name\n", "columns"},
		{header + "Onion,,11282,,,,produce,\n", "lower case"},
		{header + "onion,,11282,,,,vegetables,\n", "vegetables"},
		{header + "onion,,1,,,,produce,\n", "ndb: 1 is not in the USDA's table"},
		{header + "onion,,x,,,,produce,\n", "ndb"},
		{header + "onion,,,,heavy,,produce,\n", "density_g_per_ml"},
		{header + "onion,,,,,110,produce,\n", "unit:grams"},
		{header + "onion,,,,,:-1,produce,\n", "positive"},
		{header + "onion,,,,,,produce,\nleek,onion,,,,,produce,\n", `"onion" is both "onion" and "leek"`},
		{header + "onion,,\n", "wrong number of fields"},
		{header + "onion,a||b,,,,,produce,\n", "empty name"},
	} {
		if _, err := food.ReadFoods(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.file, err, c.want)
		}
	}
	if _, err := food.ReadFoods(header + "onion,,11282,,0.6,:110,produce,\n"); err != nil {
		t.Error(err)
	}
}

func TestDerivedNames(t *testing.T) {
	t.Parallel()
	names, err := food.ReadFoods(header + "bay leaf,,,,,,produce,\nbay leave,laurel,,,,,produce,\nonion,onions,,,,,produce,\nleek,,,,,,produce,\n")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"bay leaf": "bay leaf", "bay leave": "bay leave", "laurel": "bay leave", "laurels": "bay leave", // "bay leaves" could be either
		"onion": "onion", "onions": "onion", "leek": "leek", "leeks": "leek",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
