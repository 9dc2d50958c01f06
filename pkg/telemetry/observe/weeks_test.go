package observe

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Only the two newest weeks are exported, and one of them is the current one.
func TestWeekGaugesShowTwoWeeks(t *testing.T) {
	t.Parallel()
	due := []plan.DueWeek{{Week: 21, Missing: 3}, {Week: 14, Missing: 1, Late: 1}, {Week: 7}}
	newest, before := metrics.Week(calendar.Date(21).String()), metrics.Week(calendar.Date(14).String())
	want := []metrics.Reading{
		metrics.WeeklyGenerationSuccessStreakWeeks.At(0),
		metrics.WeeklyGenerationSuccessAllUsers.At(1, newest), metrics.WeeklyGenerationCurrentWeek.At(1, newest),
		metrics.WeeklyGenerationSuccessAllUsers.At(0, before), metrics.WeeklyGenerationCurrentWeek.At(0, before),
	}
	if got := ofWeeks(due); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if none, one := ofWeeks(nil), ofWeeks(due[:1]); len(none) != 1 || len(one) != 3 {
		t.Errorf("weeks are made up: %v, %v", none, one)
	}
}
