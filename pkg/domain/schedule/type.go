package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
)

// Type is a kind of job. Its text is the metric label and what tables hold; the snake_case
// form is understood wherever a type is read.
type Type string

// The types.
const (
	WeeklyGeneration Type = "WeeklyGeneration" // plans a user's next week
	AutoSync         Type = "AutoSync"         // refreshes a library, or reads and writes a user's diary
	DailyAdvisor     Type = "DailyAdvisor"     // the evening mail
	WeeklyTrends     Type = "WeeklyTrends"     // the Thursday mail
)

// Types lists every type.
var Types = []Type{WeeklyGeneration, AutoSync, DailyAdvisor, WeeklyTrends}

// ParseType reads AutoSync, auto_sync and what lies between.
func ParseType(s string) (Type, error) {
	plain := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	for _, t := range Types {
		if strings.ToLower(string(t)) == plain {
			return t, nil
		}
	}
	return "", fmt.Errorf("job type: %q is not WeeklyGeneration, AutoSync, DailyAdvisor or WeeklyTrends", s)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *Type) UnmarshalText(b []byte) (err error) {
	*t, err = ParseType(string(b))
	return err
}

// Priority orders jobs that are due: the smallest goes first.
type Priority int

// The priorities. What a user is waiting for is Critical.
const (
	Critical Priority = 1 + iota
	High
	Medium
	Low
)

// String returns the metric label.
func (p Priority) String() string {
	switch p {
	case Critical:
		return "Critical"
	case High:
		return "High"
	case Medium:
		return "Medium"
	default:
		return "Low"
	}
}

// Trigger says why a job runs.
type Trigger string

// The triggers.
const (
	Scheduled Trigger = "scheduled" // its time came
	Manual    Trigger = "manual"    // enqueued on request
	Retry     Trigger = "retry"     // it is run again after a terminal failure
)

// Defaults are how jobs of a type run where their schedule says nothing else.
type Defaults struct {
	Cron     string
	Priority Priority
	Attempts int           // in all
	Backoff  time.Duration // before the second attempt; then doubled
	Timeout  time.Duration // of one attempt
	// AgainAfter is when a job that failed terminally for a transient reason is run again,
	// as long as [Type.CatchUp] allows; 0 = never.
	AgainAfter time.Duration
}

// Defaults returns the type's defaults; docs/thresholds.md has the reasons. A killed
// attempt is noticed after its timeout, so timeouts are short.
func (t Type) Defaults() Defaults {
	switch t {
	case WeeklyGeneration:
		return Defaults{Cron: "0 6 * * 5", Priority: High, Attempts: 3, Backoff: time.Minute, Timeout: 20 * time.Second, AgainAfter: time.Hour}
	case AutoSync:
		return Defaults{Cron: "0 */3 * * *", Priority: Medium, Attempts: 5, Backoff: 2 * time.Minute, Timeout: 30 * time.Second}
	case DailyAdvisor:
		return Defaults{Cron: "0 20 * * *", Priority: Medium, Attempts: 3, Backoff: time.Minute, Timeout: 20 * time.Second}
	default:
		return Defaults{Cron: "0 20 * * 4", Priority: Low, Attempts: 2, Backoff: 5 * time.Minute, Timeout: 30 * time.Second}
	}
}

const day = 24 * time.Hour

// CatchUp is how late a missed time, given on the wall clock, is still made up for. Of
// several missed times only the latest is.
func (t Type) CatchUp(occurrence time.Time) time.Duration {
	switch t {
	case WeeklyGeneration: // up to and with the Tuesday of the week that is planned
		return untilMonday(occurrence) + 2*day
	case AutoSync:
		return day
	case DailyAdvisor: // an evening's advice is worth nothing the next day
		return 2 * time.Hour
	default: // the trends feed the plan of the next morning, and are still of interest after the weekend
		return 5 * day
	}
}

// Joining is how long before a user joined a time, given on the wall clock, may have come
// that still counts for them: who joins before the week begins gets its plan.
func (t Type) Joining(occurrence time.Time) time.Duration {
	if t == WeeklyGeneration {
		return untilMonday(occurrence)
	}
	return 0
}

// untilMonday is the time to the beginning of the next week.
func untilMonday(wallClock time.Time) time.Duration {
	return calendar.On(wallClock).Monday().Time().Add(7 * day).Sub(wallClock)
}

// maxDoublings caps the pause between attempts at 32 times its base.
const maxDoublings = 5

// Pause returns how long to wait after the n-th failure, n from 1: base, doubled each
// time up to 32 times, varied by 10 % either way. spread is a random number in [0, 1).
func Pause(base time.Duration, n int, spread float64) time.Duration {
	d := base << min(max(n-1, 0), maxDoublings)
	return d + time.Duration((spread-0.5)*0.2*float64(d))
}
