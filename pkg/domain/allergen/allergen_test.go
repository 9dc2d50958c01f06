package allergen_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestParseAndString(t *testing.T) {
	t.Parallel()
	var all allergen.Set
	for _, n := range allergen.Names() {
		s, err := allergen.Parse(" " + n + " ")
		if err != nil || s.String() != n || all&s != 0 {
			t.Errorf("%s: %q, %v", n, s, err)
		}
		all |= s
	}
	if len(allergen.Names()) != 14 || (allergen.Milk|allergen.Gluten).String() != "gluten, milk" {
		t.Error("want the 14 groups in the regulation's order")
	}
	for word, want := range map[string]string{
		"dairy": "did you mean milk?", " Lactose": "did you mean milk?", "cheese": "did you mean milk?", "wheat": "did you mean gluten?", "shellfish": "did you mean crustaceans, molluscs?",
		"plastic": "want one of gluten, ", "": "want one of gluten, ",
	} {
		if s, err := allergen.Parse(word); s != 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", word, s, err, want)
		}
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const none allergen.Set = 0
	for _, c := range []struct {
		name string
		want allergen.Set
	}{
		{"Soy sauce", allergen.Soy | allergen.Gluten},
		{"tamari", allergen.Soy},
		{"Worcestershire sauce", allergen.Fish | allergen.Gluten},
		{"pesto", allergen.Milk | allergen.Nuts},
		{"Tahini", allergen.Sesame},
		{"hummus", allergen.Sesame},
		{"surimi", allergen.Fish | allergen.Crustaceans | allergen.Eggs | allergen.Gluten | allergen.Soy},
		{"mayonnaise", allergen.Eggs | allergen.Mustard},
		{"panko", allergen.Gluten | allergen.Soy | allergen.Milk | allergen.Eggs | allergen.Sesame},
		{"seitan", allergen.Gluten},
		{"miso", allergen.Soy | allergen.Gluten},
		{"marzipan", allergen.Nuts},
		{"praline", allergen.Nuts | allergen.Milk},
		{"ghee", allergen.Milk},
		{"whey", allergen.Milk},
		{"couscous", allergen.Gluten},
		{"bulgur", allergen.Gluten},
		{"spelt", allergen.Gluten},
		{"rolled oats", allergen.Gluten},
		{"red wine", allergen.Sulphites},
		{"red wine vinegar", allergen.Sulphites},
		{"dried apricots", allergen.Sulphites},
		{"lupin flour", allergen.Lupin},
		{"squid", allergen.Molluscs},
		{"oyster sauce", allergen.Molluscs | allergen.Soy | allergen.Gluten},
		{"celeriac", allergen.Celery},
		{"curry powder", allergen.Celery | allergen.Mustard},
		{"ice cream", allergen.Milk | allergen.Eggs},
		{"shrimp paste", allergen.Crustaceans | allergen.Sulphites},
		{"Eggs", allergen.Eggs},
		{"Peanuts", allergen.Peanuts},
		{"nuts", allergen.Nuts | allergen.Peanuts},
		// These only sound like carriers.
		{"coconut milk", none},
		{"nutmeg", none},
		{"water chestnuts", none},
		{"butternut squash", none},
		{"buckwheat", none},
		{"eggplant", none},
		{"butter beans", none},
		{"cocoa butter", none},
		{"pine nuts", none},
		{"oyster mushrooms", none},
		{"cream of tartar", none},
		{"rice vinegar", none},
	} {
		got, ok := allergen.Classify(recipe.Food{Name: c.name})
		if !ok || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
	if s, ok := allergen.Classify(recipe.Food{Name: "stock cube"}); !ok || s&allergen.Celery == 0 {
		t.Errorf("stock cube: %q, %v", s, ok)
	}
}

func kind(name string, ancestors ...string) recipe.Food {
	f := recipe.Food{Name: name}
	for _, a := range ancestors {
		f.Ancestors = append(f.Ancestors, recipe.FoodRef{Name: a})
	}
	return f
}

// What a parent or another plural says may add a group; it makes no food known.
func TestOnlyTheOwnNameMakesAFoodKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		food  recipe.Food
		want  allergen.Set
		known bool
	}{
		{kind("Vuorijuusto"), 0, false},
		{kind("Vuorijuusto", "Cheese", "Dairy"), allergen.Milk, false},
		{kind("Mantelimaito", "Drinks"), 0, false},
		{kind("Vilja", "Grain"), 0, false},
		{kind("Selleri", "Vegetables"), 0, false},
		{kind("Chicken Marengo", "Chicken"), 0, false},
		{kind("Tomato", "nuts"), allergen.Nuts, true},
		{recipe.Food{Name: "Egg", Plural: "Eggs"}, allergen.Eggs, true},
		{recipe.Food{Name: "Eggs", Plural: "Egg"}, allergen.Eggs, true},
		{recipe.Food{Name: "Sipuli", Plural: "Onions"}, 0, false},
		{recipe.Food{Name: "Onion", Plural: "Sipulit"}, 0, true},
		{recipe.Food{Name: "Tahna", Plural: "Hazelnuts"}, allergen.Nuts, false},
		{recipe.Food{Name: "Butter", Plural: "Cashews"}, allergen.Milk | allergen.Nuts, true},
		{recipe.Food{Name: "soy sauce substitute"}, allergen.Soy | allergen.Gluten, false},
		{recipe.Food{Plural: "Onions"}, 0, false},
		{recipe.Food{}, 0, false},
	} {
		if got, ok := allergen.Classify(c.food); got != c.want || ok != c.known {
			t.Errorf("%+v: %q, %v; want %q, %v", c.food, got, ok, c.want, c.known)
		}
	}
}

