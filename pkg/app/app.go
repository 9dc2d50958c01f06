// Package app puts the program together: it decides which decorators wrap what, starts
// the roles and stops them in the reverse order, telemetry last. It is a value that the
// command line, the demo and the tests all start.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// Role is what a process does.
type Role string

// The roles. A tool does one thing and ends.
const (
	API       Role = "api"
	Scheduler Role = "scheduler"
	Serve     Role = "serve" // both, in one process
	Tool      Role = "tool"
)

// Admin names the listener for operators of a process; see [App.Addr].
const Admin Role = "admin"

func (r Role) service() string {
	switch r {
	case API:
		return "meal-planner-api"
	case Scheduler:
		return "meal-planner-scheduler"
	default:
		return "meal-planner"
	}
}

func (r Role) serves() bool    { return r == API || r == Serve }
func (r Role) schedules() bool { return r == Scheduler || r == Serve }

// Options configure [New].
type Options struct {
	Config  config.Config
	Role    Role
	Version string
	Log     io.Writer
	// LogLevel is the level when the configuration names none.
	LogLevel slog.Level
	Now      func() time.Time
	// Sequential fetches recipes and profile one after the other: for comparison only.
	Sequential bool

	SpanProcessors []sdktrace.SpanProcessor // for tests
	Readers        []sdkmetric.Reader       // for tests
}

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

	opts       Options
	ring       *seal.Ring
	telemetry  *telemetry.Telemetry
	rec        *metrics.Recorder
	pools      map[string]*postgres.Pool
	queue      *pgxpool.Pool // of the job queue's own statements
	borrowed   bool          // the queue's tables are another role's
	generation *observe.Generation
	renderer   *mailer.Renderer
	steering   observe.Steerer
	steerings  *postgres.Steering
	amendments *postgres.Amendments
	amender    observe.Amender
	writeBook  *postgres.WriteBook
	inbox      *inbox.Reader // nil: replies are not read
	upstreams  *upstreams
	tracked    *postgres.FatSecret
	publisher  observe.Publisher
	readiness  *readiness
	leader     *postgres.Leader
	said       readings

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

func (a *App) startTelemetry(ctx context.Context, timings *observe.Timings) error {
	c := a.opts.Config
	level, debugUser, err := c.Log.Levels(a.opts.LogLevel)
	if err != nil {
		return err
	}
	users, err := countUsers(ctx, c.Database.URL.Reveal())
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fault.Wrap(fault.Internal, "host name", err)
	}
	a.instance = host + "/" + string(a.opts.Role)
	debug := map[string]time.Time{}
	if debugUser != "" {
		debug[debugUser] = a.opts.Now().Add(time.Hour)
	}
	readers := a.opts.Readers
	if c.Telemetry.Metrics && a.opts.Role != Tool {
		reader, page, err := telemetry.NewScrape()
		if err != nil {
			return err
		}
		readers, a.metricsPage = append(readers, reader), page
	}
	a.telemetry, err = telemetry.Start(ctx, telemetry.Options{
		Service: a.opts.Role.service(), Version: a.opts.Version, Environment: c.Telemetry.Environment,
		Instance: a.instance,
		Disabled: c.Telemetry.Disabled,
		Endpoint: c.Telemetry.OTLPEndpoint, Protocol: c.Telemetry.OTLPProtocol, Interval: c.Telemetry.MetricInterval,
		TracesTo:  telemetry.Signal{Exporter: c.Telemetry.TracesExporter, Endpoint: c.Telemetry.TracesEndpoint, Protocol: c.Telemetry.TracesProtocol},
		MetricsTo: telemetry.Signal{Exporter: c.Telemetry.MetricsExporter, Endpoint: c.Telemetry.MetricsEndpoint, Protocol: c.Telemetry.MetricsProtocol},
		LogsTo:    telemetry.Signal{Exporter: c.Telemetry.LogsExporter, Endpoint: c.Telemetry.LogsEndpoint, Protocol: c.Telemetry.LogsProtocol},
		Sampler:   c.Telemetry.Sampler, SamplerArg: c.Telemetry.SamplerArg,
		Views:          metrics.Views(metrics.LabelsFor(users)),
		SpanProcessors: append([]sdktrace.SpanProcessor{timings}, a.opts.SpanProcessors...),
		Readers:        readers,
		LogWriter:      a.opts.Log,
		Logs:           telemetry.LogOptions{Level: level, SampleInfo: c.Log.SampleInfo && c.Telemetry.ExportsLogs(), KeepAll: c.Log.TraceRequests, Debug: debug},
	})
	if err != nil {
		return err
	}
	flush := 3 * time.Second
	if a.opts.Role == Tool {
		flush = time.Second
	}
	a.stops.push("telemetry", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flush)
		defer cancel()
		if err := a.telemetry.Stop(ctx); err != nil {
			a.Log.Warn("telemetry was not flushed wholly", "component", "telemetry", "error_type", "TelemetryExport", "error_message", err.Error())
		}
		return nil // lost signals are no failure of the program
	})
	a.Log = a.telemetry.Logger
	a.rec, err = metrics.New(ctx, a.telemetry.Meters)
	timings.Record(a.rec)
	return err
}

