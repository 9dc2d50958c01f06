package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Text is a message whose reader, and so whose language, is not known yet. The zero value says
// nothing. As JSON it is the message in English if it has no arguments, else an object.
type Text struct {
	one, many string // many: there are n of something
	n         int
	args      []any
}

// Textf returns a message; see [Language.Say].
func Textf(format string, args ...any) Text { return Text{one: format, args: args} }

// Counted returns a message about n things; see [Language.Count].
func Counted(n int, one, many string, args ...any) Text { return Text{one, many, n, args} }

// In says it.
func (t Text) In(l Language) string {
	if t.many != "" {
		return l.Count(t.n, t.one, t.many, t.args...)
	}
	return l.Say(t.one, t.args...)
}

// String says it in English.
func (t Text) String() string { return t.In(English) }

// Joined says one after the other.
func Joined(texts ...Text) Text { return between(" ", texts) }

// List says them between commas.
func List(texts ...Text) Text { return between(", ", texts) }

// Words lists members of closed sets.
func Words(names []string) Text {
	texts := make([]Text, len(names))
	for i, n := range names {
		texts[i] = Text{one: n}
	}
	return List(texts...)
}

func between(what string, texts []Text) Text {
	args := make([]any, len(texts))
	for i, t := range texts {
		args[i] = t
	}
	return Text{one: strings.TrimSuffix(strings.Repeat("%v"+what, len(texts)), what), args: args}
}

// Equal reports whether both say the same.
func (t Text) Equal(other Text) bool { return t.Is(other) && t.String() == other.String() }

// Empty reports whether it says nothing.
func (t Text) Empty() bool { return t.one == "" }

// Is reports whether it is the other message, whatever the arguments.
func (t Text) Is(other Text) bool { return t.one == other.one && t.many == other.many }

// stored is a text with arguments as JSON.
type stored struct {
	Say  string `json:"say"`
	Many string `json:"many,omitempty"`
	N    int    `json:"n,omitempty"`
	With []any  `json:"with,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (t Text) MarshalJSON() ([]byte, error) {
	if t.many == "" && len(t.args) == 0 {
		return json.Marshal(t.one)
	}
	s := stored{t.one, t.many, t.n, nil}
	for _, a := range t.args {
		switch v := a.(type) {
		case Text: // never as a string, which would be other people's words
			if v.many == "" && len(v.args) == 0 {
				s.With = append(s.With, stored{Say: v.one})
			} else {
				s.With = append(s.With, v)
			}
		case string, int:
			s.With = append(s.With, v)
		case fmt.Stringer: // a closed set
			s.With = append(s.With, stored{Say: v.String()})
		default:
			return nil, fmt.Errorf("message %q: an argument of type %T cannot be stored", t.one, a)
		}
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Text) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '"' {
		*t = Text{}
		return json.Unmarshal(b, &t.one)
	}
	var s struct {
		Say, Many string
		N         int
		With      []json.RawMessage
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = Text{one: s.Say, many: s.Many, n: s.N}
	for _, raw := range s.With {
		a, err := argument(raw)
		if err != nil {
			return fmt.Errorf("message %q: %w", s.Say, err)
		}
		t.args = append(t.args, a)
	}
	return nil
}

func argument(raw json.RawMessage) (any, error) {
	switch raw[0] {
	case '"':
		var s string
		return s, json.Unmarshal(raw, &s)
	case '{':
		var t Text
		err := json.Unmarshal(raw, &t)
		return t, err
	default:
		var n int
		err := json.Unmarshal(raw, &n)
		return n, err
	}
}

// Error is an error that people are told of.
type Error struct{ Text }

// Errorf returns an error with a message; an argument may be its cause, with the verb %v.
func Errorf(format string, args ...any) error { return &Error{Textf(format, args...)} }

// Error says it in English.
func (e *Error) Error() string { return e.String() }

// Unwrap returns the errors among the arguments.
func (e *Error) Unwrap() []error {
	var out []error
	for _, a := range e.args {
		if err, ok := a.(error); ok {
			out = append(out, err)
		}
	}
	return out
}

// Of is an error in the language, or in English if it is no message.
func Of(err error, l Language) string {
	switch said := err.(type) { //nolint:errorlint // what wraps a message says more than it
	case nil:
		return ""
	case interface{ In(l Language) string }:
		return said.In(l)
	default:
		if _, typeset := l.plain(); typeset {
			return l.typeset(err.Error(), nil)
		}
		return err.Error()
	}
}
