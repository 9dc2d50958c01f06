package postgres

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Conns is what the stores need of a pool.
type Conns interface {
	db.DBTX
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Pool is a connection pool whose size can be changed while it is used: a new pool takes
// the old one's place, and the old one closes when its last connection came back. For that
// time the two may have more connections than either. Safe for concurrent use.
type Pool struct {
	current atomic.Pointer[pgxpool.Pool]

	mu      sync.Mutex // of Resize
	retired sync.WaitGroup
}

var _ Conns = (*Pool)(nil)

// NewPool returns a pool that begins as p and owns it.
func NewPool(p *pgxpool.Pool) *Pool {
	out := &Pool{}
	out.current.Store(p)
	return out
}

// Current is the pool in use.
func (p *Pool) Current() *pgxpool.Pool { return p.current.Load() }

// Size is the most connections.
func (p *Pool) Size() int { return int(p.Current().Config().MaxConns) }

// retireEvery is how often a retired pool is checked.
const retireEvery = 100 * time.Millisecond

// Resize changes the most connections to n, at least 1. ctx bounds the opening of the new
// pool; on an error the old one stays.
func (p *Pool) Resize(ctx context.Context, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.Current()
	cfg := old.Config()
	if int(cfg.MaxConns) == n {
		return nil
	}
	cfg.MaxConns = int32(n) //nolint:gosec // bounded by its setting
	next, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return fault.Wrap(fault.DatabaseError, "database: resize the pool", err)
	}
	if err := next.Ping(ctx); err != nil {
		next.Close()
		return fault.Wrap(fault.DatabaseError, "database: resize the pool", err)
	}
	p.current.Store(next)
	p.retired.Go(func() {
		for idle := 0; idle < 2; { // whoever waits for a connection of the old pool gets one
			<-time.After(retireEvery)
			if idle++; old.Stat().AcquiredConns()+old.Stat().ConstructingConns() > 0 {
				idle = 0
			}
		}
		old.Close()
	})
	return nil
}

// Close closes the pool when its connections came back.
func (p *Pool) Close() {
	p.retired.Wait()
	p.Current().Close()
}

// Exec implements [Conns].
func (p *Pool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return p.Current().Exec(ctx, sql, args...)
}

// Query implements [Conns].
func (p *Pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return p.Current().Query(ctx, sql, args...) //nolint:rowserrcheck // the caller does
}

// QueryRow implements [Conns].
func (p *Pool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return p.Current().QueryRow(ctx, sql, args...)
}

// SendBatch implements [Conns].
func (p *Pool) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return p.Current().SendBatch(ctx, b)
}

// Begin implements [Conns].
func (p *Pool) Begin(ctx context.Context) (pgx.Tx, error) { return p.Current().Begin(ctx) }
