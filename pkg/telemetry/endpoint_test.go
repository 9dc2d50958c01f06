package telemetry_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

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
