//go:build linux

package stack

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func str(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func request(lines ...string) *collector.ExportLogsServiceRequest {
	number := &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: 1.5}}
	timings := &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: []*common.KeyValue{{Key: "email_render", Value: number}}}}}
	var records []*logs.LogRecord
	for _, l := range lines {
		records = append(records, &logs.LogRecord{
			TimeUnixNano: 42, SeverityText: "WARN", SeverityNumber: logs.SeverityNumber_SEVERITY_NUMBER_WARN, Body: str(l),
			TraceId: bytes.Repeat([]byte{0xab}, 16), SpanId: bytes.Repeat([]byte{1}, 8),
			Attributes: []*common.KeyValue{{Key: "level", Value: str("warn")}, {Key: "http.route", Value: str("/plan")}, {Key: "component_timings", Value: timings}},
		})
	}
	return &collector.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{
		Resource: &resource.Resource{Attributes: []*common.KeyValue{
			{Key: "service.name", Value: str("meal-planner-api")}, {Key: "deployment.environment.name", Value: str("e2e")}, {Key: "service.instance.id", Value: str("i")},
		}},
		ScopeLogs: []*logs.ScopeLogs{{Scope: &common.InstrumentationScope{Name: "scope"}, LogRecords: records}},
	}}}
}

func TestSink(t *testing.T) {
	k, err := newSink(filepath.Join("..", "..", "..", "loki", "config.yaml"))
	must(t, err)
	addr := loopback.Addr(t)
	must(t, k.start(addr))
	send := func(req *collector.ExportLogsServiceRequest, contentType string) int {
		t.Helper()
		b, err := proto.Marshal(req)
		must(t, err)
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, err = w.Write(b)
		must(t, err)
		must(t, w.Close())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/otlp/v1/logs", &z)
		must(t, err)
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", "gzip")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	const protobuf = "application/x-protobuf"
	if code := send(request("a plan is late"), protobuf); code != http.StatusNoContent {
		t.Fatalf("a request is answered with %d", code)
	}
	want := Record{
		Labels: map[string]string{"service_name": "meal-planner-api", "deployment_environment_name": "e2e", "level": "warn"},
		Metadata: map[string]string{
			"service_instance_id": "i", "scope_name": "scope", "severity_text": "WARN", "severity_number": "13", "http_route": "/plan", "component_timings_email_render": "1.5",
			"trace_id": strings.Repeat("ab", 16), "span_id": strings.Repeat("01", 8),
		},
		Time: time.Unix(0, 42), Text: "a plan is late",
	}
	if diff := cmp.Diff([]Record{want}, k.Records()); diff != "" {
		t.Error(diff)
	}
	if !Answers(t.Context(), "http://"+addr+"/ready") {
		t.Error("it is not ready")
	}
	must(t, k.stop())
	if code := send(request("while it is away"), protobuf); code != 0 {
		t.Errorf("stopped, it answers with %d", code)
	}
	must(t, k.start(addr))
	defer func() { _ = k.stop() }()
	for _, c := range []struct {
		req         *collector.ExportLogsServiceRequest
		contentType string
		code, kept  int
	}{
		{request("a plan is late"), protobuf, http.StatusNoContent, 1}, // sent again
		{request("another"), "application/json", http.StatusBadRequest, 1},
		{request(strings.Repeat("x", maxLine+1), "beside it"), protobuf, http.StatusBadRequest, 2},
	} {
		if code := send(c.req, c.contentType); code != c.code || len(k.Records()) != c.kept {
			t.Errorf("answered with %d, %d lines are kept; want %d and %d", code, len(k.Records()), c.code, c.kept)
		}
	}
	for _, c := range []struct {
		s    Selection
		want int
	}{
		{Selection{Service: "meal-planner.*"}, 2},
		{Selection{Service: "meal-planner"}, 0}, // the whole name
		{Selection{Service: ".*", Fields: map[string]string{"level": "warn", "http_route": "/plan"}}, 2},
		{Selection{Service: ".*", Fields: map[string]string{"level": "info"}}, 0},
	} {
		if got, err := k.Find(t.Context(), c.s, time.Unix(0, 0)); err != nil || len(got) != c.want {
			t.Errorf("%s: %d lines, %v; want %d", c.s.logQL(), len(got), err, c.want)
		}
	}
}

// TestFindLoki looks where the operator may have put one.
func TestFindLoki(t *testing.T) {
	dir := t.TempDir()
	program := func(name string) string {
		file := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755))
		return file
	}
	named, onPath, cached := program("named/any"), program("path/loki"), program("cache/loki")
	t.Setenv("PATH", filepath.Dir(onPath))
	t.Setenv("LOKI_BIN", named)
	for _, c := range []struct{ leave, want string }{{"", named}, {named, onPath}, {onPath, cached}, {cached, ""}} {
		if c.leave != "" {
			must(t, os.Remove(c.leave))
			t.Setenv("LOKI_BIN", "")
		}
		if got, err := findLoki(cached); err != nil || got != c.want {
			t.Errorf("%q, %v; want %q", got, err, c.want)
		}
	}
	t.Setenv("LOKI_BIN", named)
	if _, err := findLoki(cached); err == nil || !strings.Contains(err.Error(), "LOKI_BIN") {
		t.Errorf("LOKI_BIN names nothing: %v", err)
	}
}

// TestWithoutLoki has neither an executable nor a sink: the others can run.
func TestWithoutLoki(t *testing.T) {
	t.Setenv("LOKI_BIN", "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	s, err := New("../../..", t.TempDir(), StandardPorts())
	must(t, err)
	must(t, s.Prepare())
	targets, err := os.ReadFile(filepath.Join(s.dir, "conf", "prometheus", "targets", "stack.yml"))
	must(t, err)
	if strings.Contains(string(targets), Loki) {
		t.Errorf("Prometheus is to scrape it:\n%s", targets)
	}
	if diff := cmp.Diff([]string{Prometheus, Alertmanager, Jaeger, Collector}, s.Servers()); diff != "" {
		t.Error(diff)
	}
	if args := strings.Join(s.command(Collector), " "); !strings.HasSuffix(args, "without-loki.yaml") {
		t.Errorf("the Collector would wait for it: %s", args)
	}
	must(t, s.UseSink())
	if args := strings.Join(s.command(Collector), " "); strings.Contains(args, "without-loki.yaml") {
		t.Errorf("the Collector sends nothing to the sink: %s", args)
	}
	s.sink = nil
	if err := s.StartServer(Loki, false); err == nil || !strings.Contains(err.Error(), "make stack") {
		t.Errorf("started: %v", err)
	}
}
