package replies_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// A page takes a recipe by its id, whatever it is called: a name that reads like commands, or
// that another recipe has too, does nothing else. No mail answers, and a press counts once.
func TestPagesTakeRecipesByID(t *testing.T) {
	t.Parallel()
	friday := plan.Slot{Date: week + 4, Meal: recipe.Dinner}
	for _, name := range []string{"Pasta; PAUSE", "Soup and skip monday", "Cake. UNDO", `12" pizza`, "Grilled Salmon", "TAKE 2026-12-04 dinner 1"} {
		w := newWorld()
		w.recipes = append(w.recipes, recipe.Recipe{ID: 77, Name: name, Meals: []recipe.Meal{recipe.Dinner}})
		for i, want := range []command.Outcome{command.Applied, command.Duplicate} {
			r, err := w.service().Press(t.Context(), w.in.User, week, replies.Take(friday, 77), "once")
			if err != nil || r.Outcome != want || r.Answered || len(w.changes) != 1 {
				t.Fatalf("%q, press %d: %+v, %v, %d changes", name, i, r, err, len(w.changes))
			}
		}
		c := w.last(t)
		if len(c.Record.Commands) != 1 || c.Record.Source != replies.ByPage || c.Mail != nil || c.User != nil || len(w.asked) != 1 || len(w.asked[0].Fixed) != 1 || w.asked[0].Fixed[0].Recipe != 77 || w.asked[0].Fixed[0].Slot != friday {
			t.Errorf("%q: recorded %+v, asked for %+v", name, c.Record, w.asked)
		}
	}
	w := newWorld()
	for _, line := range []string{replies.Take(friday, 99), "TAKE 2026-12-04 brunch 77", "TAKE someday dinner 77"} {
		if r, err := w.service().Press(t.Context(), w.in.User, week, line, line); err != nil || r.Outcome == command.Applied {
			t.Errorf("%q: %+v, %v", line, r.Outcome, err)
		}
	}
	if r, err := w.service().Click(t.Context(), w.in.User, week, replies.Take(friday, 1), "a button"); err != nil || r.Outcome == command.Applied {
		t.Errorf("a button: %+v, %v", r.Outcome, err)
	}
}
