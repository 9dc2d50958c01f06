package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// NewUserGrace is how long after a user was added their first week is planned at the
// earliest.
func (a *App) NewUserGrace() time.Duration { return a.opts.Config.Scheduler.NewUserGrace }

// NextRun returns when the scheduler plans a user's next week, if they are added now, and
// which week that is.
func (a *App) NextRun(u user.User) (time.Time, calendar.Date, error) {
	return planner.NextRun(u, a.opts.Now(), a.NewUserGrace())
}

// Begin opens a trace for what an operator asks for; what it starts belongs to it.
func (a *App) Begin(ctx context.Context, name string) (_ context.Context, done func(error)) {
	return observe.Begin(ctx, a.telemetry.Tracer(), name)
}

// TraceParent returns the context's W3C traceparent, "" outside a trace.
func (*App) TraceParent(ctx context.Context) string { return observe.TraceParent(ctx) }

// handlers are what the jobs do.
func (a *App) handlers() map[schedule.Type]jobs.Handler {
	return map[schedule.Type]jobs.Handler{
		schedule.WeeklyGeneration: a.generateWeekly,
		schedule.AutoSync:         a.autoSync,
		schedule.DailyAdvisor:     a.adviseDaily,
		schedule.WeeklyTrends:     a.reviewWeekly,
	}
}

// weeklyOutput is what is kept of a weekly generation.
type weeklyOutput struct {
	Week     calendar.Date `json:"week_of"`
	Plan     string        `json:"generation_id"`
	Status   string        `json:"status"`
	Meals    int           `json:"meals"`
	Balanced int           `json:"balanced_days"`
	Existing bool          `json:"existing,omitempty"`
}

// generateWeekly plans the week after the job's time, or the one its parameters name.
func (a *App) generateWeekly(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.WeeklyParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "weekly generation", err)
	}
	u, err := a.Users.Get(ctx, j.User)
	if err != nil {
		return nil, err
	}
	if !u.Enabled && j.Trigger != schedule.Manual {
		return mailOutput{Skipped: "paused"}, nil
	}
	week := p.Week
	if week == 0 {
		week = calendar.On(j.Occurrence).Monday() + 7
	}
	m, err := a.generate(ctx, u, planner.Request{User: j.User, Week: week, Attempt: j.Attempt, WillRetry: j.WillRetry()}, nil)
	if err != nil {
		return nil, err
	}
	return weeklyOutput{week, plan.GenerationID(j.User, week), string(m.Week.Status), m.Week.Meals(), m.Week.BalancedDays(), m.Existing}, nil
}

// syncOutput is what is kept of a synchronisation: counts, never content.
type syncOutput struct {
	Synced  int    `json:"synced"`
	Deleted int    `json:"deleted,omitempty"`
	Failed  int    `json:"failed,omitempty"` // recipes that cannot be used
	Full    bool   `json:"full_sync,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why nothing was done

	Written    int      `json:"diary_written,omitempty"`
	WouldWrite int      `json:"diary_dry_run,omitempty"`
	Unmapped   []string `json:"diary_unmapped,omitempty"` // our names of foods that FatSecret does not have
}

// autoSync refreshes a library, or reads a user's diary and writes what they ate. While a
// breaker is open it is skipped, which is no failure: the breaker's own probes say when
// the upstream is back.
func (a *App) autoSync(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.SyncParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "sync", err)
	}
	var out syncOutput
	switch p.SyncType {
	case schedule.SyncTandoor:
		sum, serr := a.Sync.Refresh(ctx, j.Connection, p.Full, nil)
		out, err = syncOutput{Synced: sum.Changed, Deleted: sum.Deleted, Failed: sum.Problems, Full: sum.Full}, serr
	default:
		s, serr := a.Accounts.Sync(ctx, j.User, a.opts.Now(), p.DryRun)
		out, err = syncOutput{Synced: s.Days, Skipped: s.Skipped, Written: s.Written, WouldWrite: s.Intended, Unmapped: s.Unmapped}, serr
	}
	if resilient.IsOpen(err) {
		return syncOutput{Skipped: "circuit breaker open"}, nil
	}
	return out, err
}

// mailOutput is what is kept of a mail job: no figure of a diary.
type mailOutput struct {
	Sent    bool   `json:"email_sent"`
	Type    string `json:"email_type,omitempty"`
	Skipped string `json:"skipped,omitempty"`
}

// adviseDaily mails the advice about the day of the job's time.
func (a *App) adviseDaily(ctx context.Context, j jobs.Job) (any, error) {
	res, err := a.Coach.Advise(ctx, j.User, calendar.On(j.Occurrence))
	if err != nil {
		return nil, err
	}
	a.Wake()
	return mailOutput{res.Mailed, coach.AdvisorType, res.Skipped}, nil
}

// trendDays are the days that the trends look at, unless the parameters say otherwise.
const trendDays = 28

// reviewWeekly mails the trends of the days before the job's time.
func (a *App) reviewWeekly(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.TrendsParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "weekly trends", err)
	}
	if p.Days == 0 {
		p.Days = trendDays
	}
	res, err := a.Coach.Review(ctx, j.User, calendar.On(j.Occurrence)-1, p.Days)
	if err != nil {
		return nil, err
	}
	a.Wake()
	return mailOutput{res.Mailed, coach.TrendsType, res.Skipped}, nil
}

// newEngine puts the job engine together.
func (a *App) newEngine(instance string) (err error) {
	c := a.opts.Config.Scheduler
	a.Jobs, err = jobs.New(jobs.Options{
		Queue: a.queue, Store: a.JobStore, Handlers: a.handlers(), Settings: a.Runtime,
		Observer: observe.NewJobs(a.telemetry.Tracer(), a.rec, a.Log, a.opts.Now),
		Worker:   instance, Spread: c.WeeklySpread, Grace: c.NewUserGrace, Log: observe.NewQueueLog(a.Log, a.opts.Now), Now: a.opts.Now, Borrowed: a.borrowed,
	})
	return err
}

// observeJobs exports what this process is working on.
func (a *App) observeJobs() error {
	if err := a.observeGauge(metrics.SchedulerConcurrencyLimit, func(context.Context) []metrics.Reading {
		return []metrics.Reading{metrics.SchedulerConcurrencyLimit.At(float64(a.Jobs.Limit()))}
	}); err != nil {
		return err
	}
	return a.observeGauge(metrics.SchedulerConcurrentJobs, func(context.Context) []metrics.Reading {
		running := a.Jobs.Running()
		out := make([]metrics.Reading, 0, len(schedule.Types))
		for _, t := range schedule.Types {
			out = append(out, metrics.SchedulerConcurrentJobs.At(float64(running[t]), metrics.JobType(t)))
		}
		return out
	})
}
