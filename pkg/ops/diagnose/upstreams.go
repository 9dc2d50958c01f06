package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// lookAtUpstreams looks for upstreams that do not answer, answer with errors or slowly.
func (c *investigation) lookAtUpstreams(ctx context.Context) ([]Finding, error) {
	var out []Finding
	down, err := c.query(ctx, "max by (api) (api_availability) == 0")
	if err != nil {
		return nil, err
	}
	for _, s := range down {
		f := Finding{Cause: s.Labels["api"] + " does not answer: its probes fail"}
		f.Evidence, err = c.messages(ctx, fmt.Sprintf(`{service_name=~"meal-planner.*", level="warn"} |= "Upstream does not answer" | api=%q`, s.Labels["api"]))
		if err != nil {
			f.Evidence = []string{"the log was not asked: " + oneLine(err.Error())}
		}
		out = append(out, f)
	}
	failing, err := c.failingRequests(ctx)
	if err != nil {
		return nil, err
	}
	slow, err := c.query(ctx, `sum by (api) (increase(api_request_duration_seconds_sum[%[1]s] anchored)) / (sum by (api) (increase(api_request_duration_seconds_count[%[1]s] anchored)) >= %[2]d) > %[3]d`,
		span(c.recent), errorsLeast, slowAnswer)
	if err != nil {
		return nil, err
	}
	out = append(out, failing...)
	for _, s := range slow {
		out = append(out, Finding{Cause: fmt.Sprintf("%s answers slowly: a request takes %.1f s", s.Labels["api"], s.Value), Evidence: []string{"the mean of the last " + c.recent.String()}})
	}
	return out, nil
}

// requests counts those of an upstream that ended in one way.
type requests struct {
	api, status    string
	window, recent float64
	endpoints      []string
}

func (c *investigation) failingRequests(ctx context.Context) ([]Finding, error) {
	const increase = "increase(api_request_total%s[%s] anchored)"
	bad := `{status_code=~"401|403|429|5..|timeout|network_error"}`
	total, lately := map[string]float64{}, map[string]float64{}
	kinds := map[[2]string]*requests{}
	for _, d := range []time.Duration{c.Window, c.recent} {
		all, err := c.query(ctx, "sum by (api) ("+increase+")", "", span(d))
		if err != nil {
			return nil, err
		}
		failed, err := c.query(ctx, "sum by (api, endpoint, status_code) ("+increase+") > 0", bad, span(d))
		if err != nil {
			return nil, err
		}
		if d == c.recent {
			lately = by(all, "api")
		} else {
			total = by(all, "api")
		}
		for _, s := range failed {
			k := [2]string{s.Labels["api"], s.Labels["status_code"]}
			r := kinds[k]
			if r == nil {
				r = &requests{api: k[0], status: k[1]}
				kinds[k] = r
			}
			if d == c.recent {
				r.recent += s.Value
				continue
			}
			r.window += s.Value
			r.endpoints = append(r.endpoints, fmt.Sprintf("%s (%.0f)", s.Labels["endpoint"], s.Value))
		}
	}
	if c.recent == c.Window {
		total = lately
		for _, r := range kinds {
			r.window = r.recent
		}
	}
	many := func(n, of float64) bool { return n >= errorsLeast && n >= errorsShare*of }
	var out []Finding
	for _, r := range slices.SortedFunc(maps.Values(kinds), func(a, b *requests) int {
		if a.window != b.window {
			return int(b.window - a.window)
		}
		return strings.Compare(a.api+a.status, b.api+b.status)
	}) {
		if !many(r.recent, lately[r.api]) && !many(r.window, total[r.api]) {
			continue
		}
		slices.Sort(r.endpoints)
		out = append(out, Finding{
			Cause: fmt.Sprintf("%s %s: %.0f of %.0f requests", r.api, answer(r.status), r.window, total[r.api]),
			Evidence: []string{
				fmt.Sprintf("%.0f of %.0f requests of the last %s", r.recent, lately[r.api], c.recent),
				"endpoints: " + strings.Join(r.endpoints, ", "),
			},
			past: r.recent == 0,
		})
	}
	return out, nil
}

// answer says in words what a status means.
func answer(status string) string {
	switch status {
	case "401", "403":
		return "refuses our credentials (unauthorized, " + status + ")"
	case "429":
		return "limits our requests (429)"
	case "timeout":
		return "does not answer in time"
	case "network_error":
		return "does not answer: connections fail"
	default:
		return "answers with " + status
	}
}

// messages returns what a few of the newest matching lines said.
func (c *investigation) messages(ctx context.Context, query string) ([]string, error) {
	lines, err := c.Logs.Lines(ctx, query, c.since, 50)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, l := range lines {
		count[short(cmp.Or(l.Fields["exception_message"], l.Text))]++
	}
	var out []string
	for _, text := range slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	}) {
		if out = append(out, fmt.Sprintf("logged %s: %s", times(count[text]), text)); len(out) == 3 {
			break
		}
	}
	return out, nil
}

func (c *investigation) lookAtQuota(ctx context.Context) ([]Finding, error) {
	used, err := c.query(ctx, "max by (api) (api_daily_budget_usage) > %v", quotaHigh)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range used {
		f := Finding{Cause: fmt.Sprintf("the daily quota of %s is %.0f %% used", s.Labels["api"], 100*s.Value)}
		calls, err := c.query(ctx, `topk(3, sum by (endpoint) (increase(api_request_total{api=%q}[%s] anchored)) > 0)`, s.Labels["api"], span(c.Window))
		if err != nil {
			return nil, err
		}
		for _, e := range calls {
			f.Evidence = append(f.Evidence, fmt.Sprintf("%.0f calls to %s in the last %s", e.Value, e.Labels["endpoint"], c.Window))
		}
		out = append(out, f)
	}
	return out, nil
}

// times is how often something happened: once, 2 times.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
