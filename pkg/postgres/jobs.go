package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Jobs stores schedules and the result of every attempt.
type Jobs struct {
	pool Conns
	q    *db.Queries
}

// NewJobs returns the store.
func NewJobs(pool Conns) *Jobs { return &Jobs{pool, db.New(pool)} }

// DueSchedule is a row of scheduled_jobs that the tick has to decide. Clock is the
// database's.
type DueSchedule = db.ListDueSchedulesRow

// QueuedRun is what the tick decided about a schedule. A RiverJob of 0 queues nothing.
type QueuedRun struct {
	ID               string
	RiverJob         int64
	Fire, Occurrence time.Time
	Next             time.Time
	Broken           error // the schedule cannot be read: it is switched off
}

// Tick claims schedules that are due, the first weekly run of a new user after grace, hands them to decide within the transaction that
// claims them, and records what was decided. It returns how many it claimed; 100 or more
// means that there may be others.
func (s *Jobs) Tick(ctx context.Context, paused []string, grace time.Duration, decide func(ctx context.Context, tx pgx.Tx, due []DueSchedule) ([]QueuedRun, error)) (n int, err error) {
	const op = "schedule jobs"
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		due, err := q.ListDueSchedules(ctx, append([]string{}, paused...), grace.Seconds())
		if err != nil || len(due) == 0 {
			return err
		}
		n = len(due)
		runs, err := decide(ctx, tx, due)
		if err != nil {
			return err
		}
		var p db.MarkSchedulesQueuedParams
		for _, r := range runs {
			if r.Broken != nil {
				text := r.Broken.Error()
				if err := q.MarkScheduleBroken(ctx, &text, r.ID); err != nil {
					return err
				}
				continue
			}
			p.Ids, p.RiverJobIds, p.Fires = append(p.Ids, r.ID), append(p.RiverJobIds, r.RiverJob), append(p.Fires, r.Fire)
			p.Occurrences, p.Nexts = append(p.Occurrences, r.Occurrence), append(p.Nexts, r.Next)
		}
		return q.MarkSchedulesQueued(ctx, p)
	})
	return n, keepKind(op, err)
}

// keepKind leaves an error that has a kind as it is.
func keepKind(op string, err error) error {
	if k := fault.KindOf(err); k != "" && k != fault.Internal {
		return err
	}
	return failed(op, err)
}

// Filter narrows a list; empty fields match everything.
type Filter struct {
	ID, Type, User string
	FailedOnly     bool
}

// Schedules lists schedules by id.
func (s *Jobs) Schedules(ctx context.Context, f Filter) ([]db.ListSchedulesRow, error) {
	rows, err := s.q.ListSchedules(ctx, db.ListSchedulesParams{JobType: f.Type, UserID: f.User, ID: f.ID})
	return rows, failed("list schedules", err)
}

// SetEnabled switches schedules on or off and returns those that it changed.
func (s *Jobs) SetEnabled(ctx context.Context, f Filter, on bool) ([]string, error) {
	ids, err := s.q.SetScheduleEnabled(ctx, db.SetScheduleEnabledParams{Enabled: on, JobType: f.Type, UserID: f.User, ID: f.ID})
	return ids, failed("switch schedules", err)
}

// Waiting returns the requested run with the same parameters that has not
// ended, 0 for none.
func (s *Jobs) Waiting(ctx context.Context, scheduleID string, params json.RawMessage) (int64, error) {
	if len(params) == 0 {
		params = json.RawMessage("null")
	}
	id, err := s.q.FindAsked(ctx, scheduleID, params)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, failed("look for a run", err)
}

// MarkDue makes schedules run now and returns which.
func (s *Jobs) MarkDue(ctx context.Context, f Filter) ([]string, error) {
	ids, err := s.q.AskForRun(ctx, db.AskForRunParams{JobType: f.Type, UserID: f.User, ID: f.ID, FailedOnly: f.FailedOnly})
	return ids, failed("ask for runs", err)
}

// Spread distributes the weekly runs of zones with at least crowd users over the time
// before their hour.
func (s *Jobs) Spread(ctx context.Context, crowd int, over time.Duration) error {
	_, err := s.q.SpreadWeeklyRuns(ctx, int32(crowd), int32(over.Seconds())) //nolint:gosec // both bounded by settings
	return failed("spread weekly runs", err)
}

// Queue returns the due and waiting jobs, per job type that has any.
func (s *Jobs) Queue(ctx context.Context) ([]schedule.Backlog, error) {
	rows, err := s.q.JobQueue(ctx)
	out := make([]schedule.Backlog, len(rows))
	for i, r := range rows {
		out[i] = schedule.Backlog{Type: schedule.Type(r.JobType), Jobs: int(r.Depth), Oldest: time.Duration(max(r.OldestSeconds, 0) * float64(time.Second))}
	}
	return out, failed("job queue", err)
}

// LastDay returns what the last 24 hours say of the jobs.
func (s *Jobs) LastDay(ctx context.Context) (d schedule.Day, err error) {
	rates, err := s.q.JobRates(ctx)
	if err != nil {
		return d, failed("job rates", err)
	}
	for _, r := range rates {
		d.Attempts = append(d.Attempts, schedule.Attempts{Type: schedule.Type(r.JobType), Started: int(r.Started), Retries: int(r.Retries), Finished: int(r.Finished)})
	}
	failures, err := s.q.JobErrors(ctx)
	for _, r := range failures {
		d.Failures = append(d.Failures, schedule.Failures{Type: schedule.Type(r.JobType), Kind: fault.Kind(r.ErrorType), Jobs: int(r.Failed)})
	}
	return d, failed("job rates", err)
}