// A name that stands for many foods carries what it may hide, except as a parent or in a
// text, where others say what it is.
func TestGenericNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]allergen.Set{
		"Grains": allergen.Gluten, "seeds": allergen.Sesame, "legume": allergen.Soy | allergen.Peanuts | allergen.Lupin, "Pulses": allergen.Soy | allergen.Peanuts | allergen.Lupin,
		"spices": allergen.Mustard | allergen.Celery, "seasoning": allergen.Mustard | allergen.Celery, "oil": allergen.Peanuts | allergen.Sesame,
		"Antipasti": allergen.Milk | allergen.Fish, "vegetables": allergen.Celery, "steaks": allergen.Fish, "vinegar": allergen.Gluten,
	} {
		if got, ok := allergen.Classify(recipe.Food{Name: name}); got&want != want || !ok {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, want)
		}
		if got := allergen.Mentioned("a little " + name); got != 0 {
			t.Errorf("a text that says %s: %q", name, got)
		}
	}
	if got, ok := allergen.Classify(kind("Olive oil", "Oils", "Seasoning")); got != 0 || !ok {
		t.Errorf("olive oil, a kind of oil: %q, %v", got, ok)
	}
}

// Lady's fingers are pods in one kitchen and biscuits in another.
func TestALadysFingerIsEither(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lady finger", "lady fingers", "Lady's fingers", "ladies' fingers"} {
		if got, ok := allergen.Classify(recipe.Food{Name: name}); ok {
			t.Errorf("%s is taken for something with %q", name, got)
		}
	}
	for name, want := range map[string]allergen.Set{"okra (lady fingers)": 0, "okra (lady's fingers)": 0, "ladyfingers": allergen.Gluten | allergen.Eggs | allergen.Milk} {
		if got, ok := allergen.Classify(recipe.Food{Name: name}); !ok || got&want != want || want == 0 && got != 0 {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, want)
		}
	}
}

