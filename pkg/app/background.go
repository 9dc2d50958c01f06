package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// background runs fn until the program stops; stopping waits for it.
func (a *App) background(ctx context.Context, name string, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); fn(ctx) }()
	a.stops.push(name, func(context.Context) error { cancel(); <-done; return nil })
}

// complainEvery is how often work that keeps failing is logged.
const complainEvery = 5 * time.Minute

// every calls fn at once and then at an interval, until ctx ends; its first error in a row
// is logged, and then one every complainEvery.
func (a *App) every(ctx context.Context, interval time.Duration, work, component string, fn func(context.Context) error) {
	var complained time.Time
	repeat(ctx, interval, func(ctx context.Context) {
		err := fn(ctx)
		if err == nil || ctx.Err() != nil {
			complained = time.Time{}
			return
		}
		if now := a.opts.Now(); complained.IsZero() || now.Sub(complained) >= complainEvery {
			complained = now
			a.Log.ErrorContext(ctx, "Background work failed", append([]any{"component", component, "work", work},
				observe.Failure(fault.KindOf(err), err)...)...)
		}
	})
}

// repeat calls do at once and then every interval for as long as ctx lasts.
func repeat(ctx context.Context, every time.Duration, do func(context.Context)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// purgeEvery is how often what is too old is looked for. Of FatSecret's content, with rows leaving at 23
// hours, none becomes 24 hours old.
const purgeEvery = 10 * time.Minute

func (a *App) purge(ctx context.Context) error {
	return a.retention.Purge(ctx, a.opts.Now())
}
