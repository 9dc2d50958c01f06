package drill

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func drillResource() *resource.Resource { return resource.NewSchemaless(semconv.ServiceName("drill")) }

// belated sends a sample of last year each second, which Prometheus rejects permanently.
var belated = during(func(ctx context.Context, i *Installation) error {
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(i.OTLP))
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "drill: OTLP", err)
	}
	for err == nil && ctx.Err() == nil {
		at := time.Now().AddDate(-1, 0, 0) //nolint:forbidigo // the real time is what the server compares with
		err = exporter.Export(ctx, &metricdata.ResourceMetrics{Resource: drillResource(), ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{
			Name: "drill_belated_total", Data: metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{{StartTime: at, Time: at, Value: 1}}},
		}}}}})
		sleep(ctx, time.Second)
	}
	if ctx.Err() != nil {
		err = nil
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if serr := exporter.Shutdown(limited); err == nil {
		err = serr
	}
	return fault.Wrap(fault.NetworkError, "drill: OTLP", err)
})

// A flood fills over half of the queue that a Collector has by default, 20,000 requests of one
// trace each, and never all of it. A slow Collector slows it down.
const (
	floodTraces = 14_000
	floodEvery  = 100 * time.Millisecond
	floodBurst  = 50
)

// flooding sends failed traces, which sampling always keeps.
var flooding = during(func(ctx context.Context, i *Installation) error {
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(i.OTLP))
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "drill: OTLP", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(floodEvery), sdktrace.WithBlocking()), sdktrace.WithResource(drillResource()), sdktrace.WithSampler(sdktrace.AlwaysSample()))
	tracer := provider.Tracer("drill")
	for n := 0; n < floodTraces && ctx.Err() == nil; n += floodBurst {
		for range floodBurst {
			_, span := tracer.Start(context.WithoutCancel(ctx), "drill_flood")
			span.SetStatus(codes.Error, "drill")
			span.End()
		}
		sleep(ctx, floodEvery)
	}
	<-ctx.Done()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if provider.Shutdown(limited) != nil { // the rest is not needed
		_ = exporter.Shutdown(limited) // limited has ended: the request under way is dropped
	}
	return nil
})
