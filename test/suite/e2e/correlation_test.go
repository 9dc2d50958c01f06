//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// TestCorrelation follows one generation on a fresh stack: from the metric's exemplar to
// the trace, from the trace to its user and its logs, and compares the component times of all
// four.
func TestCorrelation(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
	w := newWorld(t, s)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	w.generate(t, "user_kenji")

	var trace string
	eventually(t, "an exemplar", 2*time.Minute, func() bool {
		found, err := s.Ports.Exemplars(t.Context(), `generation_component_duration_seconds_bucket{component="generation_algorithm"}`, w.began)
		must(t, err)
		if len(found) > 0 {
			trace = found[0].Labels["trace_id"]
		}
		return trace != ""
	})
	components := w.components(t, s, trace)
	found, err := s.Ports.SpansTagged(t.Context(), "meal-planner", "user.id", "user_kenji", w.began)
	must(t, err)
	if !slices.ContainsFunc(found, func(sp stack.Span) bool {
		return sp.TraceID == trace && sp.Name == "generation" && sp.Tags["user.id"] == "user_kenji"
	}) {
		t.Errorf("Jaeger does not find the trace by its user: %v", found)
	}

	eventually(t, "Jaeger's monitor tab counts generations", 2*time.Minute, func() bool {
		calls, err := s.Ports.Calls(t.Context(), "meal-planner")
		must(t, err)
		return calls["generation"] > 0
	})

	const completed = "Generation completed"
	var lines []telemetryapi.Line
	eventually(t, "the trace's logs", 2*time.Minute, func() bool {
		var err error
		lines, err = s.Lines().Find(t.Context(), stack.Selection{Service: ourServices, Fields: map[string]string{"trace_id": trace, "user_id": "user_kenji"}}, w.began.Add(-time.Minute))
		must(t, err)
		return slices.ContainsFunc(lines, func(l telemetryapi.Line) bool { return l.Text == completed })
	})
	if !stacktest.LeftOut(t, s, t.Name()+", the README's command for a trace's logs") {
		if got := w.readmeCommand(t, trace); !slices.Contains(got, completed) {
			t.Errorf("the README's command finds %q", got)
		}
	}
	logged := w.loggedTimings(t, trace)
	for _, name := range []string{"generation_component_duration_seconds_sum", "generation_component_duration_spanmetrics_seconds_sum"} {
		eventually(t, name+" of all components", 2*time.Minute, func() bool { return len(w.growth(t, name, metrics.KeyComponent)) == len(metrics.Components) })
	}
	metric := w.growth(t, "generation_component_duration_seconds_sum", metrics.KeyComponent)
	copied := w.growth(t, "generation_component_duration_spanmetrics_seconds_sum", metrics.KeyComponent)
	fmt.Printf("%-24s %12s %12s %12s %12s\n", "component, ms", "span", "log", "metric", "span_metrics")
	for _, c := range metrics.Components {
		span := float64(components[c].Microseconds()) / 1000
		fmt.Printf("%-24s %12.3f %12.6f %12.6f %12.6f\n", c, span, logged[c], metric[c]*1000, copied[c]*1000)
		if math.Abs(span-logged[c]) > 1 {
			t.Errorf("%s: span %g ms, log %g ms", c, span, logged[c])
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= math.Max(.01*math.Max(a, b), 2e-6) } // Prometheus and the test round to a microsecond
		if !near(metric[c], logged[c]/1000) || !near(copied[c], metric[c]) {
			t.Errorf("%s: log %g s, metric %g s, span_metrics %g s", c, logged[c]/1000, metric[c], copied[c])
		}
	}
	w.checkAttributes(t)
}

// components waits for a trace with all its components and returns their spans' durations.
func (w *world) components(t *testing.T, s *stack.Stack, trace string) map[string]time.Duration {
	t.Helper()
	components := map[string]time.Duration{}
	eventually(t, "the exemplar's trace in Jaeger, with its components", 2*time.Minute, func() bool {
		spans, err := s.Ports.Trace(t.Context(), trace)
		if err != nil {
			return false // not there yet
		}
		root := ""
		for _, sp := range spans {
			if sp.Name == "generation" && sp.Parent == "" {
				root = sp.SpanID
			}
		}
		for _, sp := range spans {
			if c, ok := sp.Tags["component"].(string); ok && sp.Parent == root {
				components[c] = sp.Duration
			}
		}
		return len(components) == len(metrics.Components)
	})
	return components
}

// readmeCommand runs the command that the README gives for a trace's logs, against this
// stack's Loki, and returns the lines.
func (w *world) readmeCommand(t *testing.T, trace string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "README.md"))
	must(t, err)
	found := regexp.MustCompile(`(?m)^ *(curl -sG http://127\.0\.0\.1:3100/.*)$`).FindSubmatch(page)
	if found == nil {
		t.Fatal("the README has no command for a trace's logs")
	}
	command := strings.NewReplacer("http://127.0.0.1:3100", w.stack.Ports.URL(stack.Loki), "TRACE", trace).Replace(string(found[1]))
	out, err := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", command).Output()
	must(t, err)
	if len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// loggedTimings are the component_timings of the trace's completion line on stderr.
func (w *world) loggedTimings(t *testing.T, trace string) map[string]float64 {
	t.Helper()
	for _, text := range w.output() {
		var line struct {
			TraceID string             `json:"trace_id"`
			Timings map[string]float64 `json:"component_timings"`
		}
		if json.Unmarshal([]byte(text), &line) == nil && line.TraceID == trace && line.Timings != nil {
			return line.Timings
		}
	}
	t.Fatal("no completion line of the trace")
	return nil
}
