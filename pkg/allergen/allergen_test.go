package allergen_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/allergen"
	"github.com/mealplanner/mealplanner/pkg/food"
	"github.com/mealplanner/mealplanner/pkg/recipe"
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

func TestAncestorsAddAndNeverTakeAway(t *testing.T) {
	t.Parallel()
	with := func(name string, ancestors ...string) recipe.Food {
		f := recipe.Food{Name: name}
		for _, a := range ancestors {
			f.Ancestors = append(f.Ancestors, recipe.FoodRef{Name: a})
		}
		return f
	}
	for _, c := range []struct {
		food  recipe.Food
		want  allergen.Set
		known bool
	}{
		{with("Bergkäse"), 0, false},
		{with("Bergkäse", "Cheese", "Dairy"), allergen.Milk, true},
		{with("Bergkäse", "Käse", "dairy"), allergen.Milk, true},
		{with("Mousse of the house", "Desserts"), 0, false},
		{with("Sausage", "Vegetables"), allergen.Gluten | allergen.Sulphites, true},
		{with("Tomato", "nuts"), allergen.Nuts, true},
		{recipe.Food{Name: "Zwiebel", Plural: "Onions"}, 0, true},
		{recipe.Food{Name: "soy sauce substitute"}, 0, false},
		{recipe.Food{}, 0, false},
	} {
		if got, ok := allergen.Classify(c.food); got != c.want || ok != c.known {
			t.Errorf("%+v: %q, %v; want %q, %v", c.food, got, ok, c.want, c.known)
		}
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

func TestMoreIngredientsNeverCarryLess(t *testing.T) {
	t.Parallel()
	known := append(allergen.Known(), "xyzzy", "plugh")
	rapid.Check(t, func(t *rapid.T) {
		r := recipe.Recipe{Name: "r"}
		before, unknownBefore := allergen.Set(0), 0
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			f := recipe.Food{Name: rapid.SampledFrom(known).Draw(t, "food")}
			for range rapid.IntRange(0, 2).Draw(t, "ancestors") {
				f.Ancestors = append(f.Ancestors, recipe.FoodRef{Name: rapid.SampledFrom(known).Draw(t, "ancestor")})
			}
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: f})
			set, unknown := allergen.Of(r)
			if set&before != before || len(unknown) < unknownBefore {
				t.Fatalf("%+v took something away: %q to %q", f, before, set)
			}
			before, unknownBefore = set, len(unknown)
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	f := recipe.Food{Name: "Reduced-fat cheddar", Ancestors: []recipe.FoodRef{{Name: "Cheese"}, {Name: "Dairy"}}}
	b.ReportAllocs()
	for b.Loop() {
		allergen.Classify(f)
	}
}
