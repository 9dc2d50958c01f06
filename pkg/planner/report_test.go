package planner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// The report orders unknown foods by what an answer about each alone would free, and an
// answer frees it.
func TestExplain(t *testing.T) {
	t.Parallel()
	u := ana()
	u.Settings.Allergens = []string{"nuts"}
	pool := recipe.Pool{Recipes: library(func(i int) []string {
		return [][]string{{"rice"}, {"rice", "Zauberpulver"}, {"Zauberpulver"}, {"Feenstaub", "Zauberpulver"}, {"rice", "hazelnuts"}}[i%5]
	})}
	pool.Recipes[0].Servings = 0
	got, err := planner.Explain(u, pool)
	if err != nil {
		t.Fatal(err)
	}
	want := []planner.UnknownFood{{Name: "Zauberpulver", Recipes: 27, Frees: 18}, {Name: "Feenstaub", Recipes: 9}}
	if diff := cmp.Diff(want, got.Unknown); diff != "" {
		t.Error(diff)
	}
	reasons := map[planner.Reason]int{}
	for _, l := range got.LeftOut {
		reasons[l.Reason] = len(l.Recipes)
	}
	if diff := cmp.Diff(map[planner.Reason]int{planner.Unclassified: 27, planner.HasAllergen: 9, planner.NoServings: 1}, reasons); diff != "" {
		t.Error(diff)
	}
	usable := func(r planner.Report) (n int) {
		for _, m := range r.Usable {
			n += m
		}
		return n
	}
	for _, c := range []struct {
		answer recipe.Answer
		more   int
	}{
		{recipe.Answer{Food: "zauberpulver", Told: true}, 30},
		{recipe.Answer{Food: "Zauberpulver", Is: "onion"}, 30},
		{recipe.Answer{Food: "Zauberpulver", Ignored: true}, 30},
		{recipe.Answer{Food: "Zauberpulver", Told: true, Contains: []string{"nuts"}}, 0},
		{recipe.Answer{Food: "Feenstaub", Told: true}, 0},
		{recipe.Answer{Food: "hazelnuts", Told: true}, 0}, // what the tables see stays
	} {
		told, err := planner.Explain(u, recipe.Pool{Recipes: recipe.Answered(pool.Recipes, []recipe.Answer{c.answer})})
		if err != nil {
			t.Fatal(err)
		}
		if n := usable(told) - usable(got); n != c.more {
			t.Errorf("%+v frees %d meals, want %d", c.answer, n, c.more)
		}
	}
	if again, _ := planner.Explain(u, pool); !cmp.Equal(got, again) {
		t.Error("answers changed the pool")
	}
}