// countUsers decides which labels metrics can afford, before there are metrics. A
// database without our schema has no users.
func countUsers(ctx context.Context, url string) (int, error) {
	pool, err := postgres.Open(ctx, postgres.Options{URL: url, Pool: "start", MaxConns: 1})
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	n, err := postgres.NewUsers(pool).Count(ctx)
	if fault.KindOf(err) == fault.DatabaseError {
		return 0, nil
	}
	return n, err
}

// queueConns is how many connections the job queue has for itself.
const queueConns = 5

// openPools opens the roles' pools and returns the one that shared stores use.
func (a *App) openPools(ctx context.Context) (*postgres.Pool, error) {
	c := a.opts.Config.Database
	a.Runtime = override.New(configured(a.opts.Config))
	sizes := map[string]int{}
	if a.opts.Role != Scheduler {
		sizes["api"] = c.APIPool
	}
	if a.opts.Role.schedules() {
		sizes["scheduler"] = c.SchedulerPool
	}
	for _, name := range metrics.Pools {
		size, ok := sizes[name]
		if !ok {
			continue
		}
		conns, err := a.openPool(ctx, name, size)
		if err != nil {
			return nil, err
		}
		pool := postgres.NewPool(conns)
		a.pools[name] = pool
		a.stops.push("database pool "+name, func(ctx context.Context) error { return closePool(ctx, pool.Close) })
	}
	a.queue = a.schedulerPool().Current()
	if a.opts.Role.schedules() { // the queue goes on while jobs have every connection
		queue, err := a.openPool(ctx, "queue", queueConns)
		if err != nil {
			return nil, err
		}
		a.queue = queue
		owns, err := postgres.OwnsQueue(ctx, queue)
		if err != nil {
			queue.Close()
			return nil, err
		}
		a.borrowed = !owns
		a.stops.push("database pool queue", func(ctx context.Context) error { return closePool(ctx, queue.Close) })
	}
	stop, err := a.rec.Observe("database_connection_pool_usage", func(context.Context) []metrics.Reading {
		var out []metrics.Reading
		for name, p := range a.pools {
			out = append(out, metrics.Reading{Label: name, Value: usageOf(p)})
		}
		return out
	})
	if err != nil {
		return nil, err
	}
	a.stops.push("pool gauges", func(context.Context) error { return stop() })
	return a.schedulerPool(), nil
}

// schedulerPool is where background work gets its connections: that of the scheduler
// role, if the process has it.
func (a *App) schedulerPool() *postgres.Pool {
	if p := a.pools["scheduler"]; p != nil {
		return p
	}
	return a.pools["api"]
}

// usageOf is the share of a pool's connections in use, 0 to 1; 0 while it opens.
func usageOf(p *postgres.Pool) float64 {
	if p == nil {
		return 0
	}
	st := p.Current().Stat()
	return float64(st.AcquiredConns()) / float64(st.MaxConns())
}

