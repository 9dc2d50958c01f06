package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/tandoor/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/user"
)

func at(t *testing.T, text, zone string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	must(t, err)
	out, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	must(t, err)
	return out
}

// Friday, 06:00 in the user's zone; a weekend of downtime is caught up, a new user gets
// no plan for a week that has begun.
func TestDue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, now, created, want string }{
		"just before":         {"Europe/Berlin", "2026-11-27 05:59", "2026-01-01 00:00", "[]"},
		"just after":          {"Europe/Berlin", "2026-11-27 06:00", "2026-01-01 00:00", "[2026-11-30]"},
		"after the weekend":   {"Europe/Berlin", "2026-11-30 00:01", "2026-01-01 00:00", "[2026-11-30]"},
		"too late":            {"Europe/Berlin", "2026-12-02 00:00", "2026-01-01 00:00", "[]"},
		"new on Saturday":     {"Europe/Berlin", "2026-11-28 12:00", "2026-11-28 11:00", "[2026-11-30]"},
		"new on Wednesday":    {"Europe/Berlin", "2026-12-02 12:00", "2026-12-01 12:00", "[]"},
		"already Friday east": {"Pacific/Auckland", "2026-11-27 06:00", "2026-01-01 00:00", "[2026-11-30]"},
		"still Thursday west": {"America/Los_Angeles", "2026-11-26 21:00", "2026-01-01 00:00", "[]"},
	} {
		u := user.User{ID: "user_ana", TimeZone: c.zone, Enabled: true, Created: at(t, c.created, c.zone)}
		if got := fmt.Sprint(app.Due(u, at(t, c.now, c.zone))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := app.Due(user.User{TimeZone: "UTC"}, time.Now()); got != nil {
		t.Errorf("a disabled user is due: %v", got)
	}
}

func twelve() []sandbox.Person {
	people := make([]sandbox.Person, 12) // more than may run at once
	for i := range people {
		people[i] = sandbox.People()[0]
		people[i].ID, people[i].Email = fmt.Sprintf("user_%02d", i), fmt.Sprintf("user_%02d@sandbox.example", i)
	}
	return people
}

// Runs that fail are tried again with a delay, and each counts once, as the third
// attempt ends.
func TestWeeklyRunsThatFailCountOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, options{people: twelve(), sandbox: sandbox.Options{Library: tandoortest.Small()}, now: func() time.Time { return now }})
	for attempt, wait := range []time.Duration{0, 61 * time.Second, 121 * time.Second} {
		now = now.Add(wait)
		must(t, w.RunDue(t.Context()))
		must(t, w.RunDue(t.Context())) // too early for the next attempt
		failures := w.sums(t)["generation_failures_total"]
		if want := int64(attempt / 2 * 12); failures != want {
			t.Errorf("after attempt %d: %d failures, want %d", attempt+1, failures, want)
		}
	}
	if n := strings.Count(w.logs.String(), "Generation will be tried again"); n != 2*12 {
		t.Errorf("%d lines say that a run will be tried again", n)
	}
	if n := strings.Count(w.logs.String(), "Generation failed"); n != 12 {
		t.Errorf("%d lines say that a run failed", n)
	}
}

func TestWeeklyRunsPlanEverybodyOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, options{people: twelve(), now: func() time.Time { return now }})
	for range 2 {
		must(t, w.RunDue(t.Context()))
	}
	if n := w.plans(t); n != 12 {
		t.Errorf("%d of 12 plans", n)
	}
	if s := w.sums(t); s["generation_attempts_total"] != 12 || s["generation_success_total"] != 12 {
		t.Errorf("counted %d attempts, %d successes", s["generation_attempts_total"], s["generation_success_total"])
	}
}
