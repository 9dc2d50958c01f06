package content_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/content"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

type colour uint16

const (
	red colour = 1 << iota
	blue
)

func entry(set colour, names ...string) content.Entry[colour] {
	return content.Entry[colour]{Names: names, Set: set}
}

func list(t *testing.T) *content.List[colour] {
	t.Helper()
	l, err := content.NewList([][]content.Entry[colour]{
		{entry(red, "tomato", "love apple"), entry(0, "rice"), entry(blue, "plum or tomato")},
		{entry(blue, "plum"), entry(0, "butter")},
	}, [][]content.Entry[colour]{{entry(red, "sauce"), entry(blue, "rice")}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLists(t *testing.T) {
	t.Parallel()
	l := list(t)
	if l.Carries["tomatoes"] != red || l.Carries["plum or tomato"] != red|blue || l.May["rice"] != blue {
		t.Errorf("%v %v", l.Carries, l.May)
	}
	if _, known := l.Carries["sauces"]; !known {
		t.Error("what may hide something is known")
	}
	for _, bad := range [][]content.Entry[colour]{{entry(red, "plum"), entry(blue, "plum")}, {entry(red, "plum", "-")}} {
		if _, err := content.NewList([][]content.Entry[colour]{bad}, nil); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestNamesOfOtherLanguages(t *testing.T) {
	t.Parallel()
	l := list(t)
	if err := l.Translate([]food.Translation{{Food: "tomato", Name: "Tomate"}, {Food: "plum", Name: "rice", Shared: true}}, false); err != nil {
		t.Fatal(err)
	}
	if l.Carries["tomate"] != red || l.Carries["rice"] != blue {
		t.Errorf("%v", l.Carries)
	}
	err := list(t).Translate([]food.Translation{{Food: "pear", Name: "Birne"}, {Food: "plum", Name: "tomato"}}, false)
	if err == nil || !strings.Contains(err.Error(), "no table has") || !strings.Contains(err.Error(), "another food in English") {
		t.Errorf("got %v", err)
	}
	if err := list(t).Translate([]food.Translation{{Food: "plum", Name: "tomato"}}, true); err != nil {
		t.Errorf("names may differ: %v", err)
	}
}

// Which foods of a recipe bring something, those that are recipes included.
func TestBringing(t *testing.T) {
	t.Parallel()
	table := content.NewTable(list(t), content.Rules[colour]{Lacks: map[string]content.Lack[colour]{"pale": {Without: red | blue}}})
	line := func(name string, by recipe.ID) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name, Recipe: by}}
	}
	library := []recipe.Recipe{
		{ID: 1, Name: "Inner", Ingredients: []recipe.Ingredient{line("plum", 0)}},
		{ID: 2, Name: "Outer", Ingredients: []recipe.Ingredient{line("butter", 1), line("tomatoes", 0), line("pale tomato", 0)}},
		{ID: 3, Name: "Tomato rice", Ingredients: []recipe.Ingredient{line("butter", 0)}},
	}
	p := content.NewPool(table, library)
	for _, c := range []struct {
		recipe int
		some   colour
		want   []string
	}{{1, blue, []string{"butter"}}, {1, red, []string{"tomatoes"}}, {1, red | blue, []string{"butter", "tomatoes"}}, {2, red, nil}} {
		if got := p.Bringing(library[c.recipe], c.some); !slices.Equal(got, c.want) {
			t.Errorf("%s, %d: %q, want %q", library[c.recipe].Name, c.some, got, c.want)
		}
	}
	if set, unknown := p.Of(library[2]); set != red || len(unknown) > 0 {
		t.Errorf("a title adds: %d, %q", set, unknown)
	}
}
