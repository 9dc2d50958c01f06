package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

// live is a line of a terminal that is written over until it is done. Where there is no
// terminal it writes nothing.
type live struct {
	to    io.Writer // nil: no terminal
	now   func() time.Time
	begun time.Time
	drawn time.Time
}

// live returns a line on the error stream.
func (s streams) live(now func() time.Time) *live {
	l := &live{now: now, begun: now()}
	if f, ok := s.bareErr.(*os.File); ok && isTerminal(f) {
		l.to = f
	}
	return l
}

// redrawEvery is how often the line changes at most.
const redrawEvery = 100 * time.Millisecond

// draw shows text, which fits 79 columns.
func (l *live) draw(text string) {
	if at := l.now(); l.to != nil && at.Sub(l.drawn) >= redrawEvery {
		l.drawn = at
		fmt.Fprintf(l.to, "\r%s\x1b[K", text)
	}
}

// clear makes room for a line that stays.
func (l *live) clear() {
	if l.to != nil {
		fmt.Fprint(l.to, "\r\x1b[K")
	}
}

const barWidth = 30

// bar shows the share done, and an estimate of the remaining time.
func bar(done, total int, took time.Duration) string {
	if total <= 0 {
		return ""
	}
	done = min(max(done, 0), total)
	full := barWidth * done / total
	text := fmt.Sprintf("[%s%s] %3d %%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), 100*done/total)
	if done > 0 && done < total && took >= time.Second {
		left := time.Duration(float64(took) / float64(done) * float64(total-done))
		text += fmt.Sprintf(", %s left", max(left.Round(time.Second), time.Second))
	}
	return text
}

// importing reports an import, of recipes that may be refused once they are read: a bar on a terminal, else a line every hundred recipes; the
// end is a line in either case.
func (s streams) importing(now func() time.Time) recipesync.Progress {
	l := s.live(now)
	return func(done, total int) {
		switch {
		case done == total:
			l.clear()
			printf(s.err, "read %d of %d recipes\n", done, total)
		case l.to != nil:
			l.draw(fmt.Sprintf("%d of %d recipes %s", done, total, bar(done, total, l.now().Sub(l.begun))))
		case done%100 == 0:
			printf(s.err, "read %d of %d recipes\n", done, total)
		}
	}
}
