package plan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// good returns a balanced week of one recipe per slot.
func good() plan.Week {
	w := plan.Week{User: "user_ana", WeekOf: monday, Status: plan.Balanced, TolerancePct: 10}
	per := nutrition.Macros{Protein: 50 * nutrition.Gram, Fat: 20 * nutrition.Gram, Carbs: 70 * nutrition.Gram}
	for i := range w.Days {
		d := plan.Day{Date: monday + calendar.Date(i), Balanced: true, Target: per.Scale(3 * nutrition.OneServing)}
		for m := range d.Meals {
			d.Meals[m] = &plan.Serving{Recipe: recipe.ID(1 + i + 10*m), Servings: nutrition.OneServing, PerServing: per}
			d.Actual = d.Actual.Add(per)
		}
		w.Days[i] = d
	}
	return w
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*plan.Week){
		"is not a Monday":             func(w *plan.Week) { w.WeekOf++ },
		"days[2]: date":               func(w *plan.Week) { w.Days[2].Date++ },
		"meals add up to":             func(w *plan.Week) { w.Days[3].Actual.Fat++ },
		"was breakfast on 2026-11-30": func(w *plan.Week) { w.Days[4].Meals[0].Recipe = w.Days[0].Meals[0].Recipe },
		"servings":                    func(w *plan.Week) { w.Days[5].Meals[1].Servings = 0 },
		"the figures disagree": func(w *plan.Week) {
			w.Days[1].Target.Protein *= 2
		},
		"status: the plan says balanced": func(w *plan.Week) { w.Days[6].Target.Carbs *= 2; w.Days[6].Balanced = false },
	} {
		w := good()
		change(&w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestInBandIsExact(t *testing.T) {
	t.Parallel()
	target := nutrition.Macros{Protein: 1000, Fat: 1000, Carbs: 1000}
	for _, c := range []struct {
		protein nutrition.Mass
		want    bool
	}{{1100, true}, {1101, false}, {900, true}, {899, false}} {
		a := target
		a.Protein = c.protein
		if got := plan.InBand(a, target, 10); got != c.want {
			t.Errorf("%d of 1000: %t", c.protein, got)
		}
	}
	if !plan.InBand(nutrition.Macros{}, nutrition.Macros{}, 10) || plan.InBand(nutrition.Macros{Fat: 1}, nutrition.Macros{}, 10) {
		t.Error("a target of 0 is met by 0 only")
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	w := good()
	w.Days[0].Meals[2] = nil
	w.Days[1].Balanced = false
	if w.Meals() != 20 || w.BalancedDays() != 6 {
		t.Errorf("%d meals, %d days", w.Meals(), w.BalancedDays())
	}
}

// A stored week is read again as it was, whatever it explains: a rule that it misses concerns no
// day.
func TestAWeekThatMissesARuleIsReadAgain(t *testing.T) {
	t.Parallel()
	w := plan.Week{WeekOf: monday, Reasons: []plan.Reason{{Code: "count_missed", Rule: "fish >= 1"}, {Code: "macro_out_of_band", Date: monday, Macro: "fat_g"}}}
	for i := range w.Days {
		w.Days[i].Date = monday + calendar.Date(i)
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var again plan.Week
	if err := json.Unmarshal(text, &again); err != nil || len(again.Reasons) != 2 || again.Reasons[0] != w.Reasons[0] || again.Reasons[1] != w.Reasons[1] || again.Version() != w.Version() {
		t.Errorf("%v: %+v", err, again.Reasons)
	}
}
