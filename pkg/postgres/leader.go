package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
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
	c.Tracer = nil // a span every few seconds would be noise
	c.RuntimeParams["application_name"] = "mealplanner leader"
	return &Leader{config: c}
}

// Run stands for election at every interval until ctx ends. While this process leads, it
// runs work, whose context is canceled when leadership is lost.
func (l *Leader) Run(ctx context.Context, interval time.Duration, work func(context.Context)) {
	var session *pgx.Conn
	resign := func() {}
	loop.Every(ctx, interval, func(ctx context.Context) {
		var won bool
		session, won = l.campaign(ctx, session)
		if l.leads.Swap(won) != won {
			resign()
			resign = func() {}
			if won {
				resign = begin(ctx, work)
			}
		}
	})
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

// electionTimeout bounds one check: a brief stall of the database does not lose leadership.
const electionTimeout = 10 * time.Second

// campaign keeps the leadership or tries to win it. The session is kept in both cases; nil
// means that it broke.
func (l *Leader) campaign(ctx context.Context, session *pgx.Conn) (_ *pgx.Conn, won bool) {
	limited, cancel := context.WithTimeout(ctx, electionTimeout)
	defer cancel()
	var err error
	if session == nil {
		if session, err = pgx.ConnectConfig(limited, l.config); err != nil {
			return nil, false
		}
	}
	if l.leads.Load() {
		won, err = true, session.Ping(limited)
	} else {
		err = session.QueryRow(limited, "select pg_try_advisory_lock($1)", leaderLock).Scan(&won)
	}
	if err != nil {
		closeSession(ctx, session)
		return nil, false
	}
	return session, won
}

// closeSession ends a session; one that does not answer is dropped after a second.
func closeSession(ctx context.Context, session *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = session.Close(ctx) // the server notices a dropped one by itself
}
