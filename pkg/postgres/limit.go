package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// connectTimeout limits a connection attempt to one host, where DATABASE_URL has no
	// connect_timeout.
	connectTimeout = 5 * time.Second
	// pingTimeout limits the ping of a connection that idled, which no tracer sees.
	pingTimeout = 2 * time.Second
	// limitGrace is how much longer than the server's own limit a statement is waited for.
	limitGrace = 2 * time.Second
	// batchFactor is how many statements' time a batch has.
	batchFactor = 4
)

// limit ends what a server does not answer any more. statement_timeout is kept by the server,
// which cannot when its machine is gone or frozen: without a limit here the statement waits
// until the kernel gives the connection up, a quarter of an hour later, or never.
type limit struct{ statement time.Duration }

var (
	_ pgx.QueryTracer = limit{}
	_ pgx.BatchTracer = limit{}
)

// endKey is the context key of what frees a deadline's timer.
type endKey struct{}

func within(ctx context.Context, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(ctx, d)
	return context.WithValue(ctx, endKey{}, cancel)
}

func end(ctx context.Context) {
	if cancel, ok := ctx.Value(endKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

// TraceQueryStart implements [pgx.QueryTracer].
func (l limit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return within(ctx, l.statement)
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (limit) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) { end(ctx) }

// TraceBatchStart implements [pgx.BatchTracer].
func (l limit) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return within(ctx, batchFactor*l.statement)
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (limit) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements [pgx.BatchTracer].
func (limit) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) { end(ctx) }
