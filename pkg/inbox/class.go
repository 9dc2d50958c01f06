package inbox

import (
	"bytes"
	"strings"

	"github.com/emersion/go-message"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// classify distinguishes mails written by people from those of programs.
func classify(h message.Header) Class {
	kind, params, _ := h.ContentType() // an unreadable one is refused when the parts are read
	report := kind == "multipart/report"
	auto := strings.ToLower(firstWord(h.Get("Auto-Submitted")))
	precedence := strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	switch {
	case report && strings.EqualFold(params["report-type"], "delivery-status"):
		return Bounced
	case report, auto != "" && auto != "no", precedence == "auto_reply",
		h.Has("X-Auto-Response-Suppress"), h.Has("X-Autoreply"), h.Has("X-Autorespond"):
		return AutoReply
	case h.Has("Return-Path") && strings.TrimSpace(h.Get("Return-Path")) == "<>":
		return Bounced
	case precedence == "bulk", precedence == "list", precedence == "junk", h.Has("List-Id"):
		return Bulk
	default:
		return Reply
	}
}

// firstWord is the value without its parameters and comments.
func firstWord(value string) string {
	value, _, _ = strings.Cut(value, ";")
	value, _, _ = strings.Cut(value, "(")
	return strings.TrimSpace(value)
}

// Bounce is a delivery status notification (RFC 3464) about one recipient.
type Bounce struct {
	MessageID string // of the mail that it is about, without brackets; "" if not given
	Recipient string // its final address
	Status    string // such as 5.1.1 (RFC 3463)
	Permanent bool   // permanent failure: a status of 5.x.x
}

const maxRecipients = 50 // of a report

var enhancedCode = lazyregexp.New(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}$`)

// enhanced is a status code of RFC 3463, "" when it is none.
func enhanced(value string) string {
	if code := firstWord(value); enhancedCode().MatchString(code) {
		return code
	}
	return ""
}

// bounce reads the report: of its recipients the first that failed, else the first.
func (p *parts) bounce() *Bounce {
	var found *Bounce
	rest := bytes.NewReader(p.status)
	for range maxRecipients {
		h, err := readHeader(rest)
		if err != nil {
			break
		}
		_, recipient, _ := strings.Cut(h.Get("Final-Recipient"), ";")
		if recipient = strings.Trim(strings.TrimSpace(recipient), "<>"); recipient == "" {
			continue
		}
		b := &Bounce{Recipient: lowerDomain(recipient), Status: enhanced(h.Get("Status"))}
		b.Permanent = strings.HasPrefix(b.Status, "5.")
		if found == nil || b.Permanent && !found.Permanent {
			found = b
		}
	}
	if found == nil {
		return nil
	}
	if h, err := readHeader(bytes.NewReader(p.original)); err == nil {
		if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
			found.MessageID = ids[0]
		}
	}
	return found
}
