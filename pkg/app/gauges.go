package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// electionEvery is how often a process tries to become the leader.
const electionEvery = 2 * time.Second

// observeGauges exports service_up, which each role reports for itself. Gauges of the whole
// installation are exported by one process, the leader.
func (a *App) observeGauges() error {
	if err := a.observeGauge(metrics.ServiceUp, func(ctx context.Context) []metrics.Reading {
		return []metrics.Reading{metrics.ServiceUp.At(observe.Indicator(a.readiness.check(ctx) == nil), metrics.Service(a.opts.Role.service()))}
	}); err != nil || !a.opts.Role.schedules() {
		return err
	}
	for _, g := range leaderGauges {
		if err := a.observeGauge(g, func(context.Context) []metrics.Reading { return a.installation.Of(g) }); err != nil {
			return err
		}
	}
	return a.observeJobs()
}

// leaderGauges are the gauges of the installation.
var leaderGauges = []metrics.AnyGauge{
	metrics.GenerationMacroBalanceSuccessRate, metrics.EmailDeliverySuccessRate, metrics.EmailEngagementRate, metrics.APIAvailability, metrics.APIDailyBudgetUsage,
	metrics.WeeklyGenerationSuccessAllUsers, metrics.WeeklyGenerationCurrentWeek, metrics.WeeklyGenerationSuccessStreakWeeks,
	metrics.WeeklyGenerationLastSuccessTimestamp,
	metrics.SchedulerJobQueueDepth, metrics.SchedulerJobOldestPendingAge, metrics.SchedulerJobRetryRate,
	metrics.SchedulerJobErrorRate, metrics.JobProcessingThroughput,
}

// watchInstallation probes the upstreams and reads the gauges of the installation until ctx ends.
func (a *App) watchInstallation(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.availability.Run(ctx) })
	wg.Go(func() { a.installation.Run(ctx) })
	wg.Wait()
	a.installation.Clear()
}

// records are the tables behind the installation's gauges.
func (a *App) records() observe.Records {
	r := observe.Records{Plans: a.s.Plans, Mails: a.s.Outbox, Jobs: a.s.JobStore, Now: a.opts.Now}
	if a.opts.Config.FatSecret.ConsumerKey != "" {
		r.Budget = a.s.fatsecret.Usage
	}
	return r
}

func (a *App) observeGauge(g metrics.AnyGauge, read func(context.Context) []metrics.Reading) error {
	stop, err := a.rec.Observe(g, read)
	if err != nil {
		return err
	}
	a.stops.push("gauge "+g.String(), func(context.Context) error { return stop() })
	return nil
}
