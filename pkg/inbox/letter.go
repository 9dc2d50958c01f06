package inbox

import (
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Letter converts a raw mail for package replies, and returns the bounce it reports, if any.
// A mail that cannot be read is marked as dropped, with the reason.
func Letter(raw Raw, o Options) (replies.Letter, *Bounce) {
	if raw.Body == nil {
		return replies.Letter{Dropped: command.TooLarge}, nil
	}
	m, err := Parse(raw.Body, o)
	if err != nil {
		return replies.Letter{Dropped: command.Unreadable}, nil
	}
	l := replies.Letter{MessageID: m.MessageID, From: m.From, Recipients: m.Recipients, Date: m.Date, Text: m.Text, TooLong: m.TooLong}
	switch m.Class {
	case AutoReply:
		l.Dropped = command.AutoReply
	case Bulk:
		l.Dropped = command.Bulk
	case Bounced:
		l.Dropped = command.Bounce
	default:
	}
	switch m.Auth.Result {
	case Authenticated:
		l.Proof = replies.Proven
	case Failed:
		l.Proof = replies.Forged
	default:
	}
	return l, m.Bounce
}
