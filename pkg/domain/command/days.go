package command

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

const lastOfWeek = 6 // days after Monday

// weekdays are the days after Monday by their names.
var weekdays = map[string]calendar.Date{
	"monday": 0, "mon": 0, "tuesday": 1, "tue": 1, "tues": 1, "wednesday": 2, "wed": 2,
	"thursday": 3, "thu": 3, "thur": 3, "thurs": 3, "friday": 4, "fri": 4,
	"saturday": 5, "sat": 5, "sunday": 6, "sun": 6,
}

var isoDate = lazyregexp.New(`^\d{4}-\d{2}-\d{2}$`)

// dayOf reads a weekday or a date. A date that is none, or none of the week, is a problem.
func dayOf(word string, week calendar.Date) (day calendar.Date, ok bool, why message.Text) {
	if n, ok := weekdays[plain(word)]; ok {
		return week + n, true, message.Text{}
	}
	if !isoDate().MatchString(word) {
		return 0, false, message.Text{}
	}
	day, err := calendar.Parse(word)
	if err != nil || day < week || day > week+lastOfWeek {
		return 0, false, message.Textf("%s is no day of this plan; its week is %s to %s", word, week, week+lastOfWeek)
	}
	return day, true, message.Text{}
}

// A list of days, as people write it: "wed", "wed, fri", "wed and fri", "wed-fri", "wed to fri".
var (
	betweenSpans = lazyregexp.New(`(?i)\s*,\s*(?:and\s+)?|\s+and\s+`)
	span         = lazyregexp.New(`(?i)^(\d{4}-\d{2}-\d{2}|\pL+)(?:\s*(?:[-–—]|\bto\b)\s*(\d{4}-\d{2}-\d{2}|\pL+))?$`)
)

// readTravel reads a list of days and of ranges of days.
func (c *Command) readTravel(words []string, week calendar.Date) message.Text {
	for _, s := range betweenSpans().Split(strings.Join(words, " "), -1) {
		m := span().FindStringSubmatch(s)
		if m == nil {
			return travelCure
		}
		first, why := travelDay(m[1], week)
		last := first
		if why.Empty() && m[2] != "" {
			last, why = travelDay(m[2], week)
		}
		switch {
		case !why.Empty():
			return why
		case last < first || last == first && m[2] != "":
			return message.Textf("%s is not before %s; the plan's week begins on Monday", first.Weekday(), last.Weekday())
		}
		for d := first; d <= last; d++ {
			c.Days = append(c.Days, d)
		}
	}
	slices.Sort(c.Days)
	c.Days = slices.Compact(c.Days)
	return message.Text{}
}

var travelCure = message.Textf(`write "TRAVEL <day>-<day>", or the days with commas between them`)

func travelDay(word string, week calendar.Date) (calendar.Date, message.Text) {
	day, ok, why := dayOf(word, week)
	if !ok && why.Empty() {
		why = travelCure
	}
	return day, why
}
