package terminal_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/cmd/mealplanner/terminal"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Crème brûlée 🍮 甘い": "Crème brûlée 🍮 甘い", "": "",
		"\x1b[2J\x1b[31mred":          `\u001b[2J\u001b[31mred`,
		"a\nb\tc\rd":                  `a\nb\tc\rd`,
		"\u009b31m":                   `\u009b31m`,
		"abc\u202edcb":                `abc\u202edcb`,
		"\u2066x\u2069 \u200fy":       `\u2066x\u2069 \u200fy`,
		"raw \x9b and \xff":           "raw \uFFFD and \uFFFD",
		"line\u2028separator":         `line\u2028separator`,
		"bell \a delete \x7f nul\x00": `bell \u0007 delete \u007f nul\u0000`,
	} {
		if got := terminal.Line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := terminal.Text("a\n\tb\r\x1b"); got != "a\n\tb"+`\r\u001b` {
		t.Errorf("text: %q", got)
	}
}

// TestWriter: however the writes are cut, nothing harmful arrives, and JSON keeps its meaning.
func TestWriter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.String().Draw(t, "in") + rapid.SampledFrom([]string{"", "\u202e", "\u009b", "é"}).Draw(t, "more")
		encoded, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := terminal.NewWriter(&out)
		if _, err := io.Copy(struct{ io.Writer }{w}, iotest.OneByteReader(bytes.NewReader(encoded))); err != nil {
			t.Fatal(err)
		}
		for _, r := range out.String() {
			if unicode.IsControl(r) || strings.ContainsRune("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
				t.Fatalf("%U arrives in %q", r, out.String())
			}
		}
		var back string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != in {
			t.Fatalf("%q becomes %q, %v", in, back, err)
		}
	})
}