// openPool opens one pool. The queue's statements see the usage of no pool.
func (a *App) openPool(ctx context.Context, name string, size int) (*pgxpool.Pool, error) {
	c := a.opts.Config.Database
	usage := func() float64 { return usageOf(a.pools[name]) }
	tracers := []pgx.QueryTracer{observe.NewQueries(a.rec, a.Log, postgres.QueryName, a.opts.Now, usage)}
	if slices.Contains(metrics.Pools, name) { // the queue listens on a connection for good
		tracers = append(tracers, observe.NewHeld(a.Log, name, observe.HeldTooLong))
	}
	return postgres.Open(ctx, postgres.Options{
		URL: c.URL.Reveal(), Pool: name, MaxConns: size, StatementTimeout: c.StatementTimeout,
		Tracers: tracers,
	})
}

// closePool closes a pool, which waits for its connections to come back, as long as ctx
// allows.
func closePool(ctx context.Context, closing func()) error {
	closed := make(chan struct{})
	go func() { closing(); close(closed) }()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wire builds the stores, the use cases and what is wrapped around them.
func (a *App) wire(pool *postgres.Pool, timings *observe.Timings) error {
	c := a.opts.Config
	ring, err := seal.ParseRing(c.Security.Key)
	if err != nil {
		return err
	}
	a.ring, a.Keys = ring, keyring.New(postgres.NewKeys(pool), ring, web.LongestLink)
	tracer := a.telemetry.Tracer()
	a.Users, a.Outbox, a.Recipes = postgres.NewUsers(pool), postgres.NewOutbox(pool), postgres.NewRecipes(pool)
	a.Plans, a.writeBook = postgres.NewPlans(pool, observe.TraceParent), postgres.NewWriteBook(pool)
	a.Links = web.Links{
		Base:   strings.TrimRight(c.Web.PublicURL, "/"),
		Signer: signedlink.New(ring, a.opts.Now),
		Inbox:  c.IMAP.Inbox(c.SMTP),
	}
	if a.renderer, err = mailer.NewRenderer(a.Links, c.SMTP.Domain()); err != nil {
		return err
	}
	if a.Mail, err = NewMail(c.SMTP); err != nil {
		return err
	}
	a.readiness = &readiness{ping: func(ctx context.Context) error { return postgres.Ready(ctx, pool.Current()) }, now: a.opts.Now}
	a.leader = postgres.NewLeader(pool.Current())
	a.upstreams = newUpstreams(a)
	a.tracked = postgres.NewFatSecret(pool, c.FatSecret.DailyBudget)
	if a.Accounts, err = a.newAccounts(a.tracked, postgres.NewDiary(pool, a.Recipes)); err != nil {
		return err
	}
	sync := recipesync.DefaultSettings()
	sync.Timeout, sync.MaxAge = c.Generation.UpstreamTimeout, c.Generation.PoolMaxAge
	a.Sync = recipesync.New(observe.NewUpstream(a.upstreams, tracer), a.Recipes, sync, a.opts.Now)
	a.Delivery = outbox.New(a.Outbox, observe.NewMails(a.Mail, tracer, a.rec, a.Log, a.opts.Now))
	week := planner.New(a.Sync, a.Accounts, a.Plans, a.renderer, observe.Step(tracer), planner.Settings{
		Timeout: a.Runtime.GenerationTimeout, Effort: c.Generation.Effort, Sequential: a.opts.Sequential, RequireUpstreams: c.Generation.RequireUpstreams,
	})
	a.generation = observe.NewGeneration(week, tracer, timings, a.rec, a.Log)
	a.steerings = postgres.NewSteering(pool, observe.TraceParent)
	a.steering = observe.NewSteering(replies.New(a.steerings, week, a.Recipes, a.Links.Signer, a.renderer, steerers(pool), a.opts.Now), tracer, a.rec, a.Log)
	a.amendments = postgres.NewAmendments(pool, observe.TraceParent)
	a.amender = observe.NewAmendments(amend.New(a.amendments, week, a.renderer, a.opts.Now), tracer, a.Log)
	if a.inbox, err = a.newInbox(); err != nil {
		return err
	}
	a.publisher = observe.NewPublishing(publish.New(a.Plans, a.Recipes, a.upstreams, a.writeBook), a.Log)
	a.Coach = coach.New(a.Accounts, a.Users, a.Plans, a.tracked, a.renderer)
	a.Feedback = observe.NewFeedback(a.Outbox, a.rec, a.Log)
	a.JobStore, a.Alerts = postgres.NewJobs(pool), postgres.NewAlerts(pool)
	return a.newEngine(a.instance)
}

// steerers is how many steerings may go on at a time: each needs two connections.
func steerers(pool *postgres.Pool) int { return max(1, pool.Size()/4) }

// NewMail returns the way mail leaves.
func NewMail(c config.SMTP) (*mailer.SMTP, error) {
	return mailer.NewSMTP(mailer.SMTPOptions{
		Host: c.Host, Port: c.Port, Username: c.Username, Password: c.Password.Reveal(),
		Encryption: mailer.Encryption(c.Encryption), From: c.From, ReplyTo: c.ReplyTo, Timeout: c.Timeout,
	})
}

// Generate plans one week: a library that was never imported is imported first, without
// the generation's time limit. The mail is in the outbox when it returns.
func (a *App) Generate(ctx context.Context, req planner.Request, progress recipesync.Progress) (observe.Measured, error) {
	u, err := a.Users.Get(ctx, req.User)
	if err != nil {
		return observe.Measured{}, err
	}
	if !req.DryRun {
		a.settle(ctx, u.ID)
	}
	if err := a.Sync.Ensure(ctx, u.Connection, progress); err != nil {
		a.Log.WarnContext(telemetry.WithUser(ctx, u.ID), "Recipe import failed",
			append([]any{"component", "recipe_sync"}, observe.Failure(fault.KindOf(err), err)...)...)
	}
	m, err := a.generation.Generate(ctx, req)
	if err == nil {
		a.Wake()
	}
	return m, err
}

// Horizon is how many weeks after the current one can be planned.
const Horizon = 26

// InReach refuses weeks that nobody can cook any more, and those too far ahead. Kind
// InvalidInput.
func InReach(u user.User, week calendar.Date, now time.Time) error {
	const op = "generate"
	zone, err := u.Location()
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	switch current := calendar.On(now.In(zone)).Monday(); {
	case week < current:
		return fault.New(fault.InvalidInput, op, "the week of %s is over: the current one is that of %s", week, current)
	case week > current+7*Horizon:
		return fault.New(fault.InvalidInput, op, "the week of %s is more than %d weeks ahead: the last that can be planned is that of %s", week, Horizon, current+7*Horizon)
	default:
		return nil
	}
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

func (a *App) pool() *pgxpool.Pool {
	if p := a.pools["api"]; p != nil {
		return p.Current()
	}
	return a.pools["scheduler"].Current()
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
	if err := a.followSettings(ctx); err != nil {
		return err
	}
	if err := a.followKeys(ctx); err != nil {
		return err
	}
	a.followDebugged(ctx)
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
		mux := a.health()
		// The pages have the api pool, so that a busy scheduler does not hold them up.
		api := a.pools["api"]
		base, err := url.Parse(a.opts.Config.Web.PublicURL)
		if err != nil {
			return fault.Wrap(fault.InvalidConfig, "PUBLIC_URL", err)
		}
		pages := &web.Pages{Plans: postgres.NewPlans(api, observe.TraceParent), Users: postgres.NewUsers(api), FatSecret: a.Accounts, Steering: a, Links: a.Links, Signer: a.Links.Signer, PublicURL: base, Log: a.Log}
		pages.Mails = observe.NewFeedback(postgres.NewOutbox(api), a.rec, a.Log)
		proxies, err := a.opts.Config.Web.Proxies()
		if err != nil {
			return err
		}
		books, err := a.runbookPages()
		if err != nil {
			return err
		}
		public := http.NewServeMux()
		pages.Register(public)
		books.Register(public)
		mux.Handle("/", web.Limit{PerMinute: a.opts.Config.Web.RateLimit, Proxies: proxies, Now: a.opts.Now, Log: a.Log}.Wrap(public))
		if err := a.serveAlerts(ctx, mux); err != nil {
			return err
		}
		if err := a.listen(ctx, API, a.opts.Config.Web.APIAddr, observe.NewServer(mux, a.telemetry.Tracers, a.telemetry.Meters)); err != nil {
			return err
		}
	}
	return nil
}

// health is a mux with the probes.
func (a *App) health() *http.ServeMux {
	mux := http.NewServeMux()
	web.Health(mux, a.readiness.check)
	return mux
}

// serveAdmin serves what is for operators where they asked for it.
func (a *App) serveAdmin(ctx context.Context) error {
	addr := a.opts.Config.Web.AdminAddr
	if addr == "" {
		return nil
	}
	books, err := a.runbookPages()
	if err != nil {
		return err
	}
	books.Responses = a.responsesTo(postgres.NewAlerts(a.schedulerPool()))
	admin := &web.Admin{Metrics: a.metricsPage, Runbooks: books, Traces: a.tracePages(), Users: a, Now: a.opts.Now, Local: a.opts.Config.Web.AdminIsLocal()}
	return a.listen(ctx, Admin, addr, admin.Handler())
}

// debuggedEvery is how soon a process notices whose DEBUG lines are wanted.
const debuggedEvery = 5 * time.Second

// followSettings keeps the settings in force as the database says, and the pools at the
// size they name.
func (a *App) followSettings(ctx context.Context) error {
	if err := a.Runtime.Read(ctx, a.JobStore); err != nil { // before the first job
		return err
	}
	a.background(ctx, "runtime settings", func(ctx context.Context) {
		a.every(ctx, override.Every, "runtime settings", "scheduler", a.applySettings)
	})
	return nil
}

func (a *App) applySettings(ctx context.Context) error {
	if err := a.Runtime.Read(ctx, a.JobStore); err != nil {
		return err
	}
	for name, p := range a.pools {
		was, want := p.Size(), a.Runtime.PoolSize(name)
		if was == want {
			continue
		}
		if err := p.Resize(ctx, want); err != nil {
			return err
		}
		a.Log.WarnContext(ctx, "Database pool resized", "component", "database", "pool", name, "from", was, "to", want)
	}
	return nil
}

// followDebugged keeps the users whose DEBUG lines are written as the database says.
func (a *App) followDebugged(ctx context.Context) {
	a.background(ctx, "debugged users", func(ctx context.Context) {
		a.every(ctx, debuggedEvery, "debugged users", "telemetry", a.readDebugged)
	})
}

func (a *App) readDebugged(ctx context.Context) error {
	users, err := a.Users.Debugged(ctx, a.opts.Now())
	if err != nil {
		return err
	}
	a.telemetry.Levels.SetDebug(users)
	return nil
}

// SetDebug implements [web.Debugged]: this process follows at once, others soon.
func (a *App) SetDebug(ctx context.Context, userID string, until time.Time) error {
	if err := a.Users.SetDebug(ctx, userID, until); err != nil {
		return err
	}
	return a.readDebugged(ctx)
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
	wg.Go(func() { a.leader.Run(ctx, electionEvery, a.lead) })
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

// lead is what one process does for the installation.
func (a *App) lead(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { a.speak(ctx) })
	wg.Go(func() { a.readInbox(ctx) })
	wg.Wait()
}

func (a *App) listen(ctx context.Context, role Role, addr string, h http.Handler) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "listen ("+strings.ToUpper(string(role))+"_ADDR)", err)
	}
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	a.addrs[role] = ln.Addr()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.Log.Error("Server ended", "component", "web", "error_type", string(fault.Internal), "error_message", err.Error())
		}
	}()
	a.stops.push(string(role)+" server", func(ctx context.Context) error {
		err := srv.Shutdown(ctx)
		<-done
		return err
	})
	a.Log.InfoContext(ctx, "Listening", "component", "web", "role", string(role), "address", ln.Addr().String(), "version", a.opts.Version)
	return nil
}

// Addr is where a started role listens.
func (a *App) Addr(r Role) net.Addr { return a.addrs[r] }

// Stop ends what was started, newest first; telemetry is flushed last.
func (a *App) Stop(ctx context.Context) error { return a.stops.unwind(ctx) }
