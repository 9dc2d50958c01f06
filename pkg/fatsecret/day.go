package fatsecret

import (
	"strconv"
	"time"
)

// Day is a calendar day as FatSecret counts it: whole days since 1970-01-01.
type Day int32

const secondsPerDay = 24 * 60 * 60

// DayOf returns the calendar day of t in t's own location. Pass the user's local time:
// in UTC a dinner may fall on tomorrow.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// Date returns the day as midnight UTC.
func (d Day) Date() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String returns the day as "2026-12-03".
func (d Day) String() string { return d.Date().Format(time.DateOnly) }

func (d Day) param() string { return strconv.Itoa(int(d)) }
