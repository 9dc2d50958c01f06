package observe

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Only the two newest weeks are exported, and one of them is the current one.
func TestWeekGaugesShowTwoWeeks(t *testing.T) {
	t.Parallel()
	due := []plan.DueWeek{{Week: 21, Missing: 3}, {Week: 14, Missing: 1, Late: 1}, {Week: 7}}
	got := ofWeeks(due)
	success, current := got["weekly_generation_success_all_users"], got["weekly_generation_current_week"]
	want := []metrics.Reading{{Label: calendar.Date(21).String(), Value: 1}, {Label: calendar.Date(14).String(), Value: 0}}
	for i, w := range want {
		if success[i] != w || current[i] != w {
			t.Errorf("%d: %v and %v, want %v", i, success[i], current[i], w)
		}
	}
	if len(success) != 2 || len(current) != 2 {
		t.Errorf("%d and %d weeks", len(success), len(current))
	}
	if len(ofWeeks(nil)["weekly_generation_success_all_users"]) != 0 || len(ofWeeks(due[:1])["weekly_generation_current_week"]) != 1 {
		t.Error("weeks are made up")
	}
}
