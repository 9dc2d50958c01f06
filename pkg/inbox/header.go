package inbox

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// readHeader reads a header within its limits and leaves the reader at the body.
func readHeader(r *bytes.Reader) (message.Header, error) {
	limited := &io.LimitedReader{R: r, N: maxHeader}
	b := bufio.NewReader(limited)
	h, err := textproto.ReadHeader(b)
	if err != nil {
		return message.Header{}, fault.New(fault.InvalidInput, op, "the header is malformed: %v", err)
	}
	if limited.N == 0 && b.Buffered() == 0 {
		return message.Header{}, fault.New(fault.InvalidInput, op, "the header is larger than %d bytes", maxHeader)
	}
	if h.Len() > maxFields {
		return message.Header{}, fault.New(fault.InvalidInput, op, "more than %d header fields", maxFields)
	}
	_, err = r.Seek(int64(-b.Buffered()), io.SeekCurrent)
	return message.Header{Header: h}, fault.Wrap(fault.Internal, op, err)
}

// once lists the fields that may occur at most once (RFC 5322, 3.6). With several copies, a
// signature could cover one while we read another.
var once = []string{"From", "To", "Cc", "Date", "Message-Id", "Subject", "Content-Type"}

// checkOnce refuses a message with several copies of such a field.
func checkOnce(h message.Header) error {
	for _, key := range once {
		if h.FieldsByKey(key).Len() > 1 {
			return fault.New(fault.InvalidInput, "read mail", "several %s fields", key)
		}
	}
	return nil
}

// envelope holds the header's addressing fields.
func envelope(raw []byte, header message.Header) Message {
	h := gomail.Header{Header: header}
	m := Message{MessageID: fmt.Sprintf("%x@sha256.invalid", sha256.Sum256(raw))}
	if own := messageIDs(h.Get("Message-Id")); len(own) > 0 {
		m.MessageID = own[0]
	}
	if h.FieldsByKey("From").Len() == 1 {
		if from := addresses(h, "From"); len(from) == 1 {
			m.From = from[0]
		}
	}
	m.Recipients = addresses(h, "To", "Cc") // other fields are never signed
	if date, err := h.Date(); err == nil && !date.IsZero() {
		m.Date = date.UTC()
	}
	m.InReplyTo = messageIDs(h.Get("In-Reply-To") + " " + h.Get("References"))
	return m
}

// addresses returns the addresses in the fields, each once, skipping invalid ones.
func addresses(h gomail.Header, keys ...string) []string {
	var all []string
	for _, key := range keys {
		for f := h.FieldsByKey(key); f.Next(); {
			list, err := gomail.ParseAddressList(f.Value())
			if err != nil {
				continue
			}
			for _, a := range list {
				if a := lowerDomain(a.Address); !slices.Contains(all, a) {
					all = append(all, a)
				}
			}
		}
	}
	return all
}

func lowerDomain(address string) string {
	at := strings.LastIndexByte(address, '@') + 1
	return address[:at] + strings.ToLower(address[at:])
}

var bracketed = lazyregexp.New(`<([^<>\s\pC]+)>`)

// messageIDs returns the Message-IDs in the value, each once and without brackets.
func messageIDs(value string) []string {
	var ids []string
	for _, m := range bracketed().FindAllStringSubmatch(value, -1) {
		if id := m[1]; utf8.ValidString(id) && len(id) <= maxID && len(ids) < maxReferences && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
