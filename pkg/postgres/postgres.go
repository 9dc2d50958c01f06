// Package postgres is the database: pools, migrations and the stores behind the ports
// of the use cases. Statements live in queries/*.sql, the code in db is generated from them.
package postgres

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	neturl "net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed queries/*.sql
var statements embed.FS

//go:embed grants.sql
var grants string

// Options configure [Open].
type Options struct {
	URL      string
	Pool     string // "api" or "scheduler": the pool label and the application_name
	MaxConns int    // 0 = 20
	// StatementTimeout ends a statement on the server; 0 = 30 s. A server that does not answer
	// at all is waited for 2 s longer.
	StatementTimeout time.Duration
	// ReadOnly sessions change nothing, and wait at most a second for a lock.
	ReadOnly bool
	// Tracers see every statement, besides otelpgx's.
	Tracers []pgx.QueryTracer
	// Spans and Meters are what otelpgx writes to; nil is the process's own.
	Spans  trace.TracerProvider
	Meters metric.MeterProvider
}

// Open makes a pool and checks that the server answers. Kind DatabaseError or
// InvalidConfiguration.
func Open(ctx context.Context, o Options) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// pgx's message leaves the password out.
		return nil, fault.New(fault.InvalidConfig, "database", "DATABASE_URL cannot be read (want postgres://user:password@host:port/database): %v", err)
	}
	cfg.MaxConns = int32(max(o.MaxConns, 0)) //nolint:gosec // a pool size, bounded by its setting
	if o.MaxConns == 0 {
		cfg.MaxConns = 20
	}
	timeout := o.StatementTimeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	cfg.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(timeout.Milliseconds(), 10)
	if o.ReadOnly {
		cfg.ConnConfig.RuntimeParams["default_transaction_read_only"], cfg.ConnConfig.RuntimeParams["lock_timeout"] = "on", "1000"
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "mealplanner-" + o.Pool
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.PingTimeout == 0 {
		cfg.PingTimeout = pingTimeout
	}
	tracers := []pgx.QueryTracer{limit{timeout + limitGrace}, newTracer(cfg.ConnConfig, o.Spans, o.Meters)}
	cfg.ConnConfig.Tracer = multitracer.New(append(tracers, o.Tracers...)...)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "database: open", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fault.Wrap(fault.DatabaseError, "database", cured(err))
	}
	return pool, nil
}

var (
	nameComment = lazyregexp.New(`(?m)^-- name: (\w+)`)
	upper       = lazyregexp.New(`([a-z0-9])([A-Z])`)
)

// River's statement that claims jobs is named as the requirements name it; the others share
// one.
const (
	riverClaim    = "JobGetAvailable"
	claimName     = "get_next_pending_job"
	riverBusiness = "job_queue"
)

// ours are the sqlc names of this package's statements.
var ours = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	files, err := fs.Glob(statements, "queries/*.sql")
	if err != nil {
		panic(err) // the pattern is wrong: a bug
	}
	for _, f := range files {
		b, err := statements.ReadFile(f)
		if err != nil {
			panic(err) // embedded above
		}
		for _, m := range nameComment().FindAllSubmatch(b, -1) {
			names[string(m[1])] = true
		}
	}
	return names
})

// QueryName names a statement: the snake_case of its sqlc name, else its first word.
func QueryName(sql string) string {
	if m := nameComment().FindStringSubmatch(sql); m != nil {
		switch {
		case ours()[m[1]]:
			return strings.ToLower(upper().ReplaceAllString(m[1], "${1}_${2}"))
		case m[1] == riverClaim:
			return claimName
		default:
			return riverBusiness
		}
	}
	word, _, _ := strings.Cut(strings.TrimSpace(sql), " ")
	switch w := strings.ToLower(strings.TrimRight(word, ";")); w {
	case "begin", "commit", "rollback", "select", "insert", "update", "delete", "savepoint", "release":
		return w
	default:
		return "other"
	}
}

// Migrate brings the schema up to date and gives the roles of postgres/roles.sql their
// rights; several processes may call it at once. It returns the versions it applied.
func Migrate(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) (applied []int64, err error) {
	const op = "database: migrate"
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	if err := migrateRiver(ctx, pool, log); err != nil {
		return nil, err
	}
	conn := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, conn.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, conn, files, goose.WithSessionLocker(locker), goose.WithSlog(log))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	if _, err := missing(ctx, p); err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, failed(op, err)
	}
	for _, r := range results {
		applied = append(applied, r.Source.Version)
	}
	_, err = pool.Exec(ctx, grants)
	return applied, failed("database: rights of roles", err)
}

// OwnsQueue reports whether the pool's role may rebuild the queue's indexes. An owner alone may.
func OwnsQueue(ctx context.Context, pool *pgxpool.Pool) (owns bool, err error) {
	err = pool.QueryRow(ctx, "select coalesce((select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('public.river_job')), false)").Scan(&owns)
	return owns, failed("database: owner of the queue", err)
}

