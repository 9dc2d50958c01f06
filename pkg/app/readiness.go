package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

const (
	readyFor    = time.Second     // how long an answer is cached
	pingTimeout = 2 * time.Second // a slower database counts as not ready
)

// readiness makes a public endpoint cheap: it queries the database at most once per
// readyFor, however many requests come.
type readiness struct {
	ping func(context.Context) error
	now  func() time.Time

	mu  sync.Mutex
	at  time.Time
	err error
}

func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.at.IsZero() || now.Sub(r.at) >= readyFor || now.Before(r.at) {
		// One caller's cancellation must not become the shared answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
		defer cancel()
		r.err = nil
		if err := r.ping(ctx); err != nil {
			r.err = fault.Wrap(fault.DatabaseError, "not ready", err)
		}
		r.at = r.now()
	}
	return r.err
}
