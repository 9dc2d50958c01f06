package outbox

import (
	"context"
	"time"
)

// Signal says what somebody did with a mail that was delivered.
type Signal string

// The signals.
const (
	Opened  Signal = "open"
	Clicked Signal = "click"
)

// MachineWithin is how soon after a mail was accepted a signal cannot be a person's: the
// servers on its way look at mails before they hand them over.
func (s Signal) MachineWithin() time.Duration {
	if s == Opened {
		return 10 * time.Second
	}
	return 5 * time.Second
}

// Seen is one signal of one mail.
type Seen struct {
	Mail    string // its [mail.Mail.ReplyKey]
	Signal  Signal
	Machine bool // a program sent it, as far as the request tells
}

// Noted is what became of a signal.
type Noted struct {
	User, Type string // of the mail; empty: it is unknown, or its user lets nothing be noted
	First      bool   // the first of its kind by a person
}

// BounceAlarm is how many mails in a row must come back from a user before somebody has to
// look at it.
const BounceAlarm = 3

// Returned is a mail that came back.
type Returned struct {
	User, Type string
	InARow     int // how many of the user's newest mails came back
}

// Feedback takes in what comes back of mails.
type Feedback interface {
	// Note records a signal.
	Note(ctx context.Context, s Seen) (Noted, error)
	// Bounced records that a mail cannot be delivered. It returns false when that changes
	// nothing: the failure is not permanent, the mail is not ours, or it came back before.
	// status is that of RFC 3463.
	Bounced(ctx context.Context, messageID string, permanent bool, status string) (Returned, bool, error)
}
