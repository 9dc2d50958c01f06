//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/mealplanner/mealplanner/test/kit/stack"
)

// table prints and compares what is true with what was measured.
type table struct {
	t    *testing.T
	rows []string
}

func (tb *table) row(name string, truth, measured, tolerance float64) {
	tb.t.Helper()
	mark := "ok"
	if math.Abs(truth-measured) > tolerance+1e-9 {
		mark = "WRONG"
		tb.t.Errorf("%s: measured %g, true is %g", name, measured, truth)
	}
	tb.rows = append(tb.rows, fmt.Sprintf("%-86s %14.6g %14.6g  %s", name, truth, measured, mark))
}

func (tb *table) print() {
	slices.Sort(tb.rows)
	fmt.Printf("%-86s %14s %14s\n%s\n", "name", "truth", "measured", strings.Join(tb.rows, "\n"))
}

// growth is how much a counter grew since the world began, by the values of a label.
func (w *world) growth(t *testing.T, selector string, by ...attribute.Key) map[string]float64 {
	t.Helper()
	labels := make([]string, len(by))
	for i, k := range by {
		labels[i] = string(k)
	}
	got, err := w.stack.Ports.Metrics().Query(t.Context(), fmt.Sprintf("sum by (%s) (increase(%s[1h] anchored))", strings.Join(labels, ", "), selector))
	must(t, err)
	out := map[string]float64{}
	for _, s := range got {
		values := make([]string, len(labels))
		for i, l := range labels {
			values[i] = s.Labels[l]
		}
		if v := math.Round(s.Value*1e6) / 1e6; v != 0 {
			out[strings.Join(values, " ")] = v
		}
	}
	return out
}

func (w *world) compare(tb *table, name string, truth map[string]float64, tolerance float64, by ...attribute.Key) {
	tb.t.Helper()
	measured := w.growth(tb.t, name, by...)
	keys := map[string]bool{}
	for k := range truth {
		keys[k] = true
	}
	for k := range measured {
		keys[k] = true
	}
	for k := range keys {
		label := name
		if k != "" {
			label += "{" + k + "}"
		}
		tb.row(label, truth[k], measured[k], tolerance*math.Abs(truth[k]))
	}
}

// rows are counts that SQL gives by a key.
func (w *world) rows(t *testing.T, sql string) map[string]float64 {
	t.Helper()
	rows, err := w.db.Query(t.Context(), sql)
	must(t, err)
	defer rows.Close()
	out := map[string]float64{}
	for rows.Next() {
		var k string
		var n float64
		must(t, rows.Scan(&k, &n))
		if n != 0 {
			out[k] = n
		}
	}
	must(t, rows.Err())
	return out
}

// tagged returns the spans of all services that carry a tag, by its value.
func (w *world) tagged(t *testing.T, operation, tag string) map[string][]stack.Span {
	t.Helper()
	out := map[string][]stack.Span{}
	for _, service := range services {
		spans, err := w.stack.Ports.Spans(t.Context(), service, operation, w.began)
		must(t, err)
		for _, s := range spans {
			if v, ok := s.Tags[tag]; ok {
				k := fmt.Sprint(v)
				out[k] = append(out[k], s)
			}
		}
	}
	return out
}
