package outbox

import (
	"context"
	"time"
)

// Signal is an open of or a click in a delivered mail.
type Signal string

// The signals.
const (
	Opened  Signal = "open"
	Clicked Signal = "click"
)

// MachineWithin is the time after acceptance within which a signal cannot come from a person:
// servers on the way scan mails before delivery.
func (s Signal) MachineWithin() time.Duration {
	if s == Opened {
		return 10 * time.Second
	}
	return 5 * time.Second
}

// Event is one signal of one mail.
type Event struct {
	Mail    string // its [mail.Mail.ReplyKey]
	Signal  Signal
	Machine bool // the request looks like a program's
}

// EventResult is the result of recording a signal.
type EventResult struct {
	User, Type string // of the mail; empty: it is unknown, or its user has not agreed to tracking
	First      bool   // the first of its kind by a person
}

// BounceAlarm is how many consecutive mails to a user must bounce before an operator has to
// act.
const BounceAlarm = 3

// Bounce is a bounced mail.
type Bounce struct {
	User, Type string
	InARow     int // how many of the user's newest mails bounced
}

// Feedback records opens, clicks and bounces.
type Feedback interface {
	// Record records a signal.
	Record(ctx context.Context, s Event) (EventResult, error)
	// Bounced records a bounce. It returns false if that changes nothing: the failure is not
	// permanent, the mail is not ours, or its bounce is already recorded. status is an RFC 3463
	// code.
	Bounced(ctx context.Context, messageID string, permanent bool, status string) (Bounce, bool, error)
}
