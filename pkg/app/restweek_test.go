package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// Who comes on a Tuesday plans the rest of that week: nothing before the next meal, not even when
// the week is changed later.
func TestTheRestOfAWeekIsPlanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	lewis := sandbox.People()[0]
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	this := week - 7
	b, ours := w.browser(t), "/week/"+this.String()
	b.want(ours+"/plan", nil, http.StatusOK, "Mail me a link")
	b.signIn(w, lewis.Email)
	b.want("/week/"+week.String(), nil, http.StatusOK, "Plan the rest of it")
	b.want(ours, nil, http.StatusOK, "Plan the rest of this week")
	b.want("/week/"+(this-7).String()+"/plan", nil, http.StatusBadRequest, "is over")
	before := w.digest(t, lewis.ID)
	if asks := b.want(ours+"/plan", nil, http.StatusOK, "The first meal that can be planned is Tuesday lunch."); strings.Contains(asks, "Plan it so") {
		t.Error("a look at the question works a week out")
	}
	page := b.want(ours+"/plan", url.Values{"do": {"show"}}, http.StatusOK, "Plan it so")
	if !strings.Contains(page, "The rest of this week") || strings.Contains(page, "Monday") || !strings.Contains(page, "Tuesday") {
		t.Errorf("what is left from Tuesday's lunch on:\n%s", page)
	}
	if w.digest(t, lewis.ID) != before {
		t.Error("looking changed something")
	}
	b.want(ours+"/plan", url.Values{}, http.StatusOK, "The week is planned.")
	b.want(ours+"/plan", url.Values{}, http.StatusOK, "planned meanwhile")
	b.want(ours+"/plan", nil, http.StatusOK, "This week is planned already.")

	next := plan.Slot{Date: this + 1, Meal: recipe.Lunch}
	only := func(what string) plan.Plan {
		t.Helper()
		stored, err := w.Plans.Get(t.Context(), lewis.ID, this)
		must(t, err)
		for _, s := range plan.Slots(this) {
			if got := stored.Week.At(s) != nil; got == s.Before(next) {
				t.Errorf("%s: %v is planned: %t", what, s.Text(), got)
			}
		}
		return *stored
	}
	stored := only("planned")
	if stored.Week.Begins != next || stored.Week.Status != plan.Balanced {
		t.Errorf("begins %v, %s", stored.Week.Begins, stored.Week.Status)
	}
	states, err := w.Plans.States(t.Context(), lewis.ID, this)
	must(t, err)
	if last := states[len(states)-1]; stored.Week.PlannedDays() != 6 || stored.Week.BalancedDays() != 6 || last.PlannedDays != 6 || last.BalancedDays != 6 {
		t.Errorf("%d of %d days on target, in the database %d of %d", stored.Week.BalancedDays(), stored.Week.PlannedDays(), last.BalancedDays, last.PlannedDays)
	}
	for _, batch := range stored.Prep.Batches {
		if batch.Cook < next.Date {
			t.Errorf("%s is cooked on %v", batch.Name, batch.Cook)
		}
	}
	if page = b.want(ours, nil, http.StatusOK, "6 of 6 days on target"); !strings.Contains(page, "over when the week was planned") {
		t.Errorf("Monday:\n%s", page)
	}
	press := func(line, says string) {
		t.Helper()
		page := b.want(ours+"/preview?command="+url.QueryEscape(line), nil, http.StatusOK, "Make this change")
		b.want(ours, url.Values{"version": {field(t, page, "Make this change", "version")}, "command": {line}}, http.StatusOK, says)
		only(line)
	}
	press("REGENERATE WEEK", "meals are replanned")
	press("TRAVEL "+(this+1).String(), "Tuesday")
	press("UNDO", "")
	_, _, err = w.Replan(t.Context(), lewis.ID, this, true)
	must(t, err)
	only("replanned by an operator")
}

// Days that were left free come back together.
func TestFreeDaysArePlannedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	lewis := sandbox.People()[0]
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	b, ours := w.browser(t), "/week/"+week.String()
	b.signIn(w, lewis.Email)
	if page := b.want(ours, nil, http.StatusOK, "Replan the week"); strings.Contains(page, "Plan the free days") {
		t.Error("no day is free")
	}
	free := []calendar.Date{week + 4, week + 6}
	page := b.want(ours, nil, http.StatusOK, "")
	lines := func(v command.Verb) string {
		return string(v) + " " + free[0].String() + "; " + string(v) + " " + free[1].String()
	}
	page = b.want(ours, url.Values{"version": {field(t, page, ">Lock<", "version")}, "command": {lines(command.Skip)}}, http.StatusOK, "Plan the free days")
	if !strings.Contains(page, ">skipped<") || strings.Contains(page, ">nothing<") {
		t.Errorf("a skipped meal is called so:\n%s", page)
	}
	again := lines(command.Unskip)
	page = b.want(ours+"/preview?command="+url.QueryEscape(again), nil, http.StatusOK, "Make this change")
	b.want(ours, url.Values{"version": {field(t, page, "Make this change", "version")}, "command": {again}}, http.StatusOK, "is planned again")
	stored, err := w.Plans.Get(t.Context(), lewis.ID, week)
	must(t, err)
	if stored.Week.Meals() != 21 || slices.ContainsFunc(stored.Week.Days[:], func(d plan.Day) bool { return !d.Planned() }) {
		t.Errorf("%d meals", stored.Week.Meals())
	}
}
