package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loc
}

func times(tb testing.TB, expr, zoneName string) schedule.Times {
	tb.Helper()
	ts, err := schedule.Parse(expr, zone(tb, zoneName))
	if err != nil {
		tb.Fatal(err)
	}
	return ts
}

// oracle watches a clock on the wall, minute by minute: a time comes when the clock shows
// it, or passes it over, for the first time.
func oracle(tb testing.TB, expr string, loc *time.Location, from time.Time, n int) []time.Time {
	tb.Helper()
	c, err := cron.ParseStandard(expr)
	if err != nil {
		tb.Fatal(err)
	}
	civil := func(t time.Time) time.Time {
		l := t.In(loc)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	matches := func(m time.Time) bool { return c.Next(m.Add(-time.Minute)).Equal(m) }
	at := from.Add(-4 * time.Hour).Truncate(time.Minute)
	seen := civil(at)
	var out []time.Time
	for len(out) < n {
		at = at.Add(time.Minute)
		now := civil(at)
		hit := false
		for m := seen.Add(time.Minute); !m.After(now); m = m.Add(time.Minute) {
			hit = hit || matches(m)
		}
		if now.After(seen) {
			seen = now
		}
		if hit && at.After(from) {
			out = append(out, at)
		}
	}
	return out
}

func TestTimesAgainstAClockOnTheWall(t *testing.T) {
	zones := []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Auckland", "America/Los_Angeles", "UTC", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia"}
	changes := map[string][]string{ // around which the random moments lie
		"America/New_York":    {"2026-11-01", "2027-03-14"},
		"Europe/Berlin":       {"2026-10-25", "2027-03-28"},
		"Australia/Lord_Howe": {"2027-04-04", "2026-10-04"},
		"Pacific/Auckland":    {"2027-04-04", "2026-09-27"},
		"Africa/Casablanca":   {"2027-02-07", "2027-03-14"},
		"Pacific/Apia":        {"2011-12-30"}, // the day that never was
	}
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(rt, "zone")
		loc := zone(t, name)
		days := changes[name]
		if days == nil {
			days = []string{"2026-11-27"}
		}
		day, err := time.Parse(time.DateOnly, rapid.SampledFrom(days).Draw(rt, "day"))
		if err != nil {
			rt.Fatal(err)
		}
		from := day.Add(time.Duration(rapid.IntRange(-36*60, 36*60).Draw(rt, "minutes"))*time.Minute + time.Duration(rapid.IntRange(0, 59).Draw(rt, "seconds"))*time.Second)
		expr := rapid.OneOf(
			rapid.Custom(func(rt *rapid.T) string {
				return fmt.Sprintf("%d %d * * *", rapid.IntRange(0, 59).Draw(rt, "m"), rapid.IntRange(0, 5).Draw(rt, "h"))
			}),
			rapid.Custom(func(rt *rapid.T) string {
				return fmt.Sprintf("%d %d * * %d", rapid.IntRange(0, 59).Draw(rt, "m"), rapid.IntRange(0, 23).Draw(rt, "h"), rapid.IntRange(0, 6).Draw(rt, "d"))
			}),
			rapid.SampledFrom([]string{"0 */3 * * *", "*/15 * * * *", "0 6 * * 5", "0 20 * * *", "0 20 * * 4", "30 2 * * *", "30 1 * * *", "0 2 * * *", "15 1,2,3 * * *"}),
		).Draw(rt, "cron")
		ts := times(t, expr, name)
		at := from
		for i, want := range oracle(t, expr, loc, from, 4) {
			at = ts.Next(at)
			if !at.Equal(want) {
				rt.Fatalf("%s in %s after %s: time %d is %s, the clock on the wall says %s", expr, name, from.In(loc), i, at.In(loc), want.In(loc))
			}
		}
	})
}

