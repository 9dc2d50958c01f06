//go:build bench

// Package bench measures what needs a comparison in the same run.
package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// generations is how many weeks each mode plans.
const generations = 200

// sink is a Collector's receiving side: it counts and forgets.
type sink struct {
	coltrace.UnimplementedTraceServiceServer
	colmetrics.UnimplementedMetricsServiceServer
	collogs.UnimplementedLogsServiceServer
	spans atomic.Int64
}

type traces struct{ *sink }

func (s traces) Export(_ context.Context, r *coltrace.ExportTraceServiceRequest) (*coltrace.ExportTraceServiceResponse, error) {
	for _, rs := range r.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			s.spans.Add(int64(len(ss.Spans)))
		}
	}
	return &coltrace.ExportTraceServiceResponse{}, nil
}

type points struct{ *sink }

func (points) Export(context.Context, *colmetrics.ExportMetricsServiceRequest) (*colmetrics.ExportMetricsServiceResponse, error) {
	return &colmetrics.ExportMetricsServiceResponse{}, nil
}

type records struct{ *sink }

func (records) Export(context.Context, *collogs.ExportLogsServiceRequest) (*collogs.ExportLogsServiceResponse, error) {
	return &collogs.ExportLogsServiceResponse{}, nil
}

// startSink listens for OTLP on loopback.
func startSink(t *testing.T) (*sink, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{}
	srv := grpc.NewServer()
	coltrace.RegisterTraceServiceServer(srv, traces{s})
	colmetrics.RegisterMetricsServiceServer(srv, points{s})
	collogs.RegisterLogsServiceServer(srv, records{s})
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(srv.Stop)
	return s, "http://" + ln.Addr().String()
}

// blackHole accepts connections and never answers.
func blackHole(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
	}()
	return "http://" + ln.Addr().String()
}

type mode struct {
	name       string
	endpoint   string // "" = telemetry off, unless there are processors
	processors []sdktrace.SpanProcessor
	app        *app.Services
	took       []time.Duration
}

// TestTelemetryCost plans the same weeks in four programs in turn, one without
// telemetry, and prints the ratio of the medians.
func TestTelemetryCost(t *testing.T) {
	s, up := startSink(t)
	modes := []*mode{{name: "off"}, {name: "sink up", endpoint: up}, {name: "sink down", endpoint: "http://127.0.0.1:1"}, {name: "black hole", endpoint: blackHole(t)}}
	box := startSandbox(t)
	who := sandbox.People()[0]
	for _, m := range modes {
		m.start(t, box, who)
	}
	for i := range generations {
		order := slices.Clone(modes)
		for range i % len(order) { // no mode is always first
			order = append(order[1:], order[0])
		}
		for _, m := range order {
			begin := time.Now()
			if _, err := m.app.Generate(t.Context(), planner.Request{User: who.ID, Week: monday + calendar.Date(7*i)}, nil); err != nil {
				t.Fatal(err)
			}
			m.took = append(m.took, time.Since(begin))
		}
	}
	var base time.Duration
	fmt.Fprintf(os.Stdout, "%-12s %12s %12s %8s\n", "telemetry", "median", "p95", "ratio")
	for _, m := range modes {
		slices.Sort(m.took)
		median := m.took[len(m.took)/2]
		if base == 0 {
			base = median
		}
		fmt.Fprintf(os.Stdout, "%-12s %12s %12s %8.3f\n", m.name, median.Round(time.Microsecond), m.took[len(m.took)*95/100].Round(time.Microsecond), float64(median)/float64(base))
	}
	fmt.Fprintf(os.Stdout, "%d generations each; the sink received %d spans; aim: ratio <= 1.05\n", generations, s.spans.Load())
}

func (m *mode) start(t *testing.T, box *sandbox.Sandbox, who ...sandbox.Person) {
	t.Helper()
	var cfg config.Config
	if err := kong.ApplyDefaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Security.Key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	cfg.Database.URL = seal.Secret(testpg.URL(t))
	smtp := box.Mail.SMTPAddr()
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, "none"
	cfg.Telemetry.OTLPEndpoint, cfg.Telemetry.Disabled = m.endpoint, m.endpoint == "" && m.processors == nil
	cfg.Generation.Timeout, cfg.Generation.UpstreamTimeout = time.Minute, time.Minute
	program, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.Tool, Version: "bench", Log: io.Discard, LogLevel: slog.LevelInfo, SpanProcessors: m.processors})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Stop(context.Background()) })
	a := program.Services()
	for _, err := range []error{
		a.Users.PutConnection(t.Context(), recipe.Connection{
			ID: sandbox.Connection, URL: box.TandoorURL(), Sealed: a.SealTandoor(sandbox.Connection, seal.Secret(box.TandoorToken)),
		}),
		addAll(t.Context(), a, who),
		a.Sync.Ensure(t.Context(), sandbox.Connection, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.app = a
}

func addAll(ctx context.Context, a *app.Services, who []sandbox.Person) error {
	for _, p := range who {
		if err := a.Users.Add(ctx, p.User, nil); err != nil {
			return err
		}
	}
	return nil
}
