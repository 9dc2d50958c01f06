package app

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// queryTimeout is the limit of one question to a telemetry server.
const queryTimeout = 20 * time.Second

func queryClient() *http.Client { return resilient.NewClient(http.DefaultTransport, queryTimeout) }

// NewPrometheus returns a client of the Prometheus at base.
func NewPrometheus(base string) *telemetryapi.Prometheus {
	return telemetryapi.NewPrometheus(base, queryClient())
}

// NewLoki returns a client of the Loki at base.
func NewLoki(base string) *telemetryapi.Loki { return telemetryapi.NewLoki(base, queryClient()) }

// NewJaeger returns a client of the Jaeger at base.
func NewJaeger(base string) *telemetryapi.Jaeger { return telemetryapi.NewJaeger(base, queryClient()) }

// connectTimeout is how long a diagnosis waits for a connection to the database.
const connectTimeout = 5 * time.Second

// NewDiagnosis returns what a diagnosis asks. A database that does not answer is a source
// that always fails, because that may be the cause. The returned function ends it.
func NewDiagnosis(ctx context.Context, c config.Config) (diagnose.Sources, func()) {
	d := c.Diagnosis
	s := diagnose.Sources{Metrics: asMetrics{NewPrometheus(d.PrometheusURL)}, Logs: asLogs{NewLoki(d.LokiURL)}, Traces: asTraces{NewJaeger(d.JaegerURL)}}
	if !c.Telemetry.Exports() && d.Default() { // a Prometheus that scrapes may be there all the same
		if !c.Telemetry.Metrics && !listens(ctx, d.PrometheusURL) {
			s.Metrics = noTelemetry{}
		}
		s.Logs, s.Traces = noTelemetry{}, noTelemetry{}
	}
	pool, err := openReader(ctx, c.Database, "diagnose", 4)
	if err != nil {
		s.Database = noDatabase{err}
		return s, func() {}
	}
	s.Database = postgres.NewDiagnosis(pool)
	return s, pool.Close
}

// listens reports whether anybody listens at an HTTP address.
func listens(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := queryClient().Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil
}

// openReader opens a pool whose sessions change nothing.
func openReader(ctx context.Context, c config.Database, name string, most int) (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return postgres.Open(ctx, postgres.Options{URL: c.URL.Reveal(), Pool: name, MaxConns: most, StatementTimeout: 5 * time.Second, ReadOnly: true})
}

// Diagnose runs a diagnosis of the installation with these settings.
func Diagnose(ctx context.Context, c config.Config, slug string, window time.Duration, now time.Time) (diagnose.Report, error) {
	sources, done := NewDiagnosis(ctx, c)
	defer done()
	return diagnose.Diagnose(ctx, sources, diagnose.Options{Slug: slug, Window: window, Now: now, Configured: configured(c)})
}

// configured are the limits that hold where none is changed at run time.
func configured(c config.Config) override.Configured {
	return override.Configured{
		Concurrency: c.Scheduler.Concurrency, GenerationTimeout: c.Generation.Timeout,
		APIPool: c.Database.APIPool, SchedulerPool: c.Database.SchedulerPool,
	}
}

type asMetrics struct{ *telemetryapi.Prometheus }

func (p asMetrics) Query(ctx context.Context, expr string) ([]diagnose.Sample, error) {
	all, err := p.Prometheus.Query(ctx, expr)
	out := make([]diagnose.Sample, len(all))
	for i, s := range all {
		out[i] = diagnose.Sample(s)
	}
	return out, err
}

type asLogs struct{ *telemetryapi.Loki }

func (l asLogs) Lines(ctx context.Context, query string, since time.Time, most int) ([]diagnose.Line, error) {
	all, err := l.Loki.Lines(ctx, query, since, most)
	out := make([]diagnose.Line, len(all))
	for i, x := range all {
		out[i] = diagnose.Line{Text: x.Text, Fields: x.Labels}
	}
	return out, err
}

type asTraces struct{ *telemetryapi.Jaeger }

