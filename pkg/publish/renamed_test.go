package publish_test

import (
	"math/big"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// one is an ingredient of a library: one of a food.
func one(id int64, name string) recipe.Ingredient {
	return recipe.Ingredient{Food: recipe.Food{ID: id, Name: name}, Amount: recipe.One}
}

// What is ticked stays bought when the library comes to call it otherwise.
func TestWhatIsTickedStaysBoughtUnderAnotherName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line          string
		unit          string
		before, after []recipe.Ingredient
		is            string // what the list calls it then
	}{
		"it has an id now":                {"Eggs", "", nil, []recipe.Ingredient{one(9, "Eggs")}, "Eggs"},
		"it has one under another name":   {"Eggs", "", nil, []recipe.Ingredient{one(9, "large egg")}, "large egg"},
		"another of the library's is it":  {"Eggs", "", []recipe.Ingredient{one(9, "large eggs")}, []recipe.Ingredient{one(9, "large eggs"), one(4, "egg")}, "egg"},
		"the library has it no longer":    {"Eggs", "", []recipe.Ingredient{one(9, "egg")}, nil, "Eggs"},
		"its unit has another name":       {"sugar", "g", nil, []recipe.Ingredient{{Food: recipe.Food{ID: 9, Name: "sugar"}, Unit: recipe.Unit{Name: "Gramm"}, Amount: recipe.One}}, "sugar"},
		"a food that the tables have not": {"Flurbs", "", nil, []recipe.Ingredient{one(9, "flurbs")}, "Flurbs"},
	} {
		o := newOffice()
		lines := func(n int64) {
			o.stored["ana"].Groceries.Sections = []grocery.Section{{Lines: []grocery.Line{{Name: c.line, Need: []grocery.Quantity{{Amount: big.NewRat(n, 1), Unit: c.unit}}}}}}
		}
		lines(6)
		o.pool = []recipe.Recipe{{ID: 1, Ingredients: c.before}}
		p := o.publisher()
		push := func() publish.Published {
			r, err := p.Push(t.Context(), "ana", monday)
			if err != nil || r.Err != nil {
				t.Fatalf("%s: %v, %v", name, err, r.Err)
			}
			return r
		}
		push()
		for id, l := range o.shelf.lines {
			l.Checked = true
			o.shelf.lines[id] = l
		}
		o.pool = []recipe.Recipe{{ID: 1, Ingredients: c.after}}
		if r := push(); r.Created != 0 || len(o.shelf.lines) != 1 {
			t.Errorf("%s: %+v; %+v", name, r.Report, o.shelf.lines)
		}
		lines(8)
		if r := push(); r.Created != 1 || len(o.shelf.lines) != 2 {
			t.Errorf("%s, two more: %+v; %+v", name, r.Report, o.shelf.lines)
		}
		for _, l := range o.shelf.lines {
			if !l.Checked && (l.Amount != 2*recipe.One || l.Food != c.is) {
				t.Errorf("%s, two more: %+v", name, l)
			}
		}
	}
}

// An open line is kept while it shows what is wanted, and makes room for the better name else.
func TestAnOpenLineTakesTheLibrarysName(t *testing.T) {
	t.Parallel()
	for after, kept := range map[string]bool{"Eggs": true, "egg": false} {
		o := newOffice()
		p := o.publisher()
		for _, pool := range [][]recipe.Ingredient{nil, {one(9, after)}} {
			o.pool = []recipe.Recipe{{ID: 1, Ingredients: pool}}
			if r, err := p.Push(t.Context(), "ana", monday); err != nil || r.Err != nil || pool != nil && (r.Created == 0) != kept || len(o.shelf.lines) != 3 {
				t.Errorf("%s: %+v, %v; %+v", after, r, err, o.shelf.lines)
			}
		}
	}
}

// Of the foods that are one for who buys them, the plainest name is written.
func TestThePlainestFoodIsBought(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line string
		pool []recipe.Ingredient
		want string
	}{
		"as the tables call it":     {"lemons", []recipe.Ingredient{one(3, "lemon wedges"), one(7, "lemon")}, "lemon"},
		"in the plural":             {"lemon", []recipe.Ingredient{one(3, "lemon wedges"), one(7, "Lemons")}, "Lemons"},
		"as the list calls it":      {"Zitrone", []recipe.Ingredient{one(3, "lemon"), one(7, "Zitrone")}, "Zitrone"},
		"the shortest":              {"lemon", []recipe.Ingredient{one(3, "lemon wedges, sliced"), one(7, "lemon wedges")}, "lemon wedges"},
		"the oldest of two as long": {"lemon", []recipe.Ingredient{one(8, "lemon slices"), one(7, "lemon wedges")}, "lemon wedges"},
	} {
		o := newOffice()
		o.stored["ana"].Groceries.Sections = []grocery.Section{{Lines: []grocery.Line{{Name: c.line, Need: []grocery.Quantity{{Amount: big.NewRat(2, 1)}}}}}}
		o.pool = []recipe.Recipe{{ID: 1, Ingredients: c.pool}}
		if got, err := o.publisher().Wanted(t.Context(), o.due[0]); err != nil || len(got.Needs) != 1 || got.Needs[0].Food != c.want {
			t.Errorf("%s: %+v, %v", name, got.Needs, err)
		}
	}
}
