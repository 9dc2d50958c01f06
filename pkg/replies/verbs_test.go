package replies_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

var update = flag.Bool("update", false, "write testdata/verbs.golden")

var fridayDinner = plan.Slot{Date: week + 4, Meal: recipe.Dinner}

// states are what a command may find. Unless they say otherwise it is Tuesday, the week is
// planned, and nothing was wished for.
var states = []struct {
	name  string
	enter func(*world)
}{
	{"planned", func(*world) {}},
	{"not planned yet", func(w *world) { w.in.Existing = nil }},
	{"dinner locked", func(w *world) {
		w.in.Wishes.Locks = []plan.Lock{{Slot: fridayDinner, Recipe: 15}}
	}},
	{"dinner skipped", func(w *world) {
		w.in.Wishes.Skips = []plan.Slot{fridayDinner}
		w.in.Existing.Week.Days[4].Meals[recipe.Dinner] = nil
	}},
	{"no dinners", func(w *world) {
		w.in.User.Settings.Meals = []recipe.Meal{recipe.Breakfast, recipe.Lunch}
		for i := range w.in.Existing.Week.Days {
			w.in.Existing.Week.Days[i].Meals[recipe.Dinner] = nil
		}
	}},
	{"paused", func(w *world) { w.in.User.Enabled = false }},
	{"sunday", func(w *world) { w.now = tuesday.AddDate(0, 0, 5) }},
	{"week over", func(w *world) { w.now = tuesday.AddDate(0, 0, 6) }},
}

// lines are commands in their forms; each verb has at least one.
var lines = []string{
	"LOCK friday dinner", "LOCK friday dinner Grilled Salmon", "LOCK friday dinner Dish 15", "LOCK friday dinner Nothing Known",
	"UNLOCK friday dinner", "UNLOCK ALL",
	"REGENERATE WEEK", "REGENERATE friday", "REGENERATE friday dinner", "REGENERATE WEEK WITH HIGH PROTEIN", "REGENERATE WEEK WITH VARIETY", "REGENERATE friday WITH LOW CARB",
	"ADJUST friday dinner", "ADJUST friday dinner TO Grilled Salmon",
	"SKIP friday", "SKIP friday dinner", "UNSKIP friday", "UNSKIP friday dinner",
	"DISLIKE olives", "DISLIKE capers", "PREFER more vegetables", "PREFER more protein", "PREFER more variety",
	"TRAVEL fri-sat", "PAUSE", "RESUME", "ATE lunch", "ATE lunch half", "ATE lunch 1.25", "ATE lunch nothing", "ATE monday lunch", "ATE friday lunch", "STATUS", "HELP", "UNDO",
}

// Every verb in every state, kept as a file: what it answers and what it changes.
func TestEveryVerbInEveryState(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	tried := map[command.Verb]bool{}
	for _, line := range lines {
		for _, c := range command.Parse(line, week).Commands {
			tried[c.Verb] = true
		}
		fmt.Fprintf(&out, "%s\n", line)
		var said []string
		where := map[string][]string{}
		for _, s := range states {
			w := newWorld()
			w.holds(15, recipe.Food{Name: "Olives"})
			w.holds(18, recipe.Food{Name: "Kalamata", Ancestors: []recipe.FoodRef{{Name: "Olives"}}})
			s.enter(w)
			had := wishes(w.in.Wishes)
			r := w.write(t, line)
			what := describe(w, r, w.last(t), had)
			if !slices.Contains(said, what) {
				said = append(said, what)
			}
			where[what] = append(where[what], s.name)
		}
		for _, what := range said {
			fmt.Fprintf(&out, "  %s:\n%s", strings.Join(where[what], ", "), what)
		}
	}
	for _, v := range command.Verbs {
		if !tried[v] {
			t.Errorf("%s is not tried", v)
		}
	}
	const file = "testdata/verbs.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	is, was := strings.Split(out.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(is), len(was)) {
		if is[i] != was[i] {
			t.Fatalf("%s:%d\n got %q\nwant %q", file, i+1, is[i], was[i])
		}
	}
	if len(is) != len(was) {
		t.Fatalf("%d lines, want %d", len(is), len(was))
	}
}

// describe says what a command answered and changed, a line each, indented; had are the
// wishes before.
func describe(w *world, r replies.Report, c replies.Change, had string) string {
	var out strings.Builder
	say := func(what string, format string, args ...any) {
		fmt.Fprintf(&out, "    %s: %s\n", what, fmt.Sprintf(format, args...))
	}
	for _, d := range r.Answer.Done {
		say(string(r.Outcome), "%s", d.Text)
	}
	for _, p := range r.Answer.Problems {
		say(string(r.Outcome), "%s", p.Why)
	}
	if len(r.Answer.Done)+len(r.Answer.Problems) == 0 {
		say(string(r.Outcome), "-")
	}
	if x := c.Wishes; x != nil && wishes(*x) != had {
		say("wishes", "%s", wishes(*x))
	}
	if len(w.asked) > 0 {
		say("revised", "%s", revision(w.asked[0]))
	}
	if u := c.User; u != nil {
		say("user", "enabled %t, dislikes %q, preferences %q", u.Enabled, u.Settings.Dislikes, u.Settings.Preferences)
	}
	if len(c.Eaten) > 0 {
		say("eaten", "%v", c.Eaten)
	}
	return out.String()
}

// wishes writes every field of them: a new one belongs here too.
func wishes(x plan.Wishes) string {
	if n := reflect.TypeFor[plan.Wishes]().NumField(); n != 6 {
		panic(fmt.Sprintf("plan.Wishes has %d fields, and 6 are written", n))
	}
	var out []string
	for _, l := range x.Locks {
		out = append(out, fmt.Sprintf("lock %s to %d (%s)", slots([]plan.Slot{l.Slot}), l.Recipe, l.Servings))
	}
	if len(x.Skips) > 0 {
		out = append(out, "skip "+slots(x.Skips))
	}
	for _, g := range x.Guests {
		out = append(out, fmt.Sprintf("%d guests at %s", g.People, slots([]plan.Slot{g.Slot})))
	}
	if len(x.Travel) > 0 {
		out = append(out, fmt.Sprint("travel ", x.Travel))
	}
	if x.Mode != "" {
		out = append(out, "mode "+string(x.Mode))
	}
	if len(x.AvoidRepeats) > 0 {
		out = append(out, fmt.Sprint("avoid ", x.AvoidRepeats))
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, "; ")
}

func revision(r planner.Revision) string {
	out := []string{"free " + slots(r.Free)}
	for _, l := range r.Fixed {
		out = append(out, fmt.Sprintf("%s fixed to %d", slots([]plan.Slot{l.Slot}), l.Recipe))
	}
	if r.From != (plan.Slot{Date: week + 1}) && len(r.Free) > 0 {
		out = append(out, "from "+r.From.Date.String())
	}
	if r.Retarget {
		out = append(out, "for other targets")
	}
	return strings.Join(out, ", ")
}

// slots names slots by day, a whole day by its name alone.
func slots(ss []plan.Slot) string {
	if len(ss) == 0 {
		return "nothing"
	}
	var out []string
	for d := week; d < week+7; d++ {
		var meals []string
		for _, s := range ss {
			if s.Date == d {
				meals = append(meals, s.Meal.String())
			}
		}
		switch name := d.Weekday().String()[:3]; len(meals) {
		case 0:
		case 3:
			out = append(out, name)
		default:
			out = append(out, name+" "+strings.Join(meals, " and "))
		}
	}
	return strings.Join(out, ", ")
}
