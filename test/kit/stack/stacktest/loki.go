package stacktest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/stack"
)

var (
	mu      sync.Mutex
	leftOut []string
)

// LeftOut reports whether a part of a test that only a real Loki can pass is left out, and
// remembers its name for [Report].
func LeftOut(t *testing.T, s *stack.Stack, part string) bool {
	t.Helper()
	if s.HasLoki() {
		return false
	}
	LeaveOut(t, part)
	return true
}

// LeaveOut remembers that a part of a test was left out because there is no Loki.
func LeaveOut(t *testing.T, part string) {
	t.Helper()
	t.Logf("left out, no loki: %s", part)
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(leftOut, part) {
		leftOut = append(leftOut, part)
	}
}

// Main runs a package's tests, and then prints in one line what was left out for want of a
// Loki. CI shows that line.
func Main(run func() int, w io.Writer) int {
	code := run()
	mu.Lock()
	defer mu.Unlock()
	if len(leftOut) > 0 {
		fmt.Fprintf(w, "left out, no loki: %d: %s\n", len(leftOut), strings.Join(leftOut, "; "))
	}
	return code
}
