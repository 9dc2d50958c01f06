package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// NewUserGrace is the least time between adding a user and planning their first week.
func (s *Services) NewUserGrace() time.Duration { return s.opts.Config.Scheduler.NewUserGrace }

// NextRun returns when the scheduler will plan the next week of a user who is added now,
// and which week that is.
func (s *Services) NextRun(u user.User) (time.Time, calendar.Date, error) {
	return planner.NextRun(u, s.opts.Now(), s.NewUserGrace())
}

// Begin starts a trace for an operator's command; the work it starts joins the trace.
func (s *Services) Begin(ctx context.Context, name string) (_ context.Context, done func(error)) {
	return observe.Begin(ctx, s.tracer, name)
}

// TraceParent returns the context's W3C traceparent, "" outside a trace.
func (*Services) TraceParent(ctx context.Context) string { return observe.TraceParent(ctx) }

// newEngine puts the job engine together.
func (a *App) newJobEngine(instance string) (err error) {
	c := a.opts.Config.Scheduler
	a.s.Jobs, err = jobs.New(jobs.Options{
		Queue: a.queue, Store: a.s.JobStore, Handlers: a.s.handlers(), Settings: a.s.Runtime,
		Observer: observe.NewJobs(a.telemetry.Tracer(), a.rec, a.log, a.opts.Now),
		Worker:   instance, Spread: c.WeeklySpread, Grace: c.NewUserGrace, Log: observe.NewQueueLog(a.log, a.opts.Now), Now: a.opts.Now, Borrowed: a.borrowed,
	})
	return err
}

// observeJobs exports the jobs running in this process.
func (a *App) observeJobs() error {
	if err := a.observeGauge(metrics.SchedulerConcurrencyLimit, func(context.Context) []metrics.Reading {
		return []metrics.Reading{metrics.SchedulerConcurrencyLimit.At(float64(a.s.Jobs.Limit()))}
	}); err != nil {
		return err
	}
	return a.observeGauge(metrics.SchedulerConcurrentJobs, func(context.Context) []metrics.Reading {
		running := a.s.Jobs.Running()
		out := make([]metrics.Reading, 0, len(schedule.Types))
		for _, t := range schedule.Types {
			out = append(out, metrics.SchedulerConcurrentJobs.At(float64(running[t]), metrics.JobType(t)))
		}
		return out
	})
}
