package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

func TestOutbox(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	if _, err := postgres.NewPlans(pool, noTrace).Save(t.Context(), draft()); err != nil {
		t.Fatal(err)
	}
	box := postgres.NewOutbox(pool, noTrace)
	next := func(out outbox.Outcome) (m outbox.Queued, found bool) {
		t.Helper()
		found, err := box.Next(t.Context(), func(_ context.Context, q outbox.Queued) outbox.Outcome { m = q; return out })
		if err != nil {
			t.Fatal(err)
		}
		return m, found
	}
	m, found := next(outbox.Outcome{Err: errors.New("later"), Retry: time.Hour})
	if !found || m.MessageID != "weekly-plan.1@example.org" || m.Headers["List-Id"] != "<x>" || m.Attempts != 0 {
		t.Fatalf("got %+v", m)
	}
	if _, found := next(outbox.Outcome{}); found {
		t.Error("a deferred mail is due at once")
	}
	if _, err := pool.Exec(t.Context(), "update outbox set next_attempt_at = now()"); err != nil {
		t.Fatal(err)
	}
	if m, found := next(outbox.Outcome{}); !found || m.Attempts != 1 {
		t.Errorf("got %+v, %t", m, found)
	}
	if n, err := box.Pending(t.Context()); n != 0 || err != nil {
		t.Errorf("%d pending, %v", n, err)
	}
	if rates, err := box.DeliveryRate(t.Context()); err != nil || rates["weekly_plan"] != 1 {
		t.Errorf("rates %v, %v", rates, err)
	}
}

// A mail is claimed by one process at a time, and a program that stops finishes the mail
// it has begun.
func TestOutboxClaimsExclusivelyAndFinishes(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	if _, err := postgres.NewPlans(pool, noTrace).Save(t.Context(), draft()); err != nil {
		t.Fatal(err)
	}
	box := postgres.NewOutbox(pool, noTrace)
	ctx, cancel := context.WithCancel(t.Context())
	found, err := box.Next(ctx, func(context.Context, outbox.Queued) outbox.Outcome {
		found, err := box.Next(t.Context(), func(context.Context, outbox.Queued) outbox.Outcome { return outbox.Outcome{} })
		if found || err != nil {
			t.Errorf("claimed twice: %t, %v", found, err)
		}
		cancel() // the program stops while the mail server answers
		return outbox.Outcome{}
	})
	if !found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	if n, err := box.Pending(t.Context()); n != 0 || err != nil {
		t.Errorf("%d pending, %v", n, err)
	}
	if _, err := box.Next(ctx, nil); fault.KindOf(err) != fault.Canceled {
		t.Errorf("a stopping program claims another mail: %v", err)
	}
}
