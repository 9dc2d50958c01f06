package allergen_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
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
	if _, err := allergen.Parse("dairy"); err == nil {
		t.Error("dairy is no group")
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
		{"panko", allergen.Gluten},
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
		{"shrimp paste", allergen.Crustaceans},
		{"Eggs", allergen.Eggs},
		{"Peanuts", allergen.Peanuts},
		{"nuts", allergen.Nuts},
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
		{kind("Bergkäse"), 0, false},
		{kind("Bergkäse", "Cheese", "Dairy"), allergen.Milk, false},
		{kind("Mandelmilch", "Drinks"), 0, false},
		{kind("Grünkern", "Grain"), 0, false},
		{kind("Sellerie", "Vegetables"), 0, false},
		{kind("Chicken Kiev", "Chicken"), 0, false},
		{kind("Tomato", "nuts"), allergen.Nuts, true},
		{recipe.Food{Name: "Egg", Plural: "Eggs"}, allergen.Eggs, true},
		{recipe.Food{Name: "Eggs", Plural: "Egg"}, allergen.Eggs, true},
		{recipe.Food{Name: "Zwiebel", Plural: "Onions"}, 0, false},
		{recipe.Food{Name: "Onion", Plural: "Zwiebeln"}, 0, true},
		{recipe.Food{Name: "Nussmus", Plural: "Hazelnuts"}, allergen.Nuts, false},
		{recipe.Food{Name: "Butter", Plural: "Cashews"}, allergen.Milk | allergen.Nuts, true},
		{recipe.Food{Name: "soy sauce substitute"}, 0, false},
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

func TestOf(t *testing.T) {
	t.Parallel()
	line := func(name string) recipe.Ingredient { return recipe.Ingredient{Food: recipe.Food{Name: name}} }
	pinch := line("sesame oil")
	pinch.NoAmount = true
	set, unknown := allergen.Of(recipe.Recipe{Ingredients: []recipe.Ingredient{
		line("Xanthos powder"), line("milk"), pinch, line("Grandma's sauce"), line("Xanthos powder"),
	}})
	if set != allergen.Milk|allergen.Sesame || !slices.Equal(unknown, []string{"Grandma's sauce", "Xanthos powder"}) {
		t.Errorf("got %q, %q", set, unknown)
	}
	if set, unknown := allergen.Of(recipe.Recipe{Name: "Secret"}); set != 0 || !slices.Equal(unknown, []string{"Secret"}) {
		t.Errorf("without ingredients nothing is known, got %q, %q", set, unknown)
	}
}

func TestTablesAreLargeAndCoverEveryGroup(t *testing.T) {
	t.Parallel()
	count := map[allergen.Set]int{}
	for _, n := range allergen.Known() {
		s, ok := allergen.Classify(recipe.Food{Name: n})
		if !ok {
			t.Errorf("%s is listed and not classified", n)
		}
		for _, g := range allergen.Names() {
			one, err := allergen.Parse(g)
			if err != nil {
				t.Fatal(err)
			}
			if s&one != 0 {
				count[one]++
			}
		}
	}
	if stems := len(allergen.Stems()); stems < 420 {
		t.Errorf("%d entries, want at least 420", stems)
	} else {
		t.Logf("%d entries, %d names", stems, len(allergen.Known()))
	}
	for _, g := range allergen.Names() {
		one, err := allergen.Parse(g)
		if err != nil {
			t.Fatal(err)
		}
		if count[one] < 5 {
			t.Errorf("%s: only %d names carry it", g, count[one])
		}
	}
}

// A plural may carry more than its singular, when two foods share the form, never less.
func TestPluralsClassifyAlike(t *testing.T) {
	t.Parallel()
	stems := allergen.Stems()
	for _, n := range stems {
		want, ok := allergen.Classify(recipe.Food{Name: n})
		if !ok {
			t.Errorf("%s is in the tables and not classified", n)
		}
		for _, form := range food.Forms(n) {
			_, ownEntry := slices.BinarySearch(stems, form)
			if got, ok := allergen.Classify(recipe.Food{Name: form}); !ok || got&want != want && !ownEntry {
				t.Errorf("%s carries %q, %s %q (%v)", n, want, form, got, ok)
			}
		}
	}
}

// No part of a known name is taken for the whole: fail closed.
func TestUnknownNamesStayUnknown(t *testing.T) {
	t.Parallel()
	known := allergen.Known()
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom(known).Draw(t, "known")
		name := rapid.SampledFrom([]string{"zq ", "granny's ", "free-from "}).Draw(t, "before") + base
		if s, ok := allergen.Classify(recipe.Food{Name: name}); ok {
			t.Fatalf("%q is taken for something with %q", name, s)
		}
	})
}

