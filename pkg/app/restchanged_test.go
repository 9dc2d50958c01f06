package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// rest is a user who plans the rest of a week on its Tuesday, at noon.
type rest struct {
	*world
	who  string
	next plan.Slot
}

// only fails the test unless exactly the meals from the next one on are planned.
func (r rest) only(t *testing.T, what string) plan.Plan {
	t.Helper()
	stored, err := r.Plans.Get(t.Context(), r.who, r.next.Date.Monday())
	must(t, err)
	for _, s := range plan.Slots(r.next.Date.Monday()) {
		if got := stored.Week.At(s) != nil; got == s.Before(r.next) {
			t.Errorf("%s: %v is planned: %t", what, s.Text(), got)
		}
	}
	if stored.Week.Begins != r.next {
		t.Errorf("%s: begins %v", what, stored.Week.Begins)
	}
	must(t, stored.Week.Validate())
	return *stored
}

// What was over when a week was planned stays empty, whatever is changed later: days that are left
// free and come back, wishes from before, allergies.
func TestWhatWasOverStaysEmpty(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	set := func(day calendar.Date, hour int64) { clock.Store(day.Time().Unix() + hour*60*60) }
	set(week-8, 12) // the Sunday before
	w := newWorld(t, options{people: sandbox.People()[:2], now: func() time.Time { return time.Unix(clock.Load(), 0).UTC() }})
	lewis, this := sandbox.People()[0].ID, week-7
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	i := 0
	for !pool[i].Suits(recipe.Breakfast) || len(pool[i].Ingredients) == 0 {
		i++
	}
	clicks := 0
	click := func(line string) {
		t.Helper()
		clicks++
		r, err := w.Click(t.Context(), lewis, this, line, fmt.Sprint("token", clicks))
		if must(t, err); r.Outcome != command.Applied {
			t.Errorf("%s: %s", line, r.Outcome)
		}
	}
	for _, day := range []calendar.Date{this, this + 1} {
		click(fmt.Sprintf("LOCK %s BREAKFAST %s", day, pool[i].Name))
	}
	set(week-6, 12)
	must(t, w.PlanWeek(t.Context(), lewis, this))
	r := rest{w, lewis, plan.Slot{Date: this + 1, Meal: recipe.Lunch}}
	r.only(t, "planned")
	_, err = w.Delivery.Drain(t.Context())
	must(t, err)
	mails := w.box.Mail.Messages()
	if mail := text(t, mails[len(mails)-1]); strings.Contains(mail, "Monday, 23") || !strings.Contains(mail, "Tuesday, 24") {
		t.Errorf("the mail shows days that were over:\n%s", mail)
	}
	for _, line := range []string{"REGENERATE WEEK", "SKIP TUE", "UNSKIP TUE", "SKIP TUE; SKIP FRI", "UNSKIP TUE; UNSKIP FRI", "UNDO", "UNSKIP TUE; UNSKIP FRI", "REGENERATE TUE"} {
		click(line)
		if line[0] != 'S' && line != "UNDO" {
			r.only(t, line)
		}
	}
	_, err = w.Users.Change(t.Context(), lewis, func(u *user.User) error {
		u.Settings.Allergens = append(u.Settings.Allergens, "celery", "sesame")
		return nil
	})
	must(t, err)
	_, err = w.Amend(t.Context(), lewis)
	must(t, err)
	r.only(t, "allergy")
	_, _, err = w.Replan(t.Context(), lewis, this, true)
	must(t, err)
	r.only(t, "replanned by an operator")
	if err := w.PlanWeek(t.Context(), lewis, this); fault.KindOf(err) != fault.Conflict {
		t.Errorf("planned twice: %v", err)
	}
	must(t, w.Start(t.Context()))
	b := w.browser(t)
	b.signIn(w, sandbox.People()[1].Email)
	b.want("/week/"+this.String(), nil, http.StatusOK, "Plan the rest of this week") // another's plan is not theirs
	if status, _, _ := b.do("/week/"+this.String()+"/plan", url.Values{}, "Sec-Fetch-Site", "cross-site"); status != http.StatusUnauthorized {
		t.Errorf("another site's form: %d", status)
	}
	set(this+6, 22)
	_, err = w.Users.Change(t.Context(), sandbox.People()[1].ID, func(u *user.User) error { u.TimeZone = "Europe/Berlin"; return nil })
	must(t, err)
	b.want("/week/"+this.String(), nil, http.StatusOK, "No meal is left of it to plan.")
	b.want("/week/"+this.String()+"/plan", nil, http.StatusBadRequest, "no meal left to plan")
	if _, err := w.Plans.Get(t.Context(), sandbox.People()[1].ID, this); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another site's form planned: %v", err)
	}
}

