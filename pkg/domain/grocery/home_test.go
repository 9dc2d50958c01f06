package grocery_test

import (
	"math/big"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
)

func TestWhatIsAtHomeCoversTheSameOrLess(t *testing.T) {
	t.Parallel()
	q := func(n int64, unit string) grocery.Quantity {
		return grocery.Quantity{Amount: big.NewRat(n, 1), Unit: unit}
	}
	of := func(list ...grocery.Quantity) []grocery.Quantity { return list }
	for name, c := range map[string]struct {
		had, need []grocery.Quantity
		want      bool
	}{
		"the same":                     {of(q(300, "g")), of(q(300, "g")), true},
		"less":                         {of(q(300, "g")), of(q(299, "g")), true},
		"more":                         {of(q(300, "g")), of(q(301, "g")), false},
		"less in another unit":         {of(q(1, "kg")), of(q(900, "g")), true},
		"more in another unit":         {of(q(1, "kg")), of(q(900, "g"), q(101, "g")), false},
		"sums":                         {of(q(1, "kg"), q(100, "g")), of(q(1050, "g")), true},
		"pieces":                       {of(q(3, "")), of(q(2, "")), true},
		"a unit of the library":        {of(q(2, "zorp")), of(q(2, "zorp")), true},
		"another unit of the library":  {of(q(2, "zorp")), of(q(1, "blob")), false},
		"what only a conversion tells": {of(q(300, "g")), of(q(1, "us_cup")), false},
		"one kind more":                {of(q(300, "g")), of(q(100, "g"), q(1, "")), false},
		"nothing is needed":            {of(q(300, "g")), nil, true},
		"to taste, and an amount now":  {nil, of(q(1, "g")), false},
		"to taste":                     {nil, nil, true},
	} {
		if got := grocery.Covers(c.had, c.need); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Staples go to the pantry whatever number and language the library writes them in, and nothing
// goes that only holds their name.
func TestStaplesAreLookedForAtHome(t *testing.T) {
	t.Parallel()
	l := grocery.List{
		Sections: []grocery.Section{
			{Name: "Baking", Lines: []grocery.Line{{Name: "Mehl", Buy: "500 g", Need: []grocery.Quantity{{Amount: big.NewRat(500, 1), Unit: "g"}}}}},
			{Name: "Other", Lines: []grocery.Line{{Name: "olive oil", Buy: "for Stew"}, {Name: "peanut butter", Buy: "200 g"}, {Name: "zoblats", Buy: "3", Need: []grocery.Quantity{{Amount: big.NewRat(3, 1)}}}}},
		},
		Pantry: []grocery.Line{{Name: "salt"}},
	}
	if got := flat(l.Aside([]string{"flour", "zoblat", "butter", "oil"})); got != "Other: olive oil=for Stew []; peanut butter=200 g []; (Mehl=500 g []) (salt= []) (zoblats=3 [])" {
		t.Error(got)
	}
	if got := flat(l.Aside([]string{"olive oil"})); got != "Baking: Mehl=500 g []; Other: peanut butter=200 g []; zoblats=3 []; (olive oil= []) (salt= [])" {
		t.Error(got)
	}
	if got, want := flat(l), "Baking: Mehl=500 g []; Other: olive oil=for Stew []; peanut butter=200 g []; zoblats=3 []; (salt= [])"; got != want {
		t.Errorf("the list itself changed: %s", got)
	}
	if _, ok := l.Find("food:salt"); !ok {
		t.Error("salt is not found in the pantry")
	}
}
