package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

func at(tb testing.TB, text, zoneName string) time.Time {
	tb.Helper()
	if text == "" {
		return time.Time{}
	}
	out, err := time.ParseInLocation("2006-01-02 15:04", text, zone(tb, zoneName))
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func entry(tb testing.TB, t schedule.Type, zoneName string) schedule.Entry {
	tb.Helper()
	x := times(tb, t.Defaults().Cron, zoneName)
	return schedule.Entry{Times: x, CatchUp: t.CatchUp(x.WallClock(x.Next(time.Unix(0, 0))))}
}

// Friday, 06:00 in the user's zone; a weekend of downtime is caught up; a new user gets
// no plan for a week that has begun.
func TestDecideAboutTheWeeklyRun(t *testing.T) {
	for name, c := range map[string]struct{ zone, now, created, next, last, want string }{
		"not computed yet":     {"Europe/Berlin", "2026-11-24 12:00", "2026-01-01 00:00", "", "2026-11-20 06:00", "none, next Fri 27 06:00"},
		"just before":          {"Europe/Berlin", "2026-11-27 05:59", "2026-01-01 00:00", "2026-11-27 06:00", "2026-11-20 06:00", "none, next Fri 27 06:00"},
		"on time":              {"Europe/Berlin", "2026-11-27 06:00", "2026-01-01 00:00", "2026-11-27 06:00", "2026-11-20 06:00", "Fri 27 06:00, next Fri 04 06:00"},
		"after the weekend":    {"Europe/Berlin", "2026-11-30 00:01", "2026-01-01 00:00", "2026-11-27 06:00", "2026-11-20 06:00", "Fri 27 06:00, next Fri 04 06:00"},
		"after three weeks":    {"Europe/Berlin", "2026-11-30 00:01", "2026-01-01 00:00", "2026-11-06 06:00", "2026-10-30 06:00", "Fri 27 06:00, next Fri 04 06:00"},
		"too late":             {"Europe/Berlin", "2026-12-02 00:01", "2026-01-01 00:00", "2026-11-27 06:00", "2026-11-20 06:00", "none, next Fri 04 06:00"},
		"new on Saturday":      {"Europe/Berlin", "2026-11-28 12:00", "2026-11-28 11:00", "", "", "Fri 27 06:00, next Fri 04 06:00"},
		"new on Monday":        {"Europe/Berlin", "2026-11-30 12:00", "2026-11-30 11:00", "", "", "none, next Fri 04 06:00"},
		"moved by hand":        {"Europe/Berlin", "2026-11-25 12:00", "2026-01-01 00:00", "2026-11-25 11:59", "2026-11-20 06:00", "Wed 25 11:59, next Fri 27 06:00"},
		"moved east, in time":  {"Pacific/Auckland", "2026-11-26 12:00", "2026-01-01 00:00", "", "2026-11-20 06:00", "none, next Fri 27 06:00"},
		"moved east, too late": {"Pacific/Auckland", "2026-11-27 18:00", "2026-01-01 00:00", "", "2026-11-20 06:00", "Fri 27 06:00, next Fri 04 06:00"},
		"moved west after it":  {"America/Los_Angeles", "2026-11-27 00:30", "2026-01-01 00:00", "", "2026-11-27 06:00", "none, next Fri 27 06:00"},
	} {
		e := entry(t, schedule.WeeklyGeneration, c.zone)
		e.Next, e.LastOccurrence = at(t, c.next, c.zone), at(t, c.last, "UTC")
		e.Created = at(t, c.created, c.zone).Add(-schedule.WeeklyGeneration.Joining(e.Times.WallClock(e.Times.Next(at(t, c.now, c.zone)))))
		run, ok, next := e.Decide(at(t, c.now, c.zone))
		loc := zone(t, c.zone)
		got := "none"
		if ok {
			got = run.Fire.In(loc).Format("Mon 02 15:04")
			if run.Trigger != schedule.Scheduled || !run.Due.Equal(run.Fire) || run.Occurrence.Format("15:04") != run.Fire.In(loc).Format("15:04") {
				t.Errorf("%s: %+v", name, run)
			}
		}
		if got += ", next " + next.In(loc).Format("Mon 02 15:04"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// On whatever day and hour a week is planned: who joins before it begins gets its plan, a
// missed run is made up for up to and with its Tuesday, and nothing later is.
func TestAnyPlanTimeReachesItsWeek(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zoneName := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Pacific/Auckland", "UTC"}).Draw(t, "zone")
		loc, err := schedule.Zone(zoneName)
		if err != nil {
			t.Fatal(err)
		}
		x, err := schedule.Parse(fmt.Sprintf("0 %d * * %d", rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 6).Draw(t, "day")), loc)
		if err != nil {
			t.Fatal(err)
		}
		// A month without a change of the clocks in these zones.
		now := time.Date(2026, 6, 1, 0, 0, 0, 0, loc).Add(time.Duration(rapid.IntRange(0, 28*24*60).Draw(t, "minute")) * time.Minute)
		joined := schedule.NewEntry(schedule.WeeklyGeneration, x, now, now)
		run, ok, next := joined.Decide(now)
		due := x.Latest(now.AddDate(0, 0, -8), now)
		begins := monday(due)
		if ok != now.Before(begins) || ok && !run.Fire.Equal(due) || !next.After(now) {
			t.Fatalf("joined at %s: %t, %s; the run of %s was for the week of %s", now, ok, run.Fire, due, begins)
		}
		down := schedule.Entry{Times: x, CatchUp: joined.CatchUp, Next: due, Created: now.AddDate(-1, 0, 0)}
		if _, ok, _ := down.Decide(now); ok == now.After(begins.AddDate(0, 0, 2)) {
			t.Fatalf("back at %s: %t; the run of %s was for the week of %s", now, ok, due, begins)
		}
	})
}

// monday is the beginning of the week after the moment, on the clock of its zone.
func monday(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d+7-int(at.Weekday()+6)%7, 0, 0, 0, 0, at.Location())
}

