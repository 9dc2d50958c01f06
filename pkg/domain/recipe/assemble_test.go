package recipe_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func lines(names ...string) []recipe.Ingredient {
	var out []recipe.Ingredient
	for _, n := range names {
		out = append(out, recipe.Ingredient{Food: recipe.Food{Name: n}})
	}
	return out
}

func steps(texts ...string) []recipe.Step {
	var out []recipe.Step
	for _, t := range texts {
		out = append(out, recipe.Step{Instruction: t})
	}
	return out
}

func show(r recipe.Recipe) string {
	var l, s []string
	for _, i := range r.Ingredients {
		l = append(l, i.Food.Name)
	}
	for _, x := range r.Steps {
		s = append(s, x.Instruction)
	}
	return strings.Join(l, " ") + " | " + strings.Join(s, " ") + " | " + strings.Join(r.Texts, " ") + " | " + strings.Join(r.Foodless, " ") + " | " + strings.Join(r.Gaps, " and ")
}

func TestAssemble(t *testing.T) {
	t.Parallel()
	library := []recipe.Recipe{
		{ID: 1, Name: "sauce", Ingredients: lines("tomato", "oil"), Steps: steps("fry"), Texts: []string{"base"}, Foodless: []string{"a glug"}},
		{ID: 2, Name: "filling", Ingredients: lines("rice"), Steps: steps("boil", "mix"), Embeds: []recipe.Embed{{Recipe: 1, Line: 1, Step: 1}}},
		{ID: 3, Name: "pie", Ingredients: lines("flour", "butter"), Steps: steps("knead", "bake"), Embeds: []recipe.Embed{{Recipe: 2, Line: 1, Step: 1}, {Recipe: 1, Line: 2, Step: 2}}},
		{ID: 4, Name: "self", Ingredients: lines("egg"), Embeds: []recipe.Embed{{Recipe: 4, Line: 1}}},
		{ID: 5, Name: "ring", Ingredients: lines("salt"), Embeds: []recipe.Embed{{Recipe: 6}}},
		{ID: 6, Name: "ring too", Ingredients: lines("pepper"), Embeds: []recipe.Embed{{Recipe: 5}}},
		{ID: 7, Name: "borrowed", Ingredients: lines("leek"), Embeds: []recipe.Embed{{Recipe: 99}}},
		{ID: 8, Name: "through", Embeds: []recipe.Embed{{Recipe: 7}, {Recipe: 5}}},
		{ID: 9, Name: "beyond", Ingredients: lines("a", "b"), Embeds: []recipe.Embed{{Recipe: 1, Line: 9, Step: 9}, {Recipe: 1, Line: -1}}},
		{ID: 10, Name: "old", Ingredients: lines("x"), Outdated: true},
		{ID: 11, Name: "on old", Embeds: []recipe.Embed{{Recipe: 10}}},
	}
	for _, reversed := range []bool{false, true} {
		in := slices.Clone(library)
		if reversed {
			slices.Reverse(in)
		}
		got := map[recipe.ID]recipe.Recipe{}
		for n, r := range recipe.Assemble(in) {
			if got[r.ID] = r; r.ID != in[n].ID || len(r.Embeds) > 0 {
				t.Errorf("recipe %d stands where %d stood, embeds %v", r.ID, in[n].ID, r.Embeds)
			}
		}
		for id, want := range map[recipe.ID]string{
			1: "tomato oil | fry | base | a glug | ",
			2: "rice tomato oil | boil fry mix | sauce base | a glug | ",
			3: "flour rice tomato oil butter tomato oil | knead boil fry mix bake fry | filling sauce base sauce base | a glug a glug | ",
			4: `egg |  |  |  | recipe 4 "self", which embeds itself`,
			7: "leek |  |  |  | recipe 99, which the library does not show",
			9: "a b tomato oil tomato oil | fry fry | sauce base sauce base | a glug a glug | ",
		} {
			if s := show(got[id]); s != want {
				t.Errorf("recipe %d: %s\nwant %s", id, s, want)
			}
		}
		for _, id := range []recipe.ID{5, 6, 8} {
			if len(got[id].Gaps) == 0 {
				t.Errorf("recipe %d is in or on a ring and has no gap", id)
			}
		}
		if !got[11].Outdated {
			t.Error("a recipe that embeds an outdated one is outdated")
		}
	}
	if s := show(library[1]); s != "rice | boil mix |  |  | " || len(library[1].Embeds) != 1 {
		t.Errorf("the library was changed: %s", s)
	}
}

// Embeds may multiply: thirty levels of two each would be a billion lines.
func TestAssemblyIsBounded(t *testing.T) {
	t.Parallel()
	library := []recipe.Recipe{{ID: 0, Name: "seed", Ingredients: lines("rice")}}
	for n := range 30 {
		library = append(library, recipe.Recipe{ID: recipe.ID(n + 1), Name: strconv.Itoa(n), Embeds: []recipe.Embed{{Recipe: recipe.ID(n)}, {Recipe: recipe.ID(n)}}})
	}
	all := recipe.Assemble(library)
	for n, r := range all {
		if whole := len(r.Ingredients) == 1<<n; whole == (len(r.Gaps) > 0) {
			t.Errorf("level %d: %d lines, gaps %q", n, len(r.Ingredients), r.Gaps)
		}
	}
	if len(all[30].Gaps) == 0 {
		t.Error("the last one cannot be whole")
	}
}

// A recipe without gaps holds every line that can be reached from it.
func TestAssembleLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "recipes")
		var library []recipe.Recipe
		for id := range n {
			r := recipe.Recipe{ID: recipe.ID(id), Name: strconv.Itoa(id), Ingredients: lines(fmt.Sprint("own", id))}
			for range rapid.IntRange(0, 2).Draw(t, "embeds") {
				r.Embeds = append(r.Embeds, recipe.Embed{Recipe: recipe.ID(rapid.IntRange(0, n).Draw(t, "of")), Line: rapid.IntRange(0, 1).Draw(t, "line")})
			}
			library = append(library, r)
		}
		var reach func(id recipe.ID, path []recipe.ID) (names []string, whole bool)
		reach = func(id recipe.ID, path []recipe.ID) ([]string, bool) {
			if int(id) >= n || slices.Contains(path, id) {
				return nil, false
			}
			names, whole := []string{fmt.Sprint("own", id)}, true
			for _, e := range library[id].Embeds {
				more, ok := reach(e.Recipe, append(slices.Clone(path), id))
				names, whole = append(names, more...), whole && ok
			}
			return names, whole
		}
		for _, r := range recipe.Assemble(library) {
			want, whole := reach(r.ID, nil)
			var got []string
			for _, i := range r.Ingredients {
				got = append(got, i.Food.Name)
			}
			slices.Sort(want)
			slices.Sort(got)
			if whole != (len(r.Gaps) == 0) || whole && !slices.Equal(got, want) {
				t.Fatalf("recipe %d: %v, gaps %q; want %v, whole %t", r.ID, got, r.Gaps, want, whole)
			}
		}
	})
}
