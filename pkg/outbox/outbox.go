// Package outbox drains the outbox: it sends each due mail to the mail server, retries
// deferred ones later, and gives up rejected ones.
package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
)

// Queued is a due mail.
type Queued struct {
	mail.Mail
	ID          int64
	User        string
	Attempts    int // before this one
	Created     time.Time
	TraceParent string // of the run that wrote it; W3C form, may be empty
}

// Outcome is the result of an attempt to send.
type Outcome struct {
	Err   error
	Retry time.Duration // with Err: delay before the retry; 0 = none
}

// Outbox is the queue of mails.
type Outbox interface {
	// Next claims one due mail, passes it to send and records the outcome, all in one
	// transaction. It returns false if no mail is due.
	Next(ctx context.Context, send func(context.Context, Queued) Outcome) (bool, error)
}

// Sender sends one mail to a server; the kind of its error decides whether it is retried.
type Sender interface {
	Send(ctx context.Context, m Queued) error
}

// MaxAttempts is how often a mail is tried before it is given up, with [Backoff] after a
// little over four hours.
const MaxAttempts = 10

// Permanent reports whether the server rejected the mail permanently. Anything else, even a
// wrong password of ours, may be fixed while the mail waits.
func Permanent(err error) bool { return fault.KindOf(err) == fault.EmailError }

// Backoff is the wait after the n-th failed attempt, n from 1 to [MaxAttempts]: 30 s, doubled.
func Backoff(n int) time.Duration { return 30 * time.Second << (n - 1) }

// Service sends due mails.
type Service struct {
	outbox Outbox
	sender Sender
}

// New returns the service.
func New(o Outbox, s Sender) *Service { return &Service{o, s} }

// Drain sends mails until none is due, and returns how many it tried.
func (s *Service) Drain(ctx context.Context) (int, error) {
	for n := 0; ; n++ {
		found, err := s.outbox.Next(ctx, s.attempt)
		if err != nil || !found {
			return n, err
		}
	}
}

func (s *Service) attempt(ctx context.Context, m Queued) Outcome {
	err := fault.Guarded("deliver mail", func() error { return s.sender.Send(ctx, m) })()
	switch {
	case err == nil:
		return Outcome{}
	case Permanent(err):
		return Outcome{Err: err}
	case m.Attempts+1 >= MaxAttempts:
		return Outcome{Err: errors.Join(fault.New(fault.EmailError, "deliver mail", "given up after %d attempts", MaxAttempts), err)}
	default:
		return Outcome{Err: err, Retry: Backoff(m.Attempts + 1)}
	}
}
