package app

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
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
		due := make([]postgres.DueWeek, len(c.newestFirst))
		for i, w := range c.newestFirst {
			due[i] = postgres.DueWeek{Week: calendar.Date(7 * (100 - i)), Missing: w.missing, Late: w.late}
		}
		if got := streak(due); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// Only the two newest weeks are exported, and one of them is the current one.
func TestWeekGaugesShowTwoWeeks(t *testing.T) {
	t.Parallel()
	due := []postgres.DueWeek{{Week: 21, Missing: 3}, {Week: 14, Missing: 1, Late: 1}, {Week: 7}}
	success, current := successAllUsers(due), currentWeek(due)
	want := []metrics.Reading{{Label: calendar.Date(21).String(), Value: 1}, {Label: calendar.Date(14).String(), Value: 0}}
	for i, w := range want {
		if success[i] != w || current[i] != w {
			t.Errorf("%d: %v and %v, want %v", i, success[i], current[i], w)
		}
	}
	if len(success) != 2 || len(current) != 2 {
		t.Errorf("%d and %d weeks", len(success), len(current))
	}
	if len(successAllUsers(nil)) != 0 || len(currentWeek(due[:1])) != 1 {
		t.Error("weeks are made up")
	}
}
