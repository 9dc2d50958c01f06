package postgres

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Execution is one attempt at a job.
type Execution = db.ListExecutionsRow

// StartedExecution is a recorded attempt.
type StartedExecution = db.BeginExecutionRow

// BeginExecution records that an attempt begins and closes an earlier one whose process
// died. Attempts that were cut short by the end of a process do not count in the
// attempt's number; First is true for the very first one only. Kind NotFound: the job was
// finished before; Conflict: its schedule was deleted.
func (s *Jobs) BeginExecution(ctx context.Context, p db.BeginExecutionParams) (StartedExecution, error) {
	row, err := s.q.BeginExecution(ctx, p)
	return row, failed("record attempt", err)
}

// Clock returns the database's time, which is the one that schedules and the queue go by.
func (s *Jobs) Clock(ctx context.Context) (time.Time, error) {
	now, err := s.q.Clock(ctx)
	return now, failed("read the clock", err)
}

// FinishExecution records how an attempt ended.
func (s *Jobs) FinishExecution(ctx context.Context, p db.FinishExecutionParams) error {
	return failed("record attempt", s.q.FinishExecution(ctx, p))
}

// CloseLost closes the records of runs that the queue ended or lost without them, and
// returns their schedules.
func (s *Jobs) CloseLost(ctx context.Context) ([]string, error) {
	ids, err := s.q.CloseLostJobs(ctx)
	return ids, failed("close lost jobs", err)
}

// Executions lists the newest attempts first.
func (s *Jobs) Executions(ctx context.Context, f Filter, most int) ([]Execution, error) {
	rows, err := s.q.ListExecutions(ctx, db.ListExecutionsParams{
		JobType: f.Type, UserID: f.User, JobID: f.ID, FailedOnly: f.FailedOnly, Most: int32(most), //nolint:gosec // bounded by its flag
	})
	return rows, failed("list executions", err)
}
