package outbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// queue is an outbox in memory: mails are due in order, outcomes are kept.
type queue struct {
	mu       sync.Mutex
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

func (q *queue) put(m outbox.Queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = append(q.due, m)
}

func (q *queue) take() (m outbox.Queued, found bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
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

func TestRunSendsWhenWokenAndStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sent, wake, done := make(chan int64, 1), make(chan struct{}), make(chan struct{})
	q := &queue{}
	s := outbox.New(q, sender(func(m outbox.Queued) error { sent <- m.ID; return nil }))
	go func() {
		defer close(done)
		s.Run(ctx, wake, time.Hour, func(context.Context, error) {})
	}()
	for id := range int64(3) {
		q.put(outbox.Queued{ID: id})
		wake <- struct{}{}
		if got := <-sent; got != id {
			t.Errorf("sent %d, want %d", got, id)
		}
	}
	cancel()
	<-done
}

func TestErrorsOfTheOutboxAreTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan error, 1)
	boom := errors.New("the database is gone")
	s := outbox.New(&queue{err: boom}, sender(func(outbox.Queued) error { return nil }))
	s.Run(ctx, nil, time.Hour, func(_ context.Context, err error) { told <- err; cancel() })
	if err := <-told; !errors.Is(err, boom) {
		t.Errorf("told %v", err)
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
