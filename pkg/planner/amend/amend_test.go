package amend_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
)

// week is the Monday 2026-11-30; the clock shows noon of its Tuesday in Berlin.
var (
	week = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	noon = time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
)

var gone = fault.New(fault.DatabaseError, "postgres", "gone")

// world is a user with weeks, and everything that amendments work with, in memory. log is
// what a transaction did, in order.
type world struct {
	now      time.Time
	user     user.User
	outdated []amend.Outdated
	weeks    map[calendar.Date]planner.Inputs
	sent     bool // the week's mail
	harmful  []plan.Slot
	lost     bool
	log      []string
	from     []plan.Slot
	revised  []planner.Revision
	fail     map[string]error // by call
}

// newWorld has this week and the next, planned and outdated since an allergy was entered;
// Dish 15 of each, Friday's dinner, is harmful.
func newWorld() *world {
	w := &world{now: noon, sent: true, weeks: map[calendar.Date]planner.Inputs{}, fail: map[string]error{}}
	w.user = user.User{ID: "ana", TimeZone: "Europe/Berlin", Settings: user.DefaultSettings()}
	for _, monday := range []calendar.Date{week, week + 7} {
		p := plan.Plan{Week: plan.Week{WeekOf: monday}}
		for i, s := range plan.Slots(monday) {
			p.Week.Days[s.Date-monday].Meals[s.Meal] = &plan.Serving{Recipe: recipe.ID(i + 1), Name: fmt.Sprint("Dish ", i+1), Servings: nutrition.OneServing}
		}
		w.weeks[monday] = planner.Inputs{User: w.user, Existing: &p, Wishes: plan.Wishes{Mode: "balanced"}}
		w.outdated = append(w.outdated, amend.Outdated{Week: monday, Why: planner.SettingsChanged})
		w.harmful = append(w.harmful, plan.Slot{Date: monday + 4, Meal: recipe.Dinner})
	}
	return w
}

func (w *world) amender() *amend.Amender {
	return amend.New(w, planners{w}, w, func() time.Time { return w.now })
}

