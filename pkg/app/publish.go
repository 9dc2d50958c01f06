package app

import (
	"context"
	"errors"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
)

// publishEvery is how often plans that are not written back yet are looked for.
const publishEvery = 5 * time.Minute

func (s *Services) publishDue(ctx context.Context) error {
	_, err := s.publisher.Publish(ctx, "", calendar.On(s.opts.Now()))
	return err
}

// Publish writes plans and groceries back to the libraries that opted in: those of one
// user, at once, or with "" those of everybody that are due. It returns how many plans were
// published; those that fail stay for later.
func (s *Services) Publish(ctx context.Context, userID string) (int, error) {
	all, err := s.publisher.Publish(ctx, userID, calendar.On(s.opts.Now()))
	n, errs := 0, []error{err}
	for _, o := range all {
		if errs = append(errs, o.Err); o.Err == nil && o.Claimed {
			n++
		}
	}
	return n, errors.Join(errs...)
}
