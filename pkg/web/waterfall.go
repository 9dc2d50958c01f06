package web

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Row is a span placed below its parent. X and Width are thousandths of the trace's time.
type Row struct {
	Span
	Depth    int
	X, Width float64
	Failed   bool
	Names    []string // of the attributes, sorted
	Lines    []Line
}

// falls orders spans by start, each below its parent, and places them on the trace's time.
func falls(spans []Span) (rows []Row, start time.Time, took time.Duration) {
	spans = slices.SortedStableFunc(slices.Values(spans), func(a, b Span) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(b.Took, a.Took))
	})
	known := map[string]bool{}
	below := map[string][]Span{}
	end := spans[0].Start
	for _, s := range spans {
		known[s.ID] = true
		if s.Parent != "" && s.Parent != s.ID {
			below[s.Parent] = append(below[s.Parent], s)
		}
		if e := s.Start.Add(s.Took); e.After(end) {
			end = e
		}
	}
	start, took = spans[0].Start, end.Sub(spans[0].Start)
	share := func(d time.Duration) float64 { return 1000 * float64(d) / float64(max(took, 1)) }
	placed := map[string]bool{}
	var place func(s Span, depth int)
	place = func(s Span, depth int) {
		if placed[s.ID] {
			return
		}
		placed[s.ID] = true
		rows = append(rows, Row{
			Span: s, Depth: depth, X: share(s.Start.Sub(start)), Width: max(share(s.Took), 2),
			Failed: s.Attributes["otel.status_code"] == "ERROR" || s.Attributes["error.type"] != "",
			Names:  slices.Sorted(maps.Keys(s.Attributes)),
		})
		for _, c := range below[s.ID] {
			place(c, depth+1)
		}
	}
	for _, s := range spans {
		if !known[s.Parent] || s.Parent == s.ID {
			place(s, 0)
		}
	}
	for _, s := range spans { // whose ancestors form a cycle
		place(s, 0)
	}
	return rows, start, took
}
