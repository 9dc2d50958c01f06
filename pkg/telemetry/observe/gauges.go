package observe

import "github.com/mealplanner/mealplanner/pkg/telemetry/metrics"

// Rates turns a map of rates into readings; labels that are missing get the default.
func Rates(m map[string]float64, labels []string, missing float64) []metrics.Reading {
	out := make([]metrics.Reading, 0, len(m)+len(labels))
	for _, l := range labels {
		if _, ok := m[l]; !ok {
			out = append(out, metrics.Reading{Label: l, Value: missing})
		}
	}
	for l, v := range m {
		out = append(out, metrics.Reading{Label: l, Value: v})
	}
	return out
}
