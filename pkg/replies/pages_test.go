package replies_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
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
			r, err := w.service().Press(t.Context(), w.in.User, week, replies.Press{Line: replies.Take(friday, 77), ID: "once"})
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
		if r, err := w.service().Press(t.Context(), w.in.User, week, replies.Press{Line: line, ID: line}); err != nil || r.Outcome == command.Applied {
			t.Errorf("%q: %+v, %v", line, r.Outcome, err)
		}
	}
	if r, err := w.service().Click(t.Context(), w.in.User, week, replies.Take(friday, 1), "a button"); err != nil || r.Outcome == command.Applied {
		t.Errorf("a button: %+v, %v", r.Outcome, err)
	}
}

// A recipe that a page keeps is locked, also in the place of a meal that is skipped, locked to
// another, or not planned yet. A day of another week is refused.
func TestPagesKeepRecipesByID(t *testing.T) {
	t.Parallel()
	friday := plan.Slot{Date: week + 4, Meal: recipe.Dinner}
	for name, prepare := range map[string]func(*world){
		"planned": func(*world) {},
		"skipped": func(w *world) { w.in.Wishes.Skips = []plan.Slot{friday} },
		"locked":  func(w *world) { w.in.Wishes.Locks = []plan.Lock{{Slot: friday, Recipe: 15}} },
		"to come": func(w *world) { w.in.Existing = nil },
	} {
		w := newWorld()
		prepare(w)
		r, err := w.service().Press(t.Context(), w.in.User, week, replies.Press{Line: replies.Keep(friday, 40), ID: "a"})
		if err != nil || r.Outcome != command.Applied {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		if got := w.last(t).Wishes; len(got.Locks) != 1 || got.Locks[0] != (plan.Lock{Slot: friday, Recipe: 40}) || len(got.Skips) > 0 {
			t.Errorf("%s: wishes %+v", name, got)
		}
	}
	for _, line := range []string{replies.Keep(friday, 99), replies.Keep(plan.Slot{Date: week + 7}, 40), replies.Keep(plan.Slot{Date: week}, 40)} {
		w := newWorld()
		if r, err := w.service().Press(t.Context(), w.in.User, week, replies.Press{Line: line, ID: line}); err != nil || r.Outcome != command.Refused || len(w.changes) != 1 || w.last(t).Wishes != nil {
			t.Errorf("%q: %+v, %v", line, r, err)
		}
	}
	if !replies.ByID(replies.Keep(friday, 1)) || !replies.ByID(replies.Take(friday, 1)) || replies.ByID("LOCK friday dinner") {
		t.Error("which lines name a recipe by id")
	}
}

// A page's wishes replace those of the days to come; what they do is shown before, and what was
// shown of another week is not done.
func TestPagesSetTheWishesOfAWeek(t *testing.T) {
	t.Parallel()
	friday := plan.Slot{Date: week + 4, Meal: recipe.Dinner}
	wanted := replies.Wanted{
		Travel: []calendar.Date{week, week + 2}, Skips: []plan.Slot{{Date: week + 3, Meal: recipe.Breakfast}},
		Guests: []plan.Guests{{Slot: friday, People: 3}}, Mode: targets.HighProtein,
	}
	w := newWorld()
	press := func(p replies.Press) replies.Report {
		t.Helper()
		r, err := w.service().Press(t.Context(), w.in.User, week, p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	version := w.in.Existing.Week.Version()
	if r := press(replies.Press{Wanted: &wanted, ID: "a", Version: version, Preview: true}); r.Outcome != command.Applied || len(r.Answer.Done) != 1 || len(w.changes) != 0 {
		t.Fatalf("a preview: %+v, %d changes", r, len(w.changes))
	}
	if r := press(replies.Press{Wanted: &wanted, ID: "a", Version: "of another week"}); r.Outcome != command.Outdated || len(w.changes) != 0 {
		t.Fatalf("of another week: %+v, %d changes", r, len(w.changes))
	}
	if r := press(replies.Press{Wanted: &wanted, ID: "a", Version: version}); r.Outcome != command.Applied || r.Answered {
		t.Fatalf("%+v", r)
	}
	got := *w.last(t).Wishes
	if fmt.Sprint(got.Travel) != fmt.Sprint([]calendar.Date{week + 2}) { // Monday is over
		t.Errorf("travel %v", got.Travel)
	}
	if len(got.Skips) != 1 || len(got.Guests) != 1 || got.Guests[0].People != 3 || got.Mode != targets.HighProtein {
		t.Errorf("wishes %+v", got)
	}
	freed := w.asked[len(w.asked)-1].Free
	if !slices.Contains(freed, friday) || slices.Contains(freed, plan.Slot{Date: week, Meal: recipe.Lunch}) {
		t.Errorf("freed %v", freed)
	}
	w.in.Wishes = got
	same := wanted
	same.Travel = []calendar.Date{week + 2}
	if r := press(replies.Press{Wanted: &same, ID: "b"}); r.Outcome != command.Refused {
		t.Errorf("the same again: %+v", r)
	}
	none := replies.Wanted{}
	if r := press(replies.Press{Wanted: &none, ID: "c"}); r.Outcome != command.Applied {
		t.Errorf("none any longer: %+v", r)
	}
	if got := *w.last(t).Wishes; len(got.Travel)+len(got.Skips)+len(got.Guests) != 0 || got.Mode != "" {
		t.Errorf("wishes %+v", got)
	}
	for _, bad := range []replies.Wanted{
		{Guests: []plan.Guests{{Slot: friday, People: 31}}},
		{Guests: []plan.Guests{{Slot: friday, People: -1}}},
		{Guests: []plan.Guests{{Slot: plan.Slot{Date: week + 9}, People: 1}}},
		{Mode: "keto"},
	} {
		if r := press(replies.Press{Wanted: &bad, ID: fmt.Sprint(bad)}); r.Outcome != command.Refused {
			t.Errorf("%+v: %+v", bad, r)
		}
	}
}

// What a program wants counts apart from what pages want, and is recorded as a program's.
func TestAProgramPressesAsAPageDoes(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for _, p := range []replies.Press{{Line: "SKIP friday dinner", ID: "once"}, {Line: "SKIP friday dinner", ID: "once", Program: true}} {
		r, err := w.service().Press(t.Context(), w.in.User, week, p)
		if err != nil || r.Outcome != command.Applied || r.Answered || w.last(t).Record.Source != p.By() {
			t.Errorf("%+v: %+v, %v, by %s", p, r, err, w.last(t).Record.Source)
		}
	}
}

// Who takes a change back on a page reads what it was in words, not as commands that they never wrote.
func TestUndoOnAPageIsSaidInWords(t *testing.T) {
	t.Parallel()
	w := newWorld()
	press := func(line string) replies.Report {
		t.Helper()
		r, err := w.service().Press(t.Context(), w.in.User, week, replies.Press{Line: line, ID: line})
		if err != nil || r.Outcome != command.Applied {
			t.Fatalf("%s: %+v, %v", line, r, err)
		}
		return r
	}
	kept := press(replies.Keep(plan.Slot{Date: week + 4, Meal: recipe.Dinner}, 40)).Answer.Done[0].Text
	if got, want := press("UNDO").Answer.Done[0].Text, "Taken back: "+kept; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
