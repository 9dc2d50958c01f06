// Package jobs runs the scheduler's jobs on River: a tick turns due schedules into queued
// jobs in one transaction, workers call the use cases, and every attempt is recorded. Any
// number of processes may share a database.
package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// Run is one queued run of a schedule. River stores it as JSON, and processes of other
// versions read its field names.
type Run struct {
	ID         string `json:"schedule"` // of its schedule
	User       string `json:"user,omitempty"`
	Connection string `json:"connection,omitempty"` // set if the job belongs to no user
	// Occurrence is the wall-clock time for which it runs, in the schedule's zone, as a
	// time in UTC.
	Occurrence time.Time        `json:"occurrence"`
	Fire       time.Time        `json:"fire"` // when it fell due
	Due        time.Time        `json:"due"`  // when it should start
	Trigger    schedule.Trigger `json:"trigger"`
	Params     json.RawMessage  `json:"params,omitempty"`
	// MaxAttempts bounds the attempts unless an override is set; they are separated by a
	// pause that grows from Backoff.
	MaxAttempts int           `json:"attempts"`
	Backoff     time.Duration `json:"backoff"`
	// TraceParent is the W3C traceparent of the enqueuing span.
	TraceParent string `json:"trace_parent,omitempty"`
}

// Job is one attempt at a run, as passed to handlers and observers.
type Job struct {
	Run
	Type      schedule.Type
	Priority  schedule.Priority
	River     int64     // the queue's id of the run
	Repeated  bool      // River tried it before
	Execution int64     // row of job_executions; 0 before it is recorded
	Started   time.Time // of this attempt, by the database's clock as Fire and Due; zero before it is recorded
	Attempt   int       // from 1
	First     bool      // no attempt of this run started before, not even an interrupted one
}

// WillRetry reports whether a transient failure of this attempt is followed by another one.
func (j Job) WillRetry() bool { return j.Attempt < j.MaxAttempts }

// Handler runs a job. Its result is stored as the execution's output: keep it small and
// free of data that may not be stored. Errors of a transient kind are retried.
type Handler func(ctx context.Context, j Job) (output any, err error)

// Outcome is how an attempt ended.
type Outcome struct {
	Err   error
	Took  time.Duration
	Final bool // no attempt follows
	// Exhausted says that the last allowed attempt failed for a transient reason.
	Exhausted bool
	Dropped   bool          // nothing was left to do, see Err: nothing was done, and no attempt follows
	Retry     time.Duration // until the next attempt, when there is one
}

// Observer is notified of events. Its methods must not block.
type Observer interface {
	// Queueing wraps a tick that found due schedules; it returns the traceparent that the
	// queued jobs carry.
	Queueing(ctx context.Context, due int) (_ context.Context, traceParent string, done func(error))
	// Begin wraps an attempt.
	Begin(ctx context.Context, j Job) (_ context.Context, traceID string)
	// Started reports that the attempt has been recorded.
	Started(ctx context.Context, j Job)
	End(ctx context.Context, j Job, o Outcome)
	// Error reports a failure outside any attempt.
	Error(ctx context.Context, work string, err error)
}

// River distinguishes job kinds by Go type.
type (
	weeklyGeneration struct{ Run }
	autoSync         struct{ Run }
	dailyAdvisor     struct{ Run }
	weeklyTrends     struct{ Run }
)

func (weeklyGeneration) Kind() string { return "weekly_generation" }
func (autoSync) Kind() string         { return "auto_sync" }
func (dailyAdvisor) Kind() string     { return "daily_advisor" }
func (weeklyTrends) Kind() string     { return "weekly_trends" }

func (r Run) of(t schedule.Type) river.JobArgs {
	switch t {
	case schedule.WeeklyGeneration:
		return weeklyGeneration{r}
	case schedule.AutoSync:
		return autoSync{r}
	case schedule.DailyAdvisor:
		return dailyAdvisor{r}
	default:
		return weeklyTrends{r}
	}
}

type jobArgs interface {
	river.JobArgs
	run() Run
	jobType() schedule.Type
}

func (r Run) run() Run                          { return r }
func (weeklyGeneration) jobType() schedule.Type { return schedule.WeeklyGeneration }
func (autoSync) jobType() schedule.Type         { return schedule.AutoSync }
func (dailyAdvisor) jobType() schedule.Type     { return schedule.DailyAdvisor }
func (weeklyTrends) jobType() schedule.Type     { return schedule.WeeklyTrends }

// permanent reports whether a retry is pointless.
func permanent(err error) bool { return !fault.KindOf(err).Transient() }
