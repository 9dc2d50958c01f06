package replies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

func grams(protein, fat, carbs nutrition.Mass) nutrition.Macros {
	return nutrition.Macros{Protein: protein * nutrition.Gram, Fat: fat * nutrition.Gram, Carbs: carbs * nutrition.Gram}
}

// refused expects a refusal for a reason, which changes nothing.
func (w *world) refused(t *testing.T, r replies.Report, why string) {
	t.Helper()
	c := w.last(t)
	if p := r.Answer.Problems; r.Outcome != command.Refused || len(p) != 1 || !strings.Contains(p[0].Why.String(), why) {
		t.Errorf("%s %+v, want %q", r.Outcome, p, why)
	}
	if c.Wishes != nil || c.User != nil || c.Stored != nil || c.Record.Before != nil || r.Answer.Undo != "" || len(r.Verbs) > 0 {
		t.Errorf("a refused command changes %+v", c)
	}
}

func TestUndoBringsBackWhatTheChangeChanged(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"LOCK friday dinner", "SKIP friday", "TRAVEL fri-sat", "REGENERATE WEEK WITH LOW CARB", "REGENERATE WITH VARIETY", "ADJUST friday dinner", "DISLIKE capers", "PREFER more fish", "PAUSE", "UNLOCK saturday breakfast", "UNSKIP sunday dinner"} {
		w := newWorld()
		w.in.User.Settings.Dislikes, w.in.User.Settings.Preferences = []string{"liver"}, []string{"less salt"}
		w.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week + 5}, Recipe: 16}}
		w.in.Wishes.Skips = []plan.Slot{{Date: week + 6, Meal: recipe.Dinner}, {Date: week + 6, Meal: recipe.Lunch}}
		for _, s := range w.in.Wishes.Skips {
			w.in.Existing.Week.Days[6].Meals[s.Meal] = nil
		}
		was := w.in
		was.Wishes.Locks, was.Wishes.Skips = slices.Clone(was.Wishes.Locks), slices.Clone(was.Wishes.Skips)
		w.write(t, line)
		done := w.last(t).Record
		r := w.write(t, "UNDO")
		c := w.last(t)
		if r.Outcome != command.Applied || c.Undone != 1 || c.Record.Before != nil || r.Answer.Undo != "" {
			t.Errorf("%s: %s, %+v", line, r.Outcome, c)
		}
		if want := `Undone: "` + strings.ReplaceAll(done.Commands[0], " ", "\u00a0") + `".`; r.Answer.Done[0].Text != want {
			t.Errorf("%s: %q, want %q", line, r.Answer.Done[0].Text, want)
		}
		if d := cmp.Diff(was, w.in, cmp.Comparer(equalWishes)); d != "" {
			t.Errorf("%s: %s", line, d)
		}
		w.refused(t, w.write(t, "UNDO"), "There is nothing to undo")
	}
}

// equalWishes takes no list and an empty one for the same.
func equalWishes(a, b plan.Wishes) bool { return wishes(a) == wishes(b) }

func TestUndoLeavesWhatOthersChangedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t, "DISLIKE capers\nPREFER more fish")
	w.in.User.Settings.Dislikes = append(w.in.User.Settings.Dislikes, "liver")
	w.in.User.Settings.Preferences = append(w.in.User.Settings.Preferences, "less salt")
	w.in.User.Settings.RotationDays = 7
	w.write(t, "UNDO")
	if s := w.in.User.Settings; fmt.Sprint(s.Dislikes, s.Preferences, s.RotationDays) != "[liver] [less salt] 7" {
		t.Errorf("%+v", s)
	}
}

func TestUndoPlansOnFromTheOldWeekButForDaysThatAreOver(t *testing.T) {
	t.Parallel()
	w := newWorld()
	was := w.in.Existing.Week
	w.write(t, "REGENERATE WEEK")
	w.now = tuesday.AddDate(0, 0, 2) // it is Thursday
	w.in.Existing.Week.Days[2].Meals[recipe.Lunch] = nil
	w.write(t, "UNDO")
	is := w.in.Existing.Week
	if is.Days[2].Meals[recipe.Lunch] != nil || is.Days[2].Meals[recipe.Dinner].Recipe != 109 {
		t.Errorf("Wednesday is over and came back as %+v", is.Days[2].Meals)
	}
	if d := cmp.Diff(was.Days[3:], is.Days[3:]); d != "" {
		t.Error(d)
	}
	if r := w.asked[1]; r.From != (plan.Slot{Date: week + 3}) || len(r.Free) > 0 {
		t.Errorf("revised %+v", r)
	}
}

