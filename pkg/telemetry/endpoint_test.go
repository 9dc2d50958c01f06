package telemetry_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is an OTLP receiver that tells which signals came.
type receiver struct {
	came chan string
	coltrace.UnimplementedTraceServiceServer
}

func (r *receiver) Export(context.Context, *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	r.came <- "traces"
	return &coltrace.ExportTraceServiceResponse{}, nil
}

type metricsReceiver struct {
	came chan string
	colmetrics.UnimplementedMetricsServiceServer
}

func (r *metricsReceiver) Export(context.Context, *colmetrics.ExportMetricsServiceRequest) (*colmetrics.ExportMetricsServiceResponse, error) {
	r.came <- "metrics"
	return &colmetrics.ExportMetricsServiceResponse{}, nil
}

type logsReceiver struct {
	came chan string
	collogs.UnimplementedLogsServiceServer
}

func (r *logsReceiver) Export(context.Context, *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	r.came <- "logs"
	return &collogs.ExportLogsServiceResponse{}, nil
}

// receive starts a receiver and returns its address.
func receive(t *testing.T) (endpoint string, came chan string) {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came = make(chan string, 100)
	srv := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(srv, &receiver{came: came})
	colmetrics.RegisterMetricsServiceServer(srv, &metricsReceiver{came: came})
	collogs.RegisterLogsServiceServer(srv, &logsReceiver{came: came})
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String(), came
}

// The endpoint of the options is the one used, whatever the environment says.
func TestAllSignalsGoToTheEndpoint(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	endpoint, came := receive(t)
	tel, err := telemetry.Start(t.Context(), telemetry.Options{Service: "t", Instance: "t", Endpoint: endpoint, LogWriter: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tel.Tracer().Start(t.Context(), "x")
	tel.Logger.InfoContext(ctx, "hello")
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := tel.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	got := map[string]bool{}
	for len(came) > 0 {
		got[<-came] = true
	}
	for _, signal := range []string{"traces", "metrics", "logs"} {
		if !got[signal] {
			t.Errorf("no %s came", signal)
		}
	}
}

// receiveHTTP starts an OTLP/HTTP receiver, and returns its base address and what came: the
// path, and the headers that a vendor looks at.
func receiveHTTP(t *testing.T) (base string, came chan *http.Request) {
	t.Helper()
	came = make(chan *http.Request, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		came <- r
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	return srv.URL, came
}

// send starts the telemetry, makes one of each signal, and stops it.
func send(t *testing.T, o telemetry.Options) string {
	t.Helper()
	var out bytes.Buffer
	o.Service, o.Instance, o.LogWriter = "t", "t", &out
	tel, err := telemetry.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	counter, err := tel.Meters.Meter("t").Int64Counter("sent")
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := tel.Tracer().Start(t.Context(), "a span")
	tel.Logger.InfoContext(ctx, "hello")
	counter.Add(ctx, 1)
	span.End()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := tel.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	return out.String()
}

// Each standard setting, as the table in docs/observability.md has it.
func TestStandardSettings(t *testing.T) {
	paths := func(came chan *http.Request) map[string]*http.Request {
		out := map[string]*http.Request{}
		for len(came) > 0 {
			r := <-came
			out[r.URL.Path] = r
		}
		return out
	}
	keys := func(m map[string]*http.Request) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }
	t.Run("http/protobuf below a vendor's path, with a header and compression by environment alone", func(t *testing.T) {
		base, came := receiveHTTP(t)
		t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-vendor-key=abc")
		t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
		send(t, telemetry.Options{Endpoint: base + "/otlp/", Protocol: telemetry.HTTPProtobuf})
		got := paths(came)
		if keys(got) != "/otlp/v1/logs /otlp/v1/metrics /otlp/v1/traces" {
			t.Fatalf("came to %s", keys(got))
		}
		for path, r := range got {
			if r.Header.Get("X-Vendor-Key") != "abc" || r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("Content-Type") != "application/x-protobuf" {
				t.Errorf("%s has the headers %v", path, r.Header)
			}
		}
	})
	t.Run("an endpoint of one signal is used as it is", func(t *testing.T) {
		endpoint, grpcCame := receive(t)
		base, came := receiveHTTP(t)
		t.Setenv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-logs=1")
		send(t, telemetry.Options{Endpoint: endpoint, LogsTo: telemetry.Signal{Endpoint: base + "/insert", Protocol: telemetry.HTTPProtobuf}})
		got := paths(came)
		if keys(got) != "/insert" || got["/insert"].Header.Get("X-Logs") != "1" {
			t.Errorf("came to %s, %v", keys(got), got)
		}
		over := map[string]bool{}
		for len(grpcCame) > 0 {
			over[<-grpcCame] = true
		}
		if !over["traces"] || !over["metrics"] || over["logs"] {
			t.Errorf("over gRPC came %v", over)
		}
	})
	t.Run("one signal alone, without an endpoint for all", func(t *testing.T) {
		base, came := receiveHTTP(t)
		send(t, telemetry.Options{TracesTo: telemetry.Signal{Endpoint: base + "/v1/traces", Protocol: telemetry.HTTPProtobuf}})
		if got := keys(paths(came)); got != "/v1/traces" {
			t.Errorf("came to %s", got)
		}
	})
	t.Run("none", func(t *testing.T) {
		base, came := receiveHTTP(t)
		send(t, telemetry.Options{Endpoint: base, Protocol: telemetry.HTTPProtobuf, MetricsTo: telemetry.Signal{Exporter: telemetry.None}, LogsTo: telemetry.Signal{Exporter: telemetry.None}})
		if got := keys(paths(came)); got != "/v1/traces" {
			t.Errorf("came to %s", got)
		}
	})
	t.Run("console", func(t *testing.T) {
		base, came := receiveHTTP(t)
		out := send(t, telemetry.Options{
			Endpoint: base, Protocol: telemetry.HTTPProtobuf,
			TracesTo: telemetry.Signal{Exporter: telemetry.Console}, MetricsTo: telemetry.Signal{Exporter: telemetry.Console}, LogsTo: telemetry.Signal{Exporter: telemetry.Console},
		})
		for _, want := range []string{`"Name":"a span"`, `"Name":"sent"`, `"message":"hello"`} {
			if !strings.Contains(out, want) {
				t.Errorf("the output lacks %s:\n%s", want, out)
			}
		}
		if got := keys(paths(came)); got != "" {
			t.Errorf("came to %s", got)
		}
	})
	t.Run("off", func(t *testing.T) {
		base, came := receiveHTTP(t)
		send(t, telemetry.Options{Endpoint: base, Protocol: telemetry.HTTPProtobuf, Disabled: true})
		if got := keys(paths(came)); got != "" {
			t.Errorf("came to %s", got)
		}
	})
}
