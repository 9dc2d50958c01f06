// Package app is the composition root: it wires decorators around ports and adapters,
// starts the roles and stops them in reverse order, telemetry last. The command line, the
// demo and the tests all start the same value.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// App is the running program: telemetry, pools, servers and background work. [Services]
// holds its operations.
type App struct {
	opts         Options
	s            *Services
	log          *slog.Logger
	telemetry    *telemetry.Telemetry
	rec          *metrics.Recorder
	pools        map[string]*postgres.Pool
	queue        *pgxpool.Pool // of the job queue's own statements
	borrowed     bool          // the queue's tables belong to another role
	readiness    *readiness
	leader       *postgres.Leader
	installation *observe.Installation
	availability *observe.Availability

	metricsPage http.Handler // nil = not served
	instance    string       // names this process
	starting    sync.Mutex
	started     bool
	stops       stack
	addrs       map[Role]net.Addr
}

// Services returns the program's operations.
func (a *App) Services() *Services { return a.s }

// New builds the program and connects to the database; it starts no server and no job.
// Once New has succeeded, always call [App.Stop].
func New(ctx context.Context, o Options) (_ *App, err error) {
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the only place that injects the clock
	}
	a := &App{opts: o, pools: map[string]*postgres.Pool{}, addrs: map[Role]net.Addr{}}
	a.s = &Services{opts: o, Runtime: override.New(configured(o.Config)), pool: a.pool, wake: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.stops.unwind(context.WithoutCancel(ctx)))
		}
	}()
	timings := observe.NewTimings()
	if err := a.startTelemetry(ctx, timings); err != nil {
		return nil, err
	}
	pool, err := a.openPools(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.wire(pool, timings); err != nil {
		return nil, err
	}
	return a, a.joinKeys(ctx)
}

// Start starts the role's listeners and jobs, and returns once they are running. A second call does
// nothing. After an error the program can only be stopped.
func (a *App) Start(ctx context.Context) error {
	a.starting.Lock()
	defer a.starting.Unlock()
	if a.started {
		return nil
	}
	a.started = true
	return a.start(ctx)
}

func (a *App) start(ctx context.Context) error {
	if err := a.s.Ready(ctx); err != nil {
		return err
	}
	if err := a.observeGauges(); err != nil {
		return err
	}
	if a.opts.Role.schedules() {
		users, err := a.s.Users.List(ctx)
		if err != nil {
			return err
		}
		for _, u := range users {
			a.rec.UserKnown(ctx, u.ID)
		}
	}
	if err := a.watchSettings(ctx); err != nil {
		return err
	}
	if err := a.watchKeys(ctx); err != nil {
		return err
	}
	a.watchDebugged(ctx)
	a.background(ctx, "tables", func(context.Context) { planner.LoadTables() })
	if err := a.serveAdmin(ctx); err != nil {
		return err
	}
	if a.opts.Role.schedules() {
		a.startBackground(ctx)
		if err := a.listen(ctx, Scheduler, a.opts.Config.Web.SchedulerAddr, observe.Recovered(a.log, a.health())); err != nil {
			return err
		}
	}
	if a.opts.Role.serves() {
		return a.serveAPI(ctx)
	}
	return nil
}

// jobDrain is how long running jobs may take to finish when the program stops.
const jobDrain = 10 * time.Second

// deliverEvery is the polling interval of the outbox, in addition to wake-ups when a mail is queued.
const deliverEvery = 5 * time.Second

// deliver drains the outbox until ctx ends.
func (a *App) deliver(ctx context.Context) {
	repeats := observe.NewRepeats(a.opts.Now)
	drain := func(ctx context.Context) error { _, err := a.s.Delivery.Drain(ctx); return err }
	loop.Woken(ctx, deliverEvery, a.s.wake, loop.Reporting("deliver mails", drain, func(ctx context.Context, err error) {
		if repeats.News(string(fault.KindOf(err))) {
			a.log.ErrorContext(ctx, "Outbox failed", append([]any{"component", "email"}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	}))
}

// startBackground starts the scheduler role's background work; stopping waits for it.
func (a *App) startBackground(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.deliver(ctx) })
	wg.Go(func() {
		if err := a.s.Jobs.Run(ctx, jobDrain); err != nil {
			a.log.ErrorContext(ctx, "Job engine failed", append([]any{"component", "scheduler"}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	})
	wg.Go(func() { a.every(ctx, publishEvery, "write-back", "write_back", a.s.publishDue) })
	wg.Go(func() { a.every(ctx, amendEvery, "amend plans", "amendment", a.s.amendOutdated) })
	wg.Go(func() { a.every(ctx, tellEvery, "webhooks", "webhooks", a.s.tellWebhooks) })
	wg.Go(func() { a.every(ctx, purgeEvery, "purge", "scheduler", a.s.purge) })
	wg.Go(func() { a.leader.Run(ctx, electionEvery, a.runAsLeader) })
	a.stops.push("jobs", func(ctx context.Context) error {
		cancel()
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// runAsLeader does the work that one process does for the whole installation.
func (a *App) runAsLeader(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.watchInstallation(ctx) })
	wg.Go(func() { a.readInbox(ctx) })
	wg.Wait()
}

// Stop stops everything in reverse order of its start; telemetry is flushed last.
func (a *App) Stop(ctx context.Context) error { return a.stops.unwind(ctx) }
