package telemetry

import (
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// sampler returns the sampler of a standard name (OTEL_TRACES_SAMPLER), arg being the
// ratio in [0,1] of those that have one; "" is parentbased_always_on, and ratio 1.
func sampler(name, arg string) (sdktrace.Sampler, error) {
	name, arg = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(arg)
	base, parentBased := strings.CutPrefix(name, "parentbased_")
	var s sdktrace.Sampler
	switch base {
	case "always_on":
		s = sdktrace.AlwaysSample()
	case "always_off":
		s = sdktrace.NeverSample()
	case "traceidratio":
		ratio := 1.0
		if arg != "" {
			var err error
			if ratio, err = strconv.ParseFloat(arg, 64); err != nil || !(ratio >= 0 && ratio <= 1) {
				return nil, fault.New(fault.InvalidConfig, "OTEL_TRACES_SAMPLER_ARG", "%q is not a ratio from 0 to 1", arg)
			}
		}
		s = sdktrace.TraceIDRatioBased(ratio)
	case "":
		s, parentBased = sdktrace.AlwaysSample(), true
		if name != "" {
			return nil, unknownSampler(name)
		}
	default:
		return nil, unknownSampler(name)
	}
	if parentBased {
		s = sdktrace.ParentBased(s)
	}
	return s, nil
}

func unknownSampler(name string) error {
	return fault.New(fault.InvalidConfig, "OTEL_TRACES_SAMPLER", "%q is not always_on, always_off, traceidratio, or one of them after parentbased_", name)
}
