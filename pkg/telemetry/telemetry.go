// Package telemetry starts and stops the OpenTelemetry SDK: traces, metrics and logs
// over OTLP when an endpoint is set, and JSON logs always. Nothing here waits for
// a collector: an absent one costs a warning and the signals, never a request.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Options configure [Start]. Headers, compression, certificates, timeouts and queues, also
// those of one signal, follow the standard OTEL_* variables, which the SDK reads by itself.
type Options struct {
	Service     string // service.name
	Version     string // service.version
	Environment string // deployment.environment.name
	// Instance is service.instance.id. Two live processes must not share one; it should
	// survive a restart, because each is a set of series. OTEL_RESOURCE_ATTRIBUTES overrides it.
	Instance string

	// Disabled sends nothing and writes only the JSON logs (OTEL_SDK_DISABLED). Spans still
	// reach SpanProcessors, because they are the program's clock.
	Disabled bool
	Endpoint string // http(s)://host[:port][/path] of the OTLP receiver of all signals; "" = send only what has its own
	Protocol string // GRPC or HTTPProtobuf; "" = GRPC
	// What differs for one signal.
	TracesTo, MetricsTo, LogsTo Signal
	Interval                    time.Duration // between metric exports; 0 = 15 s
	// Sampler and SamplerArg are OTEL_TRACES_SAMPLER and its argument. A span that is not
	// sampled is not exported, but reaches SpanProcessors.
	Sampler, SamplerArg string

	Views          []sdkmetric.View
	SpanProcessors []sdktrace.SpanProcessor // run before the exporting one
	Readers        []sdkmetric.Reader       // besides the exporting one

	LogWriter io.Writer
	Logs      LogOptions
}

// cardinalityLimit is the most label sets one instrument may have; further ones merge
// into one series with otel_metric_overflow="true".
const cardinalityLimit = 20_000

// Telemetry is the running SDK.
type Telemetry struct {
	Tracers *sdktrace.TracerProvider
	Meters  *sdkmetric.MeterProvider
	Logger  *slog.Logger
	Levels  *Levels

	logs *sdklog.LoggerProvider
}

// keepTraces tells the Collector's tail sampling to keep every trace of this process.
const keepTraces = attribute.Key("trace_requests")

// Start builds the providers and sets them as OpenTelemetry's globals, for libraries
// that cannot be given one.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	// Read by the metric SDK before the first Add of a series: a series then starts when
	// it first appears, and Prometheus sees its first increment. The second one makes the
	// SDK count what it exports and loses.
	if err := errors.Join(os.Setenv("OTEL_GO_X_PER_SERIES_START_TIMESTAMPS", "true"), os.Setenv("OTEL_GO_X_OBSERVABILITY", "true")); err != nil {
		return nil, fault.Wrap(fault.Internal, "telemetry: start", err)
	}
	res, err := o.resource(ctx)
	if err != nil {
		return nil, err
	}
	if o.Disabled {
		o.Readers, o.Sampler = nil, "always_off"
	}
	sampled, err := sampler(o.Sampler, o.SamplerArg)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Levels: NewLevels(o.Logs.Level, o.Logs.Debug)}
	traceOpts := []sdktrace.TracerProviderOption{sdktrace.WithResource(res), sdktrace.WithSampler(sdktrace.AlwaysRecord(sampled))}
	for _, p := range o.SpanProcessors {
		traceOpts = append(traceOpts, sdktrace.WithSpanProcessor(p))
	}
	meterOpts := []sdkmetric.Option{
		sdkmetric.WithResource(res), sdkmetric.WithView(o.Views...), sdkmetric.WithCardinalityLimit(cardinalityLimit),
	}
	for _, r := range o.Readers {
		meterOpts = append(meterOpts, sdkmetric.WithReader(r))
	}
	logOpts := []sdklog.LoggerProviderOption{sdklog.WithResource(res)}
	spans, err1 := o.spanExporter(ctx)
	points, err2 := o.metricExporter(ctx)
	records, err3 := o.logExporter(ctx)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, "telemetry: exporter (check the OTEL_EXPORTER_OTLP_ variables)", err)
	}
	if spans != nil {
		traceOpts = append(traceOpts, sdktrace.WithBatcher(spans))
	}
	if points != nil {
		meterOpts = append(meterOpts, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(points, sdkmetric.WithInterval(cmp.Or(o.Interval, 15*time.Second)))))
	}
	if records != nil {
		logOpts = append(logOpts, sdklog.WithProcessor(sdklog.NewBatchProcessor(records)))
	}
	t.Tracers = sdktrace.NewTracerProvider(traceOpts...)
	t.Meters = sdkmetric.NewMeterProvider(meterOpts...)
	t.logs = sdklog.NewLoggerProvider(logOpts...)

	stdout := newJSONHandler(o.LogWriter)
	sinks := []slog.Handler{stdout}
	if records != nil {
		sinks = append(sinks, &recordHandler{next: otelslog.NewHandler(o.Service, otelslog.WithLoggerProvider(t.logs))})
	}
	withFields := func(next slog.Handler) *slog.Logger {
		return slog.New(&contextHandler{next: next, levels: t.Levels, opts: o.Logs, has: map[string]bool{}})
	}
	t.Logger = withFields(slog.NewMultiHandler(sinks...))

	otel.SetTracerProvider(t.Tracers)
	otel.SetMeterProvider(t.Meters)
	otel.SetTextMapPropagator(propagation.TraceContext{})                            // third parties get no baggage
	otel.SetErrorHandler(&exportErrors{log: withFields(stdout), every: time.Minute}) // not over OTLP: that is what fails

	if points != nil {
		if err := runtime.Start(runtime.WithMeterProvider(t.Meters)); err != nil {
			return nil, fault.Wrap(fault.Internal, "telemetry: runtime metrics", err)
		}
	}
	return t, nil
}

