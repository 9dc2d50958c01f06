// Package stacktest runs the telemetry servers for a test.
package stacktest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// Start runs servers with the project's configuration, changed by prepare if that is not
// nil, until the test ends; a failed test shows their last lines. Where there is no Loki, a
// [stack.Sink] takes its place.
func Start(t *testing.T, names, env []string, prepare func(*stack.Stack) error) *stack.Stack {
	t.Helper()
	ports, err := stack.FreePorts()
	must(t, err)
	s, err := stack.New(tree.Root(), t.TempDir(), ports)
	must(t, err)
	s.Env = env
	if !s.HasLoki() {
		must(t, s.UseSink())
	}
	must(t, s.Prepare())
	if prepare != nil {
		must(t, prepare(s))
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.Down(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, name := range names {
				b, _ := os.ReadFile(s.LogFile(name))
				t.Logf("%s:\n%s", name, b[max(0, len(b)-3000):])
			}
		}
	})
	for _, name := range names {
		must(t, s.StartServer(name, false))
	}
	for _, name := range names {
		must(t, s.Await(t.Context(), name))
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
