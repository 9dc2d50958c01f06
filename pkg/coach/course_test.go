package coach_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// shelf keeps a weight and counts calls.
type shelf struct {
	kg   float64
	used float64
	err  error
}

func (s shelf) Weight(context.Context, string) (float64, bool, error) { return s.kg, s.kg > 0, s.err }

func (s shelf) Usage(context.Context) (float64, error) { return s.used, nil }

// Four weeks end with the present one; the diary is asked once in a while, and when it cannot be
// read, what was planned is there all the same.
func TestFollowing(t *testing.T) {
	t.Parallel()
	now := monday.Time().Add(30 * time.Hour) // on Tuesday
	set := func() (*world, func(shelf) *coach.Follower) {
		w := newWorld()
		w.user.TimeZone = "Europe/Berlin"
		day := plan.Day{Date: monday, Target: grams(130, 60, 190), Actual: grams(130, 60, 190), Balanced: true, Meals: [3]*plan.Serving{{Name: "Oats"}}}
		w.plans = []plan.Plan{{Week: plan.Week{WeekOf: monday, TolerancePct: 10, Days: [7]plan.Day{day}}}}
		w.eaten = []insight.Eaten{{Date: monday, Energy: grams(130, 60, 190).Energy(), Macros: grams(130, 60, 190)}}
		return w, func(s shelf) *coach.Follower {
			return coach.NewFollower(w, w, w, s, func() time.Time { return now })
		}
	}
	w, of := set()
	f := of(shelf{kg: 71.5})
	got, err := f.Follow(t.Context(), "ana", 4)
	if err != nil || got.First != monday-21 || len(got.Weeks) != 4 || got.Weeks[3].OnTarget != 1 || got.Weeks[3].Near != 1 || !got.Connected || !got.Problem.Empty() || got.WeightKG != 71.5 || !got.Measured {
		t.Errorf("%+v, %v", got, err)
	}
	asked := strings.Join(w.log, "; ")
	if asked != "plans 2026-11-09 to 2026-11-30; eaten 2026-11-09 to 2026-12-01" {
		t.Error(asked)
	}
	w.log = nil
	if _, err := f.Follow(t.Context(), "ana", 4); err != nil || strings.Contains(strings.Join(w.log, ""), "eaten") {
		t.Errorf("at once again: %q, %v", w.log, err)
	}
	if _, err := f.Follow(t.Context(), "ana", 12); err != nil || !strings.Contains(strings.Join(w.log, ""), "eaten 2026-09-14") {
		t.Errorf("more weeks: %q, %v", w.log, err)
	}
	for name, c := range map[string]struct {
		change func(*world)
		shelf  shelf
		says   string
	}{
		"no diary":       {func(w *world) { w.connected = false }, shelf{}, ""},
		"no answer":      {func(w *world) { w.fail["eaten"] = fault.New(fault.NetworkError, "fatsecret", "reset") }, shelf{}, "does not answer"},
		"no access":      {func(w *world) { w.fail["eaten"] = fault.New(fault.Unauthorized, "fatsecret", "no") }, shelf{}, "new personal link"},
		"calls used up":  {func(*world) {}, shelf{used: 0.8}, "used up"},
		"weight is said": {func(w *world) { w.user.Settings.Body = &targets.Body{WeightKG: 70}; w.connected = false }, shelf{}, ""},
	} {
		w, of := set()
		c.change(w)
		got, err := of(c.shelf).Follow(t.Context(), "ana", 4)
		if err != nil || got.Connected != w.connected || !got.Problem.Empty() != (c.says != "") || !strings.Contains(got.Problem.String(), c.says) || got.Points[21].Planned == nil || got.Points[21].Eaten != nil || got.Measured {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if (name == "weight is said") != (got.WeightKG == 70) {
			t.Errorf("%s: %g kg", name, got.WeightKG)
		}
	}
	for _, call := range []string{"get", "plans", "kept"} {
		w, of := set()
		s := shelf{}
		if w.fail[call] = gone; call == "kept" {
			s.err = gone
		}
		if _, err := of(s).Follow(t.Context(), "ana", 4); fault.KindOf(err) != fault.DatabaseError {
			t.Errorf("%s fails: %v", call, err)
		}
	}
}
