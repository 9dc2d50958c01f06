// Package mail is what every mail of the program is, whoever writes it: rendered, addressed,
// and named so that a copy is recognised.
package mail

import (
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
)

// Mail is a rendered message, ready for the outbox.
type Mail struct {
	Type      string // email_type
	Period    string // one mail per user, type and period
	MessageID string // without angle brackets; the same for the same mail, always
	To        string
	Subject   string
	Text      string
	HTML      string
	Headers   map[string]string
	Inline    []Inline // what the HTML shows by Content-ID
	// Week is the Monday of the week that a reply speaks of, ReplyKey what names the mail
	// in its address for replies.
	Week     calendar.Date
	ReplyKey string
	// Fingerprint is of its words, which come back in replies.
	Fingerprint quotation.Fingerprint
	// Diary says that it holds figures of a tracking service, which may be kept for less
	// than a day.
	Diary bool
}

// Inline is a picture inside a mail.
type Inline struct {
	ContentID string // without angle brackets; the HTML refers to it as cid:<ContentID>
	Type      string // MIME type
	Data      []byte
}
