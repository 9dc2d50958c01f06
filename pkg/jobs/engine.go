package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

const (
	tickEvery     = time.Second
	maintainEvery = 30 * time.Second // lost jobs, spreading
	batch         = 100              // schedules claimed by one transaction
	enough        = 100              // attempts River allows: we count ours
	rescueAge     = 30 * time.Second // a running job this old and past its timeout counts as dead
	defaultMax    = 20 * time.Second
	crowd         = 200 // users in one zone above which weekly runs are spread
)

// Options configure [New].
type Options struct {
	Queue    *pgxpool.Pool // for River's own statements
	Store    *postgres.Jobs
	Handlers map[schedule.Type]Handler
	Observer Observer
	Settings *override.Runtime
	Worker   string        // names this process in the records
	Spread   time.Duration // over which a crowd's weekly runs begin; 0 = all on the hour
	Grace    time.Duration // before the first weekly run of a new user
	Log      *slog.Logger
	Now      func() time.Time
	// Borrowed: the queue's tables belong to another role, and only that may rebuild indexes.
	Borrowed bool
}

// Engine runs jobs.
type Engine struct {
	o       Options
	client  *river.Client[pgx.Tx]
	retries retries

	queueless bool // switching limits; for follow only

	mu      sync.Mutex
	running map[schedule.Type]int
	limit   int
}

// New returns an engine that does not run yet.
func New(o Options) (*Engine, error) {
	e := &Engine{o: o, running: map[schedule.Type]int{}, limit: o.Settings.Concurrency()}
	workers := river.NewWorkers()
	register[weeklyGeneration](workers, e)
	register[autoSync](workers, e)
	register[dailyAdvisor](workers, e)
	register[weeklyTrends](workers, e)
	var err error
	var reindexed []string // nil: River's own choice
	if o.Borrowed {
		reindexed = []string{}
	}
	e.client, err = river.NewClient(riverpgxv5.New(o.Queue), &river.Config{
		Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: e.limit}},
		MaxAttempts: enough, JobTimeout: defaultMax, RescueStuckJobsAfter: rescueAge,
		FetchCooldown: 50 * time.Millisecond, FetchPollInterval: time.Second,
		CompletedJobRetentionPeriod: time.Hour, CancelledJobRetentionPeriod: 24 * time.Hour, DiscardedJobRetentionPeriod: 24 * time.Hour,
		ReindexerIndexNames: reindexed, Logger: o.Log,
	})
	return e, fault.Wrap(fault.Internal, "job queue", err)
}

// Run works until ctx ends; it then takes no new job and gives running ones drain to
// finish. Interrupted jobs are requeued.
func (e *Engine) Run(ctx context.Context, drain time.Duration) error {
	background := context.WithoutCancel(ctx)
	if err := e.client.Start(background); err != nil {
		return fault.Wrap(fault.DatabaseError, "job queue", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		e.repeat(ctx, tickEvery, "schedule jobs", func(ctx context.Context) error { _, err := e.Tick(ctx); return err })
	})
	wg.Go(func() { e.repeat(ctx, override.Every, "job limit", e.applyLimit) })
	wg.Go(func() { e.repeat(ctx, maintainEvery, "maintain jobs", e.maintain) })
	wg.Wait()
	soft, cancel := context.WithTimeout(background, drain)
	defer cancel()
	if err := e.client.Stop(soft); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(background, 5*time.Second)
	defer cancel()
	return fault.Wrap(fault.TimeoutError, "stop jobs", e.client.StopAndCancel(hard))
}

// repeat calls fn at once and then at an interval until ctx ends.
func (e *Engine) repeat(ctx context.Context, every time.Duration, work string, fn func(context.Context) error) {
	loop.Every(ctx, every, loop.Reporting(work, fn, func(ctx context.Context, err error) { e.o.Observer.Error(ctx, work, err) }))
}

// maintain closes the records of lost jobs and spreads the weekly runs of crowds.
func (e *Engine) maintain(ctx context.Context) error {
	_, err := e.o.Store.CloseLost(ctx)
	return errors.Join(err, e.o.Store.Spread(ctx, crowd, e.o.Spread))
}

// applyLimit applies a new limit of concurrent jobs.
func (e *Engine) applyLimit(ctx context.Context) error {
	limit := e.o.Settings.Concurrency()
	if limit == e.Limit() {
		return nil
	}
	if !e.queueless {
		if err := e.client.Queues().Remove(ctx, river.QueueDefault); err != nil {
			return fault.Wrap(fault.Internal, "change the job limit", err)
		}
		e.queueless = true
	}
	if err := e.client.Queues().Add(river.QueueDefault, river.QueueConfig{MaxWorkers: limit}); err != nil {
		return fault.Wrap(fault.Internal, "change the job limit", err)
	}
	e.queueless = false
	e.mu.Lock()
	defer e.mu.Unlock()
	e.limit = limit
	return nil
}

// Limit is the maximum number of concurrent jobs in this process.
func (e *Engine) Limit() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.limit
}

// Running returns the number of jobs of each type that run in this process.
func (e *Engine) Running() map[schedule.Type]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.running)
}

func (e *Engine) count(t schedule.Type, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running[t] += n
}

// Tick enqueues due jobs and returns their number.
func (e *Engine) Tick(ctx context.Context) (queued int, err error) {
	for {
		n, err := e.o.Store.Tick(ctx, e.o.Settings.Paused(), e.o.Grace, func(ctx context.Context, tx pgx.Tx, due []postgres.DueSchedule) (_ []postgres.QueuedRun, err error) {
			ctx, traceParent, done := e.o.Observer.Queueing(ctx, len(due))
			defer func() { done(err) }()
			runs, err := e.queue(ctx, tx, due, traceParent)
			for _, r := range runs {
				if r.RiverJob != 0 {
					queued++
				}
			}
			return runs, err
		})
		if err != nil || n < batch {
			return queued, err
		}
	}
}

