package replies

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// do carries out one command on the state and describes the result.
func (w *work) do(ctx context.Context, c command.Command) (string, error) {
	if err := w.notOver(c); err != nil {
		return "", err
	}
	switch c.Verb {
	case command.Lock:
		return w.lock(ctx, c)
	case command.Unlock:
		return w.unlock(c)
	case command.Regenerate:
		return w.regenerate(c)
	case command.Adjust:
		return w.adjust(ctx, c)
	case command.Skip:
		return w.skip(c)
	case command.Unskip:
		return w.unskip(c)
	case command.Dislike:
		return w.dislike(ctx, c)
	case command.Prefer:
		return w.prefer(c)
	case command.Travel:
		return w.travel(c)
	case command.Ate:
		return w.ate(ctx, c)
	case command.Undo:
		return w.undo(ctx)
	case command.Pause, command.Resume:
		return w.enable(c.Verb == command.Resume)
	case command.Status:
		w.status = true
		return w.say("Current settings are below."), nil
	case command.HelpVerb:
		w.help = true
		return w.say("The commands are below."), nil
	case wishesVerb:
		return w.wish()
	case targetsVerb:
		return w.targets(c)
	default:
		return "", refuse("%s is not known.", c.Verb)
	}
}

// notOver refuses to plan days that have passed.
func (w *work) notOver(c command.Command) error {
	for _, d := range c.Days {
		if d < w.today && c.Verb != command.Ate {
			return refuse("%v %s is over.", d.Weekday(), d.String())
		}
	}
	return nil
}

func (w *work) slot(c command.Command) (plan.Slot, error) {
	if len(c.Days) != 1 || c.Meal == nil {
		return plan.Slot{}, refuse("Name one day and one meal.")
	}
	if c.Days[0].Monday() != w.week { // mails cannot say so, forms can
		return plan.Slot{}, refuse("%s is no day of this week.", c.Days[0].String())
	}
	return plan.Slot{Date: c.Days[0], Meal: *c.Meal}, nil
}

func named(s plan.Slot) message.Text { return s.Text() }

// planned returns a slot's meal; nil if it is empty or nothing is planned yet.
func (w *work) planned(s plan.Slot) *plan.Serving {
	if w.in.Existing == nil {
		return nil
	}
	return w.in.Existing.Week.Days[s.Date-w.week].Meals[s.Meal]
}
