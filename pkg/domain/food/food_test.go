package food_test

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestTableIsLargeAndSane(t *testing.T) {
	t.Parallel()
	all := food.All()
	known := 0
	for _, f := range all {
		if f.Known() {
			known++
		}
		for _, a := range f.Allergens {
			if _, err := allergen.Parse(a); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
		if f.Density < 0 || f.Density > nutrition.Gram*3/2 {
			t.Errorf("%s: a millilitre cannot weigh %s", f.Name, f.Density)
		}
		if sum := f.Per100g.Protein + f.Per100g.Fat + f.Per100g.Carbs; sum > 101*nutrition.Gram {
			t.Errorf("%s: 100 g hold %s of macros", f.Name, sum)
		}
	}
	if len(all) < 420 || known < 420 {
		t.Errorf("%d foods, %d with figures: want at least 420", len(all), known)
	}
}

// A wrong number shows as a description that has nothing to do with the name.
func TestDescriptionSharesAStemOrSaysWhy(t *testing.T) {
	t.Parallel()
	for i, f := range food.All() {
		if f.Known() && food.Why(i) == "" && !shareStem(f.Name, f.Description) {
			t.Errorf("%s: the USDA's %05d is %q: mend the number or fill in why", f.Name, f.NDB, f.Description)
		}
	}
}

func shareStem(name, description string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	}
	for _, n := range words(name) {
		for _, d := range words(description) {
			if stem := min(4, len(n)); stem >= 3 && len(d) >= stem && n[:stem] == d[:stem] {
				return true
			}
		}
	}
	return false
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
	}{
		{"onion", "onion"},
		{"  Red   ONIONS ", "red onion"},
		{"eggplants", "aubergine"},
		{"Bay leaves", "bay leaf"},
		{"cherries", "cherry"},
		{"mangoes", "mango"},
		{"mangos", "mango"},
		{"goat’s cheese", "goat cheese"},
		{"caper", "capers"},
		{"onion pie", ""},
		{"red", ""},
		{"", ""},
		{"butt", ""},
		{"canola margarine", "margarine"},
		{"canola mayo", "mayonnaise"},
	} {
		f, ok := food.Lookup(c.name)
		if ok != (c.want != "") || f.Name != c.want {
			t.Errorf("Lookup(%q) = %q, %v; want %q", c.name, f.Name, ok, c.want)
		}
	}
}

func TestNumberWinsOverName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		food recipe.Food
		want string
	}{
		{recipe.Food{Name: "onion", FDC: 1123}, "egg"},
		{recipe.Food{Name: "red onion", FDC: 11282}, "red onion"}, // two names share the number
		{recipe.Food{Name: "Mormor's secret", FDC: 11282}, "onion"},
		{recipe.Food{Name: "onion", FDC: 170_000}, "onion"}, // FoodData Central's, not the USDA's number
		{recipe.Food{Name: "onion", FDC: 99_998}, "onion"},  // no such number
		{recipe.Food{Name: "Lök", Plural: "onions"}, "onion"},
		{recipe.Food{Name: "Lök"}, ""},
		{recipe.Food{Name: "Zwiebel"}, "onion"},
	} {
		if f, ok := food.Of(c.food); f.Name != c.want || ok != (c.want != "") {
			t.Errorf("Of(%+v) = %q, %v; want %q", c.food, f.Name, ok, c.want)
		}
	}
	f, ok := food.ByNDB(17_164) // in our table
	if !ok || f.Name != "venison" {
		t.Errorf("ByNDB(17164) = %+v, %v", f, ok)
	}
	f, ok = food.ByNDB(1_005) // brick cheese: only in the USDA's
	if !ok || f.Name != "" || f.Description != "CHEESE,BRICK" || f.Per100g.Protein != 232_400 {
		t.Errorf("ByNDB(1005) = %+v, %v", f, ok)
	}
	if _, ok := food.ByNDB(1); ok {
		t.Error("ByNDB(1) found a food")
	}
}

