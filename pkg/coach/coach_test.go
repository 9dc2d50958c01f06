package coach_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// monday is 2026-11-30.
var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

var gone = fault.New(fault.DatabaseError, "postgres", "gone")

// world is a user and everything that a coach works with, in memory. log is what was asked
// and stored, in order.
type world struct {
	user      user.User
	connected bool
	eaten     []insight.Eaten
	plans     []plan.Plan
	mailed    map[string]bool // by type and period
	log       []string
	advice    []insight.Advice
	trends    []insight.Trends
	fail      map[string]error // by call
}

func grams(protein, fat, carbs nutrition.Mass) nutrition.Macros {
	return nutrition.Macros{Protein: protein * nutrition.Gram, Fat: fat * nutrition.Gram, Carbs: carbs * nutrition.Gram}
}

// newWorld has a user with a target and a diary, of which nothing is logged, and no plan.
func newWorld() *world {
	w := &world{connected: true, mailed: map[string]bool{}, fail: map[string]error{}}
	w.user = user.User{ID: "ana", Email: "ana@example.org", Enabled: true, Settings: user.DefaultSettings()}
	m := grams(130, 60, 190)
	w.user.Settings.Targets = &m
	return w
}

func (w *world) coach() *coach.Coach { return coach.New(w, w, w, w, w, w) }

func (w *world) did(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) Connected(u user.User) bool { return w.connected && u.ID == w.user.ID }

func (w *world) Eaten(_ context.Context, _ user.User, first, last calendar.Date) ([]insight.Eaten, error) {
	w.did("eaten %s to %s", first, last)
	if !w.connected {
		return nil, nil
	}
	var out []insight.Eaten
	for _, e := range w.eaten {
		if e.Date >= first && e.Date <= last {
			out = append(out, e)
		}
	}
	return out, w.fail["eaten"]
}

func (w *world) Get(_ context.Context, id string) (user.User, error) {
	if id != w.user.ID {
		return user.User{}, fault.New(fault.NotFound, "user", "%s", id)
	}
	return w.user, w.fail["get"]
}

func (w *world) Between(_ context.Context, _ string, first, last calendar.Date) ([]plan.Plan, error) {
	w.did("plans %s to %s", first, last)
	var out []plan.Plan
	for _, p := range w.plans {
		if p.Week.WeekOf >= first && p.Week.WeekOf <= last {
			out = append(out, p)
		}
	}
	return out, w.fail["plans"]
}

func (w *world) Mailed(_ context.Context, _, emailType, period string) (bool, error) {
	w.did("mailed %s %s", emailType, period)
	return w.mailed[emailType+" "+period], w.fail["mailed"]
}

func (w *world) Add(_ context.Context, userID string, m mail.Mail) (bool, error) {
	key := m.Type + " " + m.Period
	w.did("mail %s to %s", key, userID)
	was := w.mailed[key]
	w.mailed[key] = true
	return !was, w.fail["mail"]
}

func (w *world) PutProposal(_ context.Context, userID, command string) error {
	w.did("propose %s to %s", command, userID)
	return w.fail["propose"]
}

func (w *world) DailyAdvisor(_ user.User, a insight.Advice) (mail.Mail, error) {
	w.advice = append(w.advice, a)
	return mail.Mail{Type: coach.AdvisorType, Period: a.Date.String()}, w.fail["render"]
}

func (w *world) WeeklyTrends(_ user.User, t insight.Trends, nextWeek calendar.Date) (mail.Mail, error) {
	w.trends = append(w.trends, t)
	return mail.Mail{Type: coach.TrendsType, Period: nextWeek.String()}, w.fail["render"]
}

// week is a plan whose days are for a target; the Thursday's dishes are cooked on Tuesday.
func week(of calendar.Date, target nutrition.Macros) plan.Plan {
	p := plan.Plan{Week: plan.Week{WeekOf: of, Target: target}}
	for i := range p.Week.Days {
		d := &p.Week.Days[i]
		d.Date, d.Target = of+calendar.Date(i), target
		d.Meals[0] = &plan.Serving{Name: "dish of " + d.Date.String(), Servings: nutrition.OneServing, PerServing: target}
	}
	p.Prep.Batches = []prep.Batch{{Cook: of + 1, Name: "Stew"}, {Cook: of + 3, Name: "Soup"}, {Cook: of + 1, Name: "Bread"}, {Cook: of + 1, Name: "Stew"}}
	p.Prep.Batches[0].Keep, p.Prep.Batches[0].Eaten = 3, []prep.Eaten{{Date: of + 3, Meal: recipe.Dinner}, {Date: of + 5, Meal: recipe.Lunch}}
	return p
}

// log puts the same day into the diary n days in a row.
func (w *world) logs(first calendar.Date, n int, m nutrition.Macros) {
	for i := range n {
		w.eaten = append(w.eaten, insight.Eaten{Date: first + calendar.Date(i), Energy: m.Energy(), Macros: m})
	}
}

