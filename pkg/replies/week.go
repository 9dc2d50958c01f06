package replies

import (
	"context"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

func (w *work) regenerate(c command.Command) (string, error) {
	var slots []plan.Slot
	switch {
	case c.All || len(c.Days) == 0:
		for _, d := range w.ahead() {
			slots = append(slots, w.open(d)...)
		}
		if len(slots) == 0 && w.in.Existing != nil {
			return "", refuse("Nothing is left of this week to replan.")
		}
	case c.Mode != "":
		return "", refuse(`A mode holds for the whole week: write "REGENERATE WEEK" and the mode after it.`)
	case c.Meal == nil:
		slots = w.open(c.Days[0])
	default:
		s, err := w.slot(c)
		if err != nil {
			return "", err
		}
		if w.lockAt(s) >= 0 {
			return "", refuse(`%s is locked: "UNLOCK" it first.`, named(s))
		}
		if slices.Contains(w.in.Wishes.Skips, s) {
			return "", refuse(`%s is skipped: "UNSKIP" it first.`, named(s))
		}
		if w.unplanned(s) {
			return "", refuseUnplanned(s)
		}
		slots = []plan.Slot{s}
	}
	if c.Mode != "" {
		w.in.Wishes.Mode = c.Mode
	}
	if c.Variety {
		for _, s := range slots {
			if now := w.planned(s); now != nil && !slices.Contains(w.in.Wishes.AvoidRepeats, now.Recipe) {
				w.in.Wishes.AvoidRepeats = append(w.in.Wishes.AvoidRepeats, now.Recipe)
			}
		}
	}
	w.release(slots...)
	mode := message.Textf(strings.ReplaceAll(string(c.Mode), "_", " "))
	switch {
	case w.in.Existing == nil && c.Mode != "":
		return w.say("The week will be planned that way, %v.", mode), nil
	case w.in.Existing == nil:
		return w.say("The week will be planned that way."), nil
	case c.Mode != "":
		return w.count(len(slots), "%d meal is replanned, %v; locked and skipped ones stay.", "%d meals are replanned, %v; locked and skipped ones stay.", mode), nil
	default:
		return w.count(len(slots), "%d meal is replanned; locked and skipped ones stay.", "%d meals are replanned; locked and skipped ones stay."), nil
	}
}

func (w *work) adjust(ctx context.Context, c command.Command) (string, error) {
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	switch {
	case w.in.Existing == nil:
		return "", refuse(`Nothing is planned yet: write "LOCK" and a recipe for %s instead.`, named(s))
	case w.lockAt(s) >= 0:
		return "", refuse(`%s is locked: "UNLOCK" it first, or "LOCK" it to the other recipe.`, named(s))
	case slices.Contains(w.in.Wishes.Skips, s):
		return "", refuse(`%s is skipped: "UNSKIP" it first.`, named(s))
	case c.Text == "" && w.unplanned(s):
		return "", refuseUnplanned(s)
	}
	w.release(s)
	if c.Text == "" {
		return w.say("%v is replanned.", named(s)), nil
	}
	r, err := w.recipe(ctx, c.Text, s.Meal)
	if err != nil {
		return "", err
	}
	w.unfix(s)
	w.fixed = append(w.fixed, plan.Lock{Slot: s, Recipe: r.ID})
	return w.say("%v is %s now.", named(s), r.Name), nil
}
