package message

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

var decimal = lazyregexp.New(`^[-−]?\d+\.\d+( [a-z%]+)?$`)

// Weekday is a date's, in full.
func (l Language) Weekday(d calendar.Date) string { return l.Word(d.Weekday().String()) }

// ShortDay is a date's weekday, abbreviated.
func (l Language) ShortDay(d calendar.Date) string {
	return l.within("short", d.Weekday().String()[:3])
}

// Date is a date without its year.
func (l Language) Date(d calendar.Date) string {
	return l.fill(l.within("date", "%d %s"), []any{d.Time().Day(), d.Time().Month()})
}

// DateFrom is a date as [Language.Date], and with its year if it is not that of now.
func (l Language) DateFrom(now, d calendar.Date) string {
	if now.Time().Year() != d.Time().Year() {
		return l.LongDate(d)
	}
	return l.Date(d)
}

// ShortDate is a date without its year, the month abbreviated.
func (l Language) ShortDate(d calendar.Date) string {
	return l.fill(l.within("date", "%d %s"), []any{d.Time().Day(), l.within("short", d.Time().Month().String()[:3])})
}

// LongDate is a date with its year.
func (l Language) LongDate(d calendar.Date) string {
	return l.fill(l.within("date", "%d %s %d"), []any{d.Time().Day(), d.Time().Month(), d.Time().Year()})
}

// Day is an argument that is said as [Language.LongDate].
type Day calendar.Date

// In says it.
func (d Day) In(l Language) string { return l.LongDate(calendar.Date(d)) }

// String says it in English.
func (d Day) String() string { return d.In(English) }

// Minutes is a time to wait or cook, as people say it: "90 min", "8 h 10 min".
type Minutes int

// In says it.
func (m Minutes) In(l Language) string {
	const hour, long = 60, 120
	switch h, rest := int(m)/hour, int(m)%hour; {
	case m < long:
		return l.Say("%d min", int(m))
	case rest == 0:
		return l.Say("%d h", h)
	default:
		return l.Say("%d h %d min", h, rest)
	}
}

// String says it in English.
func (m Minutes) String() string { return m.In(English) }

// Span is the days from first to last.
func (l Language) Span(first, last calendar.Date) string {
	a, b := first.Time(), last.Time()
	switch {
	case a.Year() != b.Year():
		return l.LongDate(first) + " – " + l.LongDate(last)
	case a.Month() != b.Month():
		return l.Date(first) + " – " + l.LongDate(last)
	default:
		return l.fill(l.within("date", "%d – %s"), []any{a.Day(), l.LongDate(last)})
	}
}

// Moment is a weekday, date and time of day, in the time's zone.
func (l Language) Moment(t time.Time) string {
	d := calendar.On(t)
	return l.fill(l.within("date", "%s %s, %s"), []any{l.Weekday(d), l.Date(d), t.Format("15:04")})
}

// Decimal is a number that was written with a point.
func (l Language) Decimal(number string) string {
	return strings.Replace(number, ".", l.within("number", "."), 1)
}

// Unit is the name of a unit of the kitchen; one that the catalogue has not is said as it is.
func (l Language) Unit(name string) string {
	if name == "" {
		return ""
	}
	return l.within("unit", name)
}

// Number is rounded to whole ones, its thousands set apart.
func (l Language) Number(f float64) string {
	s := strconv.Itoa(int(math.Round(f)))
	const group = 3
	for at := len(s) - group; at > 0 && s[at-1] != '-'; at -= group {
		s = s[:at] + l.within("number", ",") + s[at:]
	}
	return s
}

// Number is an argument that is said as [Language.Number].
type Number float64

// In says it.
func (n Number) In(l Language) string { return l.Number(float64(n)) }

// String says it in English.
func (n Number) String() string { return n.In(English) }