// riverLock is the key of the advisory lock under which the queue's tables are migrated.
const riverLock = 0x7269766572 // "river"

// migrateRiver brings the queue's tables up to date; ours refer to them.
func migrateRiver(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) (err error) {
	const op = "database: migrate the queue"
	conn, err := pgx.ConnectConfig(ctx, pool.Config().ConnConfig)
	if err != nil {
		return failed(op, err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", riverLock); err != nil {
		return failed(op, err)
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return failed(op, err)
}

// quiet keeps the INFO lines of River out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(atLeastWarn{log.Handler()}) }

type atLeastWarn struct{ slog.Handler }

func (h atLeastWarn) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

// Pending returns how many migrations the schema lacks, the queue's not among them.
func Pending(ctx context.Context, pool *pgxpool.Pool) (n int, err error) {
	const op = "database: migration status"
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, fault.Wrap(fault.Internal, op, err)
	}
	conn := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, conn.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, conn, files)
	if err != nil {
		return 0, fault.Wrap(fault.Internal, op, err)
	}
	// Asking goose would make its table, in whatever database DATABASE_URL names.
	var ours bool
	if err := pool.QueryRow(ctx, "select to_regclass('goose_db_version') is not null").Scan(&ours); err != nil {
		return 0, failed(op, err)
	}
	if !ours {
		return len(p.ListSources()), nil
	}
	return missing(ctx, p)
}

// missing counts the migrations that the schema lacks. It refuses a schema that a newer program
// made, as this one does not know what its columns and triggers mean, and one that lacks a
// migration below its version: an unreleased program numbered them in another way.
func missing(ctx context.Context, p *goose.Provider) (n int, err error) {
	const op = "database"
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, failed(op, err)
	}
	sources := p.ListSources()
	if known := sources[len(sources)-1].Version; have > known {
		return 0, fault.New(fault.InvalidConfig, op, "the schema is of version %d, made by a newer mealplanner; this one knows version %d: run the newer program, or restore the backup from before the upgrade", have, known)
	}
	status, err := p.Status(ctx)
	if err != nil {
		return 0, failed(op, err)
	}
	for _, s := range status {
		switch {
		case s.State != goose.StatePending:
		case s.Source.Version < have:
			return 0, fault.New(fault.InvalidConfig, op, "the schema is of version %d but lacks version %d: a program between two releases made it, which this one cannot bring up to date: run that program, or restore a backup from before it", have, s.Source.Version)
		default:
			n++
		}
	}
	return n, nil
}

// Ready reports whether the server answers and takes writes, which a standby does not.
func Ready(ctx context.Context, pool *pgxpool.Pool) error {
	var readOnly bool
	if err := pool.QueryRow(ctx, "select current_setting('transaction_read_only')::bool").Scan(&readOnly); err != nil {
		return failed("database", err)
	}
	if readOnly {
		return fault.New(fault.DatabaseError, "database", "%s", cures["25006"])
	}
	return nil
}

// failed classifies a database error: no rows is NotFound, a violated constraint
// Conflict, the rest DatabaseError.
func failed(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fault.Wrap(fault.NotFound, op, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.TimeoutError, op, cured(err))
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Canceled, op, err)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case strings.HasPrefix(pg.Code, "23"):
			return fault.Wrap(fault.Conflict, op, err)
		case strings.HasPrefix(pg.Code, "22"): // a value that no column takes, now or later
			return fault.Wrap(fault.Internal, op, err)
		case pg.Code == "42P01" || pg.Code == "42703": // undefined table or column
			return fault.New(fault.DatabaseError, op, "the schema is not up to date: run `mealplanner migrate` (%s)", pg.Message)
		}
	}
	return fault.Wrap(fault.DatabaseError, op, cured(err))
}

// Scratch makes a database with a name of its own on the server and returns its
// connection string and what drops it.
func Scratch(ctx context.Context, server string) (url string, drop func(context.Context) error, err error) {
	const op = "database: scratch"
	cfg, err := pgx.ParseConfig(server)
	if err != nil {
		return "", nil, fault.New(fault.InvalidConfig, op, "the connection string cannot be read: %v", err)
	}
	name := "mealplanner_" + strings.ToLower(rand.Text())
	run := func(ctx context.Context, sql string) error {
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			return failed(op, err)
		}
		_, err = conn.Exec(ctx, sql)
		return failed(op, errors.Join(err, conn.Close(ctx)))
	}
	if err := run(ctx, "create database "+name); err != nil {
		return "", nil, err
	}
	u, err := neturl.Parse(server)
	if err != nil || u.Scheme == "" {
		url = server + " dbname=" + name // the keyword form: the last one wins
	} else {
		u.Path = "/" + name
		url = u.String()
	}
	return url, func(ctx context.Context) error { return run(ctx, "drop database "+name+" with (force)") }, nil
}
