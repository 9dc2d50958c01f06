package generate

import (
	"errors"
	"time"
)

// Date is a civil date: the number of days since 31 December of the year 0, so that
// 0001-01-01 is 1 and the zero value means "no date".
type Date int32

const dateLayout = "2006-01-02"

var dateZero = time.Date(0, time.December, 31, 0, 0, 0, 0, time.UTC).Unix()

const secondsPerDay = 24 * 60 * 60

// ErrDate is returned by [ParseDate].
var ErrDate = errors.New("not a date of the form 2006-01-02")

// ParseDate reads a date such as "2026-11-30"; the year must be 1 to 9999.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || t.Year() < 1 {
		return 0, ErrDate
	}
	return DateOf(t), nil
}

// DateOf returns the civil date of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date((time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() - dateZero) / secondsPerDay)
}

// Time returns midnight UTC of the date.
func (d Date) Time() time.Time { return time.Unix(dateZero+int64(d)*secondsPerDay, 0).UTC() }

// String renders "2026-11-30".
func (d Date) String() string { return d.Time().Format(dateLayout) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }
