package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/outbox"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// bench is everything a decorator needs, and what it left behind.
type bench struct {
	rec     *metrics.Recorder
	log     *slog.Logger
	logs    *bytes.Buffer
	spans   *tracetest.SpanRecorder
	tracers *sdktrace.TracerProvider
	timings *observe.Timings
	reader  *sdkmetric.ManualReader
	now     time.Time
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{logs: &bytes.Buffer{}, spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader(), now: time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)}
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.reader), sdkmetric.WithView(metrics.Views(metrics.LabelsFor(1))...))
	var err error
	if b.rec, err = metrics.New(t.Context(), mp); err != nil {
		t.Fatal(err)
	}
	b.timings = observe.NewTimings()
	b.timings.Record(b.rec)
	b.tracers = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.timings), sdktrace.WithSpanProcessor(b.spans))
	b.log = slog.New(slog.NewJSONHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return b
}

func (b *bench) clock() time.Time { return b.now }

// count returns the sum of a counter's points that have the label.
func (b *bench) count(t *testing.T, name string, kv ...attribute.KeyValue) (n int64) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := b.reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != name {
				continue
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					if hasAll(p.Attributes, kv) {
						n += p.Value
					}
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					if hasAll(p.Attributes, kv) {
						n += int64(p.Count)
					}
				}
			}
		}
	}
	return n
}

func hasAll(set attribute.Set, kv []attribute.KeyValue) bool {
	for _, x := range kv {
		if v, ok := set.Value(x.Key); !ok || v != x.Value {
			return false
		}
	}
	return true
}

// last returns the newest log line.
func (b *bench) last(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(b.logs.String()), "\n")
	var out map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &out); err != nil {
		t.Fatalf("%v: %s", err, b.logs)
	}
	return out
}

type generator func(context.Context, planner.Request) (planner.Result, error)

func (g generator) Generate(ctx context.Context, r planner.Request) (planner.Result, error) {
	return g(ctx, r)
}

var request = planner.Request{User: "user_ana", Week: calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))}

func (b *bench) run(t *testing.T, g generator) (observe.Measured, error) {
	t.Helper()
	return observe.NewGeneration(g, b.tracers.Tracer("t"), b.timings, b.rec, b.log).Generate(t.Context(), request)
}

func TestConflictsAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.run(t, func(context.Context, planner.Request) (planner.Result, error) {
		r := planner.Result{Conflicts: []string{"MacroImbalance", "ConstraintViolation"}}
		r.Week.Status = plan.Unbalanced
		return r, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for conflict, want := range map[string]int64{"MacroImbalance": 1, "ConstraintViolation": 1, "DuplicateRecipe": 0} {
		if got := b.count(t, "generation_recipe_selection_conflicts_total", metrics.KeyConflict.String(conflict)); got != want {
			t.Errorf("%s: %d, want %d", conflict, got, want)
		}
	}
	if got := b.count(t, "generation_macro_balanced_total"); got != 0 {
		t.Errorf("an unbalanced plan counts as balanced")
	}
	if got := b.count(t, "generation_execution_time_seconds", metrics.KeyUser.String("user_ana"), metrics.KeyWeek.String("2026-11-30")); got != 1 {
		t.Errorf("%d durations", got)
	}
}

func TestFailureFields(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.run(t, func(context.Context, planner.Request) (planner.Result, error) {
		return planner.Result{}, errors.New("a bug")
	})
	if err == nil {
		t.Fatal("the error is gone")
	}
	line := b.last(t)
	if line["level"] != "ERROR" || line["error_type"] != "Internal" || line["error_message"] != "a bug" {
		t.Errorf("got %v", line)
	}
	if got := b.count(t, "generation_failures_total", metrics.KeyErrorType.String("Internal")); got != 1 {
		t.Errorf("%d failures", got)
	}
	if s := b.spans.Ended()[0]; s.Status().Description != "a bug" {
		t.Errorf("span status %+v", s.Status())
	}
}

// A run that the program's end cut short is neither a failure nor an attempt.
func TestACanceledRunIsNotCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.run(t, func(context.Context, planner.Request) (planner.Result, error) {
		return planner.Result{}, context.Canceled
	}); err == nil {
		t.Fatal("the error is gone")
	}
	if got := b.count(t, "generation_attempts_total"); got != 0 {
		t.Errorf("%d attempts", got)
	}
}

func TestSlowGenerationIsAWarning(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]slog.Level{2 * time.Second: slog.LevelInfo, 2001 * time.Millisecond: slog.LevelWarn} {
		if got := observe.CompletionLevel(observe.Measured{Run: observe.Run{Total: took}}); got != want {
			t.Errorf("%s is logged at %s, want %s", took, got, want)
		}
	}
}

type server func(mail.Mail) (int64, error)

func (s server) Send(_ context.Context, m mail.Mail, _ time.Time) (int64, error) { return s(m) }