// queue decides each schedule and inserts the jobs to run.
func (e *Engine) queue(ctx context.Context, tx pgx.Tx, due []postgres.DueSchedule, traceParent string) ([]postgres.QueuedRun, error) {
	runs := make([]postgres.QueuedRun, len(due))
	var insert []river.InsertManyParams
	var inserted []int
	for i, row := range due {
		runs[i] = postgres.QueuedRun{ID: row.ID}
		q, entry, err := read(row)
		if err != nil {
			runs[i].Broken = err
			e.o.Observer.Error(ctx, "schedule "+row.ID, err)
			continue
		}
		run, ok, next := entry.Decide(row.Clock)
		runs[i].Next, runs[i].Fire, runs[i].Occurrence = next, run.Fire, run.Occurrence
		if !ok {
			continue
		}
		q.Occurrence, q.Fire, q.Due, q.Trigger, q.TraceParent = run.Occurrence, run.Fire, run.Due, run.Trigger, traceParent
		insert = append(insert, q.params())
		inserted = append(inserted, i)
	}
	if len(insert) == 0 {
		return runs, nil
	}
	rows, err := e.client.InsertManyTx(ctx, tx, insert)
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "queue jobs", err)
	}
	for k, row := range rows {
		runs[inserted[k]].RiverJob = row.Job.ID
	}
	return runs, nil
}

// read turns a row of scheduled_jobs into a job without an occurrence, and the entry that
// computes occurrences.
func read(row postgres.DueSchedule) (Job, schedule.Entry, error) {
	bad := func(err error) (Job, schedule.Entry, error) {
		return Job{}, schedule.Entry{}, fault.Wrap(fault.InvalidInput, "schedule "+row.ID, err)
	}
	j := Job{Run: Run{
		ID: row.ID, User: value(row.UserID), Connection: value(row.ConnectionID), Params: row.Parameters,
		MaxAttempts: int(row.RetryMaxAttempts), Backoff: time.Duration(row.RetryBackoffSeconds) * time.Second,
	}}
	var err error
	if j.Type, err = schedule.ParseType(row.JobType); err != nil {
		return bad(err)
	}
	if j.Priority, err = schedule.ParsePriority(row.Priority); err != nil {
		return bad(err)
	}
	if err := schedule.CheckParams(j.Type, row.Parameters); err != nil {
		return bad(err)
	}
	zone, err := schedule.Zone(row.TimeZone)
	if err != nil {
		return bad(err)
	}
	times, err := schedule.Parse(row.Cron, zone)
	if err != nil {
		return bad(err)
	}
	entry := schedule.NewEntry(j.Type, times.Before(time.Duration(row.LeadSeconds)*time.Second), row.CreatedAt, row.Clock)
	entry.Asked, entry.Again = row.Status == "pending", value(row.RetryAt)
	entry.Next, entry.ScheduledFor, entry.LastOccurrence = value(row.NextRunAt), value(row.ScheduledFor), value(row.LastOccurrence)
	return j, entry, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// params are River's insert parameters. They set no ScheduledAt: even with one in the past,
// a job would wait for River's elected leader to make it available.
func (j Job) params() river.InsertManyParams {
	return river.InsertManyParams{Args: j.of(j.Type), InsertOpts: &river.InsertOpts{Priority: int(j.Priority), MaxAttempts: enough}}
}

// Enqueue adds a one-off run at Critical priority, in addition to the schedule. While an
// equal run is queued or running, it returns that one. traceParent is the request's.
func (e *Engine) Enqueue(ctx context.Context, scheduleID string, params json.RawMessage, traceParent string) (int64, error) {
	const op = "run job"
	rows, err := e.o.Store.Schedules(ctx, postgres.Filter{ID: scheduleID})
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 {
		return 0, fault.New(fault.NotFound, op, "no job %q (see `mealplanner job list`)", scheduleID)
	}
	row := rows[0]
	t, err := schedule.ParseType(row.JobType)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, op, err)
	}
	if len(params) == 0 {
		params = row.Parameters
	}
	if err := schedule.CheckParams(t, params); err != nil {
		return 0, fault.Wrap(fault.InvalidInput, op, err)
	}
	zone, err := schedule.Zone(row.TimeZone)
	if err != nil {
		return 0, fault.Wrap(fault.InvalidInput, op, err)
	}
	now, err := e.o.Store.Clock(ctx)
	if err != nil {
		return 0, err
	}
	if id, err := e.o.Store.Waiting(ctx, row.ID, params); id != 0 || err != nil {
		return id, err
	}
	run := Run{
		ID: row.ID, User: value(row.UserID), Connection: value(row.ConnectionID), Occurrence: schedule.WallClock(now, zone), Fire: now, Due: now,
		Trigger: schedule.Manual, Params: params, MaxAttempts: int(row.RetryMaxAttempts), Backoff: time.Duration(row.RetryBackoffSeconds) * time.Second, TraceParent: traceParent,
	}
	res, err := e.client.Insert(ctx, run.of(t), &river.InsertOpts{Priority: int(schedule.Critical), MaxAttempts: enough})
	if err != nil {
		return 0, fault.Wrap(fault.DatabaseError, op, err)
	}
	return res.Job.ID, nil
}

func (r *retries) set(riverJob int64, at time.Time) { r.m.Store(riverJob, at) }
