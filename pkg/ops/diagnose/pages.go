package diagnose

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What the alerts of pages leave out, and how slow a page is that is worth a word.
const (
	noPages  = "/(healthz|readyz|status)|/alerts/.*"
	noWaits  = "/(healthz|readyz|status)|/(alerts|fatsecret|operations|picture|setup)(/.*)?|/api/v1/recipes/.*|.*/(events|push)"
	slowPage = time.Second
)

// lookAtPages looks for pages and operations of the API that fail or are slow.
func (c *investigation) lookAtPages(ctx context.Context) ([]Finding, error) {
	out, err := c.failingPages(ctx)
	if err != nil {
		return nil, err
	}
	slow, err := c.query(ctx, `topk(5, histogram_quantile(0.95, sum by (http_request_method, http_route, le) (increase(http_server_request_duration_bucket{http_route!~"%[4]s"}[%[1]s] anchored))) > %[2]v
		and sum by (http_request_method, http_route) (increase(http_server_request_duration_count[%[1]s] anchored)) >= %[3]d)`, span(c.recent), slowPage.Seconds(), errorsLeast, noWaits)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(slow, func(a, b Sample) int { return int(1e6 * (b.Value - a.Value)) })
	for _, s := range slow {
		f := Finding{Cause: fmt.Sprintf("the page %s is slow: %.1f s (p95)", s.Labels["http_route"], s.Value), Evidence: []string{"of the last " + c.recent.String()}}
		if f.Traces, err = c.slowRequests(ctx, s.Labels["http_request_method"]+" "+s.Labels["http_route"]); err != nil {
			f.Evidence = append(f.Evidence, "traces were not asked: "+oneLine(err.Error()))
		}
		out = append(out, f)
	}
	return out, nil
}

// slowRequests are traces of a few, the slowest first.
func (c *investigation) slowRequests(ctx context.Context, name string) ([]string, error) {
	var all []Span
	for _, service := range []string{"meal-planner-api", "meal-planner"} {
		spans, err := c.Traces.Slow(ctx, service, name, c.since, slowPage, 20)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(spans, func(s Span) bool { return s.Name != name })...)
	}
	slices.SortFunc(all, func(a, b Span) int { return int(b.Took - a.Took) })
	var traces []string
	for _, s := range all[:min(len(all), 3)] {
		traces = append(traces, s.Trace)
	}
	return traces, nil
}

func (c *investigation) failingPages(ctx context.Context) ([]Finding, error) {
	failed := fmt.Sprintf(`sum by (http_route, http_response_status_code) (increase(http_server_request_duration_count{http_response_status_code=~"5..", http_route!~%q}[%%s] anchored)) > 0`, noPages)
	window, err := c.query(ctx, failed, span(c.Window))
	if err != nil || len(window) == 0 {
		return nil, err
	}
	recent, err := c.query(ctx, failed, span(c.recent))
	if err != nil {
		return nil, err
	}
	all, err := c.query(ctx, "sum by (http_route) (increase(http_server_request_duration_count[%s] anchored))", span(c.Window))
	if err != nil {
		return nil, err
	}
	said, lerr := c.messages(ctx, `{service_name=~"meal-planner.*", level="error"} |~ "Page failed|API failed"`)
	if lerr != nil {
		said = []string{"the log was not asked: " + oneLine(lerr.Error())}
	}
	total, lately := by(all, "http_route"), by(recent, "http_route")
	failures, statuses := map[string]float64{}, map[string][]string{}
	var routes []string
	for _, s := range window {
		route := s.Labels["http_route"]
		if failures[route] == 0 {
			routes = append(routes, route)
		}
		failures[route] += s.Value
		statuses[route] = append(statuses[route], fmt.Sprintf("%s (%.0f)", s.Labels["http_response_status_code"], s.Value))
	}
	slices.SortFunc(routes, func(a, b string) int {
		if failures[a] != failures[b] {
			return int(failures[b] - failures[a])
		}
		return strings.Compare(a, b)
	})
	var out []Finding
	for _, route := range routes {
		if n := failures[route]; n < errorsLeast || n < errorsShare*total[route] {
			continue
		}
		slices.Sort(statuses[route])
		out = append(out, Finding{
			Cause:    fmt.Sprintf("the page %s fails: %.0f of %.0f requests", route, failures[route], total[route]),
			Evidence: append([]string{"statuses: " + strings.Join(statuses[route], ", ")}, said...),
			past:     lately[route] == 0,
		})
	}
	return out, nil
}
