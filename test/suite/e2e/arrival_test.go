//go:build e2e

package e2e

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// TestLinesArrive decodes what the Collector exports in the place of Loki: each level's line
// with exactly the index labels, and every field as structured metadata.
func TestLinesArrive(t *testing.T) {
	s := stacktest.Start(t, []string{stack.Loki, stack.Collector}, fast, (*stack.Stack).UseSink)
	tel, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: "arrival", Instance: "arrival-1", Environment: "e2e", Endpoint: s.Ports.OTLP(), Interval: time.Second, LogWriter: io.Discard,
	})
	must(t, err)
	ctx, span := tel.Tracer().Start(t.Context(), "arrival")
	ctx = telemetry.WithComponent(telemetry.WithJob(telemetry.WithUser(ctx, "user_ana"), "weekly_generation:user_ana"), "arrival")
	tel.Logger.InfoContext(ctx, "an info", "duration_ms", 12.5, "component_timings", map[string]float64{"email_render": 0.25})
	tel.Logger.WarnContext(ctx, "a warning", "error_type", "TandoorError", "error_message", "tandoor: 503", "attempt", 2)
	tel.Logger.ErrorContext(ctx, "an error", "error", errors.New("no recipes"))
	span.End()
	stop, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	must(t, tel.Stop(stop))
	levels := map[string]string{"an info": "info", "a warning": "warn", "an error": "error"}
	var records []stack.Record
	eventually(t, "three lines", 2*time.Minute, func() bool {
		records = slices.DeleteFunc(s.Sink().Records(), func(r stack.Record) bool { return levels[r.Text] == "" })
		return len(records) >= len(levels)
	})
	for _, r := range records {
		level := levels[r.Text]
		delete(levels, r.Text)
		if diff := cmp.Diff(map[string]string{"service_name": "arrival", "deployment_environment_name": "e2e", "level": level}, r.Labels); diff != "" {
			t.Errorf("%s: index labels: %s", r.Text, diff)
		}
		want := map[string]string{
			"component": "arrival", "user_id": "user_ana", "job_id": "weekly_generation:user_ana", "severity_text": strings.ToUpper(level),
			"trace_id": span.SpanContext().TraceID().String(), "span_id": span.SpanContext().SpanID().String(), "service_instance_id": "arrival-1",
		}
		switch level {
		case "info":
			maps.Copy(want, map[string]string{"duration_ms": "12.5", "component_timings_email_render": "0.25"})
		case "warn":
			maps.Copy(want, map[string]string{"error_type": "TandoorError", "exception_message": "tandoor: 503", "attempt": "2", "error_message": ""})
		case "error":
			maps.Copy(want, map[string]string{"exception_message": "no recipes", "stack_trace": ""})
		}
		for k, v := range want {
			if r.Metadata[k] != v {
				t.Errorf("%s: %s is %q, want %q; all: %v", r.Text, k, r.Metadata[k], v, r.Metadata)
			}
		}
		if age := time.Since(r.Time); age < 0 || age > 2*time.Minute {
			t.Errorf("%s: %s old", r.Text, age)
		}
	}
	if len(levels) > 0 {
		t.Errorf("not arrived, or another twice: %v", levels)
	}
}
