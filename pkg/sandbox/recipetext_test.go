package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

func TestParseRecipes(t *testing.T) {
	t.Parallel()
	got, err := parseRecipes("\n# Toast | 2 servings | 5+1 min | breakfast, vegan | none\n" +
		"2 slices bread; 1.5 tbsp olive oil (the good one); 3 small tomatoes; ~ salt\n> Toast.\n> Top.\n")
	want := []tandoortest.RecipeSpec{{
		Name: "Toast", Servings: 2, ServingsText: "servings", WorkingTime: 5, WaitingTime: 1,
		Keywords: []string{"breakfast", "vegan"}, Nutrition: tandoortest.ModeNone,
		Steps: []tandoortest.StepSpec{
			{Instruction: "Toast.", Ingredients: []tandoortest.IngredientSpec{
				{Amount: 2, Unit: "slice", Food: "bread"},
				{Amount: 1.5, Unit: "tbsp", Food: "olive oil", Note: "the good one"},
				{Amount: 3, Unit: "piece", Food: "small tomatoes"},
				{Food: "salt", NoAmount: true},
			}},
			{Instruction: "Top."},
		},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestParseRecipesNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	const head = "# Toast | 2 servings | 5+0 min | breakfast\n"
	for text, want := range map[string]string{
		"# Toast":                                "want a head",
		"Toast | 2 servings | 5+0 min | a\nb\nc": "want # name",
		"# Toast | two servings | 5+0 min | a\n1 b\n> c": "servings",
		"# Toast | 2 servings | 5 min | a\n1 b\n> c":     "times",
		head + "bread\n> Toast.":                         "an amount and a food",
		head + "some bread\n> Toast.":                    "not a positive number",
		head + "-1 bread\n> Toast.":                      "not a positive number",
		head + "1 bread\nToast.":                         "does not begin with >",
	} {
		if _, err := parseRecipes(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestLibraryRefusesWhatItCannotWeigh(t *testing.T) {
	t.Parallel()
	for ingredient, want := range map[string]string{
		"1 handful unobtainium": "no figures",
		"1 pesto":               "no figures",
		"2 sheets potatoes":     "the weight of a sheet of it is unknown",
	} {
		err := newLibraryBuilder().addRecipes("# X | 2 servings | 5+0 min | lunch\n" + ingredient + "\n> Eat.")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", ingredient, err, want)
		}
	}
	b := newLibraryBuilder()
	if err := b.readTree("cheese: feta\ndairy: feta\n"); err == nil {
		t.Error("feta cannot be a kind of two foods")
	}
	if err := newLibraryBuilder().readTree("cheese feta\n"); err == nil {
		t.Error("a line without a colon is not a line of the tree")
	}
	if err := newLibraryBuilder().readNames("sometimes plural: pea\n"); err == nil {
		t.Error("a food is counted or always plural")
	}
}
