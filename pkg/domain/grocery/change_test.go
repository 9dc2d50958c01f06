package grocery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
)

// What is new, of another amount, and no longer bought; what stays, and what only moves to another
// aisle, is no change.
func TestDiff(t *testing.T) {
	t.Parallel()
	list := func(aisle string, lines ...grocery.Line) grocery.List {
		return grocery.List{Sections: []grocery.Section{{Name: aisle, Lines: lines}}}
	}
	was := list("Vegetables", grocery.Line{Food: 1, Name: "zorps", Buy: "2"}, grocery.Line{Food: 2, Name: "wibbles", Buy: "100 g"}, grocery.Line{Food: 3, Name: "quux", Buy: "1 l"})
	is := list("Other", grocery.Line{Food: 4, Name: "blorbs", Buy: "for Pie"}, grocery.Line{Food: 1, Name: "zorp", Buy: "1"}, grocery.Line{Food: 2, Name: "wibbles", Buy: "100 g"})
	want := []grocery.Change{{Name: "blorbs", Is: "for Pie"}, {Name: "zorp", Was: "2", Is: "1"}, {Name: "quux", Was: "1 l"}}
	if d := cmp.Diff(want, grocery.Diff(was, is)); d != "" {
		t.Error(d)
	}
	if got := grocery.Diff(is, is); got != nil {
		t.Errorf("of the same list: %+v", got)
	}
}