func TestWhoGetsWhichMail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change         func(*world)
		advice, trends coach.Result
		kind           fault.Kind
	}{
		"a user with a diary gets both":     {nil, coach.Result{Mailed: true}, coach.Result{Mailed: true}, ""},
		"one without gets the trends alone": {func(w *world) { w.connected = false }, coach.Result{Skipped: "no diary is connected"}, coach.Result{Mailed: true}, ""},
		"one who is paused gets none":       {func(w *world) { w.user.Enabled = false }, coach.Result{Skipped: "paused"}, coach.Result{Skipped: "paused"}, ""},
		"one who ended the advice":          {func(w *world) { w.user.Settings.NoMail = []string{"daily_advisor"} }, coach.Result{Skipped: "unsubscribed"}, coach.Result{Mailed: true}, ""},
		"one who ended the trends":          {func(w *world) { w.user.Settings.NoMail = []string{"weekly_trends"} }, coach.Result{Mailed: true}, coach.Result{Skipped: "unsubscribed"}, ""},
		"one who has both": {func(w *world) {
			w.mailed["daily_advisor 2026-12-02"], w.mailed["weekly_trends 2026-12-07"] = true, true
		}, coach.Result{Skipped: "mailed before"}, coach.Result{Skipped: "mailed before"}, ""},
		"one who has those of other periods": {func(w *world) {
			w.mailed["daily_advisor 2026-12-01"], w.mailed["weekly_trends 2026-11-30"] = true, true
		}, coach.Result{Mailed: true}, coach.Result{Mailed: true}, ""},
		"nobody knows them":           {func(w *world) { w.user.ID = "ben" }, coach.Result{}, coach.Result{}, fault.NotFound},
		"the user cannot be read":     {func(w *world) { w.fail["get"] = gone }, coach.Result{}, coach.Result{}, fault.DatabaseError},
		"the outbox cannot be read":   {func(w *world) { w.fail["mailed"] = gone }, coach.Result{}, coach.Result{}, fault.DatabaseError},
		"the plans cannot be read":    {func(w *world) { w.fail["plans"] = gone }, coach.Result{}, coach.Result{}, fault.DatabaseError},
		"the diary cannot be read":    {func(w *world) { w.fail["eaten"] = gone }, coach.Result{}, coach.Result{}, fault.DatabaseError},
		"the mail cannot be rendered": {func(w *world) { w.fail["render"] = gone }, coach.Result{}, coach.Result{}, fault.DatabaseError},
		"the mail cannot be stored":   {func(w *world) { w.fail["mail"] = gone }, coach.Result{Mailed: true}, coach.Result{Mailed: true}, fault.DatabaseError},
	} {
		w := newWorld()
		if c.change != nil {
			c.change(w)
		}
		if got, err := w.coach().Advise(t.Context(), "ana", monday+2); got != c.advice || fault.KindOf(err) != c.kind {
			t.Errorf("%s: advice %+v, %v; want %+v", name, got, err, c.advice)
		}
		if got, err := w.coach().Review(t.Context(), "ana", monday+2, 28); got != c.trends || fault.KindOf(err) != c.kind {
			t.Errorf("%s: trends %+v, %v; want %+v", name, got, err, c.trends)
		}
	}
}

func TestWhoGetsNoMailCostsNoCall(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.user.Enabled = false
	c := w.coach()
	if _, err := c.Advise(t.Context(), "ana", monday); err != nil || len(w.log) > 0 {
		t.Errorf("%q, %v", w.log, err)
	}
	w.user.Enabled, w.connected = true, false
	if _, err := c.Advise(t.Context(), "ana", monday); err != nil || !slices.Equal(w.log, []string{"mailed daily_advisor 2026-11-30"}) {
		t.Errorf("%q, %v", w.log, err)
	}
}

func TestTheSameMailTwiceIsMailedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	racing := coach.New(w, w, w, blind{w}, w, w) // both processes saw none
	for i := range 2 {
		got, err := racing.Advise(t.Context(), "ana", monday)
		if err != nil || got.Mailed != (i == 0) {
			t.Errorf("advice %d: %+v, %v", i, got, err)
		}
	}
}

// blind is an outbox that shows no mail of another process.
type blind struct{ *world }

func (blind) Mailed(context.Context, string, string, string) (bool, error) { return false, nil }

