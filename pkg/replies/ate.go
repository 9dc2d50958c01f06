package replies

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// ate notes how much was eaten of a meal that is not ahead. What was said of it before comes back
// with an undo.
func (w *work) ate(ctx context.Context, c command.Command) (string, error) {
	s := plan.Slot{Date: w.today, Meal: *c.Meal}
	if len(c.Days) == 1 {
		s.Date = c.Days[0]
	}
	switch {
	case s.Date > w.today:
		return "", refuse("%s is still ahead.", s.Date.Weekday())
	case s.Date < w.week || s.Date > w.week+6:
		return "", refuse("%s is in another week: reply to that week's mail.", s.Date)
	case w.planned(s) == nil:
		return "", refuse("Nothing was planned for %s.", named(s))
	}
	before, err := w.tx.Eaten(ctx, w.week)
	if err != nil {
		return "", err
	}
	was, said := Eaten{Slot: s}, func(e Eaten) bool { return e.Slot == s }
	if i := slices.IndexFunc(before, said); i >= 0 {
		was = before[i]
	}
	if !slices.ContainsFunc(w.before.Ate, said) { // the first of several says what was before
		w.before.Ate = append(w.before.Ate, was)
	}
	w.eaten = slices.DeleteFunc(w.eaten, said)
	w.changed = true
	if c.Nothing {
		w.eaten = append(w.eaten, was)
		w.eaten[len(w.eaten)-1].Servings = 0
		return w.say("%v: %s, not eaten after all.", named(s), w.planned(s).Name), nil
	}
	portion := c.Portion
	if portion == 0 {
		portion = nutrition.OneServing
	}
	w.eaten = append(w.eaten, Eaten{s, max(1, w.planned(s).Servings.Times(portion))})
	if portion == nutrition.OneServing {
		return w.say("%v: %s, eaten as planned.", named(s), w.planned(s).Name), nil
	}
	return w.say("%v: %s, eaten: %v of the planned portion.", named(s), w.planned(s).Name, portion), nil
}
