// Package app puts the program together: it decides which decorators wrap what, starts
// the roles and stops them in the reverse order, telemetry last. It is a value that the
// command line, the demo and the tests all start.
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

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// App is the program. Its fields are what commands and pages work with.
type App struct {
	Users    *postgres.Users
	Plans    *postgres.Plans
	Outbox   *postgres.Outbox
	JobStore *postgres.Jobs
	Jobs     *jobs.Engine
	Alerts   *postgres.Alerts
	// Runtime is what is changed while the program runs.
	Runtime  *override.Runtime
	Coach    *coach.Coach
	Accounts *account.Accounts
	Feedback *observe.Feedback
	Recipes  *postgres.Recipes
	Sync     *recipesync.Service
	Delivery *outbox.Service
	Links    web.Links
	Mail     *mailer.SMTP
	Log      *slog.Logger
	Keys     *keyring.Service

	opts         Options
	ring         *seal.Ring
	telemetry    *telemetry.Telemetry
	rec          *metrics.Recorder
	pools        map[string]*postgres.Pool
	queue        *pgxpool.Pool // of the job queue's own statements
	borrowed     bool          // the queue's tables are another role's
	generation   *observe.Generation
	renderer     *mailer.Renderer
	commander    observe.Commander
	commandStore *postgres.Commands
	amendments   *postgres.Amendments
	amender      observe.Amender
	writeBook    *postgres.WriteBook
	inbox        *inbox.Reader // nil: replies are not read
	libraries    *tandoor.Libraries
	availability *observe.Availability
	retention    *postgres.Retention
	tracked      *postgres.FatSecret
	publisher    observe.Publisher
	readiness    *readiness
	leader       *postgres.Leader
	installation *observe.Installation

	metricsPage http.Handler // nil = not served
	instance    string       // names this process
	wake        chan struct{}
	stops       stack
	addrs       map[Role]net.Addr
}

// New builds the program: it connects to the database and starts no server and no job.
// Call [App.Stop] in any case once New succeeded.
func New(ctx context.Context, o Options) (_ *App, err error) {
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the one place where the clock comes in
	}
	a := &App{opts: o, pools: map[string]*postgres.Pool{}, wake: make(chan struct{}, 1), addrs: map[Role]net.Addr{}}
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

// Wake makes the delivery look at the outbox at once.
func (a *App) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Migrate brings the schema up to date and returns the versions it applied.
func (a *App) Migrate(ctx context.Context) ([]int64, error) {
	return postgres.Migrate(ctx, a.pool(), a.Log)
}

// Ready reports whether the role can begin its work: the database answers and its schema
// is up to date. Whether it still can is a question for its /readyz.
func (a *App) Ready(ctx context.Context) error {
	n, err := postgres.Pending(ctx, a.pool())
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Unavailable, "database", "the schema lacks migrations (%d): run `mealplanner migrate`", n)
	}
	return nil
}

// CheckWrites writes a megabyte to the database's log, which a full or read-only disk refuses.
func (a *App) CheckWrites(ctx context.Context) error {
	_, err := a.pool().Exec(ctx, "select pg_logical_emit_message(true, 'mealplanner doctor', repeat('x', 1048576))")
	return fault.Wrap(fault.DatabaseError, "write to the database (is its disk full or read-only?)", err)
}

// Start runs the role: its listeners and its jobs. It returns when they run.
func (a *App) Start(ctx context.Context) error {
	if err := a.Ready(ctx); err != nil {
		return err
	}
	if err := a.observeGauges(); err != nil {
		return err
	}
	if a.opts.Role.schedules() {
		users, err := a.Users.List(ctx)
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
	if err := a.serveAdmin(ctx); err != nil {
		return err
	}
	if a.opts.Role.schedules() {
		a.startJobs(ctx)
		if err := a.listen(ctx, Scheduler, a.opts.Config.Web.SchedulerAddr, a.health()); err != nil {
			return err
		}
	}
	if a.opts.Role.serves() {
		return a.serveAPI(ctx)
	}
	return nil
}

// jobDrain is how long jobs that run may go on when the program stops.
const jobDrain = 10 * time.Second

// startJobs runs the background work of the scheduler role; stopping waits for it.
func (a *App) startJobs(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() {
		repeats := observe.NewRepeats(a.opts.Now)
		a.Delivery.Run(ctx, a.wake, 5*time.Second, func(ctx context.Context, err error) {
			if !repeats.News(string(fault.KindOf(err))) {
				return
			}
			a.Log.ErrorContext(ctx, "Outbox failed", append([]any{"component", "email"}, observe.Failure(fault.KindOf(err), err)...)...)
		})
	})
	wg.Go(func() {
		if err := a.Jobs.Run(ctx, jobDrain); err != nil {
			a.Log.ErrorContext(ctx, "Jobs ended badly", append([]any{"component", "scheduler"}, observe.Failure(fault.KindOf(err), err)...)...)
		}
	})
	wg.Go(func() { a.every(ctx, publishEvery, "write-back", "write_back", a.publishDue) })
	wg.Go(func() { a.every(ctx, amendEvery, "amend plans", "amendment", a.amendOutdated) })
	wg.Go(func() { a.every(ctx, purgeEvery, "purge", "scheduler", a.purge) })
	wg.Go(func() { a.leader.Run(ctx, electionEvery, a.runLeader) })
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

// runLeader is what one process does for the installation.
func (a *App) runLeader(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.runAsLeader(ctx) })
	wg.Go(func() { a.readInbox(ctx) })
	wg.Wait()
}

// Stop ends what was started, newest first; telemetry is flushed last.
func (a *App) Stop(ctx context.Context) error { return a.stops.unwind(ctx) }