func TestAdviceComparesTheDayWithItsTarget(t *testing.T) {
	t.Parallel()
	w := newWorld()
	planned := grams(150, 70, 210)
	w.plans = []plan.Plan{week(monday, planned), week(monday+7, grams(100, 50, 100))}
	w.logs(monday-5, 7, grams(100, 50, 150)) // up to Tuesday
	today := grams(140, 65, 200)
	w.logs(monday+2, 1, today)
	got, err := w.coach().Advice(t.Context(), w.user, monday+2)
	if err != nil || got.Mail.Period != "2026-12-02" || got.Proposal != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	a := w.advice[0]
	if a.Date != monday+2 || !a.Connected || !a.Logged || len(a.Tomorrow) != 1 || a.Tomorrow[0].Name != "dish of 2026-12-03" {
		t.Errorf("%+v", a)
	}
	if r := a.Rows[insight.Protein]; r.Actual != insight.Amount(today.Protein) || r.Target != insight.Amount(planned.Protein) {
		t.Errorf("the day's protein is %+v", r)
	}
	if a.AverageDays != 7 || a.Average[insight.Protein].Actual != insight.Amount(100*nutrition.Gram) {
		t.Errorf("the average of %d days is %+v", a.AverageDays, a.Average)
	}
	if d := cmp.Diff([]string{"Soup"}, a.Cooking); d != "" {
		t.Errorf("cooked on Thursday: %s", d)
	}
	if want := []string{"plans 2026-11-30 to 2026-11-30", "eaten 2026-11-25 to 2026-12-02"}; !slices.Equal(w.log, want) {
		t.Errorf("asked %q", w.log)
	}
	if a.Thawing != nil {
		t.Errorf("Thursday's stew is in the fridge: %v", a.Thawing)
	}
	w.user.Settings.Supervised = true
	if _, err := w.coach().Advice(t.Context(), w.user, monday); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]string{"Stew", "Bread"}, w.advice[1].Cooking); d != "" {
		t.Errorf("cooked on Tuesday, each dish once: %s", d)
	}
	if _, err := w.coach().Advice(t.Context(), w.user, monday+4); err != nil {
		t.Error(err)
	}
	if got := w.advice[2].Thawing; len(got) != 1 || got[0].Name != "Stew" || got[0].Meal != recipe.Lunch {
		t.Errorf("on Friday the freezer gives %v", got)
	}
}

// Who plans a week on a Wednesday afternoon has eaten two meals by then: the plan's target for that
// day is dinner's, the advice's is the day's.
func TestAdviceComparesAllThatWasEatenWithAllOfTheDay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	p := week(monday, grams(50, 20, 70))
	p.Week.Target, p.Week.Begins = grams(150, 60, 210), plan.Slot{Date: monday + 2, Meal: recipe.Dinner}
	w.plans = []plan.Plan{p}
	w.logs(monday+2, 2, grams(150, 60, 210))
	for day, want := range map[calendar.Date]nutrition.Mass{monday + 2: 150, monday + 3: 50} {
		w.advice = nil
		if _, err := w.coach().Advice(t.Context(), w.user, day); err != nil {
			t.Fatal(err)
		}
		if r := w.advice[0].Rows[insight.Protein]; r.Target != insight.Amount(want*nutrition.Gram) {
			t.Errorf("%s: the day's protein is %+v", day, r)
		}
	}
}

func TestSundaysAdviceShowsTheNextWeeksMonday(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.plans = []plan.Plan{week(monday, grams(1, 1, 1)), week(monday+7, grams(2, 2, 2))}
	if _, err := w.coach().Advice(t.Context(), w.user, monday+6); err != nil {
		t.Fatal(err)
	}
	if got := w.advice[0].Tomorrow; len(got) != 1 || got[0].Name != "dish of 2026-12-07" || w.log[0] != "plans 2026-11-30 to 2026-12-07" {
		t.Errorf("%+v, asked %q", got, w.log)
	}
}

func TestWithoutAPlanTheUsersTargetHolds(t *testing.T) {
	t.Parallel()
	for name, plans := range map[string][]plan.Plan{"none": nil, "one without a target": {week(monday, nutrition.Macros{})}, "next week's": {week(monday+7, grams(1, 1, 1))}} {
		w := newWorld()
		w.plans = plans
		w.logs(monday+6, 1, grams(100, 50, 150))
		if _, err := w.coach().Advice(t.Context(), w.user, monday+6); err != nil {
			t.Fatal(err)
		}
		if r := w.advice[0].Rows[insight.Protein]; r.Target != insight.Amount(130*nutrition.Gram) {
			t.Errorf("%s: the target is %+v", name, r)
		}
	}
}

func TestADayThatNobodyLoggedIsNoZero(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.plans = []plan.Plan{week(monday, grams(150, 70, 210))}
	if _, err := w.coach().Advice(t.Context(), w.user, monday+2); err != nil {
		t.Fatal(err)
	}
	if a := w.advice[0]; a.Logged || a.Rows != nil || a.AverageDays != 0 || len(a.Missing) != 1 || a.Missing[0].Name != "dish of 2026-12-02" {
		t.Errorf("%+v", a)
	}
}

