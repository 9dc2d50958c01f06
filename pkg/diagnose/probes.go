package diagnose

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// investigation is one run of the probes.
type investigation struct {
	Sources
	window time.Duration
	since  time.Time
}

type probe struct {
	name string
	kind kind
	look func(*investigation, context.Context) ([]Finding, error)
}

// probes are tried all, at the same time.
var probes = []probe{
	{"locks", locks, (*investigation).lookAtLocks},
	{"telemetry servers", telemetry, (*investigation).lookAtTelemetry},
	{"services", services, (*investigation).lookAtServices},
	{"upstreams", upstreams, (*investigation).lookAtUpstreams},
	{"quota", quota, (*investigation).lookAtQuota},
	{"mails", mail, (*investigation).lookAtMails},
	{"weeks", weeks, (*investigation).lookAtWeeks},
	{"jobs", jobs, (*investigation).lookAtJobs},
	{"balance", balance, (*investigation).lookAtBalance},
	{"runtime settings", settings, (*investigation).lookAtSettings},
	{"pools", pools, (*investigation).lookAtPools},
	{"statements", statements, (*investigation).lookAtStatements},
	{"components", components, (*investigation).lookAtComponents},
	{"series", overflow, (*investigation).lookAtOverflow},
}

// What is not worth a word.
const (
	lockSamples   = 24
	lockEvery     = 150 * time.Millisecond // 24 of them see a lock that comes and goes
	lockSeen      = 3                      // samples, from which on a wait is no accident
	lockHeld      = 300 * time.Millisecond // or one wait of this length
	errorsLeast   = 3
	errorsShare   = 0.05
	slowStatement = 0.1 // seconds, p95
	slowWeek      = time.Second
	poolFull      = 0.7
	quotaHigh     = 0.8
	outOfBand     = 0.2
)

