package app

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// queryTimeout limits one query to a telemetry server.
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

// NewDiagnosis opens the sources of a diagnosis. An unreachable database becomes a source
// that always fails, because that may be the cause. The returned function closes them.
func NewDiagnosis(ctx context.Context, c config.Config) (diagnose.Sources, func()) {
	d := c.Diagnosis
	s := diagnose.Sources{Metrics: telemetryapi.Metrics{Prometheus: NewPrometheus(d.PrometheusURL)}, Logs: telemetryapi.Logs{Loki: NewLoki(d.LokiURL)}, Traces: telemetryapi.Traces{Jaeger: NewJaeger(d.JaegerURL)}}
	if !c.Telemetry.Exports() && d.Default() { // Prometheus may still be scraping
		if !c.Telemetry.Metrics && !listens(ctx, d.PrometheusURL) {
			s.Metrics = diagnose.NotConfigured{}
		}
		s.Logs, s.Traces = diagnose.NotConfigured{}, diagnose.NotConfigured{}
	}
	pool, err := openReader(ctx, c.Database, "diagnose", 4)
	if err != nil {
		s.Database = diagnose.Unreachable{Err: err}
		return s, func() {}
	}
	s.Database = postgres.NewDiagnosis(pool)
	return s, pool.Close
}

// listens reports whether an HTTP address accepts connections.
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

// openReader opens a pool of read-only sessions.
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

// Mitigations applies and records mitigation measures.
func (s *Services) Mitigations() *postgres.Mitigations { return postgres.NewMitigations(s.pool()) }

// maxRows is how many rows [QueryReadOnly] returns.
const maxRows = 100

// QueryReadOnly runs one read-only statement and returns a header and at most 100 rows, in
// the server's text form; more reports whether rows were left out. Kind InvalidInput: the
// server refused the statement.
func QueryReadOnly(ctx context.Context, c config.Database, statement string) (table [][]string, more bool, err error) {
	pool, err := openReader(ctx, c, "debug", 1)
	if err != nil {
		return nil, false, err
	}
	defer pool.Close()
	return postgres.Table(ctx, pool, statement, maxRows)
}
