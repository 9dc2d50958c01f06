//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/disk"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// TestPowerCut has every backend away and takes the Collector's disk as it is at one moment,
// with nothing that was only in memory. The Collector that finds it delivers all that it had
// acknowledged; traces only, if they were past tail sampling.
func TestPowerCut(t *testing.T) {
	if !disk.Can() {
		t.Skip("a disk can be mounted by root only")
	}
	d := disk.New(t, 512<<20)
	queues := filepath.Join(d.Dir, "queues")
	s := stacktest.Start(t, stack.Names, append(slices.Clone(fast), "COLLECTOR_DATA="+queues), nil)
	began, backends := time.Now(), []string{stack.Jaeger, stack.Loki, stack.Prometheus}
	p := startProbe(t, s)
	for _, b := range backends {
		must(t, s.StopServer(t.Context(), b, syscall.SIGTERM))
	}
	const phase = "before the cut"
	p.enter(phase)
	time.Sleep(queuesFilled)
	p.enter("")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p.end()
	<-p.done
	must(t, p.tel.Stop(ctx)) // once the Collector has acknowledged everything
	eventually(t, "every trace is past tail sampling, in Jaeger's queue", time.Minute, func() bool {
		files, err := filepath.Glob(filepath.Join(queues, "exporter_*jaeger*"))
		must(t, err)
		if len(files) != 1 {
			return false
		}
		queue, err := os.ReadFile(files[0])
		must(t, err)
		return !slices.ContainsFunc(p.sent[phase], func(s sentSpan) bool {
			id, err := hex.DecodeString(s.id)
			must(t, err)
			return !bytes.Contains(queue, id)
		})
	})

	image := d.Snapshot(t)
	must(t, s.StopServer(t.Context(), stack.Collector, syscall.SIGKILL))
	d.Replace(t, image)
	if out, err := program.Command(ctx, os.Environ(), "queues", queues).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range append(backends, stack.Collector) {
		must(t, s.StartServer(name, false))
		must(t, s.Await(t.Context(), name))
	}

	w := &world{stack: s}
	sent := p.sent[phase]
	var traces, lines, counted int
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		traces = len(sent) - len(missingTraces(t, s, sent, phase, began))
		var err error
		lines, err = s.Lines().Count(t.Context(), stack.Selection{Service: probeService, Fields: map[string]string{"phase": phase}})
		must(t, err)
		counted = int(w.value(t, fmt.Sprintf(`sum(outage_probe_events{phase=%q})`, phase)))
		if n := len(sent); traces == n && lines == n && counted == n || time.Now().After(deadline) {
			break
		}
	}
	fmt.Printf("%s: of %d arrived %d traces, %d lines, %d counts\n", phase, len(sent), traces, lines, counted)
	if n := len(sent); n == 0 || traces != n || lines != n || counted != n {
		t.Errorf("of %d arrived %d traces, %d lines, %d counts", n, traces, lines, counted)
	}
	must(t, s.StopServer(t.Context(), stack.Collector, syscall.SIGTERM)) // before its disk goes
}
