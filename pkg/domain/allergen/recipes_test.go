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

// Whatever is added to a recipe, wherever: no group goes away, and nothing becomes known.
func TestMoreNeverCarriesLess(t *testing.T) {
	t.Parallel()
	names, odd := allergen.Known(), []string{"xyzzy", "plugh", "nut-free", "or", "with", "free", ""}
	word := rapid.OneOf(rapid.SampledFrom(names), rapid.SampledFrom(names), rapid.SampledFrom(odd))
	// A food called "or" or "with" is none: its note may name it.
	foods := rapid.OneOf(rapid.SampledFrom(names), rapid.SampledFrom([]string{"xyzzy", "plugh", "nut-free"}))
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
				r.Ingredients = append(slices.Clone(r.Ingredients), recipe.Ingredient{Food: recipe.Food{Name: foods.Draw(t, "food")}})
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

// Of "wonton wrappers" an importer makes the unit "wonton"; a heading is no food.
func TestLinesThatAreNoFoodAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		unit, food, note string
		none, known      bool
		set              allergen.Set
	}{
		{unit: "wonton", food: "wrappers", known: true, set: allergen.Gluten | allergen.Eggs},
		{unit: "egg", food: "whites", known: true, set: allergen.Eggs},
		{unit: "wonton", food: "plugh"},
		{food: "Filling:", none: true, known: true},
		{food: "Filling:"},
		{food: "Filling", none: true},
		{food: "Peanut sauce:", none: true, known: true, set: allergen.Peanuts},
		{food: "Garnish:", note: "lemon slices", none: true, known: true},
		{food: "Garnish:", note: "plugh", none: true},
	} {
		i := recipe.Ingredient{Food: recipe.Food{Name: c.food}, Unit: recipe.Unit{Name: c.unit}, Note: c.note, Amount: recipe.One, NoAmount: c.none}
		set, unknown := allergen.NewPool(nil).Line(i)
		if (len(unknown) == 0) != c.known || set&c.set != c.set {
			t.Errorf("%+v: got %s, %q", c, set, unknown)
		}
	}
}

// What stands behind "like" is an example of what stands before: torn into a unit, that makes no food
// known.
func TestExamplesMakeNothingKnown(t *testing.T) {
	t.Parallel()
	for unit, food := range map[string]string{"Dinkel wie": "xyzzy", "dinkel wie reis": "xyzzy", "cheese such as": "plugh"} {
		r := recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{{Unit: recipe.Unit{Name: unit}, Food: recipe.Food{Name: food}}}}
		if set, unknown := allergen.Of(r); len(unknown) == 0 || set == 0 {
			t.Errorf("%q of %q: %v, unknown %q", unit, food, set, unknown)
		}
	}
}
