//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// outageFor is how long each backend is down: OUTAGE, or a minute.
func outageFor(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("OUTAGE")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

const (
	probeService = "outage-probe"
	decisionWait = 2 * time.Second // of tail sampling in this stack
)

// probe sends a span, a line and a count twenty times a second through the program's own
// SDK set-up, and remembers what it sent.
type probe struct {
	tel         *telemetry.Telemetry
	counter     metric.Int64Counter
	collections atomic.Int64 // each collection is one sample

	mu    sync.Mutex
	phase string
	sent  map[string][]sentSpan
	done  chan struct{}
	end   context.CancelFunc
}

type sentSpan struct {
	id string
	at time.Time
}

func startProbe(t *testing.T, s *stack.Stack) *probe {
	t.Helper()
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "500")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60000") // a loaded machine restarts a Collector slowly
	t.Setenv("OTEL_BLRP_EXPORT_TIMEOUT", "60000")
	t.Setenv("OTEL_BSP_EXPORT_TIMEOUT", "60000")
	t.Setenv("OTEL_METRIC_EXPORT_TIMEOUT", "60000")
	tel, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: probeService, Instance: probeService, Environment: "e2e", Endpoint: s.Ports.OTLP(), Interval: time.Second, LogWriter: io.Discard,
	})
	must(t, err)
	p := &probe{tel: tel, sent: map[string][]sentSpan{}, done: make(chan struct{})}
	meter := tel.Meters.Meter(probeService)
	p.counter, err = meter.Int64Counter("outage_probe_events")
	must(t, err)
	_, err = meter.Int64ObservableCounter("outage_probe_collections", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(p.collections.Add(1))
		return nil
	}))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	p.end = cancel
	go p.run(ctx)
	return p
}

func (p *probe) run(ctx context.Context) {
	defer close(p.done)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		if p.phase != "" {
			spanCtx, span := p.tel.Tracer().Start(ctx, p.phase, trace.WithAttributes(attribute.String("job_id", "probe")))
			p.tel.Logger.WarnContext(spanCtx, "probe", "component", "probe", "phase", p.phase)
			p.counter.Add(ctx, 1, metric.WithAttributes(attribute.String("phase", p.phase)))
			span.End()
			p.sent[p.phase] = append(p.sent[p.phase], sentSpan{span.SpanContext().TraceID().String(), time.Now()})
		}
		p.mu.Unlock()
	}
}

func (p *probe) enter(phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = phase
}

// TestOutages takes one server after the other away and counts what is lost.
func TestOutages(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
	w := newWorld(t, s)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	baseline := w.generations(t, 5)
	slices.Sort(baseline)
	most := 3*baseline[len(baseline)/2] + 100*time.Millisecond
	p := startProbe(t, s)
	began := time.Now()
	p.enter("undisturbed")
	time.Sleep(3 * time.Second)
	during := map[string][]time.Duration{"undisturbed": baseline}
	memory := int64(0)
	watch := func(d time.Duration) {
		for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
			if proc, ok := s.Running(stack.Collector); ok {
				memory = max(memory, resident(t, proc.PID))
			}
		}
	}
	for _, name := range []string{stack.Jaeger, stack.Loki, stack.Prometheus} {
		p.enter(name + " down")
		must(t, s.StopServer(t.Context(), name, syscall.SIGTERM))
		during[name+" down"] = w.usual(t, 5, 20, most)
		watch(outageFor(t))
		must(t, s.StartServer(name, false))
		must(t, s.Await(t.Context(), name))
		p.enter("")
		time.Sleep(time.Second)
	}
	restart := func(phase string, sig syscall.Signal) (at time.Time) {
		at, during[phase] = w.restartCollector(t, p, phase, sig, most)
		return at
	}
	restart("collector SIGTERM", syscall.SIGTERM)
	time.Sleep(time.Second)
	killed := restart("collector kill -9", syscall.SIGKILL)
	p.end()
	<-p.done
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	must(t, p.tel.Stop(ctx))

	fmt.Printf("each backend down for %s; generations: medians, exit 0; Collector's memory at most %d MiB\n", outageFor(t), memory>>20)
	fmt.Printf("%-20s %8s %8s %8s %8s %14s\n", "phase", "sent", "traces", "logs", "counted", "generation")
	for _, phase := range []string{"undisturbed", "jaeger down", "loki down", "prometheus down", "collector SIGTERM", "collector kill -9"} {
		gen := "-"
		if d := during[phase]; len(d) > 0 {
			slices.Sort(d)
			gen = d[len(d)/2].String()
			if d[0] > most {
				t.Errorf("%s: a generation takes %s at least, undisturbed it is %s", phase, d[0], baseline[len(baseline)/2])
			}
		}
		missing := w.arrived(t, p, phase, began, gen)
		if phase != "collector kill -9" {
			if len(missing) > 0 {
				t.Errorf("%s: %d of %d traces are lost", phase, len(missing), len(p.sent[phase]))
			}
			continue
		}
		// Killed, the Collector loses the traces it has not decided on: at most those of the
		// wait, of the tick that decides, and of the SDK's batch.
		for _, m := range missing {
			if age := killed.Sub(m.at); age > decisionWait+2*time.Second || age < -time.Second {
				t.Errorf("a trace that was %s old at the kill is lost", age)
			}
		}
	}
	if got, want := w.value(t, `count_over_time(outage_probe_collections[1h])`), float64(p.collections.Load())+1; got != want { // and the zero at the start
		t.Errorf("%g of %g samples arrived", got, want)
	} else {
		fmt.Printf("samples: %.0f of %.0f\n", got, want)
	}
	if memory > 200<<20 {
		t.Errorf("the Collector used %d MiB", memory>>20)
	}
}