// Prepared foods carry what they are nearly always made with.
func TestPreparedFoods(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]allergen.Set{
		"amaretti": allergen.Nuts, "frangipane": allergen.Eggs | allergen.Milk, "tortellini": allergen.Milk, "ravioli": allergen.Milk, "grana padano": allergen.Eggs | allergen.Milk,
		"furikake": allergen.Fish | allergen.Soy, "ponzu": allergen.Fish, "taramasalata": allergen.Gluten | allergen.Fish, "fish cakes": allergen.Gluten, "lobster bisque": allergen.Milk,
		"horseradish sauce": allergen.Milk | allergen.Mustard | allergen.Eggs, "puffed rice cereal": allergen.Gluten, "asafoetida": allergen.Gluten, "beef jerky": allergen.Soy | allergen.Gluten,
		"wonton wrappers": allergen.Eggs, "turron": allergen.Eggs | allergen.Nuts, "nougat": allergen.Eggs, "brittle": allergen.Peanuts, "batter": allergen.Milk, "bread dumplings": allergen.Milk,
		"giardiniera": allergen.Celery, "bloody mary mix": allergen.Fish, "instant mash": allergen.Milk, "plant yogurt": allergen.Nuts | allergen.Gluten | allergen.Soy,
		"vegetable bouillon": allergen.Gluten | allergen.Milk, "stock": allergen.Gluten | allergen.Milk, "sausages": allergen.Milk | allergen.Celery | allergen.Mustard | allergen.Soy,
		"pastry": allergen.Milk, "yeast dough": allergen.Milk, "tagliatelle": allergen.Eggs, "lasagne sheets": allergen.Eggs, "toast bread": allergen.Milk, "dinner rolls": allergen.Milk,
		"english muffins": allergen.Milk, "stuffing mix": allergen.Celery, "herb salt": allergen.Celery, "romesco": allergen.Gluten, "salad dressing": allergen.Eggs | allergen.Milk,
		"barbecue sauce": allergen.Fish, "enchilada sauce": allergen.Gluten, "salsa verde": allergen.Fish, "chili oil": allergen.Soy | allergen.Sesame, "tortilla": allergen.Eggs | allergen.Gluten,
		"curry paste": allergen.Crustaceans,
	} {
		if got, ok := allergen.Classify(recipe.Food{Name: name}); got&want != want || !ok {
			t.Errorf("%s: %q, %v; want at least %q", name, got, ok, want)
		}
	}
}

func TestMentioned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]allergen.Set{
		"preferably sesame oil":                    allergen.Sesame,
		"such as sesame or poppy":                  allergen.Sesame,
		"walnuts or raisins":                       allergen.Nuts | allergen.Sulphites,
		"(or almond yogurt)":                       allergen.Nuts,
		"2 handfuls of **cashews**":                allergen.Nuts,
		"For the Peanut-Butter swirl":              allergen.Peanuts,
		"soy/peanut":                               allergen.Soy | allergen.Peanuts,
		"grated comte\u0301":                       allergen.Milk,
		"pea\u200bnuts":                            allergen.Peanuts,
		"coconut\nmilk":                            allergen.Milk,
		"full-fat coconut milk, nutmeg, butternut": 0,
		"water chestnuts and butter beans":         0,
		"eggplant with oyster mushrooms":           0,
		"nut-free, dairy free":                     0,
		"gluten-free pasta":                        0,
		"free range":                               0,
		"butter free range eggs":                   allergen.Milk | allergen.Eggs,
		"":                                         0,
		" - ' -- !":                                0,
		"peanut-free but with almonds":             allergen.Nuts,
	} {
		if got := allergen.Mentioned(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The importer of a library files the first word as the unit and what it does not
// understand as the note.
func TestWordsTornApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit, food, note string
		want             allergen.Set
	}{
		{"salmon", "steaks", "", allergen.Fish},
		{"swordfish", "steaks", "", allergen.Fish},
		{"crab", "cakes", "", allergen.Crustaceans},
		{"fish", "cakes", "", allergen.Fish},
		{"celery", "hearts", "", allergen.Celery},
		{"almond", "croissant", "", allergen.Nuts},
		{"sesame", "buns", "", allergen.Sesame},
		{"soy", "yogurt", "", allergen.Soy},
		{"tbsp", "butter", "peanut", allergen.Peanuts},
		{"tbsp", "oil", "sesame", allergen.Sesame},
		{"cup", "flour", "almond", allergen.Nuts},
		{"cup", "butter", "smooth, organic peanut", allergen.Peanuts},
		{"caesar", "dressing", "", allergen.Fish},
		{"tbsp", "caesar", "dressing", allergen.Fish},
		{"caesar", "romaine", "dressing", allergen.Fish},
	} {
		r := recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: c.food}, Unit: recipe.Unit{Name: c.unit}, Note: c.note}}}
		if got, _ := allergen.Of(r); got&c.want != c.want {
			t.Errorf("%s | %s | %s: %q, want %q", c.unit, c.food, c.note, got, c.want)
		}
	}
	butter := recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: "milk"}, Note: "coconut"}, {Food: recipe.Food{Name: "squash"}, Note: "butternut"}}}
	if got, _ := allergen.Of(butter); got != allergen.Milk {
		t.Errorf("a note takes nothing away: %q", got)
	}
}

func TestAncestorsMakeNothingKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := kind("zq "+rapid.SampledFrom(allergen.Known()).Draw(t, "food"), rapid.SliceOf(rapid.SampledFrom(allergen.Known())).Draw(t, "ancestors")...)
		if _, ok := allergen.Classify(f); ok {
			t.Fatalf("%+v is known", f)
		}
	})
}

// An answer takes away what a food of its name may hide, and nothing that all of them carry.
func TestAnswers(t *testing.T) {
	t.Parallel()
	line := func(name string, a recipe.Answer) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name, Answer: &a}}
	}
	for _, c := range []struct {
		line recipe.Ingredient
		want allergen.Set
	}{
		{line("chicken stock", recipe.Answer{Told: true}), allergen.Celery},
		{line("oil", recipe.Answer{Told: true}), 0},
		{line("oil", recipe.Answer{Told: true, Contains: []string{"peanuts"}}), allergen.Peanuts},
		{line("butter", recipe.Answer{Told: true}), allergen.Milk},
		{line("butter", recipe.Answer{Is: "olive oil"}), allergen.Milk},
		{line("zoblat", recipe.Answer{Is: "cream cheese"}), allergen.Milk},
		{line("zoblat", recipe.Answer{Ignored: true}), 0},
		{recipe.Ingredient{Food: recipe.Food{Name: "zoblat", Answer: &recipe.Answer{Told: true}}, Note: "with walnuts"}, allergen.Nuts},
	} {
		if set, unknown := allergen.NewPool(nil).Line(c.line); set != c.want || len(unknown) > 0 {
			t.Errorf("%s %+v: %q, %q; want %q", c.line.Food.Name, *c.line.Food.Answer, set, unknown, c.want)
		}
	}
}

// What a user said of "steaks" holds for steaks, not for the wahoo that an import took for the unit.
func TestAnAnswerHoldsForItsFoodOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit, food, answered string
		known                bool
	}{
		{"", "zoblats", "zoblats", true},
		{"g", "zoblats", "zoblats", true},
		{"wahoo", "zoblats", "wahoo zoblats", true},
		{"wahoo", "zoblats", "zoblats", false},
	} {
		i := recipe.Ingredient{Unit: recipe.Unit{Name: c.unit}, Food: recipe.Food{Name: c.food, Answer: &recipe.Answer{Food: c.answered, Told: true}}}
		if _, unknown := allergen.NewPool(nil).Line(i); (len(unknown) == 0) != c.known {
			t.Errorf("%s %s, answered as %s: %q is not understood", c.unit, c.food, c.answered, unknown)
		}
	}
}

// A note that says the food is another than its name makes it unknown, unless the tables have both words.
func TestANoteThatReplacesTheFood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		food, note string
		known      bool
	}{
		{"minced meat", "", true},
		{"milk", "plant-based", true},
		{"Hackfleisch", "vegan", false},
		{"lait", "végétal", false},
		{"parmesan", "or vegetarian alternative", true},
		{"chicken stock", "use a good vegan brand when cooking for guests", true},
	} {
		i := recipe.Ingredient{Food: recipe.Food{Name: c.food}, Note: c.note}
		set, unknown := allergen.NewPool(nil).Line(i)
		if known := len(unknown) == 0; known != c.known {
			t.Errorf("%s (%s): %q is not understood", c.food, c.note, unknown)
		} else if known && c.note == "plant-based" && set&allergen.Soy == 0 {
			t.Errorf("%s (%s) carries %q, and no soy", c.food, c.note, set)
		}
	}
}

// A note that says what a food lacks adds, whatever the unit is: with a unit that nobody knows it
// added nothing.
func TestALackInTheNoteStays(t *testing.T) {
	t.Parallel()
	line := recipe.Ingredient{Food: recipe.Food{Name: "0% greek yogurt"}, Note: "nut-free"}
	without, _ := allergen.Of(recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{line}})
	line.Unit.Name = "xyzzy"
	if with, _ := allergen.Of(recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{line}}); with&without != without {
		t.Errorf("with a unit %q, without %q", with, without)
	}
}
