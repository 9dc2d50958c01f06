package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

const (
	gaugeAge     = 15 * time.Second // how old a gauge's value may be
	gaugeTimeout = 2 * time.Second  // of one read
	// gaugeFailures is how many reads in a row may fail before the old value is no longer said.
	gaugeFailures = 4
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
	return a.observeJobs()
}

// spoken are the gauges of the installation.
var spoken = []string{
	"generation_macro_balance_success_rate", "email_delivery_success_rate", "email_engagement_rate", "api_availability", "api_daily_budget_usage",
	"weekly_generation_success_all_users", "weekly_generation_current_week", "weekly_generation_success_streak_weeks",
	"weekly_generation_last_success_timestamp_seconds",
	"scheduler_job_queue_depth", "scheduler_job_oldest_pending_age_seconds", "scheduler_job_retry_rate",
	"scheduler_job_error_rate", "job_processing_throughput",
}

// speak is the leader's work: it probes the upstreams and reads the gauges of the
// installation, until ctx ends. Exports find the values ready, whatever the database does.
func (a *App) speak(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.upstreams.probe(ctx) })
	wg.Go(func() { repeat(ctx, gaugeAge, a.readGauges) })
	wg.Wait()
	a.upstreams.forget()
	a.said.clear()
}

// readGauges reads each group of gauges. One that fails keeps its values for a minute.
func (a *App) readGauges(ctx context.Context) {
	for _, g := range []struct {
		group string
		read  func(context.Context) (map[string][]metrics.Reading, error)
	}{
		{"macro balance", a.readMacroBalance},
		{"mail delivery", a.readDelivery},
		{"mail engagement", a.readEngagement},
		{"call budget", a.readBudget},
		{"last plan", a.readLastPlan},
		{"weeks", a.readWeeks},
		{"job queue", a.readQueue},
		{"jobs of the last day", a.readLastDay},
	} {
		limited, cancel := context.WithTimeout(ctx, gaugeTimeout)
		values, err := g.read(limited)
		cancel()
		if ctx.Err() == nil && a.said.set(g.group, values, err) {
			a.Log.WarnContext(ctx, "Gauges were not read", append([]any{"component", "telemetry", "gauges", g.group}, observe.Failure(fault.KindOf(err), err)...)...)
		}
	}
}

func (a *App) readMacroBalance(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := a.Plans.MacroBalance(ctx)
	return map[string][]metrics.Reading{"generation_macro_balance_success_rate": observe.Rates(m, nil, 0)}, err
}

func (a *App) readDelivery(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := a.Outbox.DeliveryRate(ctx)
	return map[string][]metrics.Reading{"email_delivery_success_rate": observe.Rates(m, metrics.EmailTypes, 1)}, err
}

func (a *App) readEngagement(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := a.Outbox.Engagement(ctx)
	return map[string][]metrics.Reading{"email_engagement_rate": observe.Rates(m, metrics.EmailTypes, 0)}, err
}

func (a *App) readBudget(ctx context.Context) (map[string][]metrics.Reading, error) {
	if a.opts.Config.FatSecret.ConsumerKey == "" {
		return nil, nil
	}
	used, err := a.tracked.Usage(ctx)
	return map[string][]metrics.Reading{"api_daily_budget_usage": {{Label: "fatsecret", Value: used}}}, err
}

func (a *App) readLastPlan(ctx context.Context) (map[string][]metrics.Reading, error) {
	at, err := a.Plans.LastStored(ctx)
	if err != nil || at.IsZero() {
		return nil, err
	}
	return map[string][]metrics.Reading{"weekly_generation_last_success_timestamp_seconds": {{Value: float64(at.UnixMilli()) / 1000}}}, nil
}

func (a *App) readWeeks(ctx context.Context) (map[string][]metrics.Reading, error) {
	due, err := a.dueWeeks(ctx)
	return map[string][]metrics.Reading{
		"weekly_generation_success_all_users":    successAllUsers(due),
		"weekly_generation_current_week":         currentWeek(due),
		"weekly_generation_success_streak_weeks": {{Value: float64(streak(due))}},
	}, err
}

// readings are the last values of gauges, by the group that is read together, and name.
// Safe for concurrent use.
type readings struct {
	mu       sync.Mutex
	groups   map[string]map[string][]metrics.Reading
	failures map[string]int
}

func (r *readings) of(name string) []metrics.Reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.groups {
		if v, ok := g[name]; ok {
			return v
		}
	}
	return nil
}

// set keeps what a read brought, and reports whether a failure is the first in a row.
func (r *readings) set(group string, values map[string][]metrics.Reading, err error) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups == nil {
		r.groups, r.failures = map[string]map[string][]metrics.Reading{}, map[string]int{}
	}
	if err == nil {
		r.groups[group], r.failures[group] = values, 0
		return false
	}
	r.failures[group]++
	if r.failures[group] == gaugeFailures {
		delete(r.groups, group)
	}
	return r.failures[group] == 1
}

func (r *readings) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.groups)
	clear(r.failures)
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
	// runGrace is how late a plan may be before its week counts as incomplete.
	runGrace = 30 * time.Minute
	// streakWeeks bounds the look back for the streak: half a year.
	streakWeeks = 26
)

// dueWeeks returns the newest weeks for which a run was due, newest first.
func (a *App) dueWeeks(ctx context.Context) ([]postgres.DueWeek, error) {
	now := a.opts.Now()
	newest := calendar.On(now.UTC()).Monday() + 14 // none later can be due, whatever the zone
	weeks := make([]calendar.Date, streakWeeks)
	for i := range weeks {
		weeks[i] = newest - calendar.Date(7*i)
	}
	return a.Plans.DueWeeks(ctx, weeks, now, runGrace)
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
