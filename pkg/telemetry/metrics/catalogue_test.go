package metrics_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// start returns a recorder and a function that collects its points by metric.
func start(t *testing.T, l metrics.Labels) (*metrics.Recorder, func() map[string]metricdata.Aggregation) {
	t.Helper()
	reader := sdk.NewManualReader()
	mp := sdk.NewMeterProvider(sdk.WithReader(reader), sdk.WithView(metrics.Views(l)...))
	rec, err := metrics.New(t.Context(), mp)
	if err != nil {
		t.Fatal(err)
	}
	return rec, func() map[string]metricdata.Aggregation {
		t.Helper()
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		out := map[string]metricdata.Aggregation{}
		for _, sm := range rm.ScopeMetrics {
			for _, m := range sm.Metrics {
				out[m.Name] = m.Data
			}
		}
		return out
	}
}

// The thresholds of docs/thresholds.md are bounds, with bounds above them.
func TestBucketsHoldTheThresholds(t *testing.T) {
	t.Parallel()
	for name, thresholds := range map[string][]float64{
		"generation_execution_time_seconds":     {.3, .5, 1, 2},
		"generation_component_duration_seconds": {.01, .02, .05, .1, .15, .2, .3, .45},
		"api_request_duration_seconds":          {.3, .5, 1},
		"database_query_duration_seconds":       {.05, .1},
		"email_delivery_latency_seconds":        {10},
	} {
		d, ok := metrics.Lookup(name)
		if !ok {
			t.Fatalf("%s is not in the catalogue", name)
		}
		if !slices.IsSorted(d.Buckets) {
			t.Errorf("%s: bounds are not ascending", name)
		}
		for _, x := range thresholds {
			if !slices.Contains(d.Buckets, x) {
				t.Errorf("%s: %g is no bound", name, x)
			}
		}
		if d.Buckets[len(d.Buckets)-1] <= thresholds[len(thresholds)-1] {
			t.Errorf("%s: no bound above %g", name, thresholds[len(thresholds)-1])
		}
	}
}

func TestClosedLabelSetsStartAtZero(t *testing.T) {
	t.Parallel()
	rec, collect := start(t, metrics.LabelsFor(1))
	rec.UserKnown(t.Context(), "user_ana")
	got := collect()
	for name, want := range map[string]int{
		"generation_recipe_selection_conflicts_total": len(metrics.ConflictTypes),
		"email_delivery_attempts_total":               len(metrics.EmailTypes),
		"generation_failures_total":                   len(fault.Kinds),
		"generation_attempts_total":                   1,
		"cost_metrics_api_calls":                      len(metrics.APIs),
	} {
		sum, ok := got[name].(metricdata.Sum[int64])
		if !ok || len(sum.DataPoints) != want {
			t.Errorf("%s: %d series, want %d", name, len(sum.DataPoints), want)
		}
		for _, p := range sum.DataPoints {
			if p.Value != 0 {
				t.Errorf("%s starts at %d", name, p.Value)
			}
		}
	}
}

func TestLabelsFollowTheInstallationsSize(t *testing.T) {
	t.Parallel()
	for users, want := range map[int]struct{ histogram, counter bool }{
		25: {true, true}, 26: {false, true}, 500: {false, true}, 501: {false, false},
	} {
		rec, collect := start(t, metrics.LabelsFor(users))
		rec.GenerationSucceeded(t.Context(), "user_ana", "2026-11-30", 300*time.Millisecond, true, []string{"MacroImbalance"})
		got := collect()
		h := got["generation_execution_time_seconds"].(metricdata.Histogram[float64]).DataPoints[0]
		if has(h.Attributes, metrics.KeyUser) != want.histogram || has(h.Attributes, metrics.KeyWeek) != want.histogram {
			t.Errorf("%d users: histogram labels %v", users, h.Attributes.ToSlice())
		}
		c := got["generation_success_total"].(metricdata.Sum[int64]).DataPoints[0]
		if has(c.Attributes, metrics.KeyUser) != want.counter || c.Value != 1 {
			t.Errorf("%d users: counter %v = %d", users, c.Attributes.ToSlice(), c.Value)
		}
	}
}

func has(set attribute.Set, k attribute.Key) bool {
	_, ok := set.Value(k)
	return ok
}

