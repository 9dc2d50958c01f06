package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// handlers returns the handler of each type of job.
func (s *Services) handlers() map[schedule.Type]jobs.Handler {
	return map[schedule.Type]jobs.Handler{
		schedule.WeeklyGeneration: s.generateWeekly,
		schedule.AutoSync:         s.autoSync,
		schedule.DailyAdvisor:     s.adviseDaily,
		schedule.WeeklyTrends:     s.reviewWeekly,
	}
}

// weeklyOutput is the stored output of a weekly generation.
type weeklyOutput struct {
	Week     calendar.Date `json:"week_of"`
	Plan     string        `json:"generation_id"`
	Status   string        `json:"status"`
	Meals    int           `json:"meals"`
	Balanced int           `json:"balanced_days"`
	Existing bool          `json:"existing,omitempty"`
}

// skipped is the stored output of a job that had nothing to do.
type skipped struct {
	Skipped string `json:"skipped"` // why
}

// generateWeekly plans the week after the job's time, or the one its parameters name.
func (s *Services) generateWeekly(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.WeeklyParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "weekly generation", err)
	}
	u, err := s.Users.Get(ctx, j.User)
	if err != nil {
		return nil, err
	}
	if !u.Enabled && j.Trigger != schedule.Manual {
		return skipped{"paused"}, nil
	}
	week := p.Week
	if week == 0 {
		week = calendar.On(j.Occurrence).Monday() + 7
	}
	from, left, err := planner.Left(u, week, s.opts.Now()) // a run that was missed may come when the week has begun
	if err != nil {
		return nil, err
	}
	if !left {
		return skipped{"over"}, nil
	}
	if unwanted, err := s.unwanted(ctx, u, from); err != nil {
		return nil, err
	} else if unwanted != nil {
		return skipped{"all meals are skipped"}, nil //nolint:nilerr // it is the user's wish
	}
	m, err := s.generate(ctx, u, planner.Request{User: j.User, Week: week, From: from, Attempt: j.Attempt, WillRetry: j.WillRetry()}, nil)
	if err != nil {
		return nil, err
	}
	return weeklyOutput{week, plan.GenerationID(j.User, week), string(m.Week.Status), m.Week.Meals(), m.Week.BalancedDays(), m.Existing}, nil
}

// syncOutput is the stored output of a sync: counts, never content.
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

// autoSync refreshes a library, or reads a user's diary and writes the meals they ate. It is
// skipped while a breaker is open, which is not a failure: the breaker's probes detect when
// the upstream recovers.
func (s *Services) autoSync(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.SyncParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "sync", err)
	}
	var out syncOutput
	switch p.SyncType {
	case schedule.SyncTandoor:
		sum, serr := s.Sync.Refresh(ctx, j.Connection, p.Full, nil)
		out, err = syncOutput{Synced: sum.Changed, Deleted: sum.Deleted, Failed: sum.Problems, Full: sum.Full}, serr
	default:
		sum, serr := s.Accounts.Sync(ctx, j.User, s.opts.Now(), p.DryRun)
		out, err = syncOutput{Synced: sum.Days, Skipped: sum.Skipped, Written: sum.Written, WouldWrite: sum.Intended, Unmapped: sum.Unmapped}, serr
	}
	if heldBack(ctx, err) {
		return syncOutput{Skipped: "circuit breaker open"}, nil
	}
	return out, err
}

// heldBack reports whether a breaker kept a job from its work. One that ran out of its time while
// the breaker opened was not held back: it has failed.
func heldBack(ctx context.Context, err error) bool { return resilient.IsOpen(err) && ctx.Err() == nil }

// mailOutput is the stored output of a mail job, without figures of a diary.
type mailOutput struct {
	Sent    bool   `json:"email_sent"`
	Type    string `json:"email_type,omitempty"`
	Skipped string `json:"skipped,omitempty"`
}

// adviseDaily mails the advice for the day of the job's occurrence.
func (s *Services) adviseDaily(ctx context.Context, j jobs.Job) (any, error) {
	res, err := s.Coach.Advise(ctx, j.User, calendar.On(j.Occurrence))
	if err != nil {
		return nil, err
	}
	s.Wake()
	return mailOutput{res.Mailed, coach.AdvisorType, res.Skipped}, nil
}

// trendDays is the default number of days in the trends.
const trendDays = 28

// reviewWeekly mails the trends of the days before the job's occurrence.
func (s *Services) reviewWeekly(ctx context.Context, j jobs.Job) (any, error) {
	p, err := schedule.Params[schedule.TrendsParams](j.Params)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "weekly trends", err)
	}
	if p.Days == 0 {
		p.Days = trendDays
	}
	res, err := s.Coach.Review(ctx, j.User, calendar.On(j.Occurrence)-1, p.Days)
	if err != nil {
		return nil, err
	}
	s.Wake()
	return mailOutput{res.Mailed, coach.TrendsType, res.Skipped}, nil
}