// lookAtLocks samples who waits for whom. A wait that is seen again and again, or is
// long, is a cause.
func (c *investigation) lookAtLocks(ctx context.Context) ([]Finding, error) {
	type seen struct {
		LockWait
		samples int
	}
	by := map[string]*seen{} // by table and client
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for range lockSamples {
		waits, err := c.Database.LockWaits(ctx)
		if err != nil {
			return nil, err
		}
		for _, w := range waits {
			k := w.Table + " " + w.Application
			s := by[k]
			if s == nil {
				s = &seen{LockWait: w}
				by[k] = s
			}
			s.samples++
			if w.Waiting > s.Waiting {
				s.Waiting = w.Waiting
			}
			s.Waited, s.Held = max(s.Waited, w.Waited), max(s.Held, w.Held)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	var out []Finding
	for _, k := range slices.Sorted(maps.Keys(by)) {
		s := by[k]
		if s.samples < lockSeen && s.Waited < lockHeld {
			continue
		}
		out = append(out, Finding{
			Cause: fmt.Sprintf("the table %s is locked by %s (pid %d, %s): up to %d sessions wait", s.Table, client(s.Application), s.PID, orElse(s.State, "no state"), s.Waiting),
			Evidence: []string{
				fmt.Sprintf("seen in %d of %d samples; the longest wait was %s, the lock was held for %s", s.samples, lockSamples, s.Waited.Round(time.Millisecond), s.Held.Round(time.Millisecond)),
				"its statement: " + oneLine(s.Statement),
			},
		})
	}
	return out, nil
}

func client(application string) string {
	if application == "" {
		return "a client without a name"
	}
	return application
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// query asks for the samples whose value is no NaN.
func (c *investigation) query(ctx context.Context, format string, args ...any) ([]Sample, error) {
	all, err := c.Metrics.Query(ctx, fmt.Sprintf(format, args...))
	return slices.DeleteFunc(all, func(s Sample) bool { return s.Value != s.Value }), err
}

// span is the window in PromQL.
func (c *investigation) span() string { return fmt.Sprintf("%ds", int(c.window.Seconds())) }

// lookAtTelemetry looks for what does not arrive. While Prometheus does not answer, that
// is what there is to say.
func (c *investigation) lookAtTelemetry(ctx context.Context) ([]Finding, error) {
	var out []Finding
	if _, err := c.Metrics.Query(ctx, "vector(1)"); err != nil {
		return []Finding{{Cause: "Prometheus does not answer", Evidence: []string{err.Error()}}}, nil //nolint:nilerr // it is what was found
	}
	silent, err := c.query(ctx, `label_replace(absent(service_up), "source", "services", "", "") or label_replace(absent(otelcol_process_memory_rss), "source", "collector", "", "")`)
	if err != nil {
		return nil, err
	}
	for _, s := range silent {
		out = append(out, Finding{Cause: map[string]string{
			"services":  "no metrics of our services arrive: the Collector is down, or nothing sends to it",
			"collector": "no metrics of the Collector arrive: the Collector is down, or it does not reach Prometheus",
		}[s.Labels["source"]]})
	}
	down, err := c.query(ctx, "min by (job) (up) == 0")
	if err != nil {
		return nil, err
	}
	for _, s := range down {
		out = append(out, Finding{Cause: s.Labels["job"] + " does not answer Prometheus", Evidence: []string{"up is 0"}})
	}
	return out, nil
}

// lookAtServices looks for roles that are not ready, silent, or come and go.
func (c *investigation) lookAtServices(ctx context.Context) ([]Finding, error) {
	level, err := c.query(ctx, "service:service_up:last1m")
	if err != nil {
		return nil, err
	}
	said, err := c.query(ctx, "max by (service) (service_up)")
	if err != nil {
		return nil, err
	}
	mean, err := c.query(ctx, "avg_over_time(service:service_up:last1m[%s])", c.span())
	if err != nil {
		return nil, err
	}
	speaks := map[string]float64{}
	for _, s := range said {
		speaks[s.Labels["service"]] = s.Value
	}
	share := map[string]float64{}
	for _, s := range mean {
		share[s.Labels["service"]] = s.Value
	}
	var out []Finding
	for _, s := range level {
		name := s.Labels["service"]
		v, heard := speaks[name]
		evidence := []string{fmt.Sprintf("up for %.0f %% of the last %s", 100*share[name], c.window)}
		switch {
		case s.Value == 0 && !heard:
			out = append(out, Finding{Cause: name + " is silent: it has stopped, hangs, or its telemetry is lost", Evidence: evidence})
		case s.Value == 0 && v == 0:
			out = append(out, Finding{Cause: name + " says that it is not ready: its database does not answer", Evidence: evidence})
		case share[name] < 0.97:
			out = append(out, Finding{Cause: name + " has gaps: it was silent or not ready at times", Evidence: evidence})
		}
	}
	return out, nil
}

// lookAtUpstreams looks for upstreams that do not answer or answer with errors.
func (c *investigation) lookAtUpstreams(ctx context.Context) ([]Finding, error) {
	var out []Finding
	down, err := c.query(ctx, "max by (api) (api_availability) == 0")
	if err != nil {
		return nil, err
	}
	for _, s := range down {
		f := Finding{Cause: s.Labels["api"] + " does not answer: its probes fail"}
		f.Evidence, err = c.said(ctx, fmt.Sprintf(`{service_name=~"meal-planner.*"} |= "Upstream does not answer" | json | api = %q`, s.Labels["api"]))
		if err != nil {
			f.Evidence = []string{"the log was not asked: " + err.Error()}
		}
		out = append(out, f)
	}
	failed, err := c.query(ctx, `sum by (api, endpoint, status_code) (increase(api_request_total{status_code=~"401|403|429|5..|timeout|network_error"}[%s] anchored)) > 0`, c.span())
	if err != nil {
		return nil, err
	}
	total, err := c.query(ctx, "sum by (api) (increase(api_request_total[%s] anchored)) > 0", c.span())
	if err != nil {
		return nil, err
	}
	requests := map[string]float64{}
	for _, s := range total {
		requests[s.Labels["api"]] = s.Value
	}
	type answers struct {
		n         float64
		endpoints []string
	}
	by := map[[2]string]*answers{}
	for _, s := range failed {
		k := [2]string{s.Labels["api"], s.Labels["status_code"]}
		if by[k] == nil {
			by[k] = &answers{}
		}
		by[k].n += s.Value
		by[k].endpoints = append(by[k].endpoints, fmt.Sprintf("%s (%.0f)", s.Labels["endpoint"], s.Value))
	}
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) }) {
		a := by[k]
		if a.n < errorsLeast || a.n < errorsShare*requests[k[0]] {
			continue
		}
		slices.Sort(a.endpoints)
		out = append(out, Finding{
			Cause:    fmt.Sprintf("%s %s: %.0f of %.0f requests", k[0], answer(k[1]), a.n, requests[k[0]]),
			Evidence: []string{"endpoints: " + strings.Join(a.endpoints, ", ")},
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

// said returns what a few of the newest matching lines said.
func (c *investigation) said(ctx context.Context, query string) ([]string, error) {
	lines, err := c.Logs.Lines(ctx, query, c.since, 50)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, l := range lines {
		count[orElse(l.Fields["error_message"], l.Text)]++
	}
	var out []string
	for _, text := range slices.SortedFunc(maps.Keys(count), func(a, b string) int { return count[b] - count[a] }) {
		if out = append(out, fmt.Sprintf("logged %d times: %s", count[text], oneLine(text[:min(len(text), 200)]))); len(out) == 3 {
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
		calls, err := c.query(ctx, `topk(3, sum by (endpoint) (increase(cost_metrics_api_calls{api=%q}[%s] anchored)) > 0)`, s.Labels["api"], c.span())
		if err != nil {
			return nil, err
		}
		for _, e := range calls {
			f.Evidence = append(f.Evidence, fmt.Sprintf("%.0f calls in the window to %s", e.Value, orElse(e.Labels["endpoint"], "all endpoints")))
		}
		out = append(out, f)
	}
	return out, nil
}

func (c *investigation) lookAtMails(ctx context.Context) ([]Finding, error) {
	refused, err := c.Database.RefusedMails(ctx, c.window)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, m := range refused {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("the mail server refuses mails: %d are %s", m.Count, m.Status),
			Evidence: []string{"it says: " + oneLine(m.Message)},
		})
	}
	return out, nil
}

// lookAtWeeks looks for users without a plan in the week in force.
func (c *investigation) lookAtWeeks(ctx context.Context) ([]Finding, error) {
	incomplete, err := c.query(ctx, "max by (week_of) (weekly_generation_success_all_users) == 0")
	if err != nil {
		return nil, err
	}
	old, err := c.query(ctx, "(time() - max(weekly_generation_last_success_timestamp_seconds)) / 86400 > 7.5")
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range old {
		out = append(out, Finding{Cause: fmt.Sprintf("no plan was stored for %.1f days", s.Value)})
	}
	for _, s := range incomplete {
		week := s.Labels["week_of"]
		users, err := c.Database.UsersWithoutPlan(ctx, week)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			why := "their job is " + orElse(u.Status, "missing")
			if !u.Scheduled {
				why = "their job is paused"
			}
			f := Finding{Cause: fmt.Sprintf("%s has no plan for the week of %s: %s", u.User, week, why)}
			if u.LastError != "" {
				f.Evidence = []string{"its last error: " + oneLine(u.LastError)}
			}
			out = append(out, f)
		}
	}
	return out, nil
}

func (c *investigation) lookAtJobs(ctx context.Context) ([]Finding, error) {
	failing, err := c.Database.FailingJobs(ctx, c.window)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, j := range failing {
		f := Finding{
			Cause:    fmt.Sprintf("%s fails with %s: %s", j.Type, j.ErrorType, oneLine(j.Message[:min(len(j.Message), 200)])),
			Evidence: []string{fmt.Sprintf("%d of %d attempts", j.Failed, j.Attempts)},
		}
		if j.Trace != "" {
			f.Traces = []string{c.Traces.Link(j.Trace)}
		}
		out = append(out, f)
	}
	return out, nil
}

func (c *investigation) lookAtBalance(ctx context.Context) ([]Finding, error) {
	u, err := c.Database.Unbalanced(ctx, c.window)
	if err != nil || u.Count < 2 || float64(u.Count) < outOfBand*float64(u.Planned) {
		return nil, err
	}
	return []Finding{{
		Cause:    fmt.Sprintf("%d of %d weeks planned lately have days out of band", u.Count, u.Planned),
		Evidence: []string{"among them those of " + strings.Join(u.Users, ", ") + ": their targets may be out of their recipes' reach"},
	}}, nil
}

func (c *investigation) lookAtSettings(ctx context.Context) ([]Finding, error) {
	changed, err := c.Database.Settings(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range changed {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("%s was changed to %s by %s", s.Name, s.Value, s.By),
			Evidence: []string{strings.TrimSpace("since " + s.Set.UTC().Format("2006-01-02 15:04:05Z") + " " + s.Reason)},
		})
	}
	return out, nil
}

func (c *investigation) lookAtPools(ctx context.Context) ([]Finding, error) {
	full, err := c.query(ctx, "max by (pool) (database_connection_pool_usage) > %v", poolFull)
	if err != nil || len(full) == 0 {
		return nil, err
	}
	sessions, err := c.Database.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range full {
		f := Finding{Cause: fmt.Sprintf("the pool %s is %.0f %% in use", s.Labels["pool"], 100*s.Value)}
		for _, x := range sessions {
			if x.Application == "mealplanner-"+s.Labels["pool"] {
				f.Evidence = append(f.Evidence, fmt.Sprintf("%d sessions %s, the longest for %s", x.Count, x.State, x.Longest.Round(time.Millisecond)))
			}
		}
		out = append(out, f)
	}
	return out, nil
}

func (c *investigation) lookAtStatements(ctx context.Context) ([]Finding, error) {
	slow, err := c.query(ctx, "topk(5, histogram_quantile(0.95, sum by (query, le) (increase(database_query_duration_seconds_bucket[%s]))) > %v)", c.span(), slowStatement)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(slow, func(a, b Sample) int { return int(1e6 * (b.Value - a.Value)) })
	var out []Finding
	for _, s := range slow {
		out = append(out, Finding{Cause: fmt.Sprintf("the statement %s takes %.2f s (p95)", s.Labels["query"], s.Value)})
	}
	return out, nil
}

// lookAtComponents finds what slow generations spent their time on.
func (c *investigation) lookAtComponents(ctx context.Context) ([]Finding, error) {
	type slowest struct {
		took, of time.Duration
		trace    string
	}
	by := map[string]slowest{}
	n := map[string]int{}
	for _, service := range []string{"meal-planner-scheduler", "meal-planner"} {
		spans, err := c.Traces.Slow(ctx, service, "generation", c.since, slowWeek, 20)
		if err != nil {
			return nil, err
		}
		roots := map[string]Span{}
		for _, s := range spans {
			if s.Name == "generation" {
				roots[s.ID] = s
			}
		}
		longest := map[string]Span{} // of the generation's own steps, by generation
		for _, s := range spans {
			if root, ok := roots[s.Parent]; ok && s.Took > longest[root.ID].Took {
				longest[root.ID] = s
			}
		}
		for id, s := range longest {
			name := orElse(s.Component, s.Name)
			n[name]++
			if s.Took > by[name].took {
				by[name] = slowest{s.Took, roots[id].Took, s.Trace}
			}
		}
	}
	var out []Finding
	for _, name := range slices.SortedFunc(maps.Keys(by), func(a, b string) int { return n[b] - n[a] }) {
		s := by[name]
		out = append(out, Finding{
			Cause:    fmt.Sprintf("generations are slow in %s: up to %s of %s", name, s.took.Round(time.Millisecond), s.of.Round(time.Millisecond)),
			Evidence: []string{fmt.Sprintf("the slowest step of %d of the slow generations", n[name])},
			Traces:   []string{c.Traces.Link(s.trace)},
		})
	}
	return out, nil
}

func (c *investigation) lookAtOverflow(ctx context.Context) ([]Finding, error) {
	over, err := c.query(ctx, `count by (__name__) ({otel_metric_overflow="true"})`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range over {
		out = append(out, Finding{Cause: s.Labels["__name__"] + " has more series than its limit: what is new goes into one"})
	}
	return out, nil
}