func (j asTraces) Slow(ctx context.Context, service, operation string, since time.Time, least time.Duration, most int) ([]diagnose.Span, error) {
	all, err := j.Jaeger.Slow(ctx, service, operation, since, least, most)
	out := make([]diagnose.Span, len(all))
	for i, s := range all {
		out[i] = diagnose.Span{Trace: s.Trace, ID: s.ID, Parent: s.Parent, Name: s.Name, Component: s.Tags["component"], Start: s.Start, Took: s.Took}
	}
	return out, err
}

// noTelemetry stands for the servers of an installation that sends its telemetry nowhere.
type noTelemetry struct{}

var errNoTelemetry = fault.New(fault.InvalidConfig, "telemetry", "not configured: nothing is exported (OTEL_EXPORTER_OTLP_ENDPOINT), and PROMETHEUS_URL, LOKI_URL and JAEGER_URL are the defaults")

func (noTelemetry) Query(context.Context, string) ([]diagnose.Sample, error) {
	return nil, errNoTelemetry
}

func (noTelemetry) Lines(context.Context, string, time.Time, int) ([]diagnose.Line, error) {
	return nil, errNoTelemetry
}

func (noTelemetry) Slow(context.Context, string, string, time.Time, time.Duration, int) ([]diagnose.Span, error) {
	return nil, errNoTelemetry
}

// noDatabase is a database that does not answer.
type noDatabase struct{ err error }

var _ diagnose.Database = noDatabase{}

func (d noDatabase) Ping(context.Context) error                             { return d.err }
func (d noDatabase) LockWaits(context.Context) ([]diagnose.LockWait, error) { return nil, d.err }
func (d noDatabase) Sessions(context.Context) ([]diagnose.Sessions, error)  { return nil, d.err }
func (d noDatabase) LongTransactions(context.Context, time.Duration) ([]diagnose.Transaction, error) {
	return nil, d.err
}

func (d noDatabase) SlowStatements(context.Context, time.Duration) ([]diagnose.Statement, error) {
	return nil, d.err
}

func (d noDatabase) FailingJobs(context.Context, time.Duration, time.Duration) ([]diagnose.FailingJobs, error) {
	return nil, d.err
}

func (d noDatabase) UsersWithoutPlan(context.Context, string) ([]diagnose.Planless, error) {
	return nil, d.err
}
func (d noDatabase) Unbalanced(context.Context) ([]diagnose.Unbalanced, error) { return nil, d.err }
func (d noDatabase) RefusedMails(context.Context, time.Duration, time.Duration) ([]diagnose.RefusedMails, error) {
	return nil, d.err
}
func (d noDatabase) Settings(context.Context) ([]diagnose.Setting, error) { return nil, d.err }

// maxRows is how many rows [QueryReadOnly] returns.
const maxRows = 100

// QueryReadOnly runs one statement that reads and returns a header and at most 100 rows, as the
// server writes them; more says whether there were others. Kind InvalidInput: the server
// refused the statement.
func QueryReadOnly(ctx context.Context, c config.Database, statement string) (table [][]string, more bool, err error) {
	const op = "debug sql"
	pool, err := openReader(ctx, c, "debug", 1)
	if err != nil {
		return nil, false, err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, false, fault.Wrap(fault.DatabaseError, op, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := tx.Query(ctx, statement, pgx.QueryResultFormats{pgx.TextFormatCode})
	if err != nil {
		return nil, false, fault.Wrap(fault.InvalidInput, op, err)
	}
	defer rows.Close()
	var header []string
	for _, f := range rows.FieldDescriptions() {
		header = append(header, f.Name)
	}
	table = [][]string{header}
	for rows.Next() {
		if len(table) > maxRows {
			return table, true, nil
		}
		line := make([]string, len(header))
		for i, v := range rows.RawValues() {
			line[i] = string(v)
		}
		table = append(table, line)
	}
	return table, false, fault.Wrap(fault.InvalidInput, op, rows.Err())
}

// Mitigations is where measures against trouble are taken and recorded.
func (a *App) Mitigations() *postgres.Mitigations { return postgres.NewMitigations(a.pool()) }
