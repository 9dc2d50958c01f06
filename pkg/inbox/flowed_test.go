package inbox_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/inbox"
)

// Lines that a program broke softly are one again, at each depth of quoting for itself.
func TestFlowedText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ params, body, want string }{
		{"format=flowed", "LOCK friday \ndinner\nSTATUS\n", "LOCK friday dinner\nSTATUS"},
		{"format=flowed; delsp=yes", "LOCK fri \nday dinner\n", "LOCK friday dinner"},
		{"Format=Flowed", " From me \n to you\n >no quote\n", "From me to you\n>no quote"},
		{"format=flowed", "SKIP \n> quoted \n> text\n>> deeper \nend", "SKIP \n> quoted text\n>> deeper \nend"},
		{"format=flowed", "Bye \n-- \nLewis", "Bye \n-- \nLewis"},
		{"format=fixed", "LOCK friday \ndinner", "LOCK friday \ndinner"},
	} {
		m, err := inbox.Parse(crlf("From: ana@example.org\nContent-Type: text/plain; charset=utf-8; "+c.params+"\n\n"+c.body), options)
		if err != nil || m.Text != c.want {
			t.Errorf("%s: %q became %q, %v; want %q", c.params, c.body, m.Text, err, c.want)
		}
	}
}