func TestSpringAndAutumn(t *testing.T) {
	for _, c := range []struct{ zone, cron, after, want string }{
		{"America/New_York", "30 2 * * *", "2027-03-14T00:00:00-05:00", "2027-03-14T03:00:00-04:00"},
		{"America/New_York", "30 1 * * *", "2026-11-01T00:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"America/New_York", "30 1 * * *", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"Europe/Berlin", "30 2 * * *", "2027-03-28T00:00:00+01:00", "2027-03-28T03:00:00+02:00"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"Australia/Lord_Howe", "15 2 * * *", "2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"Australia/Lord_Howe", "45 1 * * *", "2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"},
		{"Europe/Berlin", "0 6 * * 5", "2027-03-26T06:00:00+01:00", "2027-04-02T06:00:00+02:00"},
		{"UTC", "0 0 * * 7", "2026-11-27T00:00:00Z", "2026-11-29T00:00:00Z"},
		{"UTC", "0 0 * * 5-7", "2026-11-28T12:00:00Z", "2026-11-29T00:00:00Z"},
	} {
		after, _ := time.Parse(time.RFC3339, c.after)
		want, _ := time.Parse(time.RFC3339, c.want)
		if got := times(t, c.cron, c.zone).Next(after); !got.Equal(want) {
			t.Errorf("%s in %s after %s = %s, want %s", c.cron, c.zone, c.after, got, want)
		}
	}
}

// TestLeadMovesTimesForward: what is spread comes as often as what is not.
func TestLeadMovesTimesForward(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lead := time.Duration(rapid.IntRange(0, 1800).Draw(rt, "lead")) * time.Second
		from := time.Date(2026, 10, 20, 0, 0, rapid.IntRange(0, 20*86400).Draw(rt, "s"), 0, time.UTC)
		plain := times(t, "0 6 * * 5", "Europe/Berlin")
		early := plain.Before(lead)
		if got, want := early.Next(from), plain.Next(from.Add(lead)).Add(-lead); !got.Equal(want) {
			rt.Fatalf("%s, want %s", got, want)
		}
		if got, want := early.WallClock(early.Next(from)), plain.WallClock(plain.Next(from.Add(lead))); got != want {
			rt.Fatalf("occurrence %s, want %s", got, want)
		}
	})
}

func TestLatest(t *testing.T) {
	ts := times(t, "0 6 * * 5", "UTC")
	friday := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	if got := ts.Latest(friday.AddDate(0, 0, -30), friday.Add(time.Hour)); !got.Equal(friday) {
		t.Errorf("after a month: %s, want %s", got, friday)
	}
	if got := ts.Latest(friday, friday.Add(time.Hour)); !got.IsZero() {
		t.Errorf("nothing came since, got %s", got)
	}
}

func TestRefusedExpressions(t *testing.T) {
	for _, expr := range []string{"", "0 6 * *", "TZ=UTC 0 6 * * *", "CRON_TZ=Europe/Berlin 0 6 * * *", "0 0 31 2 *", "@every 5m", "61 * * * *", "0 0 L * *"} {
		if _, err := schedule.Parse(expr, time.UTC); err == nil {
			t.Errorf("%q was taken", expr)
		}
	}
}

func TestPause(t *testing.T) {
	for n, want := range []time.Duration{1: time.Minute, 2: 2 * time.Minute, 3: 4 * time.Minute, 6: 32 * time.Minute, 7: 32 * time.Minute, 40: 32 * time.Minute} {
		if want == 0 {
			continue
		}
		if got := schedule.Pause(time.Minute, n, 0.5); got != want {
			t.Errorf("failure %d: %s, want %s", n, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		n, r := rapid.IntRange(0, 100).Draw(rt, "n"), rapid.Float64Range(0, 0.999999).Draw(rt, "r")
		base, got := schedule.Pause(time.Minute, n, 0.5), schedule.Pause(time.Minute, n, r)
		if d := (got - base).Abs(); d > base/10 {
			rt.Fatalf("%s differs by more than 10 %% from %s", got, base)
		}
	})
}

func TestParseType(t *testing.T) {
	for _, s := range []string{"AutoSync", "auto_sync", "autosync", " AUTO_SYNC "} {
		if got, err := schedule.ParseType(s); err != nil || got != schedule.AutoSync {
			t.Errorf("%q = %q, %v", s, got, err)
		}
	}
	if _, err := schedule.ParseType("sync"); err == nil {
		t.Error("sync was taken")
	}
}

// The baselines that dashboards compare with: how often each job runs in a week.
func TestBaselines(t *testing.T) {
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for kind, want := range map[schedule.Type]int{
		schedule.WeeklyGeneration: 1, schedule.AutoSync: 7 * 8, schedule.DailyAdvisor: 7, schedule.WeeklyTrends: 1,
	} {
		n := 0
		ts := times(t, kind.Defaults().Cron, "UTC")
		for at := ts.Next(monday.Add(-1)); at.Before(monday.AddDate(0, 0, 7)); at = ts.Next(at) {
			n++
		}
		if n != want {
			t.Errorf("%s: %d times a week, want %d", kind, n, want)
		}
	}
}
