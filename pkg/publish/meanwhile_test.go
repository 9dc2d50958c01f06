package publish_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// What a person has, exactly as the plan wants it.
var (
	theirMeal = publish.PlannedMeal{Date: monday, Until: monday, MealType: 2, Recipe: 1, Servings: 2 * nutrition.OneServing}
	theirEggs = publish.Line{ID: 51, Food: "Egg", Amount: 6 * recipe.One}
	theirRice = publish.Line{ID: 52, FoodID: 5, Food: "Rice", Unit: "g", Amount: 500 * recipe.One}
)

// interrupted is a world whose first write-back ended before anything was made.
func interrupted(t *testing.T, call string) *world {
	t.Helper()
	w := newWorld()
	w.meals[50], w.lines[51], w.lines[52] = theirMeal, theirEggs, theirRice
	earlier := theirMeal
	earlier.Date, earlier.Until = monday-5, monday-5
	w.meals[60] = earlier
	w.fail[call] = []error{down, down}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); fault.KindOf(err) != fault.NetworkError {
		t.Fatal(err)
	}
	return w
}

// A creation that failed is not found in what looks alike and was there before, is another
// plan's, or is not as it was to be.
func TestWhatLooksAlikeIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*world){
		"it was there before":         func(*world) {},
		"it was there on another day": func(w *world) { w.meals[60] = theirMeal },
		"another plan has it": func(w *world) {
			w.meals[200], w.lines[201] = theirMeal, publish.Line{ID: 201, Food: "Egg", Amount: 6 * recipe.One}
			w.lines[202] = publish.Line{ID: 202, FoodID: 5, Food: "Rice", Unit: "g", Amount: 500 * recipe.One}
			w.book.others = map[int64]bool{200: true, 201: true, 202: true}
		},
		"it is not as it was to be": func(w *world) {
			w.meals[200] = publish.PlannedMeal{Date: monday, Until: monday, MealType: 2, Recipe: 1, Servings: nutrition.OneServing}
			w.lines[201], w.lines[202] = publish.Line{ID: 201, Food: "Egg", Amount: recipe.One}, publish.Line{ID: 202, FoodID: 5, Food: "Rice", Unit: "g", Amount: recipe.One}
		},
		"it hangs on a meal": func(w *world) {
			w.lines[202] = publish.Line{ID: 202, FoodID: 5, Food: "Rice", Unit: "g", Amount: 500 * recipe.One, Meal: 50}
		},
	} {
		for _, call := range []string{"CreateMeal", "CreateLine"} {
			w := interrupted(t, call)
			between(w)
			meals, lines := maps.Clone(w.meals), maps.Clone(w.lines)
			w.ids = 300
			w.write(t)
			w.plan.Meals, w.plan.Needs = nil, nil // what is ours goes again
			w.write(t)
			for id, m := range meals {
				if w.meals[id] != m {
					t.Errorf("%s, %s: meal %d is %+v", name, call, id, w.meals[id])
				}
			}
			for id, l := range lines {
				if id > 100 && id < 200 { // made before the failure
					continue
				}
				if w.lines[id] != l {
					t.Errorf("%s, %s: line %d is %+v", name, call, id, w.lines[id])
				}
			}
			if len(w.book.rows) > 0 {
				t.Errorf("%s, %s: rows %+v", name, call, w.book.rows)
			}
		}
	}
}

// What a person does between our look and our deletion counts.
func TestAPersonIsFasterThanADeletion(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	meal, line := slices.Min(slices.Collect(maps.Keys(w.meals))), w.find("Egg")
	w.plan.Meals, w.plan.Needs = w.plan.Meals[1:], w.plan.Needs[:1]
	w.first["Meal"] = func() {
		m := w.meals[meal]
		m.Note = "with grandma"
		w.meals[meal] = m
	}
	w.first["Line"] = func() { w.line(line, func(l *publish.Line) { l.Checked = true }) }
	if r := w.write(t); r.Theirs != 2 || r.Deleted != 0 || w.meals[meal].Note != "with grandma" || !w.lines[line].Checked {
		t.Errorf("%+v; %+v, %+v", r, w.meals, w.lines)
	}
	w = newWorld()
	w.write(t)
	meal = slices.Min(slices.Collect(maps.Keys(w.meals)))
	w.plan.Meals = w.plan.Meals[1:]
	w.first["Meal"] = func() { delete(w.meals, meal) }
	if r := w.write(t); r.Deleted > 0 || r.Theirs != 1 || len(w.meals) != 1 {
		t.Errorf("a meal that is gone by then: %+v", r)
	}
}

// A meal that could not be deleted and is wanted again is ours again, and there once.
func TestAMealThatIsWantedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	all := w.plan.Meals
	w.plan.Meals = all[1:]
	w.fail["DeleteMeal"] = []error{down, down}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); err == nil {
		t.Fatal("no error")
	}
	w.plan.Meals = all
	if r := w.write(t); r.Theirs > 0 {
		t.Errorf("%+v", r)
	}
	w.right(t, "wanted again")
	if got := w.book.states(publish.KindMeal); got != "ours, ours" {
		t.Errorf("rows %s", got)
	}
}

// A line that was ticked by mistake counts for nothing once it is gone again.
func TestALineThatWasUntickedAndDeletedIsNeededAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	id := w.find("Rice")
	w.line(id, func(l *publish.Line) { l.Checked = true })
	w.rewrite()
	w.line(id, func(l *publish.Line) { l.Checked = false })
	needs := w.plan.Needs
	w.plan.Needs = needs[1:]
	w.lost["DeleteLine"] = []error{down}
	w.write(t)
	w.plan.Needs = needs
	if r := w.write(t); r.Created != 1 || r.Theirs > 0 {
		t.Errorf("%+v", r)
	}
	w.right(t, "needed again")
}

func TestALineThatWasTickedStaysBoughtWhenItIsClearedAway(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	id := w.find("Rice")
	w.line(id, func(l *publish.Line) { l.Checked = true })
	w.rewrite()
	delete(w.lines, id)
	w.write(t)
	if got := w.book.states(publish.KindLine); !strings.Contains(got, "bought") {
		t.Errorf("rows %s", got)
	}
}

// Only what may have hidden an effect is tried a second time at once.
func TestWhichFailuresAreTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds {
		w := newWorld()
		w.fail["CreateMeal"] = []error{fault.New(kind, "tandoor", "no")}
		_, err := publish.Write(t.Context(), w.shelf, w.book, w.plan)
		again := slices.Contains([]fault.Kind{fault.TimeoutError, fault.NetworkError, fault.Unavailable}, kind)
		if (err == nil) != again || err != nil && fault.KindOf(err) != kind {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
