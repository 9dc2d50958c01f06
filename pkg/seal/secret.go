// Package seal keeps credentials: a string type that never prints itself, and
// authenticated encryption for what is stored. It knows no vendor and no storage.
package seal

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "<secret>"

// Secret is a credential. It prints as "<secret>" through fmt, slog and encoding/json;
// [Secret.Reveal] is the only way to its value. Do not make it the key of a map:
// encoding/json writes string keys as they are.
type Secret string

// Reveal returns the credential itself. Pass it to a protocol, never to a log.
func (s Secret) Reveal() string { return string(s) }

// String implements [fmt.Stringer].
func (Secret) String() string { return hidden }

// Format implements [fmt.Formatter], so that no verb, right or wrong, shows the value.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, hidden) // a fmt.State reports its errors itself
}

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements [encoding.TextMarshaler], and so covers JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]: configuration may be read into a secret.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}