func TestUndoOfAWeekThatWasNotPlannedPlansNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.Existing = nil
	w.write(t, "SKIP friday")
	if r := w.write(t, "UNDO"); r.Outcome != command.Applied || len(w.in.Wishes.Skips) > 0 || len(w.asked) > 0 {
		t.Errorf("%s, %+v", r.Outcome, w.in.Wishes)
	}
	w = newWorld()
	stored := w.in.Existing
	w.in.Existing = nil
	w.write(t, "SKIP friday")
	w.in.Existing = stored // planned meanwhile
	if r := w.write(t, "UNDO"); r.Outcome != command.Applied || len(w.asked) != 1 || w.last(t).Stored == nil {
		t.Errorf("planned meanwhile: %s, %+v", r.Outcome, w.asked)
	}
}

func TestUndoOfAPauseThatChangedNothingChangesNothing(t *testing.T) {
	t.Parallel()
	for line, enabled := range map[string]bool{"PAUSE": false, "RESUME": true} {
		w := newWorld()
		w.in.User.Enabled = enabled
		w.write(t, line)
		w.in.User.Enabled = !enabled // by another way
		if w.write(t, "UNDO"); w.in.User.Enabled == enabled {
			t.Errorf("%s: enabled %t", line, w.in.User.Enabled)
		}
	}
}

func TestUndoStandsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t, "SKIP friday")
	w.refused(t, w.write(t, "SKIP saturday\nUNDO"), "must be the only command")
	w.refused(t, w.write(t, "UNDO\nSKIP saturday"), "must be the only command")
	if len(w.in.Wishes.Skips) != 3 {
		t.Errorf("%+v", w.in.Wishes)
	}
}

func TestAButtonTakesBackItsOwnChangeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld()
	first := w.click(t, "SKIP friday").Answer.Undo
	second := w.write(t, "SKIP saturday").Answer.Undo
	if first == second || !strings.HasPrefix(first, "UNDO ") {
		t.Fatalf("%q, %q", first, second)
	}
	w.refused(t, w.click(t, first), "no longer the newest change")
	if r := w.click(t, second); r.Outcome != command.Applied || len(w.in.Wishes.Skips) != 3 {
		t.Errorf("%s, %+v", r.Outcome, w.in.Wishes)
	}
	if r := w.write(t, first); r.Outcome != command.NotUnderstood {
		t.Errorf("a button's line in a mail: %s", r.Outcome)
	}
	w.write(t, "SKIP sunday")
	if r := w.click(t, "UNDO"); r.Outcome != command.Applied {
		t.Errorf("a button that names no change: %s", r.Outcome)
	}
}

