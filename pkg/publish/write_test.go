package publish_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

func TestAPlanIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if r := w.write(t); r.Created != 4 || r.Kept+r.Deleted+r.Theirs+len(r.Refused) != 0 {
		t.Errorf("%+v", r)
	}
	w.right(t, "once")
	w.calls = nil
	for range 2 {
		if r := w.write(t); r.Kept != 4 || r.Created+r.Deleted+r.Theirs != 0 {
			t.Errorf("again: %+v", r)
		}
	}
	if w.right(t, "again"); len(w.calls) > 0 {
		t.Errorf("again: %q", w.calls)
	}
}

func TestAnotherPlanTakesThePlaceOfTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	w.plan.Meals = []publish.Meal{dinner(0, 1), dinner(1, 3), dinner(2, 2)}
	w.plan.Needs = []publish.Need{{FoodID: 5, Food: "Rice", Unit: "g", Amount: 700 * recipe.One}, {Food: "Milk", Unit: "ml", Amount: recipe.One}}
	if r := w.write(t); r.Created != 4 || r.Deleted != 3 || r.Kept != 1 || r.Theirs != 0 {
		t.Errorf("%+v", r)
	}
	w.right(t, "changed")
	w.plan.Meals, w.plan.Needs = nil, nil
	if r := w.write(t); r.Deleted != 5 || r.Created+r.Kept != 0 {
		t.Errorf("emptied: %+v", r)
	}
	if w.right(t, "emptied"); len(w.book.rows) > 0 {
		t.Errorf("rows are left: %+v", w.book.rows)
	}
	w.plan.Meals = []publish.Meal{dinner(0, 1)}
	w.write(t)
	w.right(t, "shown again")
}

// What a person changed of a meal is theirs, and their change stays when the plan changes.
func TestMealsThatAPersonChanged(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*publish.PlannedMeal){
		"moved":          func(m *publish.PlannedMeal) { m.Date, m.Until = m.Date+3, m.Until+3 },
		"made longer":    func(m *publish.PlannedMeal) { m.Until++ },
		"another meal":   func(m *publish.PlannedMeal) { m.MealType = 1 },
		"another recipe": func(m *publish.PlannedMeal) { m.Recipe = 9 },
		"other servings": func(m *publish.PlannedMeal) { m.Servings = nutrition.OneServing },
		"with a note":    func(m *publish.PlannedMeal) { m.Note = "with grandma" },
		"with a title":   func(m *publish.PlannedMeal) { m.Title = "Feast" },
		"deleted":        nil,
	} {
		w := newWorld()
		w.write(t)
		id := slices.Min(slices.Collect(maps.Keys(w.meals)))
		if m := w.meals[id]; change != nil {
			change(&m)
			w.meals[id] = m
		} else {
			delete(w.meals, id)
		}
		is, there := w.meals[id]
		if r := w.write(t); r.Theirs != 1 || r.Kept != 3 || r.Created+r.Deleted != 0 {
			t.Errorf("%s: %+v", name, r)
		}
		w.plan.Meals[0].Recipe = 4
		if r := w.write(t); r.Created != 1 || r.Deleted != 0 {
			t.Errorf("%s, replanned: %+v", name, r)
		}
		if now, still := w.meals[id]; now != is || still != there {
			t.Errorf("%s: became %+v", name, now)
		}
		w.plan.Meals = w.plan.Meals[1:]
		w.write(t)
		if now, still := w.meals[id]; now != is || still != there || len(w.meals) != map[bool]int{true: 2, false: 1}[there] {
			t.Errorf("%s, not planned any more: %+v", name, w.meals)
		}
	}
}

func TestMealsOfOthersAreNotTouched(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.meals[50] = publish.PlannedMeal{Date: monday, Until: monday, MealType: 2, Recipe: 1, Servings: 2 * nutrition.OneServing}
	w.lines[51] = publish.Line{ID: 51, Food: "Egg", Amount: 6 * recipe.One}
	if r := w.write(t); r.Created != 4 || len(w.meals) != 3 || len(w.lines) != 3 {
		t.Errorf("%+v; %+v, %+v", r, w.meals, w.lines)
	}
	w.plan.Meals, w.plan.Needs = nil, nil
	if w.write(t); len(w.meals) != 1 || len(w.lines) != 1 {
		t.Errorf("%+v, %+v", w.meals, w.lines)
	}
}

