// Package terminal keeps text of others from steering the terminal that shows it: recipe
// names, mail subjects and answers of servers may hold escape sequences, marks that turn the
// direction of writing, and line breaks that forge a line of ours.
package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// harmful reports whether a terminal may obey the character instead of showing it: C0, DEL
// and C1, the marks of Unicode's bidirectional algorithm, and its line separators.
func harmful(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f,
		r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	default:
		return false
	}
}

// Line returns text for one line, or one cell of a table: harmful characters are written as
// in JSON, line breaks and tabs among them.
func Line(s string) string { return clean(s, "") }

// Text returns text of several lines.
func Text(s string) string { return clean(s, "\n\t") }

func clean(s, except string) string {
	if strings.IndexFunc(s, func(r rune) bool { return harmful(r) && !strings.ContainsRune(except, r) }) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case !harmful(r) || strings.ContainsRune(except, r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// Writer writes to a stream what [Text] makes of it. JSON means the same afterwards. It is
// safe for concurrent use.
type Writer struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // the beginning of a character whose end has not come
}

// NewWriter returns one.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write implements [io.Writer].
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := slices.Concat(w.rest, p)
	end := complete(b)
	_, err := io.WriteString(w.to, Text(string(b[:end])))
	w.rest = append([]byte(nil), b[end:]...)
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// complete is how much of b is whole characters, or can become none.
func complete(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}