// A unit that is no measure is a part of the food's name.
func TestUnitsThatAreNoMeasures(t *testing.T) {
	t.Parallel()
	for unit, known := range map[string]bool{
		"": true, "g": true, "Tbsp.": true, "fl oz": true, "cups": true, "large": true, "small red": true, "14 oz can": true, "400g tins": true, "EL": true, "Prise(n)": true, "c. à soupe": true, "bunches": true,
		"salmon": true, "garlic": true, "wahoo": false, "Nuss": false, "large wahoo": false, "opah and": false,
	} {
		_, unknown := allergen.Of(recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: "butter"}, Unit: recipe.Unit{Name: unit}}}})
		want := []string{unit + " butter"}
		if known {
			want = nil
		}
		if !slices.Equal(unknown, want) {
			t.Errorf("%q: unclassified %q, want %q", unit, unknown, want)
		}
	}
	named := recipe.Ingredient{Food: recipe.Food{Name: "butter"}, Unit: recipe.Unit{Name: "Becherchen", Base: "g"}}
	if _, unknown := allergen.Of(recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{named}}); unknown != nil {
		t.Errorf("a unit with a base unit is a measure: %q", unknown)
	}
}

// Whatever is added to a recipe, wherever: no group goes away, and nothing becomes known.
func TestMoreNeverCarriesLess(t *testing.T) {
	t.Parallel()
	names, odd := allergen.Known(), []string{"xyzzy", "plugh", "nut-free", "or", "with", "free", ""}
	word := rapid.OneOf(rapid.SampledFrom(names), rapid.SampledFrom(names), rapid.SampledFrom(odd))
	texts := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 0, 4).Draw(t, "words"), rapid.SampledFrom([]string{" ", ", ", "-", "\n"}).Draw(t, "between"))
	})
	rapid.Check(t, func(t *rapid.T) {
		r := recipe.Recipe{Name: "dish"}
		set, _ := allergen.Of(r)
		var unknown []string // but that it has no ingredients, which the first mends
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			what := rapid.IntRange(0, 9).Draw(t, "change")
			if len(r.Ingredients) == 0 {
				what = 0
			}
			var i *recipe.Ingredient
			if what > 0 {
				i = &r.Ingredients[rapid.IntRange(0, len(r.Ingredients)-1).Draw(t, "line")]
			}
			text := texts.Draw(t, "text")
			switch what {
			case 0:
				r.Ingredients = append(slices.Clone(r.Ingredients), recipe.Ingredient{Food: recipe.Food{Name: word.Draw(t, "food")}})
			case 1:
				i.Food.Ancestors = append(slices.Clip(i.Food.Ancestors), recipe.FoodRef{Name: text})
			case 2:
				if i.Unit.Name == "" {
					i.Unit.Name = text
				}
			case 3:
				if i.Note == "" {
					i.Note = text
				}
			case 4:
				if i.Food.Plural == "" && !slices.Contains(food.Forms(i.Food.Name), food.Normalize(text)) {
					i.Food.Plural = text
				}
			case 5:
				r.Texts = append(r.Texts, text)
			case 6:
				r.Foodless = append(r.Foodless, text)
			case 7:
				r.Steps = append(r.Steps, recipe.Step{Instruction: text})
			case 9:
				r.Keywords = append(r.Keywords, text)
			case 8:
				r.Embeds = append(r.Embeds, recipe.Embed{Recipe: 7})
			}
			s, u := allergen.Of(r)
			if s&set != set {
				t.Fatalf("change %d %q: %q became %q", what, text, set, s)
			}
			for _, n := range unknown {
				// A unit that is no measure is named before its food.
				if !slices.ContainsFunc(u, func(have string) bool { return strings.HasSuffix(have, n) }) {
					t.Fatalf("change %d %q: %q became known", what, text, n)
				}
			}
			set, unknown = s, u
		}
	})
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

