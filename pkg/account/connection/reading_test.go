package connection_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// How a library is read is said by whoever connected it: with keywords of its recipes, a supermarket
// of Tandoor's, and nothing that changed meanwhile.
func TestAnOwnerSaysHowTheLibraryIsRead(t *testing.T) {
	t.Parallel()
	type meals = map[string][]recipe.Meal
	type users = map[string]string
	known := func(context.Context, string) (library.Vocabulary, error) {
		return library.Vocabulary{Tags: []string{"Brunch", "Supper"}}, nil
	}
	before := connection.Reading{Keywords: meals{"vesper": {recipe.Dinner}}} // no recipe has it any more
	for name, c := range map[string]struct {
		users     users
		invited   bool
		seen      string
		want      connection.Reading
		kind      fault.Kind
		says      string
		asked     bool
		meanwhile bool
	}{
		"a keyword":                {users{"ana": "ana"}, true, before.Version(), connection.Reading{Keywords: meals{" Brunch ": {recipe.Breakfast, recipe.Lunch}, "vesper": {recipe.Dinner}}}, "", "", false, false},
		"none":                     {users{"ana": "ana"}, true, "", connection.Reading{}, "", "", false, false},
		"a supermarket":            {users{"ana": "ana"}, true, before.Version(), connection.Reading{Supermarket: "Corner shop"}, "", "", true, false},
		"one that there is not":    {users{"ana": "ana"}, true, "", connection.Reading{Supermarket: "No shop"}, fault.InvalidInput, "which has", true, false},
		"a keyword that is none":   {users{"ana": "ana"}, true, "", connection.Reading{Keywords: meals{"Bruch": {recipe.Lunch}}}, fault.InvalidInput, "did you mean Brunch?", false, false},
		"a keyword for nothing":    {users{"ana": "ana"}, true, "", connection.Reading{Keywords: meals{"Brunch": {}}}, fault.InvalidInput, "which meal", false, false},
		"a keyword without a name": {users{"ana": "ana"}, true, "", connection.Reading{Keywords: meals{" ": {recipe.Lunch}}}, fault.InvalidInput, "is no name", false, false},
		"a name that is too long":  {users{"ana": "ana"}, true, "", connection.Reading{Supermarket: strings.Repeat("x", 101)}, fault.InvalidInput, "at most 100", false, false},
		"what was not seen":        {users{"ana": "ana"}, true, "0123456789abcdef", connection.Reading{}, fault.Conflict, "changed elsewhere", false, false},
		"changed while asked":      {users{"ana": "ana"}, true, before.Version(), connection.Reading{Supermarket: "Corner shop"}, fault.Conflict, "changed elsewhere", true, true},
		"an operator's":            {users{"ana": "ana"}, false, "", connection.Reading{}, fault.Conflict, "not yours", false, false},
		"another person's":         {users{"ana": "bo", "bo": "bo"}, true, "", connection.Reading{}, fault.Conflict, "not yours", false, false},
		"nobody's":                 {users{}, true, "", connection.Reading{}, fault.NotFound, "", false, false},
	} {
		o := open(c.invited, c.users)
		for id, l := range o.libraries {
			l.KeywordMeals = maps.Clone(before.Keywords)
			o.libraries[id] = l
		}
		asked := false
		s := connection.New(o, func(_ context.Context, l recipe.Connection) error {
			asked = true
			if c.meanwhile {
				l.KeywordMeals, l.Supermarket = meals{"supper": {recipe.Dinner}}, ""
				o.libraries["ana"] = l
			}
			if l.Supermarket == "No shop" {
				return fault.New(fault.InvalidInput, "--supermarket", "it is not in Tandoor, which has others")
			}
			return nil
		}, known)
		_, err := s.SetReading(t.Context(), "ana", c.seen, c.want)
		if fault.KindOf(err) != c.kind || c.kind != "" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if asked != c.asked {
			t.Errorf("%s: Tandoor was asked: %t", name, asked)
		}
		stored := o.libraries["ana"]
		if c.kind == "" && (stored.Supermarket != c.want.Supermarket || len(stored.KeywordMeals) != len(c.want.Keywords) || o.changed != "ana by ana") {
			t.Errorf("%s: stored %+v, %s", name, stored, o.changed)
		}
		if _, kept := stored.KeywordMeals["vesper"]; c.kind != "" && !c.meanwhile && stored.ID != "" && !kept {
			t.Errorf("%s: changed all the same: %+v", name, stored)
		}
	}
}
