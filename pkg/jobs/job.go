// Package jobs runs the scheduler's jobs on River: a tick turns due schedules into queued
// jobs in one transaction, workers hand them to the use cases, and every attempt is on
// record. Any number of processes may share a database.
package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// Run is one run of a schedule as it waits in the queue: River stores it as JSON, and the
// names of its fields are read by processes of other versions.
type Run struct {
	ID         string `json:"schedule"` // of its schedule
	User       string `json:"user,omitempty"`
	Connection string `json:"connection,omitempty"` // of a job that belongs to no user
	// Occurrence is the wall-clock time for which it runs, in the schedule's zone, as a
	// time in UTC.
	Occurrence time.Time        `json:"occurrence"`
	Fire       time.Time        `json:"fire"` // the time that came
	Due        time.Time        `json:"due"`  // when it should begin
	Trigger    schedule.Trigger `json:"trigger"`
	Params     json.RawMessage  `json:"params,omitempty"`
	// MaxAttempts bounds the attempts unless a setting says otherwise; between two lies a
	// pause that grows from Backoff.
	MaxAttempts int           `json:"attempts"`
	Backoff     time.Duration `json:"backoff"`
	// TraceParent is of what queued the run; W3C form.
	TraceParent string `json:"trace_parent,omitempty"`
}

// Job is one attempt at a run, as handlers and observers see it.
type Job struct {
	Run
	Type      schedule.Type
	Priority  schedule.Priority
	River     int64     // the queue's id of the run
	Repeated  bool      // River tried it before
	Execution int64     // row of job_executions; 0 before it is recorded
	Started   time.Time // of this attempt, by the database's clock as Fire and Due; zero before it is recorded
	Attempt   int       // from 1
	First     bool      // nothing of this run began before, not even an attempt that was cut short
}

// WillRetry reports whether a transient failure of this attempt is followed by another one.
func (j Job) WillRetry() bool { return j.Attempt < j.MaxAttempts }

// Handler does a job. What it returns is kept as the execution's output: it must be small
// and must not hold what may not be stored. Errors of a transient kind are tried again.
type Handler func(ctx context.Context, j Job) (output any, err error)

// Outcome is how an attempt ended.
type Outcome struct {
	Err   error
	Took  time.Duration
	Final bool // no attempt follows
	// Exhausted says that the last allowed attempt failed for a transient reason.
	Exhausted bool
	Dropped   bool          // nothing was left to do, see Err: nothing was done and nothing follows
	Retry     time.Duration // until the next attempt, when there is one
}

// Observer receives events. Its methods must not block.
type Observer interface {
	// Queueing surrounds a tick that found something; it returns the traceparent that the
	// queued jobs carry.
	Queueing(ctx context.Context, due int) (_ context.Context, traceParent string, done func(error))
	// Begin surrounds an attempt.
	Begin(ctx context.Context, j Job) (_ context.Context, traceID string)
	// Started says that the attempt is on record.
	Started(ctx context.Context, j Job)
	End(ctx context.Context, j Job, o Outcome)
	// Trouble reports what no attempt could.
	Trouble(ctx context.Context, work string, err error)
}

// River tells kinds of jobs apart by Go type.
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

// permanent reports whether another attempt is useless.
func permanent(err error) bool { return !fault.KindOf(err).Transient() }
