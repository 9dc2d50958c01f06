package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/metrics"
	"github.com/mealplanner/mealplanner/pkg/observe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

const (
	gaugeAge     = 15 * time.Second // how old a gauge's value may be
	streakAge    = 10 * time.Minute // the same, for what changes once a week
	gaugeTimeout = 2 * time.Second
	// electionEvery is how often the processes look who speaks for the installation.
	electionEvery = 2 * time.Second
)

// observeGauges exports service_up, which every role says of itself. What is true of the
// installation is read from the database and said by one process, the leader.
func (a *App) observeGauges() error {
	if err := a.observeGauge("service_up", func(ctx context.Context) []metrics.Reading {
		return []metrics.Reading{{Label: a.opts.Role.service(), Value: indicator(a.readiness.check(ctx) == nil)}}
	}); err != nil || !a.opts.Role.schedules() {
		return err
	}
	for _, name := range spoken {
		if err := a.observeGauge(name, func(context.Context) []metrics.Reading { return a.said.of(name) }); err != nil {
			return err
		}
	}
	return nil
}

// spoken are the gauges of the installation.
var spoken = []string{
	"generation_macro_balance_success_rate", "email_delivery_success_rate", "api_availability", "api_daily_budget_usage",
	"weekly_generation_success_all_users", "weekly_generation_current_week", "weekly_generation_success_streak_weeks",
	"weekly_generation_last_success_timestamp_seconds",
}

// speak is the leader's work: it probes the upstreams and reads the gauges of the
// installation, until ctx ends. Exports find the values ready, whatever the database
// does; a read that fails leaves the old value.
func (a *App) speak(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.upstreams.probe(ctx) })
	wg.Go(func() { repeat(ctx, gaugeAge, a.readGauges) })
	wg.Go(func() { repeat(ctx, streakAge, a.readStreak) })
	wg.Wait()
	a.said.clear()
}

func (a *App) readGauges(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, gaugeTimeout)
	defer cancel()
	if m, err := a.Plans.MacroBalance(ctx); err == nil {
		a.said.set("generation_macro_balance_success_rate", observe.Rates(m, nil, 0))
	}
	if m, err := a.Outbox.DeliveryRate(ctx); err == nil {
		a.said.set("email_delivery_success_rate", observe.Rates(m, metrics.EmailTypes, 1))
	}
	if a.opts.Config.FatSecret.ConsumerKey != "" {
		if used, err := a.accounts.store.Usage(ctx); err == nil {
			a.said.set("api_daily_budget_usage", []metrics.Reading{{Label: "fatsecret", Value: used}})
		}
	}
	if due, err := a.dueWeeks(ctx, 3); err == nil {
		a.said.set("weekly_generation_success_all_users", successAllUsers(due))
		a.said.set("weekly_generation_current_week", currentWeek(due))
	}
	if at, err := a.Plans.LastStored(ctx); err == nil && !at.IsZero() {
		a.said.set("weekly_generation_last_success_timestamp_seconds", []metrics.Reading{{Value: float64(at.UnixMilli()) / 1000}})
	}
}

func (a *App) readStreak(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, gaugeTimeout)
	defer cancel()
	if due, err := a.dueWeeks(ctx, streakWeeks); err == nil {
		a.said.set("weekly_generation_success_streak_weeks", []metrics.Reading{{Value: float64(streak(due))}})
	}
}

// readings are the last values of gauges, by name. Safe for concurrent use.
type readings struct {
	mu sync.Mutex
	m  map[string][]metrics.Reading
}

func (r *readings) of(name string) []metrics.Reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.m[name]
}

func (r *readings) set(name string, v []metrics.Reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.m == nil {
		r.m = map[string][]metrics.Reading{}
	}
	r.m[name] = v
}

func (r *readings) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.m)
}

func (a *App) observeGauge(name string, read func(context.Context) []metrics.Reading) error {
	stop, err := a.rec.Observe(name, read)
	if err != nil {
		return err
	}
	a.stops.push("gauge "+name, func(context.Context) error { return stop() })
	return nil
}

const (
	// runLead is the time from a weekly run to the Monday it plans for.
	runLead = runsBefore*24*time.Hour - runsAt*time.Hour
	// runGrace is how late a plan may be before its week counts as incomplete.
	runGrace = 30 * time.Minute
	// streakWeeks bounds the look back for the streak.
	streakWeeks = 52
)

// dueWeeks returns the newest weeks, n at most, for which a run was due, newest first.
func (a *App) dueWeeks(ctx context.Context, n int) ([]postgres.DueWeek, error) {
	now := a.opts.Now()
	newest := calendar.On(now.UTC()).Monday() + 7 // none later can be due, whatever the zone
	weeks := make([]calendar.Date, n)
	for i := range weeks {
		weeks[i] = newest - calendar.Date(7*i)
	}
	return a.Plans.DueWeeks(ctx, weeks, now, runLead, runGrace)
}

// successAllUsers is 1 for a week in which nobody's plan is late, for the two newest.
func successAllUsers(due []postgres.DueWeek) []metrics.Reading {
	var out []metrics.Reading
	for _, w := range due[:min(2, len(due))] {
		out = append(out, metrics.Reading{Label: w.Week.String(), Value: indicator(w.Late == 0)})
	}
	return out
}

// currentWeek is 1 for the newest due week, 0 for the one before.
func currentWeek(due []postgres.DueWeek) []metrics.Reading {
	var out []metrics.Reading
	for i, w := range due[:min(2, len(due))] {
		out = append(out, metrics.Reading{Label: w.Week.String(), Value: indicator(i == 0)})
	}
	return out
}

// streak counts complete weeks from the newest one back. A newest week whose plans are
// still being made neither counts nor breaks the streak.
func streak(due []postgres.DueWeek) int {
	if len(due) > 0 && due[0].Missing > 0 && due[0].Late == 0 {
		due = due[1:]
	}
	n := 0
	for _, w := range due {
		if w.Missing > 0 {
			break
		}
		n++
	}
	return n
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