// Targets change by a button alone, and go back by one.
func TestTargets(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if r := w.write(t, "TARGETS 150 60 200"); r.Outcome != command.NoCommand {
		t.Errorf("by mail: %s", r.Outcome)
	}
	r := w.click(t, "TARGETS 150 60 200")
	want := grams(150, 60, 200)
	if got := w.in.User.Settings.Targets; r.Outcome != command.Applied || got == nil || *got != want || !strings.Contains(r.Answer.Done[0].Text, want.String()) {
		t.Errorf("%s, %v: %+v", r.Outcome, got, r.Answer)
	}
	if len(w.asked) != 1 || !w.asked[0].Retarget || len(w.asked[0].Free) != 15 {
		t.Errorf("revised %+v", w.asked)
	}
	w.refused(t, w.write(t, "UNDO"), "Targets do not change by mail")
	if r := w.click(t, r.Answer.Undo); r.Outcome != command.Applied || w.in.User.Settings.Targets != nil {
		t.Errorf("undone: %s, %v", r.Outcome, w.in.User.Settings.Targets)
	}
	old, newer := grams(140, 60, 200), grams(160, 60, 200)
	w.in.User.Settings.Targets = &old
	undo := w.click(t, "TARGETS 150 60 200").Answer.Undo
	w.in.User.Settings.Targets = &newer // by another way
	if w.click(t, undo); *w.in.User.Settings.Targets != newer {
		t.Errorf("undone over a newer change: %v", w.in.User.Settings.Targets)
	}
	w = newWorld()
	w.in.Existing = nil
	if r := w.click(t, "TARGETS 150 60 200"); r.Outcome != command.Applied || len(w.asked) > 0 {
		t.Errorf("of a week that is not planned: %s, %+v", r.Outcome, w.asked)
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	t.Parallel()
	for line, why := range map[string]string{
		"TARGETS 150 60":          "three numbers",
		"TARGETS 150 60 200 9":    "three numbers",
		"TARGETS 150 60 many":     `"many" is not a number of grams`,
		"TARGETS 150 0 200":       `"0" is not a number of grams`,
		"TARGETS 150 60 1001":     `"1001" is not a number of grams`,
		"TARGETS 50 20 50":        "below 800",
		"TARGETS 150 60.5 200":    `"60.5" is not`,
		"TARGETS -150 60 200":     `"-150" is not`,
		"TARGETS 150 60 200grams": "is not a number",
	} {
		w := newWorld()
		w.refused(t, w.click(t, line), why)
	}
	for _, line := range []string{"TARGETS 1 60 200", "TARGETS 150 60 1000"} {
		w := newWorld()
		if r := w.click(t, line); r.Outcome != command.Applied {
			t.Errorf("%s: %s %+v", line, r.Outcome, r.Answer.Problems)
		}
	}
	w := newWorld()
	w.in.User.Settings.Supervised = true
	if r := w.click(t, "TARGETS 50 20 50"); r.Outcome != command.Applied {
		t.Errorf("a diet that a doctor follows: %s", r.Outcome)
	}
}

func TestRecipesAreFoundByName(t *testing.T) {
	t.Parallel()
	dinner, lunch := []recipe.Meal{recipe.Dinner}, []recipe.Meal{recipe.Lunch}
	for name, c := range map[string]struct {
		recipes []recipe.Recipe
		ask     string
		id      recipe.ID
		why     string
	}{
		"by its whole name, in any case":      {[]recipe.Recipe{{ID: 50, Name: "Fish  Pie", Meals: dinner}, {ID: 51, Name: "Fish Pie Deluxe", Meals: dinner}}, "fish pie", 50, ""},
		"by the beginning of its name":        {[]recipe.Recipe{{ID: 50, Name: "Fish Pie", Meals: dinner}, {ID: 51, Name: "My Fish", Meals: dinner}}, "Fish", 50, ""},
		"for another meal, when it is alone":  {[]recipe.Recipe{{ID: 50, Name: "Fish Pie", Meals: lunch}}, "Fish", 50, ""},
		"the one for the meal":                {[]recipe.Recipe{{ID: 50, Name: "Fish Pie", Meals: lunch}, {ID: 51, Name: "Fish Soup", Meals: dinner}}, "Fish", 51, ""},
		"the one of the name for the meal":    {[]recipe.Recipe{{ID: 50, Name: "Fish", Meals: lunch}, {ID: 51, Name: "Fish", Meals: dinner}}, "Fish", 51, ""},
		"two of the name for the meal":        {[]recipe.Recipe{{ID: 50, Name: "Fish", Meals: dinner}, {ID: 51, Name: "Fish", Meals: dinner}}, "Fish", 0, "could be several recipes: write one of these names: Fish; Fish."},
		"two that begin so":                   {[]recipe.Recipe{{ID: 50, Name: "Fish Pie", Meals: dinner}, {ID: 51, Name: "Fish Soup", Meals: dinner}, {ID: 52, Name: "My Fish", Meals: dinner}}, "Fish", 0, "Fish Pie; Fish Soup; My Fish."},
		"one that only holds it":              {[]recipe.Recipe{{ID: 50, Name: "My Fish", Meals: dinner}}, "Fish", 0, "write one of these names: My Fish."},
		"none":                                {nil, "Fish", 0, `no recipe whose name begins with "Fish"`},
		"of six that begin so five are shown": {fishes(6), "Fish", 0, "Fish 1; Fish 2; Fish 3; Fish 4; Fish 5."},
	} {
		for _, verb := range []string{"LOCK friday dinner ", "ADJUST friday dinner TO "} {
			w := newWorld()
			w.recipes = append(w.recipes, c.recipes...)
			r := w.write(t, verb+c.ask)
			if c.why != "" {
				w.refused(t, r, c.why)
				continue
			}
			if r.Outcome != command.Applied || w.in.Existing.Week.At(fridayDinner).Recipe != c.id {
				t.Errorf("%s, %s: %s %+v, %+v", name, verb, r.Outcome, r.Answer.Problems, w.in.Existing.Week.At(fridayDinner))
			}
		}
	}
}

func fishes(n int) []recipe.Recipe {
	var out []recipe.Recipe
	for i := range n {
		out = append(out, recipe.Recipe{ID: recipe.ID(50 + i), Name: fmt.Sprint("Fish ", i+1), Meals: []recipe.Meal{recipe.Dinner}})
	}
	return out
}

func TestDislikesHoldForTheFoodItsPluralAndItsKinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		food  recipe.Food
		ask   string
		names []string
		out   bool
	}{
		"its name":                         {recipe.Food{Name: "Olive"}, "olive", []string{"Olive"}, true},
		"its plural":                       {recipe.Food{Name: "Olive"}, "olives", []string{"Olive"}, true},
		"the plural that the library says": {recipe.Food{Name: "Ei", Plural: "Eier"}, "eier", []string{"Ei"}, true},
		"a kind of it":                     {recipe.Food{Name: "Kalamata", Ancestors: []recipe.FoodRef{{Name: "Olives"}}}, "olive", []string{"Olives"}, true},
		"another food":                     {recipe.Food{Name: "Olive oil"}, "olives", []string{"olives"}, false},
	} {
		w := newWorld()
		w.holds(15, c.food)
		r := w.write(t, "DISLIKE "+c.ask)
		if r.Outcome != command.Applied || !slices.Equal(w.in.User.Settings.Dislikes, c.names) {
			t.Errorf("%s: %s, %q", name, r.Outcome, w.in.User.Settings.Dislikes)
		}
		if out := w.in.Existing.Week.At(fridayDinner).Recipe != 15; out != c.out {
			t.Errorf("%s: replaced %t", name, out)
		}
	}
	w := newWorld()
	w.refused(t, w.write(t, "DISLIKE unheard-of root"), "is not a food in your recipes or in our table")
}

func TestADislikeIsPutDownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.User.Settings.Dislikes = []string{"CAPERS"}
	if r := w.write(t, "DISLIKE capers"); r.Outcome != command.Applied || len(w.in.User.Settings.Dislikes) != 1 {
		t.Errorf("%s, %q", r.Outcome, w.in.User.Settings.Dislikes)
	}
	w.write(t, "UNDO")
	if got := w.in.User.Settings.Dislikes; len(got) != 1 {
		t.Errorf("UNDO takes away what was there before: %q", got)
	}
}

func TestListsOfAUserHaveAnEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.User.Settings.Dislikes, w.in.User.Settings.Preferences = make([]string, 99), make([]string, 49)
	if r := w.write(t, "DISLIKE capers\nPREFER more fish"); r.Outcome != command.Applied {
		t.Errorf("%s %+v", r.Outcome, r.Answer.Problems)
	}
	w.refused(t, w.write(t, "DISLIKE olives"), "already dislike 100 foods")
	w.refused(t, w.write(t, "PREFER more soup"), "50 wishes are already on record")
	if s := w.in.User.Settings; len(s.Dislikes) != 100 || len(s.Preferences) != 50 {
		t.Errorf("%d and %d", len(s.Dislikes), len(s.Preferences))
	}
}

// What one mail says twice about a slot, the last line decides.
func TestCommandsOfOneMailBuildOnEachOther(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		wishes, revised, why string
	}{
		"ADJUST friday dinner TO Grilled Salmon\nLOCK friday dinner Dish 18":      {wishes: "lock Fri dinner to 18 (0)", revised: "free Fri dinner"},
		"ADJUST friday dinner TO Dish 18\nADJUST friday dinner TO Grilled Salmon": {wishes: "none", revised: "free Fri dinner, Fri dinner fixed to 40"},
		"ADJUST friday dinner TO Grilled Salmon\nSKIP friday dinner":              {wishes: "skip Fri dinner", revised: "free Fri dinner"},
		"LOCK friday dinner\nUNLOCK friday dinner\nREGENERATE friday dinner":      {wishes: "none", revised: "free Fri dinner"},
		"SKIP friday\nUNSKIP friday lunch":                                        {wishes: "skip Fri breakfast and dinner", revised: "free Fri"},
		"SKIP friday dinner\nLOCK friday dinner Grilled Salmon":                   {wishes: "lock Fri dinner to 40 (0)", revised: "free Fri dinner"},
		"TRAVEL fri\nTRAVEL fri-sat":                                              {wishes: "travel [2026-12-04 2026-12-05]", revised: "free Fri, Sat"},
		"REGENERATE friday\nLOCK friday dinner":                                   {why: "Nothing is planned for Friday dinner yet"},
		"LOCK fri dinner\nLOCK fri lunch\nLOCK fri breakfast":                     {wishes: "lock Fri dinner to 15 (1); lock Fri lunch to 14 (1); lock Fri breakfast to 13 (1)", revised: "free nothing"},
		"LOCK fri dinner\nLOCK fri lunch\nLOCK fri breakfast\nLOCK sat dinner":    {wishes: "lock Fri dinner to 15 (1); lock Fri lunch to 14 (1); lock Fri breakfast to 13 (1); lock Sat dinner to 18 (1)", revised: "free nothing"},
		"REGENERATE friday WITH VARIETY\nREGENERATE friday dinner WITH VARIETY":   {wishes: "avoid [13 14 15]", revised: "free Fri"},
	} {
		w := newWorld()
		r := w.write(t, text)
		if c.why != "" {
			w.refused(t, r, c.why)
			continue
		}
		if r.Outcome != command.Applied || wishes(w.in.Wishes) != c.wishes || revision(w.asked[0]) != c.revised {
			t.Errorf("%q: %s %+v; wishes %q, revised %q", text, r.Outcome, r.Answer.Problems, wishes(w.in.Wishes), revision(w.asked[0]))
		}
		many := strings.Count(text, "\nLOCK") > 2
		if warned := strings.Contains(r.Answer.Done[len(r.Answer.Done)-1].Text, " meals are locked now"); warned != many {
			t.Errorf("%q: warned of many locks: %t", text, warned)
		}
	}
}

