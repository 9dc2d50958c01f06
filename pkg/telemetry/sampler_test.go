package telemetry_test

import (
	"io"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// Whatever is sampled, span processors see every span, so that durations are measured.
func TestProcessorsSeeWhatIsNotSampled(t *testing.T) { // not parallel: providers are global
	for _, c := range []struct {
		sampler, arg string
		disabled     bool
		sampled      bool
	}{
		{"", "", false, true},
		{"always_on", "", false, true},
		{"always_off", "", false, false},
		{"parentbased_always_off", "", false, false},
		{"traceidratio", "0", false, false},
		{"parentbased_traceidratio", "1", false, true},
		{"Parentbased_TraceIDRatio", "", false, true},
		{"always_on", "", true, false},
	} {
		spans := tracetest.NewSpanRecorder()
		tel, err := telemetry.Start(t.Context(), telemetry.Options{
			Service: "t", Instance: "t", LogWriter: io.Discard,
			Sampler: c.sampler, SamplerArg: c.arg, Disabled: c.disabled, SpanProcessors: []trace.SpanProcessor{spans},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, span := tel.Tracer().Start(t.Context(), "x")
		span.End()
		if n := len(spans.Ended()); n != 1 || span.SpanContext().IsSampled() != c.sampled {
			t.Errorf("%+v: %d spans ended, sampled %t", c, n, span.SpanContext().IsSampled())
		}
		if err := tel.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestSamplerIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"sometimes", ""}, {"parentbased_", ""}, {"traceidratio", "1.1"}, {"traceidratio", "-1"}, {"traceidratio", "NaN"}, {"traceidratio", "half"}} {
		_, err := telemetry.Start(t.Context(), telemetry.Options{Service: "t", Instance: "t", LogWriter: io.Discard, Sampler: c[0], SamplerArg: c[1]})
		if fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("%q %q: %v", c[0], c[1], err)
		}
	}
}

// BenchmarkUnsampledSpan is the cost of a span that is only timed.
func BenchmarkUnsampledSpan(b *testing.B) {
	tel, err := telemetry.Start(b.Context(), telemetry.Options{
		Service: "t", Instance: "t", LogWriter: io.Discard, Disabled: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_, span := tel.Tracer().Start(b.Context(), "x")
		span.End()
	}
}
