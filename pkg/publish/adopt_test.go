package publish_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

const marker = "mealplanner:gen_2026w49_ana"

// old is a library as a version that stored no ids left it, for people eaters: the marker as
// the meals' note, servings for one, the list on the first meal.
func old(people nutrition.Servings) *world {
	w := newWorld()
	w.plan.Old.Marker = marker
	for i := range w.plan.Meals {
		m := w.plan.Meals[i]
		m.Servings = nutrition.OneServing
		w.plan.Old.Meals = append(w.plan.Old.Meals, m)
		w.plan.Meals[i].Servings = people * nutrition.OneServing
		w.meals[int64(10+i)] = publish.PlannedMeal{Date: m.Date, Until: m.Date, MealType: 2, Recipe: m.Recipe, Servings: m.Servings, Note: marker}
	}
	w.plan.Old.Needs = []publish.Need{{FoodID: 5, Food: "Rice", Unit: "gram", Amount: 500 * recipe.One}, {Food: "Egg", Amount: 6 * recipe.One}}
	w.lines[20] = publish.Line{ID: 20, FoodID: 5, Food: "Rice", Unit: "gram", Amount: 500 * recipe.One, Meal: 10}
	w.lines[21] = publish.Line{ID: 21, Food: "Egg", Amount: 6 * recipe.One, Meal: 10}
	return w
}

// However many eat, what an older version wrote becomes the plan, each meal once: the first
// too, on which that version hung the list.
func TestWhatAnOlderVersionWroteIsTakenOver(t *testing.T) {
	t.Parallel()
	for people := nutrition.Servings(1); people <= 3; people++ {
		w := old(people)
		w.write(t)
		w.right(t, fmt.Sprint(int(people), " eat"))
		for id, m := range w.meals {
			if m.Note != "" && people > 1 {
				t.Errorf("%d eat: meal %d has the note %q", people, id, m.Note)
			}
		}
		w.calls = nil
		if w.write(t); len(w.calls) > 0 || !w.book.adopted {
			t.Errorf("%d eat, again: %q", people, w.calls)
		}
	}
}

func TestWhatAPersonDidToAnOlderVersionsPlanStays(t *testing.T) {
	t.Parallel()
	w := old(2)
	w.meals[11] = publish.PlannedMeal{Date: monday + 1, Until: monday + 1, MealType: 2, Recipe: 9, Servings: nutrition.OneServing, Note: marker}
	w.line(20, func(l *publish.Line) { l.Checked = true })
	moved, bought := w.meals[11], w.lines[20]
	w.write(t)
	if w.meals[11] != moved || w.lines[20] != bought {
		t.Errorf("%+v, %+v", w.meals, w.lines)
	}
	if _, there := w.meals[10]; !there {
		t.Error("the meal is gone with the line that was bought for it")
	}
	for id, l := range w.lines {
		if l.Food == "Rice" && id != 20 {
			t.Errorf("bought rice is on the list again: %+v", l)
		}
	}
}

func TestAnOlderVersionsPlanIsLookedForOnce(t *testing.T) {
	t.Parallel()
	w := old(2)
	w.book.adopted = true
	if w.write(t); len(w.meals) != 4 {
		t.Errorf("%+v", w.meals)
	}
	w = old(2)
	w.plan.Old.Marker = ""
	if w.write(t); len(w.meals) != 4 || !w.book.adopted {
		t.Errorf("without a marker: %+v", w.meals)
	}
}

// Only what carries the marker or hangs where that version hung it, exactly as it was
// written, is taken over.
func TestWhatAnOlderVersionDidNotWriteIsNotTakenOver(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"a meal without the marker": func(w *world) {
			w.meals[5] = publish.PlannedMeal{Date: monday, Until: monday, MealType: 2, Recipe: 1, Servings: nutrition.OneServing}
		},
		"a line on no meal": func(w *world) {
			w.lines[15] = publish.Line{ID: 15, FoodID: 5, Food: "Rice", Unit: "gram", Amount: 500 * recipe.One}
		},
		"a line of another amount": func(w *world) { w.line(20, func(l *publish.Line) { l.Amount = 700 * recipe.One }) },
	} {
		w := old(2)
		change(w)
		keep := map[int64]bool{5: true, 15: true, 20: w.lines[20].Amount != 500*recipe.One}
		meals, lines := maps.Clone(w.meals), maps.Clone(w.lines)
		w.write(t)
		w.plan.Meals, w.plan.Needs = nil, nil // what is ours goes again
		w.write(t)
		for id, m := range meals {
			if keep[id] && w.meals[id] != m {
				t.Errorf("%s: meal %d is %+v", name, id, w.meals[id])
			}
		}
		for id, l := range lines {
			if keep[id] && w.lines[id] != l {
				t.Errorf("%s: line %d is %+v", name, id, w.lines[id])
			}
		}
	}
}

// A take-over that is interrupted goes on, and leaves alone what a person wrote meanwhile.
func TestATakeOverThatIsInterrupted(t *testing.T) {
	t.Parallel()
	w := old(1)
	w.book.fail["SetAdopted"] = []error{gone}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); err == nil {
		t.Fatal("no error")
	}
	m := w.meals[11]
	m.Note = "with grandma"
	w.meals[11] = m
	if w.write(t); w.meals[11].Note != "with grandma" || len(w.meals) != 2 {
		t.Errorf("%+v", w.meals)
	}
	w = old(2)
	w.fail["ClearNote"] = []error{down}
	w.write(t)
	w.right(t, "a note that was not cleared at first")
}
