package schedule_test

import (
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// Every Friday at 6 on the user's clock, also on the day after the clocks went back.
func ExampleParse() {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	times, err := schedule.Parse("0 6 * * 5", berlin)
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	for range 2 {
		at = times.Next(at)
		fmt.Println(at.UTC().Format(time.RFC1123), "is", times.WallClock(at).Format("15:04"))
	}
	// Output:
	// Fri, 23 Oct 2026 04:00:00 UTC is 06:00
	// Fri, 30 Oct 2026 05:00:00 UTC is 06:00
}

// A process that was down at the time makes the run up, and says when the next one is due.
func ExampleEntry_Decide() {
	times, err := schedule.Parse("0 6 * * 5", time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	created := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	now := time.Date(2026, 12, 4, 6, 40, 0, 0, time.UTC)
	run, due, next := schedule.NewEntry(schedule.WeeklyGeneration, times, created, now).Decide(now)
	fmt.Println(due, run.Trigger, run.Fire.Format(time.RFC1123))
	fmt.Println("next", next.Format(time.RFC1123))
	// Output:
	// true scheduled Fri, 04 Dec 2026 06:00:00 UTC
	// next Fri, 11 Dec 2026 06:00:00 UTC
}
