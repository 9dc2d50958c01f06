package app_test

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// kenji has a FatSecret account, so his generations make every kind of call.
const kenji = "user_kenji"

func (w *world) generate(t *testing.T, user string) (observe.Measured, error) {
	t.Helper()
	return w.Generate(t.Context(), planner.Request{User: user, Week: week}, nil)
}

func (w *world) mustGenerate(t *testing.T, user string) observe.Measured {
	t.Helper()
	m, err := w.generate(t, user)
	must(t, err)
	return m
}

// named returns the ended spans of the trace by name.
func (w *world) named(trace string) map[string][]sdktrace.ReadOnlySpan {
	out := map[string][]sdktrace.ReadOnlySpan{}
	for _, s := range w.spans.Ended() {
		if s.SpanContext().TraceID().String() == trace {
			out[s.Name()] = append(out[s.Name()], s)
		}
	}
	return out
}

func TestEveryDemoUserGetsAWeek(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	balanced := 0
	people := sandbox.People()
	for _, p := range people {
		m := w.mustGenerate(t, p.ID)
		must(t, m.Week.Validate())
		if m.Week.BalancedDays() == 7 {
			balanced++
		} else if len(m.Week.Reasons) == 0 {
			t.Errorf("%s is unbalanced and nothing says why", p.ID)
		}
		if m.Groceries.Lines() == 0 || len(m.Prep.Batches) == 0 {
			t.Errorf("%s: %d groceries, %d batches", p.ID, m.Groceries.Lines(), len(m.Prep.Batches))
		}
	}
	if balanced < 4 {
		t.Errorf("only %d weeks are balanced", balanced)
	}
	if _, err := w.Delivery.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range w.box.Mail.Messages() {
		got[m.To] = m.Subject
		parts, err := mailbox.Parse(m.Raw)
		must(t, err)
		if !strings.Contains(parts.Text, "GROCERIES") || !strings.Contains(parts.HTML, "Groceries") {
			t.Errorf("%s: the mail has no groceries", m.To)
		}
		if parts.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("%s: no one-click unsubscribe", m.To)
		}
	}
	if len(got) != len(people) {
		t.Errorf("mails to %v", got)
	}
}

// The trace of a generation is the one the design draws, statements, calls and mail
// included, and its components' times are the metric's and the log's.
func TestTraceMetricsAndLogTellTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	m := w.mustGenerate(t, kenji)
	if _, err := w.Delivery.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := w.named(m.TraceID)
	root := spans["generation"][0]
	for _, c := range metrics.Components {
		if len(spans[c]) != 1 || spans[c][0].Parent().SpanID() != root.SpanContext().SpanID() {
			t.Errorf("%s: %d spans, want one child of the root", c, len(spans[c]))
		}
	}
	for name, parent := range map[string]string{
		"sync recipes": "recipe_fetch", "tandoor recipe_list": "sync recipes", "fatsecret profile.get": "profile_fetch",
		"list_recipe_versions": "recipe_fetch", "get_constraints": "generation", "insert_plan": "generation",
		"send weekly_plan": "generation",
	} {
		if len(spans[name]) == 0 {
			t.Errorf("no span %q in the trace", name)
			continue
		}
		want := spans[parent][0].SpanContext().SpanID()
		if !slices.ContainsFunc(spans[name], func(s sdktrace.ReadOnlySpan) bool { return s.Parent().SpanID() == want }) {
			t.Errorf("%s is not a child of %s", name, parent)
		}
	}
	scopes := map[string]bool{}
	for _, list := range spans {
		for _, s := range list {
			scopes[s.InstrumentationScope().Name] = true
		}
	}
	for _, want := range []string{"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "github.com/exaring/otelpgx"} {
		if !scopes[want] {
			t.Errorf("no span of %s in the generation's trace", want)
		}
	}
	w.compareMetric(t, spans)
	w.compareLog(t, m, spans)
}

func (w *world) compareMetric(t *testing.T, spans map[string][]sdktrace.ReadOnlySpan) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	seen := 0
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != "generation_component_duration_seconds" {
				continue
			}
			for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				c, _ := p.Attributes.Value(metrics.KeyComponent)
				s := spans[c.AsString()][0]
				if took := s.EndTime().Sub(s.StartTime()).Seconds(); math.Abs(p.Sum-took) > 1e-9 || p.Count != 1 {
					t.Errorf("%s: metric %g (%d), span %g", c.AsString(), p.Sum, p.Count, took)
				}
				if len(p.Exemplars) != 1 || hex.EncodeToString(p.Exemplars[0].SpanID) != s.SpanContext().SpanID().String() {
					t.Errorf("%s: the exemplar is not the span", c.AsString())
				}
				seen++
			}
		}
	}
	if seen != len(metrics.Components) {
		t.Errorf("%d components measured", seen)
	}
}

func (w *world) compareLog(t *testing.T, m observe.Measured, spans map[string][]sdktrace.ReadOnlySpan) {
	t.Helper()
	for line := range strings.Lines(w.logs.String()) {
		var entry struct {
			Timestamp, Level, Message, Component string
			TraceID                              string             `json:"trace_id"`
			UserID                               string             `json:"user_id"`
			JobID                                *string            `json:"job_id"`
			Duration                             float64            `json:"duration_ms"`
			Timings                              map[string]float64 `json:"component_timings"`
		}
		must(t, json.Unmarshal([]byte(line), &entry))
		if entry.Timestamp == "" || entry.Level == "" || entry.Message == "" || entry.Component == "" || entry.JobID == nil {
			t.Errorf("a base field is missing: %s", line)
		}
		if entry.Message != "Generation completed" {
			continue
		}
		if entry.TraceID != m.TraceID || entry.UserID != kenji {
			t.Errorf("the completion line is of %s, %s", entry.TraceID, entry.UserID)
		}
		for _, c := range metrics.Components {
			s := spans[c][0]
			if want := float64(s.EndTime().Sub(s.StartTime()).Nanoseconds()) / 1e6; entry.Timings[c] != want {
				t.Errorf("%s: log %g ms, span %g ms", c, entry.Timings[c], want)
			}
		}
		return
	}
	t.Errorf("no completion line in %s", w.logs)
}