func uses(id recipe.ID, name string, foods ...recipe.Food) recipe.Recipe {
	r := recipe.Recipe{ID: id, Name: name}
	for _, f := range foods {
		r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: f})
	}
	return r
}

// A food that is made by a recipe carries what that recipe holds, at any depth; one whose
// recipe cannot be seen, or is made of itself, is not known however well its name is.
func TestFoodsMadeByRecipes(t *testing.T) {
	t.Parallel()
	made := func(name string, by recipe.ID) recipe.Food { return recipe.Food{Name: name, Recipe: by} }
	library := []recipe.Recipe{
		uses(1, "Loaf", kind("flour"), kind("walnuts")),
		uses(2, "Toasts", made("Sourdough bread", 1), kind("tomato")),
		uses(3, "Gratin", made("House crumbs", 2)),
		uses(4, "Of somebody else", made("Sourdough bread", 99)),
		uses(5, "Starter", made("Sourdough", 6)),
		uses(6, "Feeding", made("Sourdough", 5), kind("flour")),
		uses(7, "On an unknown", made("Rice", 8)),
		uses(8, "Paste", kind("xyzzy")),
		{ID: 9, Name: "Stored long ago", Ingredients: uses(0, "", kind("rice")).Ingredients, Outdated: true},
		uses(10, "With that", made("Rice", 9)),
		{ID: 11, Name: "With a gap", Ingredients: uses(0, "", kind("rice")).Ingredients, Gaps: []string{"recipe 42"}},
		{ID: 12, Name: "Rice", Ingredients: uses(0, "", kind("rice")).Ingredients, Texts: []string{"For the peanut sauce"}},
		uses(13, "With a header inside", made("Rice", 12)),
	}
	for order := range 2 {
		p := allergen.NewPool(library)
		for n := range library {
			if order == 1 {
				n = len(library) - 1 - n
			}
			set, unknown := p.Of(library[n])
			want := map[recipe.ID]allergen.Set{1: allergen.Nuts, 2: allergen.Nuts, 3: allergen.Nuts, 12: allergen.Peanuts, 13: allergen.Peanuts}[library[n].ID]
			if set&want != want || (want == 0) != (len(unknown) > 0) {
				t.Errorf("%s: %q, unclassified %q; want %q", library[n].Name, set, unknown, want)
			}
		}
	}
}

func BenchmarkPool(b *testing.B) {
	var library []recipe.Recipe
	known := allergen.Known()
	for n := range 1000 {
		r := recipe.Recipe{ID: recipe.ID(n), Name: "Chicken with rice and " + known[n%len(known)], Steps: []recipe.Step{
			{Instruction: "Fry the sliced chicken hot in the oil, then add the vegetables and ginger and fry for four minutes."},
			{Instruction: "Stir in the soy sauce, honey and cashews and serve with the warmed rice."},
		}}
		for i := range 10 {
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: kind(known[(n*10+i)%len(known)], "Dairy"), Unit: recipe.Unit{Name: "tbsp", Plural: "tbsp"}, Note: "finely chopped, peeled"})
		}
		library = append(library, r)
	}
	b.ReportAllocs()
	for b.Loop() {
		p := allergen.NewPool(library)
		for _, r := range library {
			p.Of(r)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	f := recipe.Food{Name: "Reduced-fat cheddar", Ancestors: []recipe.FoodRef{{Name: "Cheese"}, {Name: "Dairy"}}}
	b.ReportAllocs()
	for b.Loop() {
		allergen.Classify(f)
	}
}
