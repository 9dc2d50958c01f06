package mailer

import (
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// changes are the buttons of a plan mail that replan the week.
func (r *Renderer) changes(l message.Language, w plan.Week, t tracking) []linkView {
	var out []linkView
	for _, c := range []struct {
		label string
		cmd   command.Command
	}{
		{l.Say("Replan it"), command.Command{Verb: command.Regenerate, All: true}},
		{l.Say("More varied"), command.Command{Verb: command.Regenerate, All: true, Variety: true}},
		{l.Say("Richer in protein"), command.Command{Verb: command.Regenerate, All: true, Mode: targets.HighProtein}},
	} {
		out = append(out, linkView{c.label, t.link(r.links.Command(w.User, w.WeekOf, c.cmd.String()))})
	}
	return out
}

// replyLinks are mails that carry out a command that fits the plan: what to keep, what to
// replace, what to leave out. to is the address for replies.
func replyLinks(w plan.Week, subject, to string) []linkView {
	if to == "" {
		return nil
	}
	var out []linkView
	for _, c := range examples(w) {
		out = append(out, linkView{command.Quoted(c), "mailto:" + to + "?subject=" + url.PathEscape("Re: "+subject) + "&body=" + url.PathEscape(c)})
	}
	return append(out, linkView{command.Quoted("HELP"), "mailto:" + to + "?subject=" + url.PathEscape("Re: "+subject) + "&body=HELP"})
}

// examples are commands that make sense for the plan.
func examples(w plan.Week) []string {
	var out []string
	name := func(verb command.Verb, d plan.Day, m recipe.Meal) {
		out = append(out, string(verb)+" "+strings.ToLower(d.Date.Weekday().String())+" "+m.String())
	}
	off := w.Days[2]
	for _, d := range w.Days {
		if !d.Balanced && d.Meals[recipe.Lunch] != nil {
			off = d
			break
		}
	}
	if d := w.Days[1]; d.Meals[recipe.Dinner] != nil {
		name(command.Lock, d, recipe.Dinner)
	}
	if off.Meals[recipe.Lunch] != nil {
		name(command.Regenerate, off, recipe.Lunch)
	}
	if d := w.Days[calendar.Date(4)]; d.Meals[recipe.Breakfast] != nil {
		name(command.Skip, d, recipe.Breakfast)
	}
	return out
}