// The promise of the design: at least 98 % of the answers are right. Not answering is no
// mistake, taking a food for another one is.
func TestPrecisionOnLabelledNames(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/labelled.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	recs, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	answered, right, shouldAnswer := 0, 0, 0
	for _, rec := range recs[1:] {
		var want int64
		if rec[1] != "none" {
			if want, err = strconv.ParseInt(rec[1], 10, 64); err != nil {
				t.Fatal(err)
			}
			shouldAnswer++
		}
		f, ok := food.Lookup(rec[0])
		if !ok || !f.Known() {
			if want != 0 {
				t.Logf("no answer for %q", rec[0])
			}
			continue
		}
		answered++
		if f.NDB == want {
			right++
		} else {
			t.Logf("%q is taken for %05d %s, want %s", rec[0], f.NDB, f.Description, rec[1])
		}
	}
	names := len(recs) - 1
	t.Logf("%d names: precision %d/%d = %.1f %%, recall %d/%d = %.1f %%", names,
		right, answered, 100*float64(right)/float64(answered), right, shouldAnswer, 100*float64(right)/float64(shouldAnswer))
	if names < 150 || 100*right < 98*answered || 100*right < 90*shouldAnswer {
		t.Error("want at least 150 names, 98 % precision and 90 % recall")
	}
}

// What an import tore apart, what a note says, and what a word means elsewhere.
func TestResolve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount           float64
		unit, name, note string
		want             string
		grams            float64 // 0 = cannot be told
	}{
		{4, "salmon", "steaks", "", "salmon", 500},
		{2, "", "garlic cloves, chopped", "", "garlic", 6},
		{2, "garlic", "cloves", "", "garlic", 6},
		{1, "(8", "ounce) package cream cheese", "", "cream cheese", 226.7962},
		{4, "", "skinless", "boneless chicken breasts", "chicken breast", 680},
		{2, "", "chicken breasts", "6 ounces each", "chicken breast", 340.1942},
		{2, "", "chicken breasts", "about 1 pound", "chicken breast", 453.5924},
		{2, "can", "chickpeas", "(15 oz)", "chickpea", 850.4857},
		{0, "", "3 Knoblauchzehen", "", "garlic", 9},
		{0, "", "1-2 EL Olivenöl", "", "olive oil", 20.5425},
		{200, "bis", "300 g Butter", "", "butter", 250},
		{500, "g", "Paprika", "", "red pepper", 500},
		{2, "", "Paprika", "", "red pepper", 300},
		{1, "tsp", "paprika", "", "paprika", 2.3166},
		{1, "small", "head white cabbage", "", "white cabbage", 900},
		{2, "fluid", "ounces milk", "", "milk", 60.9215},
		{1, "pinch", "sugar", "", "sugar", 0.5},
		{1, "tub", "zoblat", "", "", 0},
	} {
		i := recipe.Ingredient{Food: recipe.Food{Name: c.name}, Unit: recipe.Unit{Name: c.unit}, Note: c.note, Amount: recipe.Amount(c.amount * float64(recipe.One)), NoAmount: c.amount == 0}
		l := food.Resolve(i)
		if c.want != "" && (l.Food.Name != c.want || !l.Named) {
			t.Errorf("%v %s %s, %s: %q, want %q", c.amount, c.unit, c.name, c.note, l.Food.Name, c.want)
		}
		if c.grams > 0 && (!l.Weighed || math.Abs(l.Mass.Grams()-c.grams) > 0.01) {
			t.Errorf("%v %s %s, %s: %s (%v), want %v g", c.amount, c.unit, c.name, c.note, l.Mass, l.Weighed, c.grams)
		}
	}
}

func TestPoursNamesFoodsOfTheTable(t *testing.T) {
	t.Parallel()
	for name := range food.Pours() {
		f, ok := food.Lookup(name)
		if byAisle := f.Category == food.Drinks || f.Category == food.Oils; !ok || f.Name != name || byAisle == f.Pours() {
			t.Errorf("%q: no food of the table by its own name, or what its aisle says already", name)
		}
	}
}

// A food by a name of its own is found by what it refers to.
func TestReferences(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]recipe.Food{
		"brie":            {Name: "Omas Zauberlaib", FDC: 2341111},
		"garlic":          {Name: "Stinkerchen", Slug: "food-garlic"},
		"black bean":      {Name: "Zauberbohnen", Slug: "food-black-bean"},
		"cheddar":         {Name: "cheddar", FDC: 2341110}, // the name goes before
		"":                {Name: "Stinkerchen", FDC: 99_999_999, Slug: "garlic"},
		"unsalted butter": {Name: "butter unsalted", FDC: 789828},
	} {
		got, ok := food.Of(f)
		if got.Name != want || ok != (want != "") {
			t.Errorf("%+v: %q, %t", f, got.Name, ok)
		}
	}
	for id, name := range food.FDC() {
		if f, ok := food.Lookup(name); !ok || f.Name != name || !f.Known() || id < 100_000 {
			t.Errorf("%d: %q is no food of the table by its own name with figures", id, name)
		}
	}
}
