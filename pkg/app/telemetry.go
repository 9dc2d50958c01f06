package app

import (
	"context"
	"os"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

func (a *App) startTelemetry(ctx context.Context, timings *observe.Timings) error {
	c := a.opts.Config
	level, debugUser, err := c.Log.Levels(a.opts.LogLevel)
	if err != nil {
		return err
	}
	users, err := countUsers(ctx, c.Database.URL.Reveal())
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fault.Wrap(fault.Internal, "host name", err)
	}
	a.instance = host + "/" + string(a.opts.Role)
	debug := map[string]time.Time{}
	if debugUser != "" {
		debug[debugUser] = a.opts.Now().Add(time.Hour)
	}
	readers := a.opts.Readers
	if c.Telemetry.Metrics && a.opts.Role != Tool {
		reader, page, err := telemetry.NewScrape()
		if err != nil {
			return err
		}
		readers, a.metricsPage = append(readers, reader), page
	}
	a.telemetry, err = telemetry.Start(ctx, telemetry.Options{
		Service: a.opts.Role.service(), Version: a.opts.Version, Environment: c.Telemetry.Environment,
		Instance: a.instance,
		Disabled: c.Telemetry.Disabled,
		Endpoint: c.Telemetry.OTLPEndpoint, Protocol: c.Telemetry.OTLPProtocol, Interval: c.Telemetry.MetricInterval,
		TracesTo:  telemetry.Signal{Exporter: c.Telemetry.TracesExporter, Endpoint: c.Telemetry.TracesEndpoint, Protocol: c.Telemetry.TracesProtocol},
		MetricsTo: telemetry.Signal{Exporter: c.Telemetry.MetricsExporter, Endpoint: c.Telemetry.MetricsEndpoint, Protocol: c.Telemetry.MetricsProtocol},
		LogsTo:    telemetry.Signal{Exporter: c.Telemetry.LogsExporter, Endpoint: c.Telemetry.LogsEndpoint, Protocol: c.Telemetry.LogsProtocol},
		Sampler:   c.Telemetry.Sampler, SamplerArg: c.Telemetry.SamplerArg,
		Views:          metrics.Views(metrics.LabelsFor(users)),
		SpanProcessors: append([]sdktrace.SpanProcessor{timings}, a.opts.SpanProcessors...),
		Readers:        readers,
		LogWriter:      a.opts.Log,
		Logs:           telemetry.LogOptions{Level: level, SampleInfo: c.Log.SampleInfo && c.Telemetry.ExportsLogs(), KeepAll: c.Log.TraceRequests, Debug: debug},
	})
	if err != nil {
		return err
	}
	flush := 3 * time.Second
	if a.opts.Role == Tool {
		flush = time.Second
	}
	a.stops.push("telemetry", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flush)
		defer cancel()
		if err := a.telemetry.Stop(ctx); err != nil {
			a.log.Warn("Telemetry flush incomplete", "component", "telemetry", "error_type", "TelemetryExport", "error_message", err.Error())
		}
		return nil // lost telemetry must not fail the program
	})
	a.log, a.s.Log, a.s.tracer = a.telemetry.Logger, a.telemetry.Logger, a.telemetry.Tracer()
	a.rec, err = metrics.New(ctx, a.telemetry.Meters)
	timings.Record(a.rec)
	return err
}

// countUsers counts users before metrics start, since their number decides which labels
// are affordable. A database without our schema has none.
func countUsers(ctx context.Context, url string) (int, error) {
	pool, err := postgres.Open(ctx, postgres.Options{URL: url, Pool: "start", MaxConns: 1})
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	n, err := postgres.NewUsers(pool).Count(ctx)
	if fault.KindOf(err) == fault.DatabaseError {
		return 0, nil
	}
	return n, err
}
