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

// A mail that waits goes to the user's new address; one that has left stays where it went.
func TestWaitingMailFollowsTheAddress(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	if _, err := postgres.NewPlans(pool, noTrace).Save(t.Context(), draft()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, status, sent_at)
		select user_id, 'daily_advisor', 'x', 'x@example.org', recipient, 's', 't', 'h', 'sent', now() from outbox`); err != nil {
		t.Fatal(err)
	}
	var old string
	if err := pool.QueryRow(t.Context(), "update users set name = 'Anna' returning email").Scan(&old); err != nil {
		t.Fatal(err)
	}
	recipients := func() (waiting, sent string) {
		t.Helper()
		if err := pool.QueryRow(t.Context(), "select max(recipient) filter (where status = 'pending'), max(recipient) filter (where status = 'sent') from outbox").Scan(&waiting, &sent); err != nil {
			t.Fatal(err)
		}
		return waiting, sent
	}
	if waiting, sent := recipients(); waiting != old || sent != old {
		t.Errorf("before: waiting for %s, sent to %s, want %s", waiting, sent, old)
	}
	if _, err := pool.Exec(t.Context(), "update users set email = 'ana@elsewhere.example'"); err != nil {
		t.Fatal(err)
	}
	if waiting, sent := recipients(); waiting != "ana@elsewhere.example" || sent != old {
		t.Errorf("waiting for %s, sent to %s", waiting, sent)
	}
	var to string
	if found, err := postgres.NewOutbox(pool, noTrace).Next(t.Context(), func(_ context.Context, q outbox.Queued) outbox.Outcome { to = q.To; return outbox.Outcome{} }); !found || err != nil || to != "ana@elsewhere.example" {
		t.Errorf("mailed to %q, %v", to, err)
	}
}
