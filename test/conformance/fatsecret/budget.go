package conformance

import (
	"context"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// budget is a [fatsecret.Budget] of one day.
type budget struct {
	limit int
	mu    sync.Mutex
	used  int
}

func newBudget(limit int) *budget { return &budget{limit: limit} }

// Take implements [fatsecret.Budget].
func (b *budget) Take(_ context.Context, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.limit {
		return fault.New(fault.QuotaExceeded, "call budget", "%d of %d calls are used", b.used, b.limit)
	}
	b.used += n
	return nil
}
