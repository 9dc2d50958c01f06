//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// queuesFilled is how long lines, counts and spans wait in a queue before it is damaged.
const queuesFilled = 3 * time.Second

// TestDamagedQueues has a backend away and the Collector killed, and damages the file that
// keeps what waits for that backend, as a full or failing disk does. `mealplanner queues`
// moves it aside; the Collector then comes up and delivers what the others kept.
func TestDamagedQueues(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
	began := time.Now()
	p := startProbe(t, s)
	cut := func(b []byte) []byte { return b[:2*os.Getpagesize()+17] } // what is left says where the rest should be
	header := func(b []byte) []byte { clear(b[:2*os.Getpagesize()]); return b }
	garbage := func(b []byte) []byte {
		return append(b[:2*os.Getpagesize()], bytes.Repeat([]byte{0xA5}, len(b)-2*os.Getpagesize())...)
	}
	w := &world{stack: s}
	// arrived checks what came of a phase: all of it, but for what the damage hit, and for the
	// traces that waited for tail sampling when the Collector was killed.
	arrived := func(phase, damaged string) {
		t.Helper()
		p.mu.Lock()
		sent := slices.Clone(p.sent[phase])
		p.mu.Unlock()
		n := len(sent)
		var traces, lines, counted int
		complete := func() bool {
			traces = n - len(missingTraces(t, s, sent, phase, began))
			var err error
			lines, err = s.Lines().Count(t.Context(), stack.Selection{Service: probeService, Fields: map[string]string{"phase": phase}})
			must(t, err)
			counted = int(w.value(t, fmt.Sprintf(`sum(outage_probe_events{phase=%q})`, phase)))
			return (traces == n || damaged != "") && (lines == n || damaged == stack.Loki) && (counted == n || damaged == stack.Prometheus)
		}
		for deadline := time.Now().Add(time.Minute); !complete() && time.Now().Before(deadline); {
			time.Sleep(500 * time.Millisecond)
		}
		fmt.Printf("%-26s %8d %8d %8d %8d\n", phase, n, traces, lines, counted)
		if !complete() {
			t.Errorf("%s: of %d arrived %d traces, %d lines, %d counts", phase, n, traces, lines, counted)
		}
	}
	fmt.Printf("%-26s %8s %8s %8s %8s\n", "phase", "sent", "traces", "logs", "counted")
	for _, c := range []struct {
		name, server, file string
		damage             func([]byte) []byte
	}{
		{"truncated", stack.Loki, "exporter_*loki*", cut},
		{"header zeroed", stack.Prometheus, "exporter_*prometheus*", header},
		{"pages overwritten", stack.Jaeger, "exporter_*jaeger*", garbage},
	} {
		must(t, s.StopServer(t.Context(), c.server, syscall.SIGTERM))
		p.enter(c.name)
		time.Sleep(queuesFilled)
		p.enter("")
		must(t, s.StopServer(t.Context(), stack.Collector, syscall.SIGKILL))
		files, err := filepath.Glob(filepath.Join(s.Data(stack.Collector), c.file))
		must(t, err)
		whole := files[:0]
		for _, f := range files {
			if !strings.Contains(f, ".damaged-") {
				whole = append(whole, f)
			}
		}
		if len(whole) != 1 {
			t.Fatalf("%s: %v; want one queue file", c.file, whole)
		}
		b, err := os.ReadFile(whole[0])
		must(t, err)
		must(t, os.WriteFile(whole[0], c.damage(b), 0o600))

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		out, err := program.Command(ctx, os.Environ(), "queues", s.Data(stack.Collector)).CombinedOutput()
		cancel()
		if err != nil || strings.Count(string(out), "is damaged") != 1 || !strings.Contains(string(out), whole[0]+" (") {
			t.Fatalf("%s: %v\n%s", c.name, err, out)
		}
		t.Logf("%s:\n%s", c.name, out)
		must(t, s.StartServer(c.server, false))
		must(t, s.StartServer(stack.Collector, false))
		must(t, s.Await(t.Context(), c.server))
		must(t, s.Await(t.Context(), stack.Collector))
		p.enter("after " + c.name)
		time.Sleep(time.Second)
		p.enter("")
		arrived(c.name, c.server)
		arrived("after "+c.name, "")
	}
	p.end()
	<-p.done
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, p.tel.Stop(ctx))
}
