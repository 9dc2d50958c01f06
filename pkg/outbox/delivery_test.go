package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is an outbox in memory: mails are due in order, outcomes are kept.
type queue struct {
	due      []outbox.Queued
	outcomes []outbox.Outcome
	err      error
}

func (q *queue) Next(ctx context.Context, send func(context.Context, outbox.Queued) outbox.Outcome) (bool, error) {
	m, found := q.take()
	if q.err != nil || !found {
		return false, q.err
	}
	q.outcomes = append(q.outcomes, send(ctx, m))
	return true, nil
}

func (q *queue) take() (m outbox.Queued, found bool) {
	if len(q.due) == 0 {
		return m, false
	}
	m, q.due = q.due[0], q.due[1:]
	return m, true
}

type sender func(outbox.Queued) error

func (s sender) Send(_ context.Context, m outbox.Queued) error { return s(m) }

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attempts int
		err      error
		retry    time.Duration
		failed   bool
	}{
		"accepted":       {0, nil, 0, false},
		"deferred":       {0, fault.New(fault.EmailDeferred, "", "452"), 30 * time.Second, true},
		"again":          {3, fault.New(fault.TimeoutError, "", "slow"), 4 * time.Minute, true},
		"refused":        {0, fault.New(fault.EmailError, "", "550"), 0, true},
		"wrong password": {0, fault.New(fault.Unauthorized, "", "535"), 30 * time.Second, true},
		"given up":       {outbox.MaxAttempts - 1, fault.New(fault.NetworkError, "", "down"), 0, true},
	} {
		q := &queue{due: []outbox.Queued{{Attempts: c.attempts}}}
		n, err := outbox.New(q, sender(func(outbox.Queued) error { return c.err })).Drain(t.Context())
		if n != 1 || err != nil {
			t.Errorf("%s: drained %d, %v", name, n, err)
		}
		if got := q.outcomes[0]; got.Retry != c.retry || (got.Err != nil) != c.failed {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// A mail that breaks the sender is tried again later, and the next ones are sent.
func TestAPanicHoldsUpNoOtherMail(t *testing.T) {
	t.Parallel()
	q := &queue{due: []outbox.Queued{{ID: 1}, {ID: 2}}}
	n, err := outbox.New(q, sender(func(m outbox.Queued) error {
		if m.ID == 1 {
			panic("a bug")
		}
		return nil
	})).Drain(t.Context())
	if n != 2 || err != nil || fault.KindOf(q.outcomes[0].Err) != fault.Internal || q.outcomes[0].Retry != 30*time.Second || q.outcomes[1].Err != nil {
		t.Errorf("drained %d, %v: %+v", n, err, q.outcomes)
	}
}

func TestErrorsOfTheOutboxAreTold(t *testing.T) {
	t.Parallel()
	boom := errors.New("the database is gone")
	s := outbox.New(&queue{err: boom}, sender(func(outbox.Queued) error { return nil }))
	if n, err := s.Drain(t.Context()); n != 0 || !errors.Is(err, boom) {
		t.Errorf("drained %d, %v", n, err)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	var total time.Duration
	for n := 1; n < outbox.MaxAttempts; n++ {
		total += outbox.Backoff(n)
	}
	if total < 4*time.Hour || total > 5*time.Hour {
		t.Errorf("a mail is tried for %s", total)
	}
}