func (server) Address() (string, int) { return "smtp.example.org", 587 }

func TestMails(t *testing.T) {
	t.Parallel()
	deferred := fault.New(fault.EmailDeferred, "send mail", "452 try later")
	for name, c := range map[string]struct {
		attempts          int
		err               error
		attempted, failed int64
		level             string
	}{
		"accepted": {0, nil, 1, 0, "INFO"},
		"deferred": {0, deferred, 0, 0, "WARN"},
		"given up": {outbox.MaxAttempts - 1, deferred, 1, 1, "ERROR"},
		"refused":  {0, fault.New(fault.EmailError, "send mail", "550 no such user"), 1, 1, "ERROR"},
	} {
		b := setup(t)
		mails := observe.NewMails(server(func(mail.Mail) (int64, error) { return 1234, c.err }), b.tracers.Tracer("t"), b.rec, b.log, b.clock)
		q := outbox.Queued{Mail: mail.Mail{Type: "weekly_plan"}, User: "user_ana", Attempts: c.attempts, Created: b.now.Add(-4 * time.Second)}
		if err := mails.Send(t.Context(), q); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v", name, err)
		}
		typ := metrics.KeyEmailType.String("weekly_plan")
		if got := b.count(t, "email_delivery_attempts_total", typ); got != c.attempted {
			t.Errorf("%s: %d attempts, want %d", name, got, c.attempted)
		}
		if got := b.count(t, "email_delivery_failures_total", typ); got != c.failed {
			t.Errorf("%s: %d failures, want %d", name, got, c.failed)
		}
		line := b.last(t)
		if line["level"] != c.level {
			t.Errorf("%s: logged at %v", name, line["level"])
		}
		if name == "deferred" && (line["retry_attempt"] != 1.0 || line["retry_scheduled_for"] != "2026-11-27T06:00:30Z") {
			t.Errorf("retry fields: %v", line)
		}
		if bytes := b.count(t, "cost_metrics_bandwidth_bytes", metrics.KeySource.String("email")); (c.err == nil) != (bytes == 1234) {
			t.Errorf("%s: %d bytes of mail", name, bytes)
		}
	}
}

func contains(set attribute.Set, all ...attribute.KeyValue) bool {
	for _, kv := range all {
		if v, ok := set.Value(kv.Key); !ok || v != kv.Value {
			return false
		}
	}
	return true
}

// The first attempt belongs to the trace that wrote the mail, a later one links to it.
func TestMailSpansPointToTheirGeneration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mails := observe.NewMails(server(func(mail.Mail) (int64, error) { return 1, nil }), b.tracers.Tracer("t"), b.rec, b.log, b.clock)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for attempts := range 2 {
		if err := mails.Send(t.Context(), outbox.Queued{Mail: mail.Mail{Type: "weekly_plan"}, User: "user_ana", Attempts: attempts, TraceParent: parent}); err != nil {
			t.Fatal(err)
		}
	}
	first, second := b.spans.Ended()[0], b.spans.Ended()[1]
	if has := attribute.NewSet(first.Attributes()...); first.SpanKind() != trace.SpanKindClient ||
		has.Len() != 6 || !contains(has, semconv.ServerAddress("smtp.example.org"), semconv.ServerPort(587), semconv.NetworkProtocolName("smtp"), semconv.UserID("user_ana")) {
		t.Errorf("a mail is a %v span with %v", first.SpanKind(), first.Attributes())
	}
	if first.SpanContext().TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || len(first.Links()) != 0 {
		t.Errorf("the first attempt is in %s", first.SpanContext().TraceID())
	}
	if len(second.Links()) != 1 || second.SpanContext().TraceID() == first.SpanContext().TraceID() {
		t.Errorf("the second attempt: %d links, trace %s", len(second.Links()), second.SpanContext().TraceID())
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	q := observe.NewQueries(b.rec, b.log, func(string) string { return "insert_plan" }, b.clock, func() float64 { return .5 })
	ctx := q.TraceQueryStart(t.Context(), nil, pgx.TraceQueryStartData{SQL: "-- name: InsertPlan :one"})
	b.now = b.now.Add(50 * time.Millisecond)
	q.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	if b.logs.Len() != 0 {
		t.Errorf("a fast statement is logged: %s", b.logs)
	}
	ctx = q.TraceQueryStart(t.Context(), nil, pgx.TraceQueryStartData{})
	b.now = b.now.Add(150 * time.Millisecond)
	q.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{Err: errors.New("canceling statement due to statement timeout")})
	if line := b.last(t); line["level"] != "WARN" || line["query"] != "insert_plan" || line["duration_ms"] != 150.0 || line["connection_pool_usage"] != .5 || line["error_type"] != "DatabaseError" {
		t.Errorf("got %v", line)
	}
	if got := b.count(t, "database_query_duration_seconds", metrics.KeyQuery.String("insert_plan")); got != 2 {
		t.Errorf("%d statements measured", got)
	}
}
