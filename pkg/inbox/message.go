// Package inbox receives the replies to our mails: it reads an IMAP folder without changing
// it, and reduces each raw message to what the program needs: its sender and the proof of
// that, the mail it answers, and its text.
package inbox

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Limits of a message.
const (
	MaxRaw        = 1 << 20  // bytes of a message; larger ones are not even fetched
	MaxText       = 100_000  // runes of a text, with what it quotes
	maxHeader     = 64 << 10 // bytes of a header
	maxFields     = 200      // of a header
	maxDepth      = 10       // of MIME parts in one another
	maxParts      = 50       // MIME parts
	maxID         = 250      // bytes of a Message-ID
	maxReferences = 50       // Message-IDs of In-Reply-To and References
)

const op = "read mail"

// Class is the kind of a mail.
type Class string

// The classes.
const (
	Reply     Class = "reply"      // written by a person
	AutoReply Class = "auto_reply" // written by a program: never to be answered
	Bounced   Class = "bounce"     // a report about one of our mails: never to be answered
	Bulk      Class = "bulk"       // mass mail and lists: never to be answered
)

// Message is a decoded mail. Message-IDs have no brackets; domains of addresses are in
// lower case.
type Message struct {
	MessageID  string    // made from the message's SHA-256 when it has no usable one
	From       string    // "" unless exactly one From field names exactly one address
	Recipients []string  // of To and Cc
	Date       time.Time // as stated by the sender; zero if missing
	InReplyTo  []string  // In-Reply-To and References
	// Text is what a reader sees, in lines that end in "\n". Lines that the HTML quotes
	// begin with "> "; where it begins to quote in another way is a [quotation.Separator].
	Text    string
	TooLong bool // the text had more than [MaxText] runes and was cut
	Auth    Auth
	Class   Class
	Bounce  *Bounce // nil unless the mail is a delivery report
}

// Options configure how senders are authenticated.
type Options struct {
	// AuthservID is the name under which our own mail server reports its checks in
	// Authentication-Results; "" if it does not.
	AuthservID string
	// LookupTXT finds the keys of DKIM signatures; nil: they are not verified.
	LookupTXT func(domain string) ([]string, error)
	Now       func() time.Time
}

// Parse reads a message. Kind InvalidInput: it is too large or too deep, malformed, or
// in a charset or encoding that is not known.
func Parse(raw []byte, o Options) (Message, error) {
	if len(raw) > MaxRaw {
		return Message{}, fault.New(fault.InvalidInput, op, "larger than %d bytes", MaxRaw)
	}
	root, err := readEntity(raw)
	if err != nil {
		return Message{}, err
	}
	if err := checkOnce(root.Header); err != nil {
		return Message{}, err
	}
	m := envelope(raw, root.Header)
	m.Auth = authenticate(raw, root.Header, m.From, o)
	m.Class = classify(root.Header)
	parts, err := readParts(root)
	if err != nil {
		return Message{}, err
	}
	if m.Class == Bounced {
		m.Bounce = parts.bounce()
	}
	if m.Text, err = parts.text(); err != nil {
		return Message{}, err
	}
	m.Text = strings.ReplaceAll(strings.ToValidUTF8(m.Text, "\uFFFD"), "\x00", "")
	if utf8.RuneCountInString(m.Text) > MaxText {
		m.Text, m.TooLong = string([]rune(m.Text)[:MaxText]), true
	}
	return m, nil
}
