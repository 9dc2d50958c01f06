package drill

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// overflowing sends a metric that has more label sets than its limit.
var overflowing = during(func(ctx context.Context, i *Installation) error {
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(i.OTLP))
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "drill: OTLP", err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithInterval(time.Second))),
		sdkmetric.WithResource(drillResource()),
		sdkmetric.WithCardinalityLimit(5),
	)
	counter, err := provider.Meter("drill").Int64Counter("drill_series_total", metric.WithDescription("A metric with more series than its limit."))
	for n := 0; err == nil && ctx.Err() == nil; n++ {
		counter.Add(ctx, 1, metric.WithAttributes(attribute.String("series", strconv.Itoa(n%10))))
		sleep(ctx, 100*time.Millisecond)
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if serr := provider.Shutdown(limited); err == nil && serr != nil {
		err = fault.Wrap(fault.NetworkError, "drill: OTLP", serr)
	}
	return err
})