func TestTodayMayStillChange(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if r := w.write(t, "SKIP tuesday dinner"); r.Outcome != command.Applied || revision(w.asked[0]) != "free Tue dinner" {
		t.Errorf("%s %+v, revised %+v", r.Outcome, r.Answer.Problems, w.asked)
	}
	w.refused(t, w.write(t, "SKIP monday dinner"), "Monday 2026-11-30 is over")
	w = newWorld()
	w.now = tuesday.Add(-11*time.Hour - 30*time.Minute) // half past midnight in Berlin, Monday in London
	w.refused(t, w.write(t, "SKIP monday dinner"), "Monday 2026-11-30 is over")
}

func TestAWeekThatIsNotPlannedTakesAModeOnItsLastDay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.Existing = nil
	w.now = tuesday.AddDate(0, 0, 5)
	if r := w.write(t, "REGENERATE WEEK WITH LOW CARB"); r.Outcome != command.Applied || w.in.Wishes.Mode != "low_carb" {
		t.Errorf("%s %+v", r.Outcome, r.Answer.Problems)
	}
}

func TestTheLibraryIsReadOncePerMail(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.write(t, "LOCK friday dinner Grilled Salmon\nDISLIKE capers\nLOCK saturday dinner Dish 18")
	if w.loads != 1 {
		t.Errorf("%d times", w.loads)
	}
}

func TestMealsOfAnotherWeekAreNotEatenInThis(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.now = tuesday.AddDate(0, 0, -7)
	w.refused(t, w.write(t, "ATE lunch"), "2026-11-24 is in another week")
	w = newWorld()
	if r := w.write(t, "ATE dinner"); r.Outcome != command.Applied {
		t.Errorf("today's: %s", r.Outcome)
	}
}

func TestStatusShowsWhatIsInForce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.User.Settings.PlanDay = "wednesday"
	w.in.Wishes.Mode = "balanced"
	r := w.write(t, "STATUS")
	if s := r.Answer.Status; s == nil || s.Week != r.Answer.Was || s.Week == nil || s.Wishes.Mode != "balanced" || s.User.ID != "ana" || s.Waiting != "" || r.Answer.Undo != "" {
		t.Errorf("%+v", r.Answer)
	}
	r = w.write(t, "SKIP friday\nSTATUS")
	if s := r.Answer.Status; s == nil || s.Week != r.Answer.Is || len(s.Wishes.Skips) != 3 {
		t.Errorf("after a change: %+v", s)
	}
	w.in.Existing = nil
	if s := w.write(t, "STATUS").Answer.Status; s == nil || s.Week != nil || s.Waiting != "The week is planned on the Wednesday before it." {
		t.Errorf("before the week is planned: %+v", s)
	}
}

func TestAWeekThatIsNotPlannedYetIsCheckedForLocks(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.in.Existing = nil
	w.fail["Check"] = fault.New(fault.InvalidConstraints, "planner", "the recipe holds nuts")
	w.refused(t, w.write(t, "LOCK friday dinner Grilled Salmon"), "the recipe holds nuts")
	if r := w.write(t, "SKIP friday"); r.Outcome != command.Applied {
		t.Errorf("without a lock: %s", r.Outcome)
	}
	if r := w.write(t, "PAUSE"); r.Outcome != command.Applied {
		t.Errorf("of no meal: %s", r.Outcome)
	}
}
