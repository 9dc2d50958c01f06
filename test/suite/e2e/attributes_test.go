//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/suite/semconv"
)

// What servers say beside the attributes that came to them.
var (
	ofJaeger     = []string{"span.kind", "error", "internal.span.format", "w3c.tracestate", "event"}
	ofPrometheus = []string{"__name__", "job", "instance", "le", "otel_scope_schema_url", "otel_metric_overflow"}
)

// checkAttributes holds what the Collector exported, as Jaeger, Prometheus and Loki have it,
// against OpenTelemetry's registry and docs/attributes.md.
func (w *world) checkAttributes(t *testing.T) {
	t.Helper()
	own, err := semconv.Declared()
	must(t, err)
	var seen semconv.Seen
	for _, service := range services {
		spans, err := w.stack.Ports.AllSpans(t.Context(), service, w.began.Add(-time.Minute))
		must(t, err)
		for _, s := range spans {
			for _, place := range []struct {
				in    string
				names []string
			}{{semconv.Resource, s.Resource}, {semconv.Event, s.Events}} {
				for _, name := range place.names {
					if !slices.Contains(ofJaeger, name) {
						seen.Add(place.in, name, s.Name)
					}
				}
			}
			for name := range s.Tags {
				if !slices.Contains(ofJaeger, name) {
					seen.Add(semconv.Span, name, s.Name)
				}
			}
		}
	}
	for _, p := range seen.Problems(own) {
		t.Error(p)
	}
	known := semconv.Underscored(own)
	labels, err := w.stack.Ports.LabelNames(t.Context(), "{"+ours+"}")
	must(t, err)
	for _, name := range labels {
		if !slices.Contains(ofPrometheus, name) && !known(name) {
			t.Errorf("the label %s of a metric is neither in OpenTelemetry's registry nor in docs/attributes.md", name)
		}
	}
	lines, err := w.stack.Lines().Find(t.Context(), stack.Selection{Service: ourServices}, w.began.Add(-time.Minute))
	must(t, err)
	for _, l := range lines {
		for name := range l.Labels {
			if !semconv.InLoki(known, name) {
				t.Errorf("the field %s of %q is neither in OpenTelemetry's registry nor in docs/attributes.md", name, l.Text)
			}
		}
	}
	for _, o := range own {
		label := strings.ReplaceAll(o.Name, ".", "_")
		if slices.Contains(o.In, semconv.Collector) && !slices.Contains(labels, label) && !slices.ContainsFunc(lines, func(l telemetryapi.Line) bool { return l.Labels[label] != "" }) {
			t.Errorf("docs/attributes.md declares %s for the Collector, which does not add it", o.Name)
		}
	}
	if len(lines) == 0 || len(labels) < 10 || len(seen.Problems(nil)) == 0 {
		t.Errorf("%d lines, the labels %v, spans without a name of ours: nothing was looked at", len(lines), labels)
	}
}
