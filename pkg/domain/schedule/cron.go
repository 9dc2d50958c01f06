package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
)

// Times are the moments of a cron expression on the wall clock of a zone. A time that the
// zone skips (spring) is moved to the end of the gap; one that comes twice (autumn) is its
// first occurrence.
type Times struct {
	cron cron.Schedule
	zone *time.Location
	lead time.Duration
}

// Parse reads the five fields minute, hour, day of month, month and day of week (0 or 7 =
// Sunday), or a descriptor like @daily. Prefixes that name a zone are refused, as are
// expressions that never come.
func Parse(expression string, zone *time.Location) (Times, error) {
	expr := strings.TrimSpace(expression)
	if strings.Contains(expr, "=") {
		return Times{}, fmt.Errorf("cron: %q: the zone has a column of its own", expression)
	}
	if strings.HasPrefix(expr, "@every") {
		return Times{}, fmt.Errorf("cron: %q: write the times of day, as in 0 */3 * * *", expression)
	}
	s, err := cron.ParseStandard(sundayIsZero(expr))
	if err != nil {
		return Times{}, fmt.Errorf("cron: %q: want minute, hour, day of month, month, day of week: %w", expression, err)
	}
	if s.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Times{}, fmt.Errorf("cron: %q never comes", expression)
	}
	return Times{cron: s, zone: zone}, nil
}

// sundayIsZero replaces a day of week 7, alone or at the end of a list, by 0.
func sundayIsZero(expr string) string {
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return expr
	}
	days := strings.Split(fields[4], ",")
	for i, d := range days {
		switch {
		case d == "7":
			days[i] = "0"
		case strings.HasSuffix(d, "-7") && d != "0-7":
			days[i] = strings.TrimSuffix(d, "-7") + "-6,0"
		}
	}
	fields[4] = strings.Join(days, ",")
	return strings.Join(fields, " ")
}

// Before returns the times, each moved forward by lead: spread over the minutes before
// a full hour, many jobs do not begin at once.
func (t Times) Before(lead time.Duration) Times {
	t.lead = lead
	return t
}

// Next returns the first moment after t.
func (t Times) Next(after time.Time) time.Time {
	after = after.Add(t.lead)
	civil := wallClock(after, t.zone)
	for {
		civil = t.cron.Next(civil)
		if civil.IsZero() {
			return time.Time{}
		}
		if at := calendar.Instant(civil, t.zone); at.After(after) {
			return at.Add(-t.lead)
		}
	}
}

// Latest returns the last moment in (after, until], the zero time when there is none.
func (t Times) Latest(after, until time.Time) time.Time {
	var last time.Time
	for at := t.Next(after); !at.IsZero() && !at.After(until); at = t.Next(at) {
		last = at
	}
	return last
}

// WallClock returns the zone's wall-clock reading of the moment for which at is early by
// the lead, as a time in UTC: it tells two occurrences apart whatever the zone was.
func (t Times) WallClock(at time.Time) time.Time { return wallClock(at.Add(t.lead), t.zone) }

func wallClock(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}
