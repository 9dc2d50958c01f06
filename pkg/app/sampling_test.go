package app_test

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Durations are measured when no trace is sampled, and even when telemetry is off.
func TestTraceSamplingDoesNotStopTheClock(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*config.Config){
		"not sampled": func(c *config.Config) { c.Telemetry.Sampler = "always_off" },
		"disabled":    func(c *config.Config) { c.Telemetry.Disabled = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{change: change})
			m := w.mustGenerate(t, "user_lewis")
			if m.Total <= 0 {
				t.Errorf("the generation took %s", m.Total)
			}
			for _, c := range metrics.Components {
				if m.Components[c] <= 0 {
					t.Errorf("%s took %s", c, m.Components[c])
				}
			}
			if logged := w.loggedDuration(t); logged <= 0 {
				t.Errorf("the log says %g ms", logged)
			}
			measured := map[string]uint64{}
			var rm metricdata.ResourceMetrics
			if w.cfg.Telemetry.Disabled {
				return // nobody reads metrics
			}
			must(t, w.reader.Collect(t.Context(), &rm))
			for _, sm := range rm.ScopeMetrics {
				for _, x := range sm.Metrics {
					if h, ok := x.Data.(metricdata.Histogram[float64]); ok {
						for _, p := range h.DataPoints {
							if p.Sum > 0 {
								measured[x.Name] += p.Count
							}
						}
					}
				}
			}
			if measured["generation_execution_time_seconds"] != 1 || measured["generation_component_duration_seconds"] != uint64(len(metrics.Components)) {
				t.Errorf("measured %v", measured)
			}
		})
	}
}

// One trace in ten keeps its INFO lines where a log store takes all of them; where none does, the
// journal is all there is, and keeps every line.
func TestTheJournalIsWholeWithoutALogStore(t *testing.T) {
	t.Parallel()
	const traces = 100
	for exporter, most := range map[string]int{"none": traces, "otlp": traces / 2} {
		w := newWorld(t, options{empty: true, change: func(c *config.Config) {
			c.Log.SampleInfo, c.Telemetry.LogsExporter = true, exporter
		}})
		for n := range traces {
			var id trace.TraceID
			binary.BigEndian.PutUint64(id[8:], uint64(n+1))
			ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}}))
			w.Log.InfoContext(ctx, "A line of a trace")
		}
		if n := strings.Count(w.logs.String(), "A line of a trace"); n == 0 || n > most || exporter == "none" && n < traces {
			t.Errorf("with logs to %s: %d of %d lines", exporter, n, traces)
		}
	}
}

func (w *world) loggedDuration(t *testing.T) float64 {
	t.Helper()
	for line := range strings.Lines(w.logs.String()) {
		var entry struct {
			Message  string
			Duration float64 `json:"duration_ms"`
		}
		must(t, json.Unmarshal([]byte(line), &entry))
		if entry.Message == "Generation completed" {
			return entry.Duration
		}
	}
	t.Fatal("no completion line")
	return 0
}
