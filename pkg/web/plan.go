package web

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
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
