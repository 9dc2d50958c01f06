package plan

import "github.com/mealplanner/mealplanner/pkg/domain/calendar"

// DueWeek is a week for which at least one enabled user's run was due.
type DueWeek struct {
	Week    calendar.Date
	Missing int // users whose run was due and who have no plan
	Late    int // those of them whose run was due longer than the grace ago
}

// Streak counts complete weeks from the newest one back. A newest week whose plans are still
// being made neither counts nor breaks the streak.
func Streak(newestFirst []DueWeek) int {
	due := newestFirst
	if len(due) > 0 && due[0].Missing > 0 && due[0].Late == 0 {
		due = due[1:]
	}
	n := 0
	for _, w := range due {
		if w.Missing > 0 {
			break
		}
		n++
	}
	return n
}