// A weekly run that was missed is made up for until the Tuesday of its week: it plans what is left, and
// of a week that is over nothing.
func TestAMissedRunPlansWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]}) // on Tuesday noon
	pool, this := w.pool(t), week-7
	must(t, w.Start(t.Context()))
	for i, of := range []calendar.Date{this - 7, this} {
		_, err := pool.Exec(t.Context(), `update scheduled_jobs set parameters = jsonb_build_object('week', $1::text) where job_type = $2`, of.String(), string(schedule.WeeklyGeneration))
		must(t, err)
		w.due(t, pool, schedule.WeeklyGeneration)
		await(t, pool, i+1, finals)
	}
	rest{w, sandbox.People()[0].ID, plan.Slot{Date: this + 1, Meal: recipe.Lunch}}.only(t, "caught up")
	await(t, pool, 1, "select count(*) from plans")
	await(t, pool, 1, "select count(*) from job_executions where output ->> 'skipped' = 'over'")
}

// Pressed three times at once, a week is planned and mailed once, and a bystander's is not.
func TestARestIsPlannedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:2]})
	lewis, this := sandbox.People()[0].ID, week-7
	answers := make(chan error, 3)
	for range cap(answers) {
		go func() { answers <- w.PlanWeek(t.Context(), lewis, this) }()
	}
	planned := 0
	for range cap(answers) {
		switch err := <-answers; {
		case err == nil:
			planned++
		case fault.KindOf(err) != fault.Conflict:
			t.Error(err)
		}
	}
	pool := w.pool(t)
	if await(t, pool, 1, "select count(*) from plans"); planned != 1 {
		t.Errorf("planned %d times", planned)
	}
	await(t, pool, 1, "select count(*) from outbox where email_type = 'weekly_plan' and user_id = $1", lewis)
}

// What is left of a running week and skipped altogether is no plan: it is said, and neither stored nor
// mailed, by a page, a program or a run that is made up for.
func TestARestThatIsSkippedIsNoPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }}) // on Tuesday noon
	lewis, this := sandbox.People()[0], week-7
	var skips []plan.Slot
	for _, s := range plan.Slots(this) {
		if !s.Before(plan.Slot{Date: this + 1, Meal: recipe.Lunch}) {
			skips = append(skips, s)
		}
	}
	must(t, w.Plans.SetWishes(t.Context(), lewis.ID, this, plan.Wishes{Skips: skips}))
	must(t, w.Start(t.Context()))
	b, ours := w.browser(t), "/week/"+this.String()
	b.signIn(w, lewis.Email)
	if page := b.want(ours, nil, http.StatusOK, "All that is left of it is skipped."); strings.Contains(page, "Plan the rest") || !strings.Contains(page, ours+"/wishes") {
		t.Errorf("the week offers a plan of nothing, or no way out:\n%s", page)
	}
	b.want(ours+"/plan", nil, http.StatusBadRequest, "is skipped: take a skip back")
	b.want(ours+"/plan", url.Values{}, http.StatusBadRequest, "is skipped: take a skip back")
	if err := w.PlanWeek(t.Context(), lewis.ID, this); fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("a program's: %v", err)
	}
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), `update scheduled_jobs set parameters = jsonb_build_object('week', $1::text) where job_type = $2`, this.String(), string(schedule.WeeklyGeneration))
	must(t, err)
	w.due(t, pool, schedule.WeeklyGeneration)
	await(t, pool, 1, "select count(*) from job_executions where output ->> 'skipped' = 'all meals are skipped'")
	await(t, pool, 0, "select count(*) from plans")
	await(t, pool, 0, "select count(*) from outbox where email_type = 'weekly_plan'")

	must(t, w.Plans.SetWishes(t.Context(), lewis.ID, this, plan.Wishes{Skips: skips[1:]}))
	must(t, w.PlanWeek(t.Context(), lewis.ID, this))
	must(t, w.Plans.SetWishes(t.Context(), lewis.ID, this, plan.Wishes{Skips: skips}))
	if err := w.PlanWeek(t.Context(), lewis.ID, this); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of a planned week: %v", err)
	}
	const route = "GET /week/{week}"
	before := len(w.spansOf(route))
	if page := b.want(ours, nil, http.StatusOK, "Tuesday"); strings.Contains(page, "is skipped.") {
		t.Errorf("a planned week is said to be skipped:\n%s", page)
	}
	pages := w.spansOf(route)
	for deadline := time.Now().Add(10 * time.Second); len(pages) == before && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		pages = w.spansOf(route) // a span ends after its answer
	}
	asked := 0
	for _, s := range w.spansOf("get_constraints") { // jobs ask as well, and a connection that prepares the statement has a span below
		if s.Parent().SpanID() == pages[len(pages)-1].SpanContext().SpanID() {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the page of a planned week reads its wishes %d times", asked)
	}
	await(t, pool, 1, "select count(*) from plans")
}
