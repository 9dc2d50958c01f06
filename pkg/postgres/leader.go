package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// leaderLock is the key of the advisory lock that the leader's session holds.
const leaderLock = 0x6d65616c // "meal"

// Leader elects one of the processes on a database: the one whose session holds an
// advisory lock. The session is outside the pools. When it breaks, PostgreSQL frees the
// lock and another process takes over.
type Leader struct {
	config *pgx.ConnConfig
	leads  atomic.Bool
}

// NewLeader returns a candidate for the pool's database.
func NewLeader(pool *pgxpool.Pool) *Leader {
	c := pool.Config().ConnConfig
	c.Tracer = nil // a look every few seconds would be noise
	c.RuntimeParams["application_name"] = "mealplanner leader"
	return &Leader{config: c}
}

// Leads reports whether this process was the leader when it last looked.
func (l *Leader) Leads() bool { return l.leads.Load() }

// Run stands for election at every interval until ctx ends. While this process leads, it
// runs work, whose context ends with the office.
func (l *Leader) Run(ctx context.Context, interval time.Duration, work func(context.Context)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var session *pgx.Conn
	resign := func() {}
	for ctx.Err() == nil {
		session = l.campaign(ctx, session, interval)
		if won := session != nil; l.leads.Swap(won) != won {
			resign()
			resign = func() {}
			if won {
				resign = begin(ctx, work)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	l.leads.Store(false)
	resign()
	if session != nil {
		closeSession(ctx, session)
	}
}

// begin runs work in the background; the returned function ends it and waits.
func begin(ctx context.Context, work func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); work(ctx) }()
	return func() { cancel(); <-done }
}

// campaign keeps the session that holds the lock, or tries to get one; nil is a defeat.
func (l *Leader) campaign(ctx context.Context, session *pgx.Conn, limit time.Duration) *pgx.Conn {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if session != nil {
		if session.Ping(ctx) == nil {
			return session
		}
		closeSession(ctx, session)
	}
	session, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return nil
	}
	var won bool
	if err := session.QueryRow(ctx, "select pg_try_advisory_lock($1)", leaderLock).Scan(&won); err != nil || !won {
		closeSession(ctx, session)
		return nil
	}
	return session
}

// closeSession ends a session; one that does not answer is dropped after a second.
func closeSession(ctx context.Context, session *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = session.Close(ctx) // the server notices a dropped one by itself
}
