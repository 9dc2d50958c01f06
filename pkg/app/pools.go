package app

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// queueConns is the number of connections reserved for the job queue.
const queueConns = 5

// openPools opens the roles' pools and returns the one that shared stores use.
func (a *App) openPools(ctx context.Context) (*postgres.Pool, error) {
	c := a.opts.Config.Database
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
	a.queue = a.servicesPool().Current()
	if a.opts.Role.schedules() { // keeps the queue running while jobs use every connection
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
	stop, err := a.rec.Observe(metrics.DatabaseConnectionPoolUsage, func(context.Context) []metrics.Reading {
		var out []metrics.Reading
		for name, p := range a.pools {
			out = append(out, metrics.DatabaseConnectionPoolUsage.At(usageOf(p), metrics.Pool(name)))
		}
		return out
	})
	if err != nil {
		return nil, err
	}
	a.stops.push("pool gauges", func(context.Context) error { return stop() })
	return a.servicesPool(), nil
}

// servicesPool returns the pool that the stores of [Services] use: the scheduler role's, if the
// process has that role.
func (a *App) servicesPool() *postgres.Pool {
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

// openPool opens one pool. The queue's statements carry no pool usage.
func (a *App) openPool(ctx context.Context, name string, size int) (*pgxpool.Pool, error) {
	c := a.opts.Config.Database
	usage := func() float64 { return usageOf(a.pools[name]) }
	tracers := []pgx.QueryTracer{observe.NewQueries(a.rec, a.log, postgres.QueryName, a.opts.Now, usage)}
	if slices.Contains(metrics.Pools, name) { // the queue holds one connection to LISTEN
		tracers = append(tracers, observe.NewHeld(a.log, name, observe.HeldTooLong))
	}
	return postgres.Open(ctx, postgres.Options{
		URL: c.URL.Reveal(), Pool: name, MaxConns: size, StatementTimeout: c.StatementTimeout,
		Tracers: tracers, Spans: a.telemetry.Tracers, Meters: a.telemetry.Meters,
	})
}

// closePool closes a pool, waiting for its connections to be released until ctx ends.
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

// pool returns the connections for what an operator or a caller waits for: the api's, if the
// process has them.
func (a *App) pool() *pgxpool.Pool {
	if p := a.pools["api"]; p != nil {
		return p.Current()
	}
	return a.pools["scheduler"].Current()
}
