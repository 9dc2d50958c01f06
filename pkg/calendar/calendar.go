// Package calendar holds civil dates: days without a time and without a zone. What day
// it is for somebody is decided where the clock and the zone are known.
package calendar

import (
	"fmt"
	"time"
)

// Date is a civil date, as days since 31 December of the year 0: 0001-01-01 is 1, and
// the zero value means "no date".
type Date int32

const (
	secondsPerDay = 24 * 60 * 60
	unixEpoch     = 719_163 // 1970-01-01
)

// On returns the date of t in t's own zone.
func On(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay) + unixEpoch
}

// Parse reads YYYY-MM-DD.
func Parse(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("%q is not a date (want YYYY-MM-DD)", s)
	}
	return On(t), nil
}

// Time returns the date's midnight in UTC.
func (d Date) Time() time.Time { return time.Unix(int64(d-unixEpoch)*secondsPerDay, 0).UTC() }

// UnixDays returns the days since 1970-01-01, which is FatSecret's date_int.
func (d Date) UnixDays() int { return int(d - unixEpoch) }

// At returns the moment of the wall-clock hour on the date in the zone. An hour that
// the zone skips is moved to the end of the gap.
func (d Date) At(hour, minute int, zone *time.Location) time.Time {
	t := d.Time()
	want := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
	if want.Hour() == hour && want.Minute() == minute {
		return want
	}
	// time.Date answers a skipped time with one of the two offsets; the gap's end is
	// where the zone's offset changes between the two readings.
	_, before := want.Add(-12 * time.Hour).Zone()
	utc := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, time.UTC)
	first := utc.Add(-time.Duration(before) * time.Second)
	_, end := first.In(zone).ZoneBounds()
	start, _ := first.In(zone).ZoneBounds()
	if !start.IsZero() && first.Sub(start) < 12*time.Hour {
		return start
	}
	return end
}

// String returns YYYY-MM-DD.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// Monday returns the Monday of the date's week (weeks begin on Monday).
func (d Date) Monday() Date { return d - Date((d.Weekday()+6)%7) }

// Week returns the ISO 8601 year and week number, e.g. "2026w49".
func (d Date) Week() string {
	y, w := d.Time().ISOWeek()
	return fmt.Sprintf("%dw%02d", y, w)
}

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = Parse(string(b))
	return err
}
