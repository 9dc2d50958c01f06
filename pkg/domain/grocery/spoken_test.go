package grocery_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// What no recipe states an amount of is said in the reader's language, also of a list that was
// stored; so are numbers and units of amounts.
func TestWhatToBuyInALanguage(t *testing.T) {
	list, err := grocery.Consolidate([]grocery.Dish{{Servings: nutrition.OneServing, Recipe: recipe.Recipe{ID: 1, Name: "For Friends", Servings: 1, Ingredients: []recipe.Ingredient{
		{Food: recipe.Food{ID: 1, Name: "zoblats"}},
	}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	line := list.Sections[0].Lines[0]
	for buy, want := range map[string][2]string{
		line.Buy:              {"for For Friends", "für For Friends"},
		"for Stew, Forest":    {"for Stew, Forest", "für Stew, Forest"},
		"≈ 650 g":             {"≈ 650 g", "≈ 650 g"},
		"≈ 1.2 kg":            {"≈ 1.2 kg", "≈ 1,2 kg"},
		"2 cans (400 g)":      {"2 cans (400 g)", "2 Dosen (400 g)"},
		"≈ 1½ tbsp + 1 clove": {"≈ 1½ tbsp + 1 clove", "≈ 1½ EL + 1 Zehe"},
		"1 jar (1.5 l) + 3":   {"1 jar (1.5 l) + 3", "1 Glas (1,5 l) + 3"},
		"3 zoblats (big":      {"3 zoblats (big", "3 zoblats (big"},
		"":                    {"", ""},
	} {
		if got := [2]string{grocery.BuyIn(message.English, buy), grocery.BuyIn("de", buy)}; got != want {
			t.Errorf("%q: %q, want %q", buy, got, want)
		}
	}
}

// Amounts of a dish are said as one measures them, in the reader's language.
func TestMeasured(t *testing.T) {
	for _, c := range []struct {
		amount       float64
		unit         string
		english, own string
	}{
		{1.3333, "cup", "1⅓ cups", "1⅓ Cups"},
		{0.6667, "cups", "⅔ cup", "⅔ Cup"},
		{2, "EL", "2 tbsp", "2 EL"},
		{1, "Dose", "1 can", "1 Dose"},
		{1.96, "cloves", "2 cloves", "2 Zehen"},
		{0.99, "clove", "1 clove", "1 Zehe"},
		{2, "piece", "2", "2"},
		{2.5, "", "2½", "2½"},
		{0.5, "Stück", "½", "½"},
		{2, "large", "2 large", "2 large"},
		{2, "Pfund", "2 Pfund", "2 Pfund"},
		{2, "heaped tbsp", "2 heaped tbsp", "2 heaped tbsp"},
		{1.37, "zoblat", "1⅓ zoblats", "1⅓ zoblats"},
		{1.875, "cloves", "2 cloves", "2 Zehen"},
		{0.9, "zoblat", "1 zoblat", "1 zoblat"},
		{0.625, "clove", "½ clove", "½ Zehe"},
		{0.75, "cloves", "1 clove", "1 Zehe"},
		{1.3, "slices", "1½ slices", "1½ Scheiben"},
		{0.3, "clove", "⅓ clove", "⅓ Zehe"},
		{0.625, "tsp", "⅔ tsp", "⅔ TL"},
		{0.12, "tsp", "⅛ tsp", "⅛ TL"},
		{0.7, "", "⅔", "⅔"},
		{1.26, "kg", "1.25 kg", "1,25 kg"},
		{333, "g", "335 g", "335 g"},
		{33.3, "g", "33 g", "33 g"},
		{0.333, "l", "0.33 l", "0,33 l"},
		{12.4, "slices", "12 slices", "12 Scheiben"},
		{0.03, "tsp", "0.03 tsp", "0,03 TL"},
	} {
		got := [2]string{grocery.Measured(message.English, c.amount, recipe.Unit{Name: c.unit, Plural: "zoblats"}), grocery.Measured("de", c.amount, recipe.Unit{Name: c.unit, Plural: "zoblats"})}
		if want := [2]string{c.english, c.own}; got != want {
			t.Errorf("%v %q: %q, want %q", c.amount, c.unit, got, want)
		}
	}
}

// Whatever is measured is never nothing, and off by a third at most, where signs are far apart.
func TestMeasuredIsClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Float64Range(0.05, 2000).Draw(t, "amount")
		many := rapid.SampledFrom(unit.All()).Draw(t, "unit").Many
		line, err := grocery.ParseLine(grocery.Measured(message.English, amount, recipe.Unit{Name: many}) + " salt")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := line.Amount.Float64(); got <= 0 || math.Abs(got-amount) > amount/3 {
			t.Errorf("%v %s is said as %v", amount, many, line.Amount)
		}
	})
}

func TestNumbersStayWithTheirUnits(t *testing.T) {
	t.Parallel()
	for buy, want := range map[string]string{
		"80 ml": "80_ml", "≈ 1.2 kg": "≈_1.2_kg", "2 cans (400 g) + 1½ cups": "2_cans (400_g) + 1½_cups", "for Soup": "for Soup", "3": "3", "3 + 2 EL": "3 + 2_EL", "": "",
	} {
		if got := strings.ReplaceAll(grocery.Unbroken(buy), "\u00a0", "_"); got != want {
			t.Errorf("%q: %q, want %q", buy, got, want)
		}
	}
	if !grocery.Loose("for Soup") || grocery.Loose("4 pieces") {
		t.Error("what is for dishes states no amount")
	}
}
