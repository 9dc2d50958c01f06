package app

import (
	"context"
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
		up := 1.0
		if a.readiness.check(ctx) != nil {
			up = 0
		}
		return []metrics.Reading{{Label: a.opts.Role.service(), Value: up}}
	}); err != nil || !a.opts.Role.schedules() {
		return err
	}
	weeks := observe.Cached(gaugeAge, gaugeTimeout, a.opts.Now, func(ctx context.Context) ([]postgres.DueWeek, error) { return a.dueWeeks(ctx, 3) })
	for name, read := range map[string]func(context.Context) []metrics.Reading{
		"generation_macro_balance_success_rate": a.readings(gaugeAge, func(ctx context.Context) ([]metrics.Reading, error) {
			m, err := a.Plans.MacroBalance(ctx)
			return observe.Rates(m, nil, 0), err
		}),
		"email_delivery_success_rate": a.readings(gaugeAge, func(ctx context.Context) ([]metrics.Reading, error) {
			m, err := a.Outbox.DeliveryRate(ctx)
			return observe.Rates(m, metrics.EmailTypes, 1), err
		}),
		"api_availability": func(context.Context) []metrics.Reading { return a.upstreams.availability() },
		"api_daily_budget_usage": a.readings(gaugeAge, func(ctx context.Context) ([]metrics.Reading, error) {
			if a.opts.Config.FatSecret.ConsumerKey == "" {
				return nil, nil
			}
			used, err := a.accounts.store.Usage(ctx)
			return []metrics.Reading{{Label: "fatsecret", Value: used}}, err
		}),
		"weekly_generation_success_all_users": func(ctx context.Context) []metrics.Reading { return successAllUsers(weeks(ctx)) },
		"weekly_generation_current_week":      func(ctx context.Context) []metrics.Reading { return currentWeek(weeks(ctx)) },
		"weekly_generation_success_streak_weeks": a.readings(streakAge, func(ctx context.Context) ([]metrics.Reading, error) {
			due, err := a.dueWeeks(ctx, streakWeeks)
			return []metrics.Reading{{Value: float64(streak(due))}}, err
		}),
		"weekly_generation_last_success_timestamp_seconds": a.readings(gaugeAge, func(ctx context.Context) ([]metrics.Reading, error) {
			at, err := a.Plans.LastStored(ctx)
			if err != nil || at.IsZero() {
				return nil, err
			}
			return []metrics.Reading{{Value: float64(at.UnixMilli()) / 1000}}, nil
		}),
	} {
		if err := a.observeGauge(name, func(ctx context.Context) []metrics.Reading {
			if !a.leader.Leads() {
				return nil
			}
			return read(ctx)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) readings(age time.Duration, read func(context.Context) ([]metrics.Reading, error)) func(context.Context) []metrics.Reading {
	return observe.Cached(age, gaugeTimeout, a.opts.Now, read)
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
