package diagnose

import (
	"strings"
	"time"
)

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// short cuts what others wrote.
func short(s string) string {
	const most = 200
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func rough(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }
