package telemetry

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// slowExporter takes a second for each export.
type slowExporter struct {
	sdkmetric.Exporter // its aggregation and temporality

	begun     chan struct{}
	cancelled int
	exported  []float64
}

func (e *slowExporter) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	select {
	case e.begun <- struct{}{}:
	default:
	}
	select {
	case <-ctx.Done():
		e.cancelled++
		return ctx.Err()
	case <-time.After(time.Second):
	}
	for _, s := range m.ScopeMetrics {
		for _, i := range s.Metrics {
			if sum, ok := i.Data.(metricdata.Sum[float64]); ok {
				e.exported = append(e.exported, sum.DataPoints[0].Value)
			}
		}
	}
	return nil
}

func (e *slowExporter) Temporality(k sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(k)
}

func (e *slowExporter) Aggregation(k sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(k)
}

func (e *slowExporter) ForceFlush(context.Context) error { return nil }
func (e *slowExporter) Shutdown(context.Context) error   { return nil }

// A command that ends while its metrics are on their way lets them arrive, and what was
// measured meanwhile too.
func TestStopWaitsForAnExportUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &slowExporter{begun: make(chan struct{}, 1)}
		m := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(time.Minute))))
		c, err := m.Meter("test").Float64Counter("done")
		if err != nil {
			t.Fatal(err)
		}
		c.Add(t.Context(), 1)
		<-e.begun
		c.Add(t.Context(), 1)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := stopMeters(ctx, m); err != nil {
			t.Error(err)
		}
		if e.cancelled > 0 {
			t.Errorf("%d exports were cancelled", e.cancelled)
		}
		if n := len(e.exported); n == 0 || e.exported[n-1] != 2 {
			t.Errorf("exported %v, want 2 at last", e.exported)
		}
	})
}
