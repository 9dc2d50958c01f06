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

// At returns the moment of the wall-clock hour on the date in the zone; see [Instant].
func (d Date) At(hour, minute int, zone *time.Location) time.Time {
	return Instant(d.Time().Add(time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute), zone)
}

// Instant returns the moment at which the zone's clocks show what civil, a time in UTC,
// reads. A reading that comes twice is its first occurrence; one that the zone skips is
// the end of the gap.
func Instant(civil time.Time, zone *time.Location) time.Time {
	const reach = 26 * time.Hour // more than any offset from UTC
	for at := civil.Add(-reach); ; {
		_, end := at.In(zone).ZoneBounds()
		_, offset := at.In(zone).Zone()
		shown := civil.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || shown.Before(end) {
			return laterOf(shown, at, civil.Add(-reach)).In(zone)
		}
		at = end
	}
}

// laterOf is the reading's moment, but not before the period in which it was found began:
// then the reading fell into the gap between two periods.
func laterOf(shown, begin, first time.Time) time.Time {
	if begin.After(first) && shown.Before(begin) {
		return begin
	}
	return shown
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
