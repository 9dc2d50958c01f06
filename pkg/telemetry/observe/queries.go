package observe

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// slowQuery is the duration above which a statement is logged (docs/thresholds.md).
const slowQuery = 100 * time.Millisecond

// Queries is a pgx tracer that records each named statement and logs slow ones. Spans
// come from otelpgx beside it.
type Queries struct {
	rec  *metrics.Recorder
	log  *slog.Logger
	name func(sql string) string
	now  func() time.Time
	// usage is the share of the pool's connections in use, 0 to 1.
	usage func() float64
}

var (
	_ pgx.QueryTracer = (*Queries)(nil)
	_ pgx.BatchTracer = (*Queries)(nil)
)

// NewQueries returns the tracer of a pool's statements; name gives a statement its label
// value, usage is the share of the pool's connections in use, 0 to 1.
func NewQueries(rec *metrics.Recorder, log *slog.Logger, name func(string) string, now func() time.Time, usage func() float64) *Queries {
	return &Queries{rec, log, name, now, usage}
}

type queryKey struct{}

type startedQuery struct {
	name  string
	begin time.Time
}

// TraceQueryStart implements [pgx.QueryTracer].
func (q *Queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, queryKey{}, startedQuery{q.name(d.SQL), q.now()})
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (q *Queries) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	q.end(ctx, d.Err)
}

// TraceBatchStart implements [pgx.BatchTracer].
func (q *Queries) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	name := "batch"
	if d.Batch != nil && len(d.Batch.QueuedQueries) > 0 {
		name = q.name(d.Batch.QueuedQueries[0].SQL)
	}
	return context.WithValue(ctx, queryKey{}, startedQuery{name, q.now()})
}

// TraceBatchQuery implements [pgx.BatchTracer]; a batch is measured as one statement.
func (*Queries) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements [pgx.BatchTracer].
func (q *Queries) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	q.end(ctx, d.Err)
}

func (q *Queries) end(ctx context.Context, err error) {
	s, ok := ctx.Value(queryKey{}).(startedQuery)
	if !ok {
		return
	}
	took := q.now().Sub(s.begin)
	q.rec.QueryEnded(ctx, s.name, took)
	if took < slowQuery {
		return
	}
	ctx = telemetry.WithComponent(ctx, "database")
	attrs := []any{slog.String("query", s.name), slog.Float64("duration_ms", ms(took)), slog.Float64("connection_pool_usage", q.usage())}
	if err != nil {
		attrs = append(attrs, fault.Fields(fault.DatabaseError, err)...)
	}
	q.log.WarnContext(ctx, "Slow query", attrs...)
}
