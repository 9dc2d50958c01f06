package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
)

// background runs fn until the program stops; stopping waits for it.
func (a *App) background(ctx context.Context, name string, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); fn(ctx) }()
	a.stops.push(name, func(context.Context) error { cancel(); <-done; return nil })
}

// complainEvery is the least time between two log lines about work that keeps failing.
const complainEvery = 5 * time.Minute

// complaints throttles the log lines about work that keeps failing.
type complaints struct {
	now  func() time.Time
	last time.Time // zero: not failing
}

// due reports whether a failure is the first in a row, or the first in complainEvery.
func (c *complaints) due() bool {
	now := c.now()
	if !c.last.IsZero() && now.Sub(c.last) < complainEvery {
		return false
	}
	c.last = now
	return true
}

// over ends a row of failures, and reports whether there was one.
func (c *complaints) over() bool {
	was := !c.last.IsZero()
	c.last = time.Time{}
	return was
}

// every calls fn at once and then at an interval, until ctx ends; its first error in a row
// is logged, and then one every complainEvery.
func (a *App) every(ctx context.Context, interval time.Duration, work, component string, fn func(context.Context) error) {
	failing := complaints{now: a.opts.Now}
	loop.Every(ctx, interval, func(ctx context.Context) {
		err := fault.Guarded(work, func() error { return fn(ctx) })()
		if err == nil || ctx.Err() != nil && fault.Stack(err) == "" {
			failing.over()
			return
		}
		if failing.due() {
			a.log.ErrorContext(ctx, "Background work failed", append([]any{"component", component, "work", work},
				fault.Fields(fault.KindOf(err), err)...)...)
		}
	})
}

// purgeEvery is the interval between purges of expired data. FatSecret's content expires
// after 23 hours, so none of it reaches 24.
const purgeEvery = 10 * time.Minute

func (s *Services) purge(ctx context.Context) error {
	return s.retention.Purge(ctx, s.opts.Now())
}
