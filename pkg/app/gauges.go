package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// electionEvery is how often the processes look whether there is a leader.
const electionEvery = 2 * time.Second

// observeGauges exports service_up, which every role says of itself. What is true of the
// installation is exported by one process, the leader.
func (a *App) observeGauges() error {
	if err := a.observeGauge("service_up", func(ctx context.Context) []metrics.Reading {
		return []metrics.Reading{{Label: a.opts.Role.service(), Value: observe.Indicator(a.readiness.check(ctx) == nil)}}
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
	wg.Go(func() { a.availability.Run(ctx) })
	wg.Go(func() { a.installation.Run(ctx) })
	wg.Wait()
	a.installation.Clear()
}

// records are what the gauges of the installation are read from.
func (a *App) records() observe.Records {
	r := observe.Records{Plans: a.Plans, Mails: a.Outbox, Jobs: a.JobStore, Now: a.opts.Now}
	if a.opts.Config.FatSecret.ConsumerKey != "" {
		r.Budget = a.tracked.Usage
	}
	return r
}

func (a *App) observeGauge(name string, read func(context.Context) []metrics.Reading) error {
	stop, err := a.rec.Observe(name, read)
	if err != nil {
		return err
	}
	a.stops.push("gauge "+name, func(context.Context) error { return stop() })
	return nil
}
