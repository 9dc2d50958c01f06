package replies

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func (w *work) lockAt(s plan.Slot) int {
	return slices.IndexFunc(w.in.Wishes.Locks, func(l plan.Lock) bool { return l.Slot == s })
}

func (w *work) dropLock(s plan.Slot) bool {
	i := w.lockAt(s)
	if i >= 0 {
		w.in.Wishes.Locks = slices.Delete(w.in.Wishes.Locks, i, i+1)
	}
	return i >= 0
}

// unfix drops the recipe that an earlier command of the same mail put into a slot.
func (w *work) unfix(s plan.Slot) {
	w.fixed = slices.DeleteFunc(w.fixed, func(l plan.Lock) bool { return l.Slot == s })
}

func (w *work) release(slots ...plan.Slot) {
	for _, s := range slots {
		if !slices.Contains(w.free, s) {
			w.free = append(w.free, s)
		}
	}
	w.changed, w.replan = true, true
}

func (w *work) lock(ctx context.Context, c command.Command) (string, error) {
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	now := w.planned(s)
	l := plan.Lock{Slot: s}
	var name string
	stays := message.Mark("%v stays %s.")
	switch {
	case c.Text != "":
		r, err := w.recipe(ctx, c.Text, s.Meal)
		if err != nil {
			return "", err
		}
		l.Recipe, name = r.ID, r.Name
		switch {
		case w.in.Existing == nil:
			stays = message.Mark("%v will be %s when the week is planned.")
		case now == nil || now.Recipe != r.ID:
			stays = message.Mark("%v is %s now. It stays when the week is replanned.")
			w.release(s)
		default:
			l.Servings = now.Servings
		}
		w.dropSkip(s)
	case now == nil || slices.Contains(w.in.Wishes.Skips, s) || slices.Contains(w.free, s):
		return "", refuse("Nothing is planned for %s yet: name a recipe.", named(s))
	default:
		l.Recipe, l.Servings, name = now.Recipe, now.Servings, now.Name
	}
	text := w.say(stays, named(s), name)
	if w.dropLock(s) {
		text += " " + w.say("It was locked before; this lock replaces that one.")
	}
	w.unfix(s)
	w.in.Wishes.Locks = append(w.in.Wishes.Locks, l)
	w.release()
	if n := len(w.in.Wishes.Locks); n > manyLocks {
		text += " " + w.say("%d meals are locked now: the more are, the harder it is to meet the targets.", n)
	}
	return text, nil
}

func (w *work) unlock(c command.Command) (string, error) {
	w.release()
	if c.All {
		n := len(w.in.Wishes.Locks)
		w.in.Wishes.Locks = nil
		if n == 0 {
			return w.say("No meal was locked."), nil
		}
		return w.count(n, "%d lock is removed; its meal stays until it is replanned.", "%d locks are removed; their meals stay until they are replanned."), nil
	}
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	if !w.dropLock(s) {
		return "", refuse("%s is not locked.", named(s))
	}
	return w.say("%v is no longer locked; it stays until it is replanned.", named(s)), nil
}

// open are the slots of a date that may be replanned: not locked, not skipped, and not over when the
// week was planned.
func (w *work) open(d calendar.Date) []plan.Slot {
	var out []plan.Slot
	for _, m := range recipe.Meals {
		s := plan.Slot{Date: d, Meal: m}
		if w.lockAt(s) < 0 && !slices.Contains(w.in.Wishes.Skips, s) && !w.unplanned(s) && !w.missed(s) {
			out = append(out, s)
		}
	}
	return out
}

// missed reports an empty slot that was over when the week was planned.
func (w *work) missed(s plan.Slot) bool {
	return w.in.Existing != nil && s.Before(w.in.Existing.Week.Begins) && w.planned(s) == nil
}

// unplanned reports a meal that the user's settings exclude from planning.
func (w *work) unplanned(s plan.Slot) bool {
	return !w.in.User.Settings.Plans(s.Meal) && w.lockAt(s) < 0 && w.planned(s) == nil
}

func refuseUnplanned(s plan.Slot) error {
	return refuse(`You have no %s planned, by your settings: "LOCK" one with the name of a recipe.`, s.Meal)
}

// ahead are the days of the week that have not begun.
func (w *work) ahead() []calendar.Date {
	var out []calendar.Date
	for d := w.week; d < w.week+7; d++ {
		if d > w.today {
			out = append(out, d)
		}
	}
	return out
}

func (w *work) skip(c command.Command) (string, error) {
	meals := recipe.Meals[:]
	if c.Meal != nil {
		meals = []recipe.Meal{*c.Meal}
	}
	unlocked := ""
	for _, d := range c.Days {
		for _, m := range meals {
			s := plan.Slot{Date: d, Meal: m}
			if slices.Contains(w.in.Wishes.Skips, s) {
				continue
			}
			if w.dropLock(s) {
				unlocked = " " + w.say("The lock there was removed.")
			}
			w.unfix(s)
			w.in.Wishes.Skips = append(w.in.Wishes.Skips, s)
			w.release(s)
		}
	}
	w.release()
	if c.Meal != nil && len(c.Days) == 1 {
		return w.say("%v is skipped.", named(plan.Slot{Date: c.Days[0], Meal: *c.Meal})) + unlocked, nil
	}
	return w.say("%v is skipped.", days(c.Days)) + unlocked, nil
}

func (w *work) dropSkip(s plan.Slot) bool {
	i := slices.Index(w.in.Wishes.Skips, s)
	if i >= 0 {
		w.in.Wishes.Skips = slices.Delete(w.in.Wishes.Skips, i, i+1)
	}
	return i >= 0
}

func (w *work) unskip(c command.Command) (string, error) {
	meals := recipe.Meals[:]
	if c.Meal != nil {
		meals = []recipe.Meal{*c.Meal}
	}
	n := 0
	for _, d := range c.Days {
		for _, m := range meals {
			s := plan.Slot{Date: d, Meal: m}
			if w.dropSkip(s) {
				if w.release(); c.Meal != nil || !w.missed(s) {
					w.release(s)
				}
				n++
			} else if c.Meal != nil && w.unplanned(s) {
				return "", refuseUnplanned(s)
			}
		}
	}
	if n == 0 {
		return "", refuse("Nothing is skipped there.")
	}
	return w.say("%v is planned again.", days(c.Days)), nil
}

func days(ds []calendar.Date) message.Text {
	names := make([]message.Text, len(ds))
	for i, d := range ds {
		names[i] = message.Textf("%v", d.Weekday())
	}
	return message.List(names...)
}

func (w *work) travel(c command.Command) (string, error) {
	for _, d := range c.Days {
		if !slices.Contains(w.in.Wishes.Travel, d) {
			w.in.Wishes.Travel = append(w.in.Wishes.Travel, d)
		}
		w.release(w.open(d)...)
	}
	return w.say("%v: quick dishes for travelling; locked meals stay.", days(c.Days)), nil
}
