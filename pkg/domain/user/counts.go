package user

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Contradiction returns an error that names rules of Weekly which no library could keep: more
// than there are meals in a week, or more of a kind than what the kind belongs to may be. What
// the dishes of a library do not allow is said of each week.
func (c Cooking) Contradiction() error {
	counts, err := c.Counts()
	if err != nil {
		return err
	}
	const days = 7
	for i, n := range counts {
		if most := days * len(n.Meals); n.Min > most {
			return message.Errorf("weekly: %q: a week has %d such meals: ask for that many at most", c.Weekly[i], most)
		}
		for j, limit := range counts {
			if limit.Max < 0 || i == j || !n.belongs(limit) || limit.Dishes && !n.Dishes && limit.Max > 0 {
				continue
			}
			if n.Min > limit.Max {
				return message.Errorf("weekly: %q and %q contradict each other, for all of the first is counted by the second: ask for %d at most, or allow %d", c.Weekly[i], c.Weekly[j], limit.Max, n.Min)
			}
		}
	}
	return nil
}

// belongs reports whether all that the count counts is counted by the other one too. Red meat is
// meat, but a keyword of a library may be called "red meat".
func (n Count) belongs(to Count) bool {
	return n.Name == to.Name && !slices.ContainsFunc(n.Meals, func(m recipe.Meal) bool { return !slices.Contains(to.Meals, m) })
}
