// Package loop does background work again and again: at once, then at an interval, one call
// at a time, until its context ends. It is for what each process does by itself; what is done
// once for the installation is a job (package jobs).
package loop

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Every calls do at once and then at the interval until ctx ends. Intervals that a slow call
// missed are made up for by one.
func Every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	Woken(ctx, interval, nil, do)
}

// Woken is [Every], and calls do as well whenever wake receives.
func Woken(ctx context.Context, interval time.Duration, wake <-chan struct{}, do func(context.Context)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-tick.C:
		}
	}
}

// Reporting makes work of what may fail. failed hears of its errors, panics among them, but not
// of those that the end of ctx brings.
func Reporting(work string, do func(context.Context) error, failed func(context.Context, error)) func(context.Context) {
	return func(ctx context.Context) {
		if err := fault.Guarded(work, func() error { return do(ctx) })(); err != nil && (ctx.Err() == nil || fault.Stack(err) != "") {
			failed(ctx, err)
		}
	}
}