// resource says which process the signals are of.
func (o Options) resource(ctx context.Context) (*resource.Resource, error) {
	res, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithProcessPID(),
		resource.WithAttributes(
			semconv.ServiceName(o.Service),
			semconv.ServiceNamespace("mealplanner"),
			semconv.ServiceVersion(o.Version),
			semconv.ServiceInstanceID(o.Instance),
			semconv.DeploymentEnvironmentNameKey.String(o.Environment),
		),
		resource.WithAttributes(keepTraces.Bool(o.Logs.KeepAll)),
		resource.WithFromEnv(),
	)
	if err != nil && !errors.Is(err, resource.ErrPartialResource) && !errors.Is(err, resource.ErrSchemaURLConflict) {
		return nil, fault.Wrap(fault.InvalidConfig, "telemetry: resource (OTEL_RESOURCE_ATTRIBUTES)", err)
	}
	return res, nil
}

// Tracer returns the program's tracer.
func (t *Telemetry) Tracer() trace.Tracer {
	return t.Tracers.Tracer("github.com/mealplanner/mealplanner")
}

// Stop flushes and ends the providers: traces and logs, then metrics, because ending
// spans record metrics. A context without a deadline may wait for minutes when the
// collector is unreachable.
func (t *Telemetry) Stop(ctx context.Context) error {
	err := errors.Join(t.Tracers.Shutdown(ctx), t.logs.Shutdown(ctx))
	return errors.Join(err, stopMeters(ctx, t.Meters))
}

// stopMeters lets an export that is under way end before the provider: its end cancels the
// export, which counts as telemetry that was lost.
func stopMeters(ctx context.Context, m *sdkmetric.MeterProvider) error {
	// Prometheus sees a series begin at zero if it began in an earlier millisecond than
	// its first sample. A command may end in the one of its last measurement.
	const next = 2 * time.Millisecond
	time.Sleep(next) //nolint:forbidigo // outside any logic
	err := m.ForceFlush(ctx)
	time.Sleep(next) //nolint:forbidigo // two samples of a series need two times
	return errors.Join(err, m.Shutdown(ctx))
}

// exportErrors logs the SDK's errors to stdout at most once per interval: never over
// OTLP, where the line would cause the next error.
type exportErrors struct {
	log   *slog.Logger
	lost  atomic.Int64
	every time.Duration
	last  atomic.Int64 // UnixNano of the last line
}

// Handle implements otel.ErrorHandler.
func (h *exportErrors) Handle(err error) {
	n := h.lost.Add(1)
	now := time.Now().UnixNano() //nolint:forbidigo // rate limit of a log line, outside any logic
	last := h.last.Load()
	if now-last < int64(h.every) || !h.last.CompareAndSwap(last, now) {
		return
	}
	h.log.Warn("Telemetry export failed; signals may be lost", "component", "telemetry",
		"error_type", "TelemetryExport", "error_message", err.Error(), "errors", n)
}
