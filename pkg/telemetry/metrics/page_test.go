package metrics_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

var update = flag.Bool("update", false, "rewrite docs/metrics.md")

const metricsPage = "../../../docs/metrics.md"

// TestMetricsPage keeps docs/metrics.md equal to the catalogue.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	want := renderPage()
	if *update {
		if err := os.WriteFile(metricsPage, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/metrics.md is out of date, run `make generate`:\n%s", diff)
	}
}

func renderPage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Metrics

Every metric of ours, from the one catalogue in ` + "`pkg/telemetry/metrics`" + `. Names reach Prometheus unchanged. Counters whose
label values are known beforehand are exported at zero from the start: so many series. Section is that of the [requirements](evidence/spec-coverage.md); "design" marks what we added.
This page is generated (` + "`make generate`" + `).

| metric | kind | unit | labels | at zero | section | by | meaning |
|---|---|---|---|---|---|---|---|
`)
	for _, d := range metrics.Catalogue {
		keys := make([]string, len(d.Keys))
		for i, k := range d.Keys {
			keys[i] = "`" + string(k) + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s | %s | %s | %s |\n", d.Name, d.Kind, d.Unit, strings.Join(keys, ", "), zeros(d), d.Section, state(d), d.Help)
	}
	b.WriteString("\n## Bucket bounds\n\n")
	for _, d := range metrics.Catalogue {
		if d.Buckets == nil {
			continue
		}
		bounds := make([]string, len(d.Buckets))
		for i, x := range d.Buckets {
			bounds[i] = strconv.FormatFloat(x, 'g', -1, 64)
		}
		fmt.Fprintf(&b, "- `%s`: %s\n", d.Name, strings.Join(bounds, ", "))
	}
	return b.Bytes()
}

func state(d metrics.Def) string {
	if d.Collector {
		return "the Collector"
	}
	return "the program"
}

func zeros(d metrics.Def) string {
	sets, perUser := d.ZeroSeries()
	switch {
	case len(sets) == 0:
		return ""
	case perUser:
		return fmt.Sprintf("%d a user", len(sets))
	default:
		return strconv.Itoa(len(sets))
	}
}