func TestForeignHistogramsInSecondsGetUsableBounds(t *testing.T) {
	t.Parallel()
	reader := sdk.NewManualReader()
	mp := sdk.NewMeterProvider(sdk.WithReader(reader), sdk.WithView(metrics.Views(metrics.LabelsFor(1))...))
	h, err := mp.Meter("library").Float64Histogram("somebody.elses.latency", metric.WithUnit("s"))
	if err != nil {
		t.Fatal(err)
	}
	h.Record(t.Context(), .2)
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	p := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints[0]
	if !slices.Contains(p.Bounds, .25) {
		t.Errorf("bounds %v", p.Bounds)
	}
}

// A visitor chooses the Host header and the method, so they must not make series.
func TestHTTPLabelsAreBounded(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]attribute.Key{
		"http.server.request.duration":   {"http.request.method", "http.response.status_code", "http.route"},
		"http.server.active_requests":    {"http.request.method", "http.response.status_code", "http.route"},
		"somebody.elses.request.latency": {"http.request.method", "http.response.status_code", "http.route", "server.address", "server.port", "url.scheme"},
	} {
		reader := sdk.NewManualReader()
		mp := sdk.NewMeterProvider(sdk.WithReader(reader), sdk.WithView(metrics.Views(metrics.LabelsFor(1))...))
		unit := "s"
		if strings.HasSuffix(name, "size") {
			unit = "By"
		}
		h, err := mp.Meter("library").Float64Histogram(name, metric.WithUnit(unit))
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"a.example", "b.example"} {
			h.Record(t.Context(), .2, metric.WithAttributes(
				attribute.String("http.request.method", "GET"), attribute.String("http.route", "/plan/{token}"),
				attribute.Int("http.response.status_code", 200), attribute.String("server.address", host),
				attribute.Int("server.port", 8080), attribute.String("url.scheme", "http"),
			))
		}
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		if n := len(rm.ScopeMetrics[0].Metrics); n != 1 {
			t.Errorf("%s: %d streams", name, n)
		}
		points := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints
		var keys []attribute.Key
		for _, kv := range points[0].Attributes.ToSlice() {
			keys = append(keys, kv.Key)
		}
		if !slices.Equal(keys, want) {
			t.Errorf("%s has %v, want %v", name, keys, want)
		}
		if strings.HasPrefix(name, "http.server.") && len(points) != 1 {
			t.Errorf("%s: %d series for two Host headers", name, len(points))
		}
	}
}

// Closed sets that packages of other layers declare are the catalogue's.
func TestClosedSetsAreThoseOfTheirPackages(t *testing.T) {
	t.Parallel()
	for name, sets := range map[string][2][]string{
		"actions":   {metrics.Actions, texts(alerting.Actions)},
		"results":   {metrics.Results, texts(alerting.Results)},
		"conflicts": {metrics.ConflictTypes, texts([]generate.Conflict{generate.DuplicateRecipe, generate.MacroImbalance, generate.ConstraintViolation})},
	} {
		if !slices.Equal(sets[0], sets[1]) {
			t.Errorf("%s: the catalogue has %v, the package %v", name, sets[0], sets[1])
		}
	}
}

func texts[T ~string](values []T) (out []string) {
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// What is missing among the closed values reads as told.
func TestReadingsOfEachLabel(t *testing.T) {
	t.Parallel()
	rate := metrics.EmailDeliverySuccessRate
	got := rate.Each(map[string]float64{"weekly_plan": .5}, []string{"weekly_plan", "daily_advisor"}, 1)
	if want := []metrics.Reading{rate.At(1, "daily_advisor"), rate.At(.5, "weekly_plan")}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	rec, collect := start(t, metrics.LabelsFor(1))
	stop, err := rec.Observe(metrics.APIAvailability, func(context.Context) []metrics.Reading {
		return []metrics.Reading{metrics.APIAvailability.At(1, "tandoor"), metrics.APIAvailability.At(0, "fatsecret"), metrics.ServiceUp.At(1, "api")}
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, p := range collect()["api_availability"].(metricdata.Gauge[float64]).DataPoints {
		api, _ := p.Attributes.Value(metrics.KeyAPI)
		got[api.AsString()] = p.Value
	}
	if want := map[string]float64{"tandoor": 1, "fatsecret": 0}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, still := collect()["api_availability"]; still {
		t.Error("the gauge is read after its end")
	}
}
