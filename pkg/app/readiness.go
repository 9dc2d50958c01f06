package app

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

const (
	readyFor    = time.Second     // how long one answer serves everybody who asks
	pingTimeout = 2 * time.Second // a database that is slower is not ready
)

// readiness answers a public question cheaply: the database is asked at most once in
// readyFor, however often it is asked.
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
		// One caller's end must not become everybody's answer.
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
