package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

func start(t *testing.T, o telemetry.LogOptions) (*telemetry.Telemetry, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	tel, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: "test", Version: "1", Environment: "test", Instance: "1", LogWriter: &b, Logs: o,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tel.Stop(context.Background()) })
	return tel, &b
}

// inTrace returns a context of the trace whose id ends in the given number.
func inTrace(t *testing.T, last byte) context.Context {
	t.Helper()
	id := trace.TraceID{1, 15: last}
	return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled}))
}

func TestEveryLineHasTheBaseFields(t *testing.T) {
	tel, b := start(t, telemetry.LogOptions{Level: slog.LevelInfo})
	ctx := telemetry.WithComponent(telemetry.WithJob(telemetry.WithUser(inTrace(t, 7), "user_ana"), "job_1"), "scheduler")
	tel.Logger.InfoContext(ctx, "Hello", "duration_ms", 1.5)
	tel.Logger.Info("Outside a trace")
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{
		"level": "INFO", "message": "Hello", "component": "scheduler", "user_id": "user_ana", "job_id": "job_1",
		"trace_id": "01000000000000000000000000000007", "duration_ms": 1.5,
	} {
		if got[k] != want {
			t.Errorf("%s = %v, want %v", k, got[k], want)
		}
	}
	if ts, _ := got["timestamp"].(string); !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`).MatchString(ts) {
		t.Errorf("timestamp %q", ts)
	}
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil || got["trace_id"] != "" {
		t.Errorf("outside a trace: %v, %v", got, err)
	}
}

func TestInfoIsKeptForOneTraceInTen(t *testing.T) {
	tel, b := start(t, telemetry.LogOptions{Level: slog.LevelInfo, SampleInfo: true})
	for i := range byte(100) {
		ctx := inTrace(t, i)
		tel.Logger.InfoContext(ctx, "one")
		tel.Logger.InfoContext(ctx, "two") // of the same trace: the same decision
	}
	if one, two := strings.Count(b.String(), `"one"`), strings.Count(b.String(), `"two"`); one != 10 || two != 10 {
		t.Errorf("kept %d and %d of 100 traces, want 10 of each", one, two)
	}
	b.Reset()
	tel.Logger.WarnContext(inTrace(t, 1), "warn")
	tel.Logger.ErrorContext(inTrace(t, 1), "error")
	tel.Logger.InfoContext(inTrace(t, 1), "kept", telemetry.Keep)
	tel.Logger.Info("start-up")
	if n := strings.Count(b.String(), "\n"); n != 4 {
		t.Errorf("%d of 4 lines that no sampling may drop:\n%s", n, b)
	}
	if strings.Contains(b.String(), "log_keep") {
		t.Error("the marker is printed")
	}
}

func TestTraceRequestsKeepsEverything(t *testing.T) {
	tel, b := start(t, telemetry.LogOptions{Level: slog.LevelInfo, SampleInfo: true, KeepAll: true})
	for i := range byte(20) {
		tel.Logger.InfoContext(inTrace(t, i), "line")
	}
	if n := strings.Count(b.String(), "\n"); n != 20 {
		t.Errorf("%d of 20 lines", n)
	}
}

func TestDebugForOneUserUntilItExpires(t *testing.T) {
	tel, b := start(t, telemetry.LogOptions{Level: slog.LevelWarn})
	ana, bo := telemetry.WithUser(t.Context(), "user_ana"), telemetry.WithUser(t.Context(), "user_bo")
	tel.Levels.SetDebug(map[string]time.Time{"user_ana": time.Now().Add(time.Hour)})
	tel.Logger.DebugContext(ana, "wanted")
	tel.Logger.DebugContext(bo, "unwanted")
	tel.Levels.SetDebug(map[string]time.Time{"user_ana": time.Now().Add(-time.Second)})
	tel.Logger.DebugContext(ana, "expired")
	if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "wanted") {
		t.Errorf("got %s", got)
	}
}

// A line of level ERROR has the error fields of docs/logs.md, and says where it was written.
func TestErrorsHaveTheErrorFields(t *testing.T) {
	tel, b := start(t, telemetry.LogOptions{Level: slog.LevelInfo})
	tel.Logger.Error("Broken", "error_type", "Internal", "retry_attempt", 2)
	tel.Logger.Warn("Odd")
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{"error_type": "Internal", "error_message": "", "retry_attempt": 2.0, "retry_scheduled_for": ""} {
		if v, ok := got[k]; !ok || v != want {
			t.Errorf("%s = %v, want %v", k, v, want)
		}
	}
	stack, _ := got["stack_trace"].(string)
	if first, _, _ := strings.Cut(stack, "\n"); !strings.HasSuffix(first, ".TestErrorsHaveTheErrorFields") {
		t.Errorf("the stack begins elsewhere:\n%s", stack)
	}
	if strings.Count(lines[0], `"error_type"`) != 1 || strings.Contains(lines[1], "stack_trace") {
		t.Errorf("got %s", b)
	}
}

// A line on stdout has the names of docs/logs.md, its record over OTLP OpenTelemetry's;
// what a record has elsewhere, or what is empty, is no attribute.
func TestRecordsHaveConventionalNames(t *testing.T) {
	var mu sync.Mutex
	got := map[string]map[string]string{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var req collogs.ExportLogsServiceRequest
		if err := errors.Join(err, proto.Unmarshal(body, &req)); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rl := range req.ResourceLogs {
			for _, sl := range rl.ScopeLogs {
				for _, lr := range sl.LogRecords {
					attributes := map[string]string{}
					for _, kv := range lr.Attributes {
						attributes[kv.Key] = kv.Value.GetStringValue()
					}
					got[lr.Body.GetStringValue()] = attributes
					if len(lr.TraceId) == 0 {
						t.Errorf("%s has no trace id", lr.Body.GetStringValue())
					}
				}
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	var out bytes.Buffer
	tel, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: "t", Instance: "t", LogWriter: &out,
		LogsTo: telemetry.Signal{Endpoint: srv.URL, Protocol: telemetry.HTTPProtobuf},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tel.Tracer().Start(telemetry.WithUser(t.Context(), "user_ana"), "x")
	tel.Logger.With("error_type", "Internal").ErrorContext(ctx, "Broken", "error_message", "a bug", "attempt", "2")
	tel.Logger.InfoContext(ctx, "Fine", slog.Group("", slog.String("inline", "yes")))
	tel.Logger.WithGroup("library").InfoContext(ctx, "Grouped", "error_type", "its own")
	span.End()
	if err := tel.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	broken := got["Broken"]
	if !strings.Contains(broken["exception.stacktrace"], "TestRecordsHaveConventionalNames") {
		t.Errorf("the stack is %q", broken["exception.stacktrace"])
	}
	delete(broken, "exception.stacktrace")
	for text, want := range map[string]map[string]string{
		"Broken":  {"error.type": "Internal", "exception.message": "a bug", "attempt": "2", "retry_attempt": "", "user.id": "user_ana"},
		"Fine":    {"user.id": "user_ana", "inline": "yes"},
		"Grouped": {"library": ""},
	} {
		if diff := cmp.Diff(want, got[text]); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, want := range []string{`"user_id":"user_ana"`, `"error_type":"Internal"`, `"error_message":"a bug"`, `"stack_trace":"`, `"trace_id":"` + span.SpanContext().TraceID().String(), `"job_id":""`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("stdout lacks %s", want)
		}
	}
}
