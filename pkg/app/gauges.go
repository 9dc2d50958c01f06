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

// electionEvery is how often the processes look whether there is a leader.
const electionEvery = 2 * time.Second

// observeGauges exports service_up, which every role says of itself. What is true of the
// installation is exported by one process, the leader.
func (a *App) observeGauges() error {
	if err := a.observeGauge("service_up", func(ctx context.Context) []metrics.Reading {
		return []metrics.Reading{{Label: a.opts.Role.service(), Value: indicator(a.readiness.check(ctx) == nil)}}
	}); err != nil || !a.opts.Role.schedules() {
		return err
	}
	for _, name := range leaderGauges {
		if err := a.observeGauge(name, func(context.Context) []metrics.Reading { return a.installation.Of(name) }); err != nil {
			return err
		}
	}
	return a.observeJobs()
}

// leaderGauges are the gauges of the installation.
var leaderGauges = []string{
	"generation_macro_balance_success_rate", "email_delivery_success_rate", "email_engagement_rate", "api_availability", "api_daily_budget_usage",
	"weekly_generation_success_all_users", "weekly_generation_current_week", "weekly_generation_success_streak_weeks",
	"weekly_generation_last_success_timestamp_seconds",
	"scheduler_job_queue_depth", "scheduler_job_oldest_pending_age_seconds", "scheduler_job_retry_rate",
	"scheduler_job_error_rate", "job_processing_throughput",
}

// runAsLeader probes the upstreams and reads the gauges of the installation until ctx ends.
func (a *App) runAsLeader(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.upstreams.probe(ctx) })
	wg.Go(func() { a.installation.Run(ctx) })
	wg.Wait()
	a.upstreams.forget()
	a.installation.Clear()
}

// gauges reads what the database says of the installation.
type gauges struct {
	plans  *postgres.Plans
	mails  *postgres.Outbox
	jobs   *postgres.Jobs
	budget *postgres.FatSecret // nil: FatSecret is off
	now    func() time.Time
}

func (a *App) gauges() gauges {
	g := gauges{plans: a.Plans, mails: a.Outbox, jobs: a.JobStore, now: a.opts.Now}
	if a.opts.Config.FatSecret.ConsumerKey != "" {
		g.budget = a.tracked
	}
	return g
}

func (g gauges) groups() []observe.GaugeGroup {
	return []observe.GaugeGroup{
		{Name: "macro balance", Read: g.macroBalance},
		{Name: "mail delivery", Read: g.delivery},
		{Name: "mail engagement", Read: g.engagement},
		{Name: "call budget", Read: g.callBudget},
		{Name: "last plan", Read: g.lastPlan},
		{Name: "weeks", Read: g.weeks},
		{Name: "job queue", Read: g.queue},
		{Name: "jobs of the last day", Read: g.lastDay},
	}
}

func (g gauges) macroBalance(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := g.plans.MacroBalance(ctx)
	return map[string][]metrics.Reading{"generation_macro_balance_success_rate": observe.Rates(m, nil, 0)}, err
}

func (g gauges) delivery(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := g.mails.DeliveryRate(ctx)
	return map[string][]metrics.Reading{"email_delivery_success_rate": observe.Rates(m, metrics.EmailTypes, 1)}, err
}

func (g gauges) engagement(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := g.mails.Engagement(ctx)
	return map[string][]metrics.Reading{"email_engagement_rate": observe.Rates(m, metrics.EmailTypes, 0)}, err
}

func (g gauges) callBudget(ctx context.Context) (map[string][]metrics.Reading, error) {
	if g.budget == nil {
		return nil, nil
	}
	used, err := g.budget.Usage(ctx)
	return map[string][]metrics.Reading{"api_daily_budget_usage": {{Label: "fatsecret", Value: used}}}, err
}

func (g gauges) lastPlan(ctx context.Context) (map[string][]metrics.Reading, error) {
	at, err := g.plans.LastStored(ctx)
	if err != nil || at.IsZero() {
		return nil, err
	}
	return map[string][]metrics.Reading{"weekly_generation_last_success_timestamp_seconds": {{Value: float64(at.UnixMilli()) / 1000}}}, nil
}

func (g gauges) weeks(ctx context.Context) (map[string][]metrics.Reading, error) {
	due, err := g.dueWeeks(ctx)
	return map[string][]metrics.Reading{
		"weekly_generation_success_all_users":    successAllUsers(due),
		"weekly_generation_current_week":         currentWeek(due),
		"weekly_generation_success_streak_weeks": {{Value: float64(streak(due))}},
	}, err
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
func (g gauges) dueWeeks(ctx context.Context) ([]postgres.DueWeek, error) {
	now := g.now()
	newest := calendar.On(now.UTC()).Monday() + 14 // none later can be due, whatever the zone
	weeks := make([]calendar.Date, streakWeeks)
	for i := range weeks {
		weeks[i] = newest - calendar.Date(7*i)
	}
	return g.plans.DueWeeks(ctx, weeks, now, runGrace)
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

func (g gauges) queue(ctx context.Context) (map[string][]metrics.Reading, error) {
	rows, err := g.jobs.Queue(ctx)
	depth, oldest := map[string]float64{}, map[string]float64{}
	for _, r := range rows {
		depth[r.JobType], oldest[r.JobType] = float64(r.Depth), max(r.OldestSeconds, 0)
	}
	return map[string][]metrics.Reading{
		"scheduler_job_queue_depth":                observe.Rates(depth, metrics.JobTypes, 0),
		"scheduler_job_oldest_pending_age_seconds": observe.Rates(oldest, metrics.JobTypes, 0),
	}, err
}

// lastDay computes the jobs' rates over the last 24 hours.
func (g gauges) lastDay(ctx context.Context) (map[string][]metrics.Reading, error) {
	d, err := g.jobs.LastDay(ctx)
	retry, throughput, finished := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, r := range d.Rates {
		retry[r.JobType] = float64(r.Retries) / float64(r.Started)
		throughput[r.JobType] = float64(r.Finished) / 24
		finished[r.JobType] = float64(r.Finished)
	}
	failed := map[[2]string]float64{}
	for _, e := range d.Errors {
		failed[[2]string{e.JobType, e.ErrorType}] = float64(e.Failed) / finished[e.JobType]
	}
	var errorRate []metrics.Reading
	for _, t := range metrics.JobTypes {
		for _, k := range fault.Kinds {
			errorRate = append(errorRate, metrics.Reading{Label: t, Second: string(k), Value: failed[[2]string{t, string(k)}]})
		}
	}
	return map[string][]metrics.Reading{
		"scheduler_job_retry_rate":  observe.Rates(retry, metrics.JobTypes, 0),
		"scheduler_job_error_rate":  errorRate,
		"job_processing_throughput": observe.Rates(throughput, metrics.JobTypes, 0),
	}, err
}
