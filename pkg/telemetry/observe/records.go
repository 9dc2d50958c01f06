package observe

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

const (
	// runGrace is how late a plan may be before its week counts as incomplete.
	runGrace = 30 * time.Minute
	// streakWeeks bounds the look back for the streak: half a year.
	streakWeeks = 26
)

// Records reads the gauges of an installation.
type Records struct {
	Plans interface {
		// MacroBalance returns the share of balanced plans by user.
		MacroBalance(ctx context.Context) (map[string]float64, error)
		// LastStored returns when the newest plan was stored; zero if there is none.
		LastStored(ctx context.Context) (time.Time, error)
		// DueWeeks returns those of the weeks that were due at the given time, newest first.
		DueWeeks(ctx context.Context, weeks []calendar.Date, at time.Time, grace time.Duration) ([]plan.DueWeek, error)
	}
	Mails interface {
		// DeliveryRate and Engagement return shares by type of mail.
		DeliveryRate(ctx context.Context) (map[string]float64, error)
		Engagement(ctx context.Context) (map[string]float64, error)
	}
	Jobs interface {
		Queue(ctx context.Context) ([]schedule.Backlog, error)
		LastDay(ctx context.Context) (schedule.Day, error)
	}
	// Budget is the share of the day's calls to FatSecret that is used up; nil: it is off.
	Budget func(ctx context.Context) (float64, error)
	Now    func() time.Time
}

// Groups returns the gauges, grouped by query.
func (r Records) Groups() []GaugeGroup {
	return []GaugeGroup{
		{Name: "macro balance", Read: r.macroBalance},
		{Name: "mail delivery", Read: r.delivery},
		{Name: "mail engagement", Read: r.engagement},
		{Name: "call budget", Read: r.callBudget},
		{Name: "last plan", Read: r.lastPlan},
		{Name: "weeks", Read: r.Weeks},
		{Name: "job queue", Read: r.queue},
		{Name: "jobs of the last day", Read: r.lastDay},
	}
}

func (r Records) macroBalance(ctx context.Context) ([]metrics.Reading, error) {
	m, err := r.Plans.MacroBalance(ctx)
	return metrics.GenerationMacroBalanceSuccessRate.Each(m, nil, 0), err
}

func (r Records) delivery(ctx context.Context) ([]metrics.Reading, error) {
	m, err := r.Mails.DeliveryRate(ctx)
	return metrics.EmailDeliverySuccessRate.Each(m, metrics.EmailTypes, 1), err
}

func (r Records) engagement(ctx context.Context) ([]metrics.Reading, error) {
	m, err := r.Mails.Engagement(ctx)
	return metrics.EmailEngagementRate.Each(m, metrics.EmailTypes, 0), err
}

func (r Records) callBudget(ctx context.Context) ([]metrics.Reading, error) {
	if r.Budget == nil {
		return nil, nil
	}
	used, err := r.Budget(ctx)
	return []metrics.Reading{metrics.APIDailyBudgetUsage.At(used, "fatsecret")}, err
}

func (r Records) lastPlan(ctx context.Context) ([]metrics.Reading, error) {
	at, err := r.Plans.LastStored(ctx)
	if err != nil || at.IsZero() {
		return nil, err
	}
	return []metrics.Reading{metrics.WeeklyGenerationLastSuccessTimestamp.At(float64(at.UnixMilli()) / 1000)}, nil
}

// Weeks reads the gauges about weeks.
func (r Records) Weeks(ctx context.Context) ([]metrics.Reading, error) {
	now := r.Now()
	newest := calendar.On(now.UTC()).Monday() + 14 // none later can be due, whatever the zone
	weeks := make([]calendar.Date, streakWeeks)
	for i := range weeks {
		weeks[i] = newest - calendar.Date(7*i)
	}
	due, err := r.Plans.DueWeeks(ctx, weeks, now, runGrace)
	return ofWeeks(due), err
}

// ofWeeks are the gauges about weeks, newest first. The two newest have series of their own:
// success is 1 for a week without a late plan, current is 1 for the newest.
func ofWeeks(due []plan.DueWeek) []metrics.Reading {
	out := []metrics.Reading{metrics.WeeklyGenerationSuccessStreakWeeks.At(float64(plan.Streak(due)))}
	for i, w := range due[:min(2, len(due))] {
		week := metrics.Week(w.Week.String())
		out = append(out, metrics.WeeklyGenerationSuccessAllUsers.At(Indicator(w.Late == 0), week), metrics.WeeklyGenerationCurrentWeek.At(Indicator(i == 0), week))
	}
	return out
}

func (r Records) queue(ctx context.Context) ([]metrics.Reading, error) {
	waiting, err := r.Jobs.Queue(ctx)
	depth, oldest := map[string]float64{}, map[string]float64{}
	for _, b := range waiting {
		depth[string(b.Type)], oldest[string(b.Type)] = float64(b.Jobs), b.Oldest.Seconds()
	}
	return append(metrics.SchedulerJobQueueDepth.Each(depth, metrics.JobTypes, 0), metrics.SchedulerJobOldestPendingAge.Each(oldest, metrics.JobTypes, 0)...), err
}

// lastDay computes the jobs' rates over the last 24 hours.
func (r Records) lastDay(ctx context.Context) ([]metrics.Reading, error) {
	d, err := r.Jobs.LastDay(ctx)
	retry, throughput, finished := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, a := range d.Attempts {
		t := string(a.Type)
		retry[t] = float64(a.Retries) / float64(a.Started)
		throughput[t] = float64(a.Finished) / 24
		finished[t] = float64(a.Finished)
	}
	failed := map[[2]string]float64{}
	for _, f := range d.Failures {
		failed[[2]string{string(f.Type), string(f.Kind)}] = float64(f.Jobs) / finished[string(f.Type)]
	}
	out := append(metrics.SchedulerJobRetryRate.Each(retry, metrics.JobTypes, 0), metrics.JobProcessingThroughput.Each(throughput, metrics.JobTypes, 0)...)
	for _, t := range metrics.JobTypes {
		for _, k := range fault.Kinds {
			out = append(out, metrics.SchedulerJobErrorRate.At(failed[[2]string{t, string(k)}], metrics.JobType(t), metrics.ErrorType(k)))
		}
	}
	return out, err
}