// Down from Thursday to Monday: what is weekly runs once, yesterday's advice does not.
func TestDecideAfterDowntime(t *testing.T) {
	thursday, monday := at(t, "2026-11-26 12:00", "Europe/Berlin"), at(t, "2026-11-30 09:00", "Europe/Berlin")
	for kind, want := range map[schedule.Type]string{
		schedule.WeeklyGeneration: "2026-11-27 06:00", schedule.WeeklyTrends: "2026-11-26 20:00", schedule.AutoSync: "2026-11-30 09:00", schedule.DailyAdvisor: "",
	} {
		e := entry(t, kind, "Europe/Berlin")
		e.Next = e.Times.Next(thursday)
		run, ok, next := e.Decide(monday)
		got := ""
		if ok {
			got = run.Fire.In(zone(t, "Europe/Berlin")).Format("2006-01-02 15:04")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
		if !next.Equal(e.Times.Next(monday)) {
			t.Errorf("%s: next %s", kind, next)
		}
	}
}

func TestDecideAboutWhatWasAskedFor(t *testing.T) {
	now := at(t, "2026-11-28 12:00", "UTC")
	friday := at(t, "2026-11-27 06:00", "UTC")
	e := entry(t, schedule.WeeklyGeneration, "UTC")
	e.Next, e.Created = e.Times.Next(now), friday.AddDate(0, -1, 0)
	for name, c := range map[string]struct {
		asked      bool
		again      time.Time
		scheduled  time.Time
		want, fire string
	}{
		"nothing":             {want: "none"},
		"asked":               {asked: true, scheduled: friday, want: "retry", fire: "27 06:00"},
		"asked, never ran":    {asked: true, want: "retry", fire: "28 12:00"},
		"asked, ran long ago": {asked: true, scheduled: friday.AddDate(0, 0, -21), want: "retry", fire: "28 12:00"},
		"to be tried anew":    {again: now.Add(-1), scheduled: friday, want: "retry", fire: "27 06:00"},
		"not yet":             {again: now.Add(1), scheduled: friday, want: "none"},
		"too old by now":      {again: now.Add(-1), scheduled: friday.AddDate(0, 0, -7), want: "none"},
	} {
		x := e
		x.Asked, x.Again, x.ScheduledFor = c.asked, c.again, c.scheduled
		run, ok, next := x.Decide(now)
		got := "none"
		if ok {
			got = string(run.Trigger)
			if f := run.Fire.Format("02 15:04"); f != c.fire || !run.Due.Equal(now) {
				t.Errorf("%s: for %s, due %s", name, f, run.Due)
			}
		}
		if got != c.want || !next.Equal(e.Next) {
			t.Errorf("%s: %s, next %s; want %s", name, got, next, c.want)
		}
	}
}

// Whatever the outages, an occurrence runs at most once, in order, never before its time
// and never later than its catch-up; with no outage longer than that none is lost.
func TestDecideRunsEveryTimeOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(schedule.Types).Draw(rt, "type")
		name := rapid.SampledFrom([]string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe"}).Draw(rt, "zone")
		e := entry(t, kind, name)
		begin := time.Date(2026, 10, 1, 0, 0, rapid.IntRange(0, 86400*7).Draw(rt, "begin"), 0, time.UTC)
		e.Created = begin
		ran := map[string]bool{}
		short := true
		now := begin
		for now.Before(begin.AddDate(0, 0, 60)) {
			run, ok, next := e.Decide(now)
			if !next.After(now) {
				rt.Fatalf("next %s is not after %s", next, now)
			}
			if ok {
				key := fmt.Sprint(run.Occurrence)
				if ran[key] || run.Fire.After(now) || now.Sub(run.Fire) > e.CatchUp || !run.Occurrence.After(e.LastOccurrence) {
					rt.Fatalf("at %s: ran %+v (before: %v)", now, run, e.LastOccurrence)
				}
				ran[key] = true
				e.LastOccurrence, e.ScheduledFor = run.Occurrence, run.Fire
			}
			e.Next = next
			if rapid.IntRange(0, 9).Draw(rt, "edited") == 0 {
				e.Next = time.Time{} // cron or zone were written again
			}
			step := time.Duration(rapid.IntRange(1, 90).Draw(rt, "minutes")) * time.Minute
			if rapid.IntRange(0, 30).Draw(rt, "outage") == 0 {
				step = time.Duration(rapid.IntRange(1, 200).Draw(rt, "hours")) * time.Hour
				short = short && step < e.CatchUp
			}
			now = now.Add(step)
		}
		if kind != schedule.WeeklyGeneration && kind != schedule.WeeklyTrends || !short {
			return
		}
		want := 0
		for at := e.Times.Next(begin); !at.After(now.Add(-e.CatchUp)); at = e.Times.Next(at) {
			want++
			if !ran[fmt.Sprint(e.Times.WallClock(at))] {
				rt.Fatalf("%s never ran", at)
			}
		}
	})
}
