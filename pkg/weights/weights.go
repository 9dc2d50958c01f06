// Package weights gives a user's body weight for computing targets: fresh from the
// tracking service where it answers in time, else what it said within the last day. The
// service's terms forbid keeping it longer.
package weights

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Service reads weights from the tracking service.
type Service interface {
	// Weight returns kilograms, 0 when the account has none.
	Weight(ctx context.Context, u user.User) (float64, error)
}

// Cache keeps weights for less than a day.
type Cache interface {
	PutWeight(ctx context.Context, userID string, kg float64) error
	// Weight returns false when nothing young enough is kept.
	Weight(ctx context.Context, userID string) (float64, bool, error)
}

// Weights implements [planner.Profiles].
type Weights struct {
	service Service
	cache   Cache
	timeout time.Duration
}

var _ planner.Profiles = (*Weights)(nil)

// New returns weights that wait for the service for at most timeout.
func New(s Service, c Cache, timeout time.Duration) *Weights { return &Weights{s, c, timeout} }

// Weight implements [planner.Profiles]. A user without an account has no weight and
// costs no call.
func (w *Weights) Weight(ctx context.Context, u user.User) (float64, error) {
	if !u.FatSecret {
		return 0, nil
	}
	fetch, cancel := context.WithTimeout(ctx, w.timeout)
	kg, err := w.service.Weight(fetch, u)
	cancel()
	if err == nil {
		return kg, w.cache.PutWeight(ctx, u.ID, kg)
	}
	kept, ok, cerr := w.cache.Weight(ctx, u.ID)
	if cerr != nil || !ok {
		return 0, err
	}
	return kept, nil
}