// A draft may be asked for of anybody; without a diary it says that none is connected.
func TestADraftWithoutADiarySaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.connected = false
	if _, err := w.coach().Advice(t.Context(), w.user, monday); err != nil || w.advice[0].Connected {
		t.Errorf("%+v, %v", w.advice, err)
	}
	if _, err := w.coach().Trends(t.Context(), w.user, monday, 28); err != nil || w.trends[0].Connected {
		t.Errorf("%+v, %v", w.trends, err)
	}
}

// Figures that are far too small raise a warning, except for a diet that a doctor follows.
func TestADoctorsDietHasNoFloor(t *testing.T) {
	t.Parallel()
	for _, supervised := range []bool{false, true} {
		w := newWorld()
		w.user.Settings.Supervised = supervised
		low := grams(40, 20, 50)
		w.user.Settings.Targets = &low
		w.logs(monday-28, 31, grams(40, 20, 50))
		if _, err := w.coach().Advice(t.Context(), w.user, monday+2); err != nil {
			t.Fatal(err)
		}
		if _, err := w.coach().Trends(t.Context(), w.user, monday+2, 28); err != nil {
			t.Fatal(err)
		}
		if w.advice[0].Short == supervised || w.trends[0].Short == supervised {
			t.Errorf("supervised %t: short today %t, in the trends %t", supervised, w.advice[0].Short, w.trends[0].Short)
		}
	}
}

func TestTrendsLookBackOverWholeWeeks(t *testing.T) {
	t.Parallel()
	w := newWorld()
	last := monday + 3 // a Thursday
	w.plans = []plan.Plan{week(monday-35, grams(1, 1, 1)), week(monday-28, grams(130, 60, 190)), week(monday, grams(130, 60, 190)), week(monday+7, grams(1, 1, 1))}
	w.logs(last-28, 30, grams(130, 60, 190))
	d, err := w.coach().Trends(t.Context(), w.user, last, 28)
	if err != nil || d.Proposal != "" || d.Mail.Period != "2026-12-07" {
		t.Fatalf("%+v, %v", d, err)
	}
	tr := w.trends[0]
	if tr.First != last-27 || tr.Last != last || tr.Logged != 28 || !tr.Connected || tr.Average[insight.Protein].Target != insight.Amount(130*nutrition.Gram) {
		t.Errorf("%+v", tr)
	}
	if tr.Planned.Days != 3+4 { // of the first week and of the last
		t.Errorf("planned %+v", tr.Planned)
	}
	if want := []string{"plans 2026-10-26 to 2026-11-30", "eaten 2026-11-06 to 2026-12-03"}; !slices.Equal(w.log, want) {
		t.Errorf("asked %q", w.log)
	}
}

func TestTrendsAreForTheFirstWeekThatTheyCanChange(t *testing.T) {
	t.Parallel()
	for last, want := range map[calendar.Date]string{monday + 3: "2026-12-07", monday + 5: "2026-12-07", monday + 6: "2026-12-14", monday - 1: "2026-12-07"} {
		w := newWorld()
		if got, err := w.coach().Review(t.Context(), "ana", last, 28); err != nil || !got.Mailed || !w.mailed["weekly_trends "+want] {
			t.Errorf("up to %s: %v, %v", last, w.mailed, err)
		}
		if w.log[0] != "mailed weekly_trends "+want {
			t.Errorf("up to %s: asked %q", last, w.log[0])
		}
	}
}

func TestAProposalIsKeptBeforeItsMailIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.logs(monday-28, 31, grams(80, 60, 190)) // far too little protein
	if _, err := w.coach().Review(t.Context(), "ana", monday+2, 28); err != nil {
		t.Fatal(err)
	}
	want := []string{"propose REGENERATE WEEK WITH HIGH PROTEIN to ana", "mail weekly_trends 2026-12-07 to ana"}
	if got := w.log[len(w.log)-2:]; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	w = newWorld()
	w.logs(monday-28, 31, grams(80, 60, 190))
	w.fail["propose"] = gone
	if got, err := w.coach().Review(t.Context(), "ana", monday+2, 28); !errors.Is(err, gone) || got.Mailed || len(w.mailed) > 0 {
		t.Errorf("one that cannot be kept: %+v, %v", got, err)
	}
}

// other renders with marks of its own.
type other struct{ *world }

func (o other) DailyAdvisor(u user.User, a insight.Advice) (mail.Mail, error) {
	m, err := o.world.DailyAdvisor(u, a)
	m.Subject = "another"
	return m, err
}

func TestWithAnotherRendererTheRestStays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	d, err := w.coach().With(other{w}).Advice(t.Context(), w.user, monday)
	if err != nil || d.Mail.Subject != "another" || len(w.log) != 2 {
		t.Errorf("%+v, %v, asked %q", d, err, w.log)
	}
}