// What is bought or in a person's hands counts, and only the rest is put on the list.
func TestLinesThatAPersonChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world, int64)
		got    recipe.Amount // of 500 g of rice
		open   recipe.Amount // on the list when 800 g are needed
	}{
		"untouched": {func(*world, int64) {}, 0, 800},
		"ticked":    {func(w *world, id int64) { w.line(id, func(l *publish.Line) { l.Checked = true }) }, 500, 300},
		"ticked with more": {func(w *world, id int64) {
			w.line(id, func(l *publish.Line) { l.Checked, l.Amount = true, 600*recipe.One })
		}, 600, 200},
		"ticked and cleared away": {func(w *world, id int64) {
			w.line(id, func(l *publish.Line) { l.Checked = true })
			w.rewrite()
			delete(w.lines, id)
		}, 500, 300},
		"more of it":   {func(w *world, id int64) { w.line(id, func(l *publish.Line) { l.Amount = 700 * recipe.One }) }, 700, 100},
		"less of it":   {func(w *world, id int64) { w.line(id, func(l *publish.Line) { l.Amount = 100 * recipe.One }) }, 500, 300},
		"another unit": {func(w *world, id int64) { w.line(id, func(l *publish.Line) { l.Unit = "kg" }) }, 500, 300},
		"deleted":      {func(w *world, id int64) { delete(w.lines, id) }, 500, 300},
		"more of it, twice": {func(w *world, id int64) {
			w.line(id, func(l *publish.Line) { l.Amount = 700 * recipe.One })
			w.rewrite()
			w.line(id, func(l *publish.Line) { l.Amount = 750 * recipe.One })
		}, 750, 50},
		"ticked, and unticked then": {func(w *world, id int64) {
			w.line(id, func(l *publish.Line) { l.Checked = true })
			w.rewrite()
			w.line(id, func(l *publish.Line) { l.Checked = false })
		}, 0, 800},
	} {
		w := newWorld()
		w.write(t)
		id := w.find("Rice")
		c.change(w, id)
		is, there := w.lines[id]
		w.calls = nil
		if r := w.write(t); len(w.calls) > 0 || r.Theirs != map[bool]int{true: 1, false: 0}[c.got > 0] {
			t.Errorf("%s: %+v, %q", name, r, w.calls)
		}
		w.plan.Needs[0].Amount = 800 * recipe.One
		w.write(t)
		if now, still := w.lines[id]; c.got > 0 && (now != is || still != there) {
			t.Errorf("%s: became %+v", name, now)
		}
		var open recipe.Amount
		for i, l := range w.lines {
			if l.Food == "Rice" && i != id {
				open += l.Amount
			}
		}
		if open != c.open*recipe.One {
			t.Errorf("%s: %g g are on the list", name, open.Float())
		}
		w.plan.Needs = w.plan.Needs[1:]
		w.write(t)
		if now, still := w.lines[id]; c.got > 0 && (now != is || still != there) || c.got == 0 && still {
			t.Errorf("%s, not needed any more: %+v", name, w.lines)
		}
	}
}

func (w *world) line(id int64, change func(*publish.Line)) {
	l := w.lines[id]
	change(&l)
	w.lines[id] = l
}

// rewrite has the plan written, as happens in between.
func (w *world) rewrite() {
	if _, err := publish.Write(context.Background(), w.shelf, w.book, w.plan); err != nil {
		panic(err)
	}
}

// find is the line of a food.
func (w *world) find(food string) int64 {
	for id, l := range w.lines {
		if l.Food == food {
			return id
		}
	}
	return 0
}

// An answer that is lost hides an effect: the second round finds it, and nothing is there
// twice or too few.
func TestLostAnswersLeaveOneOfEach(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"CreateMeal", "CreateLine", "DeleteMeal", "DeleteLine"} {
		w := newWorld()
		if strings.HasPrefix(call, "Delete") {
			w.write(t)
			w.plan.Meals[0].Recipe, w.plan.Needs[0].Amount = 8, recipe.One
		}
		w.lost[call] = []error{down}
		r := w.write(t)
		w.right(t, call)
		if want := map[bool]string{true: "4 0 0", false: "2 2 2"}[strings.HasPrefix(call, "Create")]; fmt.Sprint(r.Created, r.Deleted, r.Kept) != want {
			t.Errorf("%s: %+v", call, r)
		}
		if got := w.book.states(publish.KindMeal) + "; " + w.book.states(publish.KindLine); got != "ours, ours; ours, ours" {
			t.Errorf("%s: rows %s", call, got)
		}
	}
}

