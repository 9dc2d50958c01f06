package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/diagnose"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/telemetryapi"
)

// askTimeout is the limit of one question to a telemetry server.
const askTimeout = 20 * time.Second

func asking() *http.Client { return resilient.NewClient(http.DefaultTransport, askTimeout) }

// NewPrometheus returns a client of the Prometheus at base.
func NewPrometheus(base string) *telemetryapi.Prometheus {
	return telemetryapi.NewPrometheus(base, asking())
}

// NewLoki returns a client of the Loki at base.
func NewLoki(base string) *telemetryapi.Loki { return telemetryapi.NewLoki(base, asking()) }

// NewJaeger returns a client of the Jaeger at base.
func NewJaeger(base string) *telemetryapi.Jaeger { return telemetryapi.NewJaeger(base, asking()) }

// NewDiagnosis returns what a diagnosis asks. A database that does not answer is a source
// that always fails, because that may be the cause. The returned function ends it.
func NewDiagnosis(ctx context.Context, c config.Config) (diagnose.Sources, func()) {
	d := c.Diagnosis
	s := diagnose.Sources{Metrics: asMetrics{NewPrometheus(d.PrometheusURL)}, Logs: asLogs{NewLoki(d.LokiURL)}, Traces: asTraces{NewJaeger(d.JaegerURL)}}
	pool, err := postgres.Open(ctx, postgres.Options{URL: c.Database.URL.Reveal(), Pool: "diagnose", MaxConns: 4, StatementTimeout: 5 * time.Second})
	if err != nil {
		s.Database = noDatabase{err}
		return s, func() {}
	}
	s.Database = postgres.NewDiagnosis(pool)
	return s, pool.Close
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
		out[i] = diagnose.Span{Trace: s.Trace, ID: s.ID, Parent: s.Parent, Name: s.Name, Component: s.Tags["component"], Took: s.Took}
	}
	return out, err
}

// noDatabase is a database that does not answer.
type noDatabase struct{ err error }

var _ diagnose.Database = noDatabase{}

func (d noDatabase) LockWaits(context.Context) ([]diagnose.LockWait, error) { return nil, d.err }
func (d noDatabase) Sessions(context.Context) ([]diagnose.Sessions, error)  { return nil, d.err }
func (d noDatabase) FailingJobs(context.Context, time.Duration) ([]diagnose.FailingJobs, error) {
	return nil, d.err
}

func (d noDatabase) UsersWithoutPlan(context.Context, string) ([]diagnose.Planless, error) {
	return nil, d.err
}

func (d noDatabase) Unbalanced(context.Context, time.Duration) (diagnose.Unbalanced, error) {
	return diagnose.Unbalanced{}, d.err
}

func (d noDatabase) RefusedMails(context.Context, time.Duration) ([]diagnose.RefusedMails, error) {
	return nil, d.err
}
func (d noDatabase) Settings(context.Context) ([]diagnose.Setting, error) { return nil, d.err }

// maxRows is how many rows [Ask] returns.
const maxRows = 100

// Ask runs one statement that reads and returns a header and at most 100 rows as text.
func Ask(ctx context.Context, c config.Database, statement string) ([][]string, error) {
	pool, err := postgres.Open(ctx, postgres.Options{URL: c.URL.Reveal(), Pool: "debug", MaxConns: 1, StatementTimeout: 5 * time.Second})
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "debug sql", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := tx.Query(ctx, statement)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "statement", err)
	}
	defer rows.Close()
	var header []string
	for _, f := range rows.FieldDescriptions() {
		header = append(header, f.Name)
	}
	out := [][]string{header}
	for rows.Next() && len(out) <= maxRows {
		values, err := rows.Values()
		if err != nil {
			return nil, fault.Wrap(fault.DatabaseError, "debug sql", err)
		}
		line := make([]string, len(values))
		for i, v := range values {
			if v != nil {
				line[i] = fmt.Sprint(v)
			}
		}
		out = append(out, line)
	}
	return out, fault.Wrap(fault.InvalidInput, "statement", rows.Err())
}

// Mitigations is where measures against trouble are taken and recorded.
func (a *App) Mitigations() *postgres.Mitigations { return postgres.NewMitigations(a.pool()) }
