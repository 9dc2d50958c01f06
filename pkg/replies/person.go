package replies

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

func (w *work) prefer(c command.Command) (string, error) {
	switch strings.TrimSuffix(fold(c.Text), " please") {
	case "more protein":
		return w.regenerate(command.Command{Verb: command.Regenerate, All: true, Mode: targets.HighProtein})
	case "more variety":
		return w.regenerate(command.Command{Verb: command.Regenerate, All: true, Variety: true})
	}
	s := &w.in.User.Settings
	if len(s.Preferences) >= maxPreferences {
		return "", refuse("%d wishes are already on record.", maxPreferences)
	}
	s.Preferences = append(slices.Clone(s.Preferences), c.Text)
	w.before.Preferences = append(w.before.Preferences, c.Text)
	w.changed, w.person = true, true
	return w.say(`Noted. Wishes of this kind have no effect on plans yet; they are kept, and "STATUS" shows them.`), nil
}

func (w *work) enable(on bool) (string, error) {
	if was := w.in.User.Enabled; w.before.Enabled == nil && was != on {
		w.before.Enabled = &was
	}
	w.in.User.Enabled = on
	w.changed, w.person = true, true
	if on {
		return w.say("Your weeks are planned again from the next %v on, and your mails come again.", w.planDay()), nil
	}
	return w.say(`No more weeks are planned and no more mails come until you reply "RESUME" to any mail of ours.`), nil
}

func (w *work) targets(c command.Command) (string, error) {
	var g [3]int
	fields := strings.Fields(c.Text)
	if len(fields) != len(g) {
		return "", refuse("TARGETS needs three numbers of grams.")
	}
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 || n > 1000 {
			return "", refuse("TARGETS: %q is not a number of grams.", f)
		}
		g[i] = n
	}
	m := nutrition.Macros{Protein: nutrition.Mass(g[0]) * nutrition.Gram, Fat: nutrition.Mass(g[1]) * nutrition.Gram, Carbs: nutrition.Mass(g[2]) * nutrition.Gram}
	s := &w.in.User.Settings
	if _, err := targets.Check(m, 0, s.Supervised); err != nil {
		return "", refuse("%v.", err)
	}
	w.before.Targets = &Targets{Was: s.Targets, Wrote: &m}
	s.Targets = &m
	w.changed, w.person, w.target = true, true, true
	if w.in.Existing != nil {
		for _, d := range w.ahead() {
			w.release(w.open(d)...)
		}
	}
	return w.say("Your daily targets are %s now.", m.String()), nil
}

func (w *work) undo(ctx context.Context) (string, error) {
	last, err := w.tx.Last(ctx, w.week)
	switch {
	case err != nil:
		return "", err
	case last == nil || last.Undone:
		return "", refuse("There is nothing to undo: only the newest change of a week can be undone, once.")
	case w.undoKey != "" && w.undoKey != shortKey(last.MessageID):
		return "", refuse("This is no longer the newest change of the week, and only that can be undone.")
	case last.Before.Targets != nil && w.source == ByMail:
		return "", refuse("Targets do not change by mail: use the link in the answer.")
	}
	b := last.Before
	w.in.Wishes = b.Wishes
	s := &w.in.User.Settings
	s.Dislikes, s.Preferences = without(s.Dislikes, b.Dislikes), without(s.Preferences, b.Preferences)
	if b.Enabled != nil {
		w.in.User.Enabled = *b.Enabled
	}
	if t := b.Targets; t != nil && s.Targets != nil && *s.Targets == *t.Wrote {
		s.Targets = t.Was
	}
	w.person = b.Dislikes != nil || b.Preferences != nil || b.Enabled != nil || b.Targets != nil
	if w.in.Existing != nil {
		w.replan = true
		if b.Stored != nil {
			w.base = &plan.Plan{Week: b.Stored.Week}
			for i, d := range w.in.Existing.Week.Days { // past days stay
				if d.Date < w.today {
					w.base.Week.Days[i] = d
				}
			}
		}
	}
	w.eaten = b.Ate
	for _, s := range b.Eaten {
		w.eaten = append(w.eaten, Eaten{Slot: s})
	}
	w.undone, w.changed = last.ID, true
	if w.source == ByPage { // whose readers wrote no commands
		return w.say("Taken back: %s", strings.Join(last.Results, " ")), nil
	}
	return w.say("Undone: %s.", quoted(last.Commands)), nil
}
