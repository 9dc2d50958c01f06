package fatsecret

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// DefaultDailyCalls is what the free plan allows one application in a day.
const DefaultDailyCalls = 5_000

// Budget hands out the application's calls of a day. Take returns an error of kind
// [fault.QuotaExceeded] when fewer than n are left, and then takes none.
type Budget interface {
	Take(ctx context.Context, n int) error
}

// MemoryBudget is a [Budget] of one process. Days change at midnight UTC, since the
// vendor does not say when its own do.
type MemoryBudget struct {
	limit int
	now   func() time.Time

	mu   sync.Mutex
	day  Day
	used int
}

// NewMemoryBudget returns a budget of limit calls a day.
func NewMemoryBudget(limit int, now func() time.Time) *MemoryBudget {
	return &MemoryBudget{limit: limit, now: now}
}

// Take implements [Budget].
func (b *MemoryBudget) Take(_ context.Context, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	if b.used+n > b.limit {
		return fault.New(fault.QuotaExceeded, "fatsecret: call budget", "%d of %d calls of %s are used: raise the setting or wait until midnight UTC", b.used, b.limit, b.day)
	}
	b.used += n
	return nil
}

// Used returns today's calls.
func (b *MemoryBudget) Used() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn()
	return b.used
}

func (b *MemoryBudget) turn() {
	if today := DayOf(b.now().UTC()); today != b.day {
		b.day, b.used = today, 0
	}
}