// restartCollector ends the Collector by a signal and starts it again. It returns when it ended it,
// and how long generations took meanwhile.
func (w *world) restartCollector(t *testing.T, p *probe, phase string, sig syscall.Signal, most time.Duration) (at time.Time, took []time.Duration) {
	t.Helper()
	p.enter(phase)
	time.Sleep(5 * time.Second)
	at = time.Now()
	must(t, w.stack.StopServer(t.Context(), stack.Collector, sig))
	took = w.usual(t, 1, 2, most)
	must(t, w.stack.StartServer(stack.Collector, false))
	must(t, w.stack.Await(t.Context(), stack.Collector))
	time.Sleep(5 * time.Second)
	p.enter("")
	return at, took
}

// arrived waits for what was sent in a phase, prints it beside how long generations took, and
// returns the traces that are missing. No line and no count may be.
func (w *world) arrived(t *testing.T, p *probe, phase string, began time.Time, generations string) (missing []sentSpan) {
	t.Helper()
	n := len(p.sent[phase])
	var logs int
	var counted float64
	settled := func() bool {
		missing = missingTraces(t, w.stack, p.sent[phase], phase, began)
		var err error
		logs, err = w.stack.Lines().Count(t.Context(), stack.Selection{Service: probeService, Fields: map[string]string{"phase": phase}})
		must(t, err)
		counted = w.value(t, fmt.Sprintf(`sum(outage_probe_events{phase=%q})`, phase))
		return len(missing) == 0 && logs == n && counted == float64(n)
	}
	for deadline := time.Now().Add(90 * time.Second); !settled() && time.Now().Before(deadline); {
		time.Sleep(time.Second)
	}
	fmt.Printf("%-20s %8d %8d %8d %8.0f %14s\n", phase, n, n-len(missing), logs, counted, generations)
	if logs != n || counted != float64(n) {
		t.Errorf("%s: %d lines and %g counts of %d", phase, logs, counted, n)
	}
	return missing
}

// usual plans a week some times, and then a few more times until one has taken no longer than
// most: on a loaded machine some are slow, but one that waits for who is away always is.
func (w *world) usual(t *testing.T, times, more int, most time.Duration) []time.Duration {
	t.Helper()
	out := w.generations(t, times)
	for range more {
		if slices.Min(out) <= most {
			break
		}
		out = append(out, w.generations(t, 1)...)
	}
	return out
}

// generations plans a week n times without storing it and returns what the program
// measured.
func (w *world) generations(t *testing.T, n int) []time.Duration {
	t.Helper()
	var out []time.Duration
	for range n {
		code, text := w.command(t, []string{"generate", "--user", "user_lewis", "--dry-run"})
		if code != 0 {
			t.Fatalf("exit %d: %s", code, text)
		}
		_, rest, ok := strings.Cut(text, "total ")
		figure, _, ok2 := strings.Cut(rest, " ms")
		took, err := strconv.ParseFloat(figure, 64)
		if !ok || !ok2 || err != nil {
			t.Fatalf("no total in %s", text)
		}
		out = append(out, time.Duration(took*float64(time.Millisecond)).Round(100*time.Microsecond))
	}
	return out
}

// missingTraces are those of the sent ones that Jaeger does not have.
func missingTraces(t *testing.T, s *stack.Stack, sent []sentSpan, operation string, since time.Time) []sentSpan {
	t.Helper()
	have := map[string]bool{}
	spans, err := s.Ports.Spans(t.Context(), probeService, operation, since)
	must(t, err)
	for _, sp := range spans {
		have[sp.TraceID] = true
	}
	var out []sentSpan
	for _, x := range sent {
		if !have[x.id] {
			out = append(out, x)
		}
	}
	return out
}

// resident is a process' memory in bytes; 0 when it has ended.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	must(t, err)
	return pages * int64(os.Getpagesize())
}