func (w *world) did(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// other returns the plan with other dishes, or none, in the slots.
func other(p plan.Plan, slots []plan.Slot, lost bool) plan.Plan {
	for _, s := range slots {
		if n := s.Date - p.Week.WeekOf; n >= 0 && n < 7 {
			p.Week.Days[n].Meals[s.Meal] = nil
			if !lost {
				p.Week.Days[n].Meals[s.Meal] = &plan.Serving{Recipe: 100, Name: "Another", Servings: nutrition.OneServing}
			}
		}
	}
	return p
}

type planners struct{ *world }

func (p planners) Amend(_ context.Context, in planner.Inputs, _ planner.Outdated, from plan.Slot) (planner.Amended, error) {
	p.from = append(p.from, from)
	return planner.Amended{Plan: other(*in.Existing, p.harmful, p.lost), Wishes: plan.Wishes{Mode: in.Wishes.Mode}, Lost: p.lost}, p.fail["plan"]
}

func (p planners) Revise(_ context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error) {
	p.revised = append(p.revised, r)
	return other(*in.Existing, p.harmful, false), p.fail["plan"]
}

func (w *world) Amend(ctx context.Context, _ string, fn func(context.Context, amend.Tx) error) error {
	if err := fn(ctx, tx{w}); err != nil {
		return err
	}
	return w.fail["commit"]
}

type tx struct{ *world }

func (x tx) User() user.User { return x.user }

func (x tx) Outdated(context.Context) ([]amend.Outdated, error) {
	return x.outdated, x.fail["outdated"]
}

func (x tx) Inputs(_ context.Context, monday calendar.Date) (planner.Inputs, error) {
	return x.weeks[monday], x.fail["inputs"]
}

func (x tx) Drop(_ context.Context, w amend.Outdated, dishes []string) (bool, error) {
	x.did("drop %s: %s", w.Week, strings.Join(dishes, ", "))
	return x.sent, x.fail["drop"]
}

func (x tx) Replace(_ context.Context, p plan.Plan, wishes plan.Wishes, m *mail.Mail) error {
	kind := "no mail"
	if m != nil {
		kind = m.Subject
	}
	x.did("replace %s, %s, %s", p.Week.WeekOf, wishes.Mode, kind)
	return x.fail["replace"]
}

func (x tx) Checked(_ context.Context, monday calendar.Date) error {
	x.did("checked %s", monday)
	return x.fail["checked"]
}

func (w *world) WeeklyPlan(user.User, plan.Plan) (mail.Mail, error) {
	return mail.Mail{Type: "weekly_plan", Subject: "the plan"}, w.fail["render"]
}

func (w *world) ChangedPlan(_ user.User, is plan.Plan, was plan.Week, at time.Time) (mail.Mail, error) {
	if !at.Equal(w.now) {
		return mail.Mail{}, fmt.Errorf("changed at %s", at)
	}
	return mail.Mail{Type: "weekly_plan", Subject: fmt.Sprintf("%d changes", len(plan.Diff(was, is.Week)))}, w.fail["render"]
}

func TestEachOutdatedWeekIsAmendedAndMailed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		log    []string // of this week; the next one's is alike
		done   *amend.Done
	}{
		"the change to those who know the week":                 {nil, []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, 1 changes"}, &amend.Done{Mailed: true}},
		"the plan to those who do not":                          {func(w *world) { w.sent = false }, []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, the plan"}, &amend.Done{Mailed: true}},
		"nothing to those who ended such mails":                 {func(w *world) { w.subscribe("daily_advisor") }, []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, no mail"}, &amend.Done{}},
		"with an empty slot where nothing fits":                 {func(w *world) { w.lost = true }, []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, 1 changes"}, &amend.Done{Mailed: true, Lost: true}},
		"no mail when no meal changes":                          {func(w *world) { w.harmful = nil }, []string{"drop 2026-11-30: ", "replace 2026-11-30, balanced, no mail"}, nil},
		"the plan though no meal changes, when it was not sent": {func(w *world) { w.harmful, w.sent = nil, false }, []string{"drop 2026-11-30: ", "replace 2026-11-30, balanced, the plan"}, nil},
		"nothing at all when recipes changed elsewhere":         {func(w *world) { w.harmful = nil; w.why(planner.RecipesChanged) }, []string{"checked 2026-11-30"}, nil},
		"the change when recipes changed here":                  {func(w *world) { w.why(planner.RecipesChanged) }, []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, 1 changes"}, &amend.Done{Mailed: true}},
	} {
		w := newWorld()
		if c.change != nil {
			c.change(w)
		}
		got, err := w.amender().User(t.Context(), "ana")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var log []string
		for _, monday := range []string{"2026-11-30", "2026-12-07"} {
			for _, line := range c.log {
				log = append(log, strings.ReplaceAll(line, "2026-11-30", monday))
			}
		}
		if !slices.Equal(w.log, log) {
			t.Errorf("%s: did %q, want %q", name, w.log, log)
		}
		if c.done == nil {
			if got != nil {
				t.Errorf("%s: %+v", name, got)
			}
			continue
		}
		if len(got) != 2 || got[0].Week != week || got[1].Week != week+7 || got[0].Mailed != c.done.Mailed || got[0].Lost != c.done.Lost || len(got[0].Replaced) != 1 || got[0].Replaced[0].Was.Name != "Dish 15" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Whoever removes a week meanwhile, like the command drill, does not wait for the user's lock.
func TestAWeekThatIsGoneIsNotAmended(t *testing.T) {
	t.Parallel()
	w := newWorld()
	in := w.weeks[week]
	in.Existing = nil
	w.weeks[week] = in
	got, err := w.amender().User(t.Context(), "ana")
	if err != nil || len(got) != 1 || got[0].Week != week+7 || len(w.log) != 2 {
		t.Errorf("%+v, %v, %q", got, err, w.log)
	}
}

// subscribe leaves the user with one type of mail.
func (w *world) subscribe(only string) {
	w.user.Settings.NoMail = slices.DeleteFunc([]string{"weekly_plan", "daily_advisor"}, func(s string) bool { return s == only })
	for monday, in := range w.weeks {
		in.User = w.user
		w.weeks[monday] = in
	}
}

func (w *world) why(o planner.Outdated) {
	for i := range w.outdated {
		w.outdated[i].Why = o
	}
}

func TestAWeekThatIsOverIsNotAmended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		now  time.Time
		over bool
	}{
		"on Sunday":       {noon.AddDate(0, 0, 5), false},
		"on Sunday night": {noon.AddDate(0, 0, 5).Add(10 * time.Hour), true},
		"on Monday":       {noon.AddDate(0, 0, 6), true},
	} {
		w := newWorld()
		w.now = c.now
		got, err := w.amender().User(t.Context(), "ana")
		if over := w.log[0] == "checked 2026-11-30"; err != nil || over != c.over || len(got) != map[bool]int{true: 1, false: 2}[c.over] {
			t.Errorf("%s: %q, %+v, %v", name, w.log, got, err)
		}
	}
}

func TestAmendingBeginsWithTheNextMeal(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for clock, want := range map[string]plan.Slot{
		"00:00": {Date: week + 1, Meal: recipe.Breakfast}, "10:59": {Date: week + 1, Meal: recipe.Breakfast}, "11:00": {Date: week + 1, Meal: recipe.Lunch}, "14:59": {Date: week + 1, Meal: recipe.Lunch},
		"15:00": {Date: week + 1, Meal: recipe.Dinner}, "21:59": {Date: week + 1, Meal: recipe.Dinner}, "22:00": {Date: week + 2, Meal: recipe.Breakfast},
	} {
		w := newWorld()
		if w.now, err = time.ParseInLocation("2006-01-02 15:04", "2026-12-01 "+clock, berlin); err != nil {
			t.Fatal(err)
		}
		if _, err := w.amender().User(t.Context(), "ana"); err != nil || w.from[0] != want {
			t.Errorf("at %s: from %+v, %v", clock, w.from, err)
		}
	}
}

// All weeks or none: what was not committed is not told.
func TestAnAmendmentThatFailsTellsNothing(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"outdated", "inputs", "plan", "drop", "render", "replace", "commit"} {
		for _, sent := range []bool{true, false} {
			w := newWorld()
			w.sent = sent
			w.fail[call] = gone
			if got, err := w.amender().User(t.Context(), "ana"); !errors.Is(err, gone) || got != nil {
				t.Errorf("%s: %+v, %v", call, got, err)
			}
			if done, is, err := w.amender().Replan(t.Context(), "ana", week, true); call != "outdated" && (!errors.Is(err, gone) || done.Week != 0 || is.Week.WeekOf != 0) {
				t.Errorf("%s, replanned: %+v, %v", call, done, err)
			}
		}
	}
	w := newWorld()
	w.fail["checked"] = gone
	w.now = noon.AddDate(0, 0, 7)
	if got, err := w.amender().User(t.Context(), "ana"); !errors.Is(err, gone) || got != nil {
		t.Errorf("a week that is over: %+v, %v", got, err)
	}
	w = newWorld()
	w.user.TimeZone = "Mars"
	if _, err := w.amender().User(t.Context(), "ana"); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("a zone that does not exist: %v", err)
	}
	if _, _, err := w.amender().Replan(t.Context(), "ana", week, true); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("replanned in a zone that does not exist: %v", err)
	}
}

func TestAReplanTakesWhatIsAheadAndFree(t *testing.T) {
	t.Parallel()
	w := newWorld()
	in := w.weeks[week]
	in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week + 2, Meal: recipe.Lunch}, Recipe: 8}}
	in.Wishes.Skips = []plan.Slot{{Date: week + 3, Meal: recipe.Dinner}}
	w.weeks[week] = in
	done, is, err := w.amender().Replan(t.Context(), "ana", week, false)
	if err != nil || len(done.Replaced) != 1 || done.Week != week || done.Mailed || is.Week.At(w.harmful[0]).Name != "Another" || len(w.log) > 0 {
		t.Fatalf("%+v, %v; did %q", done, err, w.log)
	}
	r := w.revised[0]
	want := slices.DeleteFunc(plan.Slots(week)[4:], func(s plan.Slot) bool { return s == in.Wishes.Locks[0].Slot || s == in.Wishes.Skips[0] })
	if d := cmp.Diff(want, r.Free); d != "" || !r.Retarget || r.From != (plan.Slot{Date: week + 1, Meal: recipe.Lunch}) {
		t.Errorf("%+v %s", r, d)
	}
	if done, _, err := w.amender().Replan(t.Context(), "ana", week, true); err != nil || !done.Mailed {
		t.Errorf("applied: %+v, %v", done, err)
	}
	if want := []string{"drop 2026-11-30: Dish 15", "replace 2026-11-30, balanced, 1 changes"}; !slices.Equal(w.log, want) {
		t.Errorf("applied: did %q", w.log)
	}
	w.log, w.harmful = nil, nil
	if done, _, err := w.amender().Replan(t.Context(), "ana", week, true); err != nil || len(w.log) > 0 || done.Mailed || len(done.Replaced) > 0 {
		t.Errorf("to the same meals: %+v, %v; did %q", done, err, w.log)
	}
}

func TestReplansThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if _, _, err := w.amender().Replan(t.Context(), "ana", week+14, true); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "--replan") {
		t.Errorf("a week that is not planned: %v", err)
	}
	w.now = noon.AddDate(0, 0, 7)
	if _, _, err := w.amender().Replan(t.Context(), "ana", week, true); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "week of 2026-11-30 has no unlocked meals ahead") {
		t.Errorf("a week that is over: %v", err)
	}
	if len(w.revised) > 0 || len(w.log) > 0 {
		t.Errorf("revised %+v, did %q", w.revised, w.log)
	}
}

// A dish whose portion alone changed is still shown, so no mail is dropped for it.
func TestOnlyDishesThatAreGoneAreTakenOutOfTheOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.outdated = w.outdated[:1]
	ps := portions{planners{w}}
	if _, err := amend.New(w, ps, w, func() time.Time { return w.now }).User(t.Context(), "ana"); err != nil || w.log[0] != "drop 2026-11-30: " {
		t.Errorf("%q, %v", w.log, err)
	}
}

// portions is a planner that changes a portion and fills a slot that was empty.
type portions struct{ planners }

func (p portions) Amend(_ context.Context, in planner.Inputs, _ planner.Outdated, _ plan.Slot) (planner.Amended, error) {
	out := *in.Existing
	half := *out.Week.Days[4].Meals[recipe.Dinner]
	half.Servings /= 2
	out.Week.Days[4].Meals[recipe.Dinner] = &half
	in.Existing.Week.Days[5].Meals[recipe.Dinner] = nil
	return planner.Amended{Plan: out}, nil
}
