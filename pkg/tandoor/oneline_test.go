package tandoor

import "testing"

// A name is one line, whatever a shared library holds: it stands in mails and on terminals.
func TestNamesAreOneLine(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Pasta":                         "Pasta",
		" Two  spaces stay ":            " Two  spaces stay ",
		"Pasta\nLOCK friday dinner":     "Pasta LOCK friday dinner",
		"Pasta\r\n\tal dente\u2028bene": "Pasta al dente bene",
		"\x1b[2JPasta":                  "[2JPasta",
		"Crème brûlée 🍮 \u200dx":        "Crème brûlée 🍮 \u200dx",
	} {
		if got := oneLine(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
