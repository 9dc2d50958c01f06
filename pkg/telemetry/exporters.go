package telemetry

import (
	"cmp"
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Exporters, as OTEL_{TRACES,METRICS,LOGS}_EXPORTER names them.
const (
	OTLP    = "otlp"
	Console = "console" // on the log's writer; for logs these are the JSON lines, which are always written
	None    = "none"
)

// Protocols, as OTEL_EXPORTER_OTLP_PROTOCOL names them.
const (
	GRPC         = "grpc"
	HTTPProtobuf = "http/protobuf"
)

// Signal holds the settings of traces, metrics or logs alone.
type Signal struct {
	Exporter string // "" = OTLP
	Endpoint string // as it is, with its path over HTTP; "" = that of all signals
	Protocol string // "" = that of all signals
}

// exported reports whether a signal is sent over OTLP; without an endpoint none is.
func (o Options) exported(s Signal) bool {
	return !o.Disabled && cmp.Or(s.Exporter, OTLP) == OTLP && cmp.Or(s.Endpoint, o.Endpoint) != ""
}

// target returns the address a signal is sent to. The endpoint of all signals is a base, below
// which HTTP has a path for each (OTLP specification, "Endpoint URLs for OTLP/HTTP").
func (o Options) target(s Signal, path string) (url string, overHTTP bool) {
	overHTTP = cmp.Or(s.Protocol, o.Protocol, GRPC) == HTTPProtobuf
	switch {
	case s.Endpoint != "":
		return s.Endpoint, overHTTP
	case overHTTP:
		return strings.TrimRight(o.Endpoint, "/") + path, true
	default:
		return o.Endpoint, false
	}
}

// retry bridges the restart of a collector: the SDK's own first retry comes after 5 s,
// which is late in the 10 s that an export has in all (OTEL_EXPORTER_OTLP_TIMEOUT). It is
// why contrib's autoexport, which takes no options, does not make the exporters.
var retry = struct {
	Enabled         bool
	InitialInterval time.Duration
	MaxInterval     time.Duration
	MaxElapsedTime  time.Duration
}{Enabled: true, InitialInterval: 500 * time.Millisecond, MaxInterval: 5 * time.Second, MaxElapsedTime: time.Minute}

// spanExporter returns nil if traces are not exported.
func (o Options) spanExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	if o.TracesTo.Exporter == Console && !o.Disabled {
		return stdouttrace.New(stdouttrace.WithWriter(o.LogWriter))
	}
	if !o.exported(o.TracesTo) {
		return nil, nil
	}
	url, overHTTP := o.target(o.TracesTo, "/v1/traces")
	if overHTTP {
		return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(url), otlptracehttp.WithRetry(otlptracehttp.RetryConfig(retry)))
	}
	return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(url), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig(retry)))
}

// metricExporter returns nil if metrics are not exported.
func (o Options) metricExporter(ctx context.Context) (sdkmetric.Exporter, error) {
	if o.MetricsTo.Exporter == Console && !o.Disabled {
		return stdoutmetric.New(stdoutmetric.WithWriter(o.LogWriter))
	}
	if !o.exported(o.MetricsTo) {
		return nil, nil
	}
	url, overHTTP := o.target(o.MetricsTo, "/v1/metrics")
	if overHTTP {
		return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(url), otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig(retry)))
	}
	return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(url), otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig(retry)))
}

// logExporter returns nil if logs go only to the log's writer.
func (o Options) logExporter(ctx context.Context) (sdklog.Exporter, error) {
	if !o.exported(o.LogsTo) {
		return nil, nil
	}
	url, overHTTP := o.target(o.LogsTo, "/v1/logs")
	if overHTTP {
		return otlploghttp.New(ctx, otlploghttp.WithEndpointURL(url), otlploghttp.WithRetry(otlploghttp.RetryConfig(retry)))
	}
	return otlploggrpc.New(ctx, otlploggrpc.WithEndpointURL(url), otlploggrpc.WithRetry(otlploggrpc.RetryConfig(retry)))
}
