package calendar_test

import (
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
)

func date(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDate(t *testing.T) {
	t.Parallel()
	if got := date(t, "2026-12-03"); got.UnixDays() != 20790 {
		t.Errorf("2026-12-03 is day %d, want 20790 (FatSecret's example)", got)
	}
	for in, monday := range map[string]string{"2026-11-29": "2026-11-23", "2026-11-30": "2026-11-30", "1969-12-31": "1969-12-29"} {
		if got := date(t, in).Monday(); got.String() != monday {
			t.Errorf("Monday of %s = %s, want %s", in, got, monday)
		}
	}
	if got := date(t, "2027-01-01").Week(); got != "2026w53" {
		t.Errorf("week = %s", got)
	}
	if got := date(t, "0001-01-01"); got != 1 {
		t.Errorf("the first day is %d", got)
	}
	for _, bad := range []string{"", "2026-02-30", "2026-1-1", "30.11.2026", "0000-12-31"} {
		if _, err := calendar.Parse(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// A dinner in Chicago at 20:00 belongs to that day although it is tomorrow in UTC.
func TestOnUsesTheZoneOfTheTime(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	if got := calendar.On(time.Date(2026, 11, 27, 20, 0, 0, 0, chicago)).String(); got != "2026-11-27" {
		t.Errorf("got %s", got)
	}
}

func TestAtMovesASkippedHourToTheEndOfTheGap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, day, want string }{
		{"America/New_York", "2027-03-14", "2027-03-14T03:00:00-04:00"},
		{"Australia/Lord_Howe", "2026-10-04", "2026-10-04T02:30:00+11:00"},
		{"Europe/Berlin", "2026-11-27", "2026-11-27T02:15:00+01:00"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := date(t, c.day).At(2, 15, loc).Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.zone, c.day, got, c.want)
		}
	}
}
