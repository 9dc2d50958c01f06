package replies_test

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// How much was eaten is in servings of the recipe, the last word counts, and an undo brings back what
// was said before.
func TestWhatWasEatenAndItsUndo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	lunch := plan.Slot{Date: week + 1, Meal: recipe.Lunch}
	w.in.Existing.Week.At(lunch).Servings = nutrition.OneServing * 5 / 4
	want := func(line string, servings nutrition.Servings) {
		t.Helper()
		if r := w.write(t, line); r.Outcome != command.Applied {
			t.Fatalf("%s: %s %+v", line, r.Outcome, r.Answer.Problems)
		}
		if c := w.last(t); !slices.Equal(c.Eaten, []replies.Eaten{{Slot: lunch, Servings: servings}}) || c.User != nil || c.Stored != nil && line[:3] == "ATE" {
			t.Errorf("%s: %+v", line, c.Eaten)
		}
	}
	want("ATE lunch", 12_500)
	want("UNDO", 0)
	want("ATE lunch half", 6_250)
	want("ATE lunch 1,5\nATE lunch twice", 25_000)
	want("UNDO", 6_250)
	want("ATE lunch nothing", 0)
	want("UNDO", 6_250)
	if r := w.write(t, "UNDO"); r.Outcome == command.Applied {
		t.Errorf("an undo of an undo: %s", r.Outcome)
	}
	w.refused(t, w.write(t, "ATE friday lunch half"), "still ahead")
	w.fail["Eaten"] = fault.New(fault.DatabaseError, "postgres", "gone")
	if _, err := w.service().Receive(t.Context(), w.letter("ATE lunch")); fault.KindOf(err) != fault.DatabaseError {
		t.Errorf("the store fails: %v", err)
	}
}

// Records of older versions name meals of which nothing was said before.
func TestUndoOfAnOlderRecord(t *testing.T) {
	t.Parallel()
	w := newWorld()
	lunch := plan.Slot{Date: week + 1, Meal: recipe.Lunch}
	w.write(t, "ATE lunch")
	before := w.changes[len(w.changes)-1].Record.Before
	before.Ate, before.Eaten = nil, []plan.Slot{lunch}
	w.write(t, "UNDO")
	if c := w.last(t); !slices.Equal(c.Eaten, []replies.Eaten{{Slot: lunch}}) {
		t.Errorf("%+v", c.Eaten)
	}
}
