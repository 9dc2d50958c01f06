package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// retries remembers when failed jobs are retried, by the database's clock, which River
// compares with. It does not hold jobs that River considers dead.
type retries struct{ m sync.Map }

// take returns the time once; for an unknown job the epoch, which is past by any clock.
func (r *retries) take(riverJob int64) time.Time {
	if at, ok := r.m.LoadAndDelete(riverJob); ok {
		return at.(time.Time)
	}
	return time.Unix(0, 0)
}

func register[T jobArgs](ws *river.Workers, e *Engine) { river.AddWorker(ws, &worker[T]{engine: e}) }

// worker runs the handler of one job type.
type worker[T jobArgs] struct {
	river.WorkerDefaults[T]
	engine *Engine
}

// Timeout implements [river.Worker].
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration {
	var t T
	return w.engine.o.Settings.Timeout(t.jobType())
}

// NextRetry implements [river.Worker].
func (w *worker[T]) NextRetry(j *river.Job[T]) time.Time {
	return w.engine.retries.take(j.ID)
}

// pausedFor is how long a job of a paused type is snoozed.
const pausedFor = 15 * time.Second

// Work implements [river.Worker].
func (w *worker[T]) Work(ctx context.Context, j *river.Job[T]) error {
	e, t := w.engine, j.Args.jobType()
	if e.o.Settings.IsPaused(t) {
		return river.JobSnooze(pausedFor)
	}
	e.count(t, 1)
	defer e.count(t, -1)
	job := Job{Run: j.Args.run(), Type: t, Priority: schedule.Priority(j.Priority), River: j.ID, Repeated: j.Attempt > 1}
	job.MaxAttempts = e.o.Settings.Attempts(t, job.MaxAttempts)
	return e.attempt(ctx, job)
}

// attempt records, runs and observes one attempt.
func (e *Engine) attempt(ctx context.Context, job Job) error {
	// An attempt is recorded even if it was interrupted.
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.o.Settings.Timeout(job.Type)+recordTimeout)
	defer cancel()
	ctx, traceID := e.o.Observer.Begin(ctx, job)
	begin := e.o.Now()
	begun, err := e.o.Store.BeginExecution(record, db.BeginExecutionParams{
		JobID: job.ID, JobType: string(job.Type), UserID: none(job.User), RiverJobID: job.River, TriggerType: string(job.Trigger),
		ScheduledFor: job.Fire, TraceID: traceID, Worker: e.o.Worker,
	})
	if err != nil {
		o := Outcome{Err: err, Took: e.o.Now().Sub(begin)}
		switch fault.KindOf(err) {
		case fault.Conflict:
			o.Dropped, o.Err = true, fault.New(fault.Conflict, "job "+job.ID, "its schedule was deleted")
			err = river.JobCancel(o.Err)
		case fault.NotFound:
			o.Dropped, o.Err = true, fault.New(fault.NotFound, "job "+job.ID, "it finished in a process that ended before updating the queue")
			err = nil
		default:
		}
		e.o.Observer.End(ctx, job, o)
		return err
	}
	job.Execution, job.Attempt, job.First, job.Started = begun.ID, int(begun.AttemptNumber), begun.First, begun.StartedAt
	e.o.Observer.Started(ctx, job)
	output, err := e.do(ctx, job)
	o := e.judge(ctx, job, err)
	o.Took = e.o.Now().Sub(begin)
	if o.Retry > 0 {
		e.retries.set(job.River, job.Started.Add(o.Took+o.Retry))
	}
	if err := e.finish(record, job, o, output); err != nil {
		e.o.Observer.Error(ctx, "record attempt", err)
	}
	e.o.Observer.End(ctx, job, o)
	if o.Err == nil || !o.Final {
		return o.Err
	}
	return river.JobCancel(o.Err)
}

const recordTimeout = 10 * time.Second

// startGrace is how long a job that was queued on time may wait for a worker.
const startGrace = 10 * time.Minute

// tooLate is the output of a job that waited until it was obsolete.
type tooLate struct {
	Skipped string `json:"skipped"`
}

// do calls the handler; a panic becomes an error.
func (e *Engine) do(ctx context.Context, job Job) (output any, err error) {
	defer fault.Recover("job "+string(job.Type), &err)
	if late := job.Started.Sub(job.Fire); job.Trigger != schedule.Manual && late > job.Type.CatchUp(job.Occurrence)+startGrace {
		return tooLate{"it came " + late.Round(time.Minute).String() + " after its time"}, nil
	}
	h := e.o.Handlers[job.Type]
	if h == nil {
		return nil, fault.New(fault.Internal, "job "+string(job.Type), "has no handler")
	}
	return h(ctx, job)
}

// judge decides whether an attempt is retried.
func (e *Engine) judge(ctx context.Context, job Job, err error) Outcome {
	o := Outcome{Err: err}
	switch {
	case err == nil:
		o.Final = true
	case errors.Is(ctx.Err(), context.Canceled): // the process is stopping: back to the queue
		o.Err = fault.Wrap(fault.Canceled, "job "+string(job.Type), err)
	case permanent(err):
		o.Final = true
	case !job.WillRetry():
		o.Final, o.Exhausted = true, true
	default:
		o.Retry = schedule.Pause(job.Backoff, job.Attempt, rand.Float64()) //nolint:gosec // a jitter, not a secret
	}
	return o
}

func (e *Engine) finish(ctx context.Context, job Job, o Outcome, output any) error {
	took := float64(o.Took) / float64(time.Millisecond)
	p := db.FinishExecutionParams{ID: job.Execution, Status: "completed", Final: o.Final, DurationMs: &took}
	if o.Err != nil {
		kind, text := string(fault.KindOf(o.Err)), o.Err.Error()
		p.Status, p.ErrorType, p.ErrorMessage = "failed", &kind, &text
	}
	if again := job.Type.Defaults().AgainAfter; o.Exhausted && again > 0 {
		seconds := again.Seconds()
		p.RetryAfterSeconds = &seconds
	}
	if output != nil {
		b, err := json.Marshal(output)
		if err != nil {
			return fault.Wrap(fault.Internal, "job output", err)
		}
		p.Output = b
	}
	return e.o.Store.FinishExecution(ctx, p)
}

func none(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