// A failure of any call, once or twice in a row, ends in the plan and nothing beside it.
func TestFailuresEndInThePlan(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Space", "MealTypes", "CreateMealType", "Meals", "Meal", "CreateMeal", "DeleteMeal", "Lines", "Line", "CreateLine", "DeleteLine"} {
		for times := 1; times <= 3; times++ {
			w := newWorld()
			w.write(t)
			w.plan.Meals = []publish.Meal{dinner(0, 8), {Date: monday, Meal: recipe.Lunch, Recipe: 3, Servings: nutrition.OneServing}}
			w.plan.Needs[0].Amount = recipe.One
			w.fail[call] = slices.Repeat([]error{down}, times)
			_, err := publish.Write(t.Context(), w.shelf, w.book, w.plan)
			if again := call != "Space"; (err == nil) != (times == 1 && again) || err != nil && fault.KindOf(err) != fault.NetworkError {
				t.Errorf("%s, %d times: %v", call, times, err)
			}
			for range 3 { // until it answers
				if _, err = publish.Write(t.Context(), w.shelf, w.book, w.plan); err == nil {
					break
				}
			}
			if err != nil {
				t.Errorf("%s, %d times: still %v", call, times, err)
			}
			w.right(t, fmt.Sprint(call, times))
		}
	}
}

func TestTheBooksFailuresEndTheWriteBack(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"Rows", "Remotes", "Put", "Drop", "Space", "SetSpace", "MealTypes", "SetMealTypes", "Adopted", "SetAdopted"} {
		w := newWorld()
		if call == "Drop" {
			w.write(t)
			w.plan.Meals = nil
		}
		w.book.fail[call] = []error{gone}
		if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); fault.KindOf(err) != fault.DatabaseError {
			t.Errorf("%s: %v", call, err)
		}
		w.write(t)
		w.right(t, call)
	}
}

// What the library refuses is reported, keeps nothing else from being written, and is tried
// again the next time.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.gone[1] = true
	w.fail["CreateLine"] = []error{refusal("no such unit")}
	r := w.write(t)
	want := []string{"2026-11-30, dinner, recipe 1: recipe 1 is no longer in Tandoor; replan the meal", "shopping list, 500 g Rice: "}
	if len(r.Refused) != 2 || r.Created != 2 {
		t.Fatalf("%+v", r)
	}
	for _, text := range want {
		if !slices.ContainsFunc(r.Refused, func(s string) bool { return strings.Contains(s, text) }) {
			t.Errorf("%q is not in %q", text, r.Refused)
		}
	}
	if got := w.book.states(publish.KindMeal) + "; " + w.book.states(publish.KindLine); got != "refused, ours; refused, ours" {
		t.Errorf("rows %s", got)
	}
	w.gone[1] = false
	if r := w.write(t); r.Created != 2 || r.Kept != 2 || len(r.Refused) > 0 {
		t.Errorf("again: %+v", r)
	}
	w.right(t, "again")
	w.plan.Meals, w.plan.Needs = w.plan.Meals[1:], w.plan.Needs[1:]
	w.fail["DeleteMeal"], w.fail["DeleteLine"] = []error{refusal("locked")}, []error{refusal("locked")}
	if r := w.write(t); len(r.Refused) != 2 || r.Deleted != 0 || !strings.Contains(strings.Join(r.Refused, "\n"), "was not removed") {
		t.Errorf("removal: %+v", r)
	}
	if r := w.write(t); r.Deleted != 2 {
		t.Errorf("removal again: %+v", r)
	}
	w.right(t, "removed")
}

