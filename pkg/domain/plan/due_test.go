package plan_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

func TestStreak(t *testing.T) {
	t.Parallel()
	type week = struct{ missing, late int }
	for name, c := range map[string]struct {
		newestFirst []week
		want        int
	}{
		"nothing was due":           {nil, 0},
		"all complete":              {[]week{{0, 0}, {0, 0}, {0, 0}}, 3},
		"the newest is being made":  {[]week{{2, 0}, {0, 0}, {0, 0}}, 2},
		"the newest is late":        {[]week{{2, 1}, {0, 0}, {0, 0}}, 0},
		"an old week broke it":      {[]week{{0, 0}, {0, 0}, {1, 1}, {0, 0}}, 2},
		"the week before broke it":  {[]week{{1, 0}, {1, 1}, {0, 0}}, 0},
		"only one, and being made":  {[]week{{1, 0}}, 0},
		"only one, and it is there": {[]week{{0, 0}}, 1},
	} {
		due := make([]plan.DueWeek, len(c.newestFirst))
		for i, w := range c.newestFirst {
			due[i] = plan.DueWeek{Week: calendar.Date(7 * (100 - i)), Missing: w.missing, Late: w.late}
		}
		if got := plan.Streak(due); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
