package app

import (
	"context"
	"errors"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// publishEvery is how often pending plans are written back.
const publishEvery = 5 * time.Minute

func (s *Services) publishDue(ctx context.Context) error {
	_, err := s.publisher.Publish(ctx, "", calendar.On(s.opts.Now()))
	return err
}

// tellEvery bounds the delay before a webhook is told.
const tellEvery = 3 * time.Second

func (s *Services) tellWebhooks(ctx context.Context) error {
	_, err := s.Webhooks.Deliver(ctx)
	return err
}

// PushList writes a user's week and its shopping list to their library now, and says what it did.
// It does nothing twice.
func (s *Services) PushList(ctx context.Context, userID string, week calendar.Date) (publish.Report, error) {
	o, err := s.publisher.Push(ctx, userID, week)
	if err != nil {
		return publish.Report{}, err
	}
	return o.Report, o.Problem()
}

// Publish writes plans and groceries back to the libraries that opted in: one user's
// immediately, or with "" all that are due. It returns how many plans were published; failed
// ones are retried later.
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
