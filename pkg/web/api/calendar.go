package api

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// When meals begin on the user's clock, and how long they take.
var (
	begins = [...]struct{ hour, minute int }{recipe.Breakfast: {8, 0}, recipe.Lunch: {12, 30}, recipe.Dinner: {18, 30}}
	lasts  = [...]time.Duration{recipe.Breakfast: 30 * time.Minute, recipe.Lunch: 45 * time.Minute, recipe.Dinner: time.Hour}
)

// What a calendar shows: this many weeks before and after the present one.
const (
	weeksBack  = 8
	weeksAhead = 26
)

// calendar answers calendar programs that know a secret address: the planned meals as events.
func (a *API) calendar(w http.ResponseWriter, r *http.Request) {
	headers(w.Header())
	secret, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok || !text(secret) {
		write(w, gone())
		return
	}
	t, err := a.Tokens.UseCalendar(r.Context(), secret)
	if fault.KindOf(err) == fault.Unauthorized { // who has the address needs nothing else
		write(w, gone())
		return
	}
	if err != nil {
		write(w, a.problem(r.Context(), err))
		return
	}
	u, err := a.Users.Get(r.Context(), t.User)
	if err != nil {
		write(w, a.problem(r.Context(), err))
		return
	}
	today, err := a.today(r.Context(), t.User)
	if err != nil {
		write(w, a.problem(r.Context(), err))
		return
	}
	plans, err := a.Plans.Between(r.Context(), t.User, today.Monday()-7*weeksBack, today.Monday()+7*weeksAhead)
	if err != nil {
		write(w, a.problem(r.Context(), err))
		return
	}
	body, err := a.feed(u, plans)
	if err != nil {
		write(w, a.problem(r.Context(), err))
		return
	}
	answer := &recorded{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/calendar; charset=utf-8"}}, Body: []byte(body)}
	answer.Header.Set("Content-Disposition", `inline; filename="meals.ics"`)
	answer.conditional(r)
	answer.send(w)
}

func gone() *Problem {
	return newProblem(http.StatusNotFound, "not_found", "There is no calendar at this address: it may have been ended. The account page makes another.")
}

// feed writes the plans as a calendar: the same bytes for the same plans.
func (a *API) feed(u user.User, plans []plan.Plan) (string, error) {
	zone, err := u.Location()
	if err != nil {
		return "", fault.Wrap(fault.Internal, "user", err)
	}
	c := ics.NewCalendar()
	c.SetProductId("-//mealplanner//meals//EN")
	c.SetMethod(ics.MethodPublish)
	c.SetXWRCalName("Meals")
	c.SetXWRTimezone(u.TimeZone)
	c.SetRefreshInterval("PT1H")
	for _, p := range plans {
		for _, d := range p.Week.Days {
			for m, sv := range d.Meals {
				if sv != nil {
					a.event(c, p, plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}, sv, zone)
				}
			}
		}
	}
	return c.Serialize(ics.WithNewLineWindows), nil
}

// event adds a meal. Its id is the slot's: when the dish changes, the event does.
func (a *API) event(c *ics.Calendar, p plan.Plan, s plan.Slot, sv *plan.Serving, zone *time.Location) {
	e := c.AddEvent(fmt.Sprintf("%s-%s@%s", s.Date, s.Meal, a.base.Hostname()))
	at := s.Date.At(begins[s.Meal].hour, begins[s.Meal].minute, zone)
	e.SetDtStampTime(p.Week.WeekOf.Time())
	e.SetStartAt(at)
	e.SetEndAt(at.Add(lasts[s.Meal]))
	name := s.Meal.String()
	e.SetSummary(strings.ToUpper(name[:1]) + name[1:] + ": " + sv.Name)
	e.SetDescription(strings.Join(eventNotes(p, s, sv), "\n"))
	e.SetURL(strings.TrimRight(a.base.String(), "/") + "/meal/" + s.Date.String() + "/" + name)
	e.SetTimeTransparency(ics.TransparencyTransparent)
}

// eventNotes say what to cook, or when it was cooked.
func eventNotes(p plan.Plan, s plan.Slot, sv *plan.Serving) []string {
	f := figures(sv.PerServing.Scale(sv.Servings))
	out := []string{fmt.Sprintf("%s servings: %.0f kcal, %.0f g protein, %.0f g fat, %.0f g carbs", sv.Servings, f.Energy, f.Protein, f.Fat, f.Carbs)}
	if sv.Minutes > 0 {
		out = append(out, message.Minutes(sv.Minutes).String())
	}
	b := batch(p, s, sv.Recipe)
	switch {
	case b == nil:
	case b.Cook != s.Date:
		out = append(out, "Cooked on "+b.Cook.Weekday().String()+".")
	case b.Leftovers():
		var later []string
		for _, x := range b.Eaten {
			if x.Date != s.Date {
				later = append(later, x.Date.Weekday().String()+" "+x.Meal.String())
			}
		}
		out = append(out, fmt.Sprintf("Cook %s servings: also for %s.", b.Servings, strings.Join(later, ", ")))
	}
	return out
}