// A refusal of the token or the budget says that nothing was made.
func TestWithoutAccessNothingIsPending(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Unauthorized, fault.QuotaExceeded} {
		for _, call := range []string{"CreateMeal", "CreateLine"} {
			w := newWorld()
			w.fail[call] = []error{fault.New(kind, "tandoor", "no")}
			if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); fault.KindOf(err) != kind {
				t.Errorf("%s, %s: %v", kind, call, err)
			}
			if got := w.book.states(publish.KindMeal) + w.book.states(publish.KindLine); strings.Contains(got, "pending") {
				t.Errorf("%s, %s: rows %s", kind, call, got)
			}
		}
	}
	w := newWorld()
	w.gone[1] = true
	w.fail["HasRecipe"] = []error{fault.New(fault.Unauthorized, "tandoor", "no")}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); fault.KindOf(err) != fault.Unauthorized {
		t.Errorf("a refusal that is not about the meal: %v", err)
	}
}

func TestAnotherSpaceIsNotWrittenInto(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	if w.book.space != w.space {
		t.Errorf("the space on record is %+v", w.book.space)
	}
	w.calls, w.space = nil, publish.Space{ID: 2, Name: "club"}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), `"club" (id 2)`) || len(w.calls) > 0 {
		t.Errorf("%v, %q", err, w.calls)
	}
	w.space = publish.Space{ID: 1, Name: "house"}
	if _, err := publish.Write(t.Context(), w.shelf, w.book, w.plan); err != nil {
		t.Errorf("the same under another name: %v", err)
	}
}

func TestMealTypesAreFoundByNameOrMade(t *testing.T) {
	t.Parallel()
	meals := []publish.Meal{dinner(0, 1), {Date: monday, Meal: recipe.Breakfast, Recipe: 2, Servings: 1}}
	for name, c := range map[string]struct {
		there []publish.MealType
		known [3]int64
		want  [3]int64
		made  int
	}{
		"in English":                         {[]publish.MealType{{ID: 1, Name: "Breakfast"}, {ID: 3, Name: "DINNER"}}, [3]int64{}, [3]int64{1, 0, 3}, 0},
		"in German":                          {[]publish.MealType{{ID: 1, Name: "Frühstück"}, {ID: 3, Name: " abendessen"}}, [3]int64{}, [3]int64{1, 0, 3}, 0},
		"the name given first":               {[]publish.MealType{{ID: 1, Name: "Frühstück"}, {ID: 2, Name: "breakfast"}, {ID: 3, Name: "Dinner"}}, [3]int64{}, [3]int64{2, 0, 3}, 0},
		"as before, though called otherwise": {[]publish.MealType{{ID: 1, Name: "Early"}, {ID: 2, Name: "Breakfast"}, {ID: 3, Name: "Dinner"}}, [3]int64{1, 0, 3}, [3]int64{1, 0, 3}, 0},
		"deleted since":                      {[]publish.MealType{{ID: 2, Name: "Breakfast"}, {ID: 3, Name: "Dinner"}}, [3]int64{1, 9, 3}, [3]int64{2, 9, 3}, 0},
		"made":                               {nil, [3]int64{}, [3]int64{102, 0, 101}, 2},
	} {
		w := newWorld()
		w.types, w.book.types, w.plan.Meals = c.there, c.known, meals
		w.write(t)
		if made := len(w.types) - len(c.there); w.book.types != c.want || made != c.made {
			t.Errorf("%s: %v, %d made", name, w.book.types, made)
		}
		for _, m := range w.meals {
			if want := c.want[map[recipe.ID]recipe.Meal{1: recipe.Dinner, 2: recipe.Breakfast}[m.Recipe]]; m.MealType != want {
				t.Errorf("%s: recipe %d has type %d", name, m.Recipe, m.MealType)
			}
		}
	}
}

// A meal that a person hung a shopping list on is not deleted: the list would go with it.
func TestAMealWithAListOnItStays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t)
	id := slices.Min(slices.Collect(maps.Keys(w.meals)))
	w.lines[60] = publish.Line{ID: 60, Food: "Wine", Amount: recipe.One, Meal: id}
	w.plan.Meals = w.plan.Meals[1:]
	if r := w.write(t); r.Theirs != 1 || w.meals[id].Recipe != 1 || w.lines[60].Food != "Wine" {
		t.Errorf("%+v; %+v, %+v", r, w.meals, w.lines)
	}
	delete(w.lines, 60)
	if w.write(t); w.meals[id].Recipe != 1 {
		t.Error("it goes when the list is empty again")
	}
}
