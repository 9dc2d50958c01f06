package web

import (
	"net/http"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// planPage is a plan with its buttons.
type planPage struct {
	*plan.Plan
	Actions actions
	Library string // what it lacks
	List    string // where the shopping list is ticked
	Base    string // of the pages for who signs in
	Today   calendar.Date
}

// plan shows a plan, with what can be done to it.
func (p *Pages) plan(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, PlanLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	week, err := calendar.Parse(c.Subject)
	if err != nil {
		p.fail(w, r, fault.Wrap(fault.InvalidInput, "plan", err))
		return
	}
	stored, err := p.Plans.Get(r.Context(), c.User, week)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	u, err := p.Users.Get(r.Context(), c.User)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	page := planPage{Plan: stored, Actions: p.actions(spoken(r), c.User, stored.Week), Library: p.Links.Library(c.User), List: p.Links.List(c.User, week), Base: p.Links.Base}
	if zone, err := u.Location(); err == nil { // else no day is today's
		page.Today = calendar.On(p.Now().In(zone))
	}
	p.show(w, r, http.StatusOK, "plan.html", page)
}

// actions are links to buttons: for the week, and by day and meal.
type actions struct {
	Week  []action
	Meals [7][3][]action
}

type action struct{ Label, URL string }

// actions returns the buttons of a week: each leads to a confirmation page.
func (p *Pages) actions(l message.Language, userID string, w plan.Week) actions {
	button := func(label string, c command.Command) action {
		return action{label, p.Links.Command(userID, w.WeekOf, c.String())}
	}
	a := actions{Week: []action{
		button(l.Say("Replan the week"), command.Command{Verb: command.Regenerate, All: true}),
		button(l.Say("with more variety"), command.Command{Verb: command.Regenerate, All: true, Variety: true}),
		button(l.Say("with more protein"), command.Command{Verb: command.Regenerate, All: true, Mode: targets.HighProtein}),
	}}
	for i, d := range w.Days {
		for m, s := range d.Meals {
			meal := recipe.Meals[m]
			at := func(v command.Verb) command.Command {
				return command.Command{Verb: v, Days: []calendar.Date{d.Date}, Meal: &meal}
			}
			switch {
			case slices.Contains(d.Missing, meal):
				a.Meals[i][m] = []action{button(l.Say("try again"), at(command.Adjust)), button(l.Say("skip"), at(command.Skip))}
			case s == nil && plan.Slot{Date: d.Date, Meal: meal}.Before(w.Begins): // it was over when the week was planned
			case s == nil:
				a.Meals[i][m] = []action{button(l.Say("plan it"), at(command.Unskip))}
			case s.Source == plan.Locked:
				a.Meals[i][m] = []action{button(l.Say("unlock"), at(command.Unlock))}
			default:
				a.Meals[i][m] = []action{button(l.Say("keep"), at(command.Lock)), button(l.Say("another"), at(command.Adjust)), button(l.Say("skip"), at(command.Skip)), button(l.Say("eaten"), at(command.Ate))}
			}
		}
	}
	return a
}
