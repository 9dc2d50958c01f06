package inbox

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // decode every charset mail uses

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// readEntity reads the header of a message.
func readEntity(raw []byte) (part, error) {
	r := bytes.NewReader(raw)
	h, err := readHeader(r)
	if err != nil {
		return part{}, err
	}
	e, err := message.New(h, r)
	return part{e, err}, nil
}

// part is a MIME part; err is why its content cannot be decoded.
type part struct {
	*message.Entity
	err error
}

// parts are the relevant contents of a message.
type parts struct {
	body     *content // what a reader sees
	status   []byte   // message/delivery-status
	original []byte   // the message, or its header, that a report is about
	count    int
}

// content is a readable text; err is why it is not.
type content struct {
	html   bool
	flowed bool // format=flowed: soft line breaks (RFC 3676)
	delSp  bool // the space before a soft break is not part of the text
	text   []byte
	err    error
}

func readParts(root part) (*parts, error) {
	p := &parts{}
	var err error
	p.body, err = p.read(root, 0)
	return p, err
}

// read returns the part's text, nil if it has none.
func (p *parts) read(e part, depth int) (*content, error) {
	if p.count++; p.count > maxParts || depth > maxDepth {
		return nil, fault.New(fault.InvalidInput, op, "more than %d parts, or more than %d in one another", maxParts, maxDepth)
	}
	kind, params, err := e.Header.ContentType()
	if err != nil {
		return nil, fault.New(fault.InvalidInput, op, "Content-Type: %v", err)
	}
	if sub := e.MultipartReader(); sub != nil {
		if params["boundary"] == "" {
			return nil, fault.New(fault.InvalidInput, op, "Content-Type: %s without a boundary", kind)
		}
		return p.readAll(sub, kind == "multipart/alternative", depth)
	}
	switch kind {
	case "text/plain", "text/html":
		if isAttachment(e.Header, params) {
			break
		}
		text, err := io.ReadAll(e.Body)
		c := &content{html: kind == "text/html", text: text, err: errors.Join(e.err, err)}
		c.flowed, c.delSp = strings.EqualFold(params["format"], "flowed"), strings.EqualFold(params["delsp"], "yes")
		return c, nil
	case "message/delivery-status", "message/global-delivery-status":
		p.status, err = io.ReadAll(e.Body)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
		p.original, err = io.ReadAll(e.Body)
	}
	return nil, fault.Wrap(fault.InvalidInput, op+": "+kind, err)
}

func isAttachment(h message.Header, params map[string]string) bool {
	disposition, file, _ := h.ContentDisposition() // an unreadable one is none
	return strings.EqualFold(disposition, "attachment") || file["filename"] != "" || params["name"] != ""
}

// readAll returns the text of a multipart: the first one, or of alternatives the first plain one.
func (p *parts) readAll(sub message.MultipartReader, alternative bool, depth int) (*content, error) {
	var best *content
	for {
		e, err := sub.NextPart()
		if errors.Is(err, io.EOF) {
			return best, nil
		}
		if e == nil {
			return nil, fault.Wrap(fault.InvalidInput, op+": parts", err)
		}
		c, err := p.read(part{e, err}, depth+1)
		if err != nil {
			return nil, err
		}
		if c != nil && (best == nil || alternative && best.html && !c.html) {
			best = c
		}
	}
}

// text is what a reader sees.
func (p *parts) text() (string, error) {
	c := p.body
	if c == nil {
		return "", nil
	}
	if c.err != nil {
		return "", fault.Wrap(fault.InvalidInput, op+": text", c.err)
	}
	text := string(c.text)
	switch {
	case c.html:
		var err error
		if text, err = htmlText(text); err != nil {
			return "", fault.Wrap(fault.InvalidInput, op+": HTML", err)
		}
	case c.flowed:
		text = unflowed(text, c.delSp)
	}
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		return "", fault.New(fault.InvalidInput, op, "the text has bytes that its charset does not know")
	}
	return text, nil
}
