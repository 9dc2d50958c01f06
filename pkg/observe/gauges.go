package observe

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/metrics"
)

// Cached turns a read that costs something into one for observable gauges: its value is
// refreshed at most once per age, never twice at a time, and an old value is better than
// a blocked export. A read that fails leaves the old value.
func Cached[T any](age, timeout time.Duration, now func() time.Time, read func(context.Context) (T, error)) func(context.Context) T {
	var (
		mu   sync.Mutex
		last T
		at   time.Time
	)
	return func(ctx context.Context) T {
		mu.Lock()
		defer mu.Unlock()
		if now().Sub(at) < age {
			return last
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		at = now()
		if fresh, err := read(ctx); err == nil {
			last = fresh
		}
		return last
	}
}

// Rates turns a map of rates into readings; labels that are missing get the default.
func Rates(m map[string]float64, labels []string, missing float64) []metrics.Reading {
	out := make([]metrics.Reading, 0, len(m)+len(labels))
	for _, l := range labels {
		if _, ok := m[l]; !ok {
			out = append(out, metrics.Reading{Label: l, Value: missing})
		}
	}
	for l, v := range m {
		out = append(out, metrics.Reading{Label: l, Value: v})
	}
	return out
}
