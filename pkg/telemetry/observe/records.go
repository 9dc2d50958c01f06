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

// Records are what the gauges of an installation are read from.
type Records struct {
	Plans interface {
		// MacroBalance returns the share of balanced plans by user.
		MacroBalance(ctx context.Context) (map[string]float64, error)
		// LastStored is when the newest plan was stored; zero when there is none.
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

// Groups are the gauges, as far as one question answers several.
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

func (r Records) macroBalance(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := r.Plans.MacroBalance(ctx)
	return map[string][]metrics.Reading{"generation_macro_balance_success_rate": Rates(m, nil, 0)}, err
}

func (r Records) delivery(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := r.Mails.DeliveryRate(ctx)
	return map[string][]metrics.Reading{"email_delivery_success_rate": Rates(m, metrics.EmailTypes, 1)}, err
}

func (r Records) engagement(ctx context.Context) (map[string][]metrics.Reading, error) {
	m, err := r.Mails.Engagement(ctx)
	return map[string][]metrics.Reading{"email_engagement_rate": Rates(m, metrics.EmailTypes, 0)}, err
}

func (r Records) callBudget(ctx context.Context) (map[string][]metrics.Reading, error) {
	if r.Budget == nil {
		return nil, nil
	}
	used, err := r.Budget(ctx)
	return map[string][]metrics.Reading{"api_daily_budget_usage": {{Label: "fatsecret", Value: used}}}, err
}

func (r Records) lastPlan(ctx context.Context) (map[string][]metrics.Reading, error) {
	at, err := r.Plans.LastStored(ctx)
	if err != nil || at.IsZero() {
		return nil, err
	}
	return map[string][]metrics.Reading{"weekly_generation_last_success_timestamp_seconds": {{Value: float64(at.UnixMilli()) / 1000}}}, nil
}

// Weeks reads the gauges about weeks.
func (r Records) Weeks(ctx context.Context) (map[string][]metrics.Reading, error) {
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
// success is 1 for a week in which nobody's plan is late, current is 1 for the newest.
func ofWeeks(due []plan.DueWeek) map[string][]metrics.Reading {
	var success, current []metrics.Reading
	for i, w := range due[:min(2, len(due))] {
		success = append(success, metrics.Reading{Label: w.Week.String(), Value: Indicator(w.Late == 0)})
		current = append(current, metrics.Reading{Label: w.Week.String(), Value: Indicator(i == 0)})
	}
	return map[string][]metrics.Reading{
		"weekly_generation_success_all_users":    success,
		"weekly_generation_current_week":         current,
		"weekly_generation_success_streak_weeks": {{Value: float64(plan.Streak(due))}},
	}
}

func (r Records) queue(ctx context.Context) (map[string][]metrics.Reading, error) {
	waiting, err := r.Jobs.Queue(ctx)
	depth, oldest := map[string]float64{}, map[string]float64{}
	for _, b := range waiting {
		depth[string(b.Type)], oldest[string(b.Type)] = float64(b.Jobs), b.Oldest.Seconds()
	}
	return map[string][]metrics.Reading{
		"scheduler_job_queue_depth":                Rates(depth, metrics.JobTypes, 0),
		"scheduler_job_oldest_pending_age_seconds": Rates(oldest, metrics.JobTypes, 0),
	}, err
}

// lastDay computes the jobs' rates over the last 24 hours.
func (r Records) lastDay(ctx context.Context) (map[string][]metrics.Reading, error) {
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
	var errorRate []metrics.Reading
	for _, t := range metrics.JobTypes {
		for _, k := range fault.Kinds {
			errorRate = append(errorRate, metrics.Reading{Label: t, Second: string(k), Value: failed[[2]string{t, string(k)}]})
		}
	}
	return map[string][]metrics.Reading{
		"scheduler_job_retry_rate":  Rates(retry, metrics.JobTypes, 0),
		"scheduler_job_error_rate":  errorRate,
		"job_processing_throughput": Rates(throughput, metrics.JobTypes, 0),
	}, err
}
