package allergen_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

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
	foreign := map[string]bool{} // a French "pâtes" is no pâté
	for _, tr := range food.Translations() {
		foreign[phrase.Key(tr.Name)] = !tr.Shared
	}
	for _, n := range stems {
		want, ok := allergen.Classify(recipe.Food{Name: n})
		if !ok {
			t.Errorf("%s is in the tables and not classified", n)
		}
		for _, form := range food.Forms(n) {
			_, ownEntry := slices.BinarySearch(stems, form)
			ownEntry = ownEntry || foreign[phrase.Key(form)]
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
		"salmon": true, "garlic": true, "wahoo": false, "Nöt": false, "large wahoo": false, "opah and": false,
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
