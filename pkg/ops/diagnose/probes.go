package diagnose

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// investigation is one run of the probes.
type investigation struct {
	Sources
	Options
	since   time.Time
	recent  time.Duration
	changed []string // written by lookAtSettings alone
}

type probe struct {
	name string
	kind kind
	look func(*investigation, context.Context) ([]Finding, error)
}

// probes are made at the same time.
var probes = []probe{
	{"database", database, (*investigation).lookAtDatabase},
	{"telemetry servers", telemetry, (*investigation).lookAtTelemetry},
	{"locks", locks, (*investigation).lookAtLocks},
	{"services", services, (*investigation).lookAtServices},
	{"availability budget", budget, (*investigation).lookAtBudget},
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
	{"losses", losses, (*investigation).lookAtLosses},
}

// What is not worth a word.
const (
	lockSamples     = 24
	lockEvery       = 125 * time.Millisecond // 24 of them see a lock that comes and goes
	lockSeen        = 3                      // samples, from which on a wait is no accident
	lockWaited      = 300 * time.Millisecond // or one wait of this length
	errorsLeast     = 3
	errorsShare     = 0.05
	slowAnswer      = 2 // seconds, the mean
	slowStatement   = 100 * time.Millisecond
	statementsLeast = 5
	slowWeek        = time.Second
	poolFull        = 0.7
	longTransaction = 30 * time.Second
	quotaHigh       = 0.8
	balanced        = 0.9 // of each user's last plans, the alert's limit
	upShare         = 0.97
	downShare       = 0.005 // of days, the availability SLO's budget
)

func (c *investigation) lookAtDatabase(ctx context.Context) ([]Finding, error) {
	if err := c.Database.Ping(ctx); err != nil && ctx.Err() == nil {
		return []Finding{{Cause: "PostgreSQL does not answer", Evidence: []string{oneLine(err.Error())}}}, nil
	}
	return nil, nil
}

// lookAtLocks samples who waits for whom. A wait that is seen again and again, or is
// long, is a cause.
func (c *investigation) lookAtLocks(ctx context.Context) ([]Finding, error) {
	type seen struct {
		LockWait
		samples int
	}
	by := map[[2]string]*seen{} // by table and client
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for range lockSamples {
		waits, err := c.Database.LockWaits(ctx)
		if err != nil {
			return nil, err
		}
		for _, w := range waits {
			k := [2]string{w.Table, w.Application}
			s := by[k]
			if s == nil {
				s = &seen{LockWait: w}
				by[k] = s
			}
			s.samples++
			if w.Waiting >= s.Waiting {
				s.Waiting, s.Waiters, s.Statement, s.State, s.PID = w.Waiting, w.Waiters, w.Statement, w.State, w.PID
			}
			s.Waited, s.Held = max(s.Waited, w.Waited), max(s.Held, w.Held)
		}
		select {
		case <-ctx.Done():
			return nil, fault.Wrap(fault.TimeoutError, "lock waits", ctx.Err())
		case <-tick.C:
		}
	}
	all := slices.SortedFunc(maps.Values(by), func(a, b *seen) int {
		if a.samples != b.samples {
			return b.samples - a.samples
		}
		return strings.Compare(a.Table+a.Application, b.Table+b.Application)
	})
	var out []Finding
	for _, s := range all {
		if s.samples < lockSeen && s.Waited < lockWaited {
			continue
		}
		what := "the table " + s.Table
		if s.Table == "" {
			what = "a row"
		}
		out = append(out, Finding{
			Cause: fmt.Sprintf("%s is locked by %s (pid %d, %s): up to %d sessions wait", what, client(s.Application), s.PID, orElse(s.State, "no state"), s.Waiting),
			Evidence: []string{
				fmt.Sprintf("somebody waited in %d of %d samples, %s at most; the holder's transaction was open for up to %s, since %s", s.samples, lockSamples,
					rough(s.Waited), rough(s.Held), clock(c.Now.Add(-s.Held))),
				"its statement: " + orElse(s.Statement, "not shown to us"),
				"who waits: " + strings.Join(s.Waiters, ", "),
			},
		})
	}
	return out, nil
}

func client(application string) string { return orElse(application, "a client without a name") }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// short cuts what others wrote.
func short(s string) string {
	const most = 200
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func rough(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// query asks for the samples whose value is a number.
func (c *investigation) query(ctx context.Context, format string, args ...any) ([]Sample, error) {
	all, err := c.Metrics.Query(ctx, fmt.Sprintf(format, args...))
	return slices.DeleteFunc(all, func(s Sample) bool { return math.IsNaN(s.Value) || math.IsInf(s.Value, 0) }), err
}

// span is a duration in PromQL.
func span(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }

// by reads values by a label.
func by(samples []Sample, label string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range samples {
		out[s.Labels[label]] = s.Value
	}
	return out
}

// lookAtTelemetry looks for what does not arrive. While Prometheus does not answer, that
// is what there is to say.
func (c *investigation) lookAtTelemetry(ctx context.Context) ([]Finding, error) {
	if _, err := c.Metrics.Query(ctx, "vector(1)"); err != nil {
		if ctx.Err() != nil || fault.KindOf(err) == fault.InvalidConfig { // nobody said that there is one
			return nil, err
		}
		return []Finding{{Cause: "Prometheus does not answer", Evidence: []string{oneLine(err.Error())}}}, nil
	}
	silent, err := c.query(ctx, `label_replace(absent(service_up), "source", "services", "", "") or label_replace(absent(otelcol_process_memory_rss), "source", "collector", "", "")`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	switch missing := by(silent, "source"); len(missing) {
	case 2:
		out = append(out, Finding{Cause: "no metrics arrive, neither of our services nor of the Collector: the Collector is down, or does not reach Prometheus"})
	case 1:
		cause := "no metrics of our services arrive, but the Collector's do: the services are down, or do not reach the Collector"
		if _, ok := missing["collector"]; ok {
			cause = "no metrics of the Collector itself arrive, but our services' do: its own export is broken"
		}
		out = append(out, Finding{Cause: cause})
	}
	down, err := c.query(ctx, "min by (job) (up) == 0")
	if err != nil {
		return nil, err
	}
	for _, s := range down {
		f := Finding{Cause: s.Labels["job"] + " does not answer Prometheus"}
		since, err := c.query(ctx, `max by (job) (max_over_time((timestamp(up{job=%q} == 1))[%s:15s]))`, s.Labels["job"], span(max(c.Window, time.Hour)))
		if err != nil {
			return nil, err
		}
		for _, x := range since {
			f.Evidence = []string{"it answered last at " + clock(time.UnixMilli(int64(1000*x.Value)))}
		}
		out = append(out, f)
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
	mean, err := c.query(ctx, "avg_over_time(service:service_up:last1m[%s])", span(c.Window))
	if err != nil {
		return nil, err
	}
	least, err := c.query(ctx, "min_over_time(service:service_up:last1m[%s])", span(c.recent))
	if err != nil {
		return nil, err
	}
	speaks, share, lately := by(said, "service"), by(mean, "service"), by(least, "service")
	var out []Finding
	for _, s := range level {
		name := s.Labels["service"]
		v, heard := speaks[name]
		evidence := []string{fmt.Sprintf("up for %.0f %% of the last %s", 100*share[name], c.Window)}
		switch {
		case s.Value == 0 && !heard:
			out = append(out, Finding{Cause: name + " is silent: it has stopped, hangs, or its telemetry is lost", Evidence: evidence})
		case s.Value == 0 && v == 0:
			out = append(out, Finding{Cause: name + " says that it is not ready: its database does not answer", Evidence: evidence})
		case lately[name] == 0:
			out = append(out, Finding{Cause: name + " has gaps: it is silent or not ready at times", Evidence: evidence})
		case share[name] < upShare:
			out = append(out, Finding{Cause: name + " had gaps: it was silent or not ready at times", Evidence: evidence, past: true})
		}
	}
	return out, nil
}

// budgets are what the two alerts about the availability of days look at, the longest window
// first: a role was down for over a share of so many days, and has been known for so many,
// as prometheus/rules/slo.yml has it.
var budgets = map[string][]struct {
	days  int
	share float64
	known int // days
}{
	"availability-budget-burn-slow": {{3, downShare, 3}, {1, 3 * downShare, 1}},
	"availability-slo-missed":       {{30, downShare, 7}},
}

// lookAtBudget adds up the outages of days, for the alerts that speak of days. They are over
// where the role is up again.
func (c *investigation) lookAtBudget(ctx context.Context) ([]Finding, error) {
	var out []Finding
	told := map[string]bool{}
	for _, b := range budgets[c.Slug] {
		down, err := c.query(ctx, "service:service_down:ratio%dd > %g and service:service_up:last1m offset %dd", b.days, b.share, b.known)
		if err != nil {
			return nil, err
		}
		down = slices.DeleteFunc(down, func(s Sample) bool { return told[s.Labels["service"]] })
		if len(down) == 0 {
			continue
		}
		// An outage ends, or goes on; so one that was under way when the days began counts.
		count, err := c.query(ctx, "changes(service:service_up:last1m[%[1]dd]) - resets(service:service_up:last1m[%[1]dd]) + 1 - last_over_time(service:service_up:last1m[%[1]dd])", b.days)
		if err != nil {
			return nil, err
		}
		last, err := c.query(ctx, "max_over_time(timestamp(service:service_up:last1m == 0)[%dd:15s])", b.days)
		if err != nil {
			return nil, err
		}
		least, err := c.query(ctx, "min_over_time(service:service_up:last1m[%s])", span(c.recent))
		if err != nil {
			return nil, err
		}
		outages, at, lately := by(count, "service"), by(last, "service"), by(least, "service")
		days := "day"
		if b.days > 1 {
			days = fmt.Sprintf("%d days", b.days)
		}
		for _, s := range down {
			name := s.Labels["service"]
			told[name] = true
			evidence := fmt.Sprintf("the budget is %g %%; outages: %.0f", 100*downShare, outages[name])
			if t, ok := at[name]; ok {
				evidence += ", down last at " + time.Unix(int64(t), 0).UTC().Format("2006-01-02 15:04:05Z")
			}
			out = append(out, Finding{
				Cause:    fmt.Sprintf("%s was down for %.2f %% of the last %s", name, 100*s.Value, days),
				Evidence: []string{evidence},
				past:     lately[name] == 1,
			})
		}
	}
	return out, nil
}

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
		count[short(orElse(l.Fields["exception_message"], l.Text))]++
	}
	var out []string
	for _, text := range slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	}) {
		if out = append(out, fmt.Sprintf("logged %d times: %s", count[text], text)); len(out) == 3 {
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

func (c *investigation) lookAtMails(ctx context.Context) ([]Finding, error) {
	refused, err := c.Database.RefusedMails(ctx, c.Window, c.recent)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, m := range refused {
		cause := fmt.Sprintf("the mail server refuses mails for good: %d", m.Count)
		if !m.Final {
			cause = fmt.Sprintf("the mail server refuses mails for now, or does not answer: %d wait", m.Count)
		}
		out = append(out, Finding{
			Cause:    cause,
			Evidence: []string{"it says: " + short(m.Message), fmt.Sprintf("of type %s; the newest was written at %s", strings.Join(m.Types, ", "), clock(m.Last))},
			past:     m.Recently == 0,
		})
	}
	return out, nil
}

// lookAtWeeks looks for users without a plan for the week in force.
func (c *investigation) lookAtWeeks(ctx context.Context) ([]Finding, error) {
	late := "max by (week_of) (weekly_generation_success_all_users) == 0"
	if c.Slug != "weekly-slo-missed" && c.Slug != "weekly-streak-broken" { // those speak of the week before
		late += " and on (week_of) max by (week_of) (weekly_generation_current_week) == 1"
	}
	incomplete, err := c.query(ctx, "%s", late)
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
		var reasons []string
		of := map[string][]string{}
		for _, u := range users {
			why := "the job is " + orElse(u.Status, "missing")
			switch {
			case u.Status != "" && !u.Scheduled:
				why = "the job is paused"
			case u.LastError != "":
				why += ", its last error: " + short(u.LastError)
			}
			if of[why] == nil {
				reasons = append(reasons, why)
			}
			of[why] = append(of[why], u.User)
		}
		for _, why := range reasons {
			who, f := of[why], Finding{}
			if len(who) == 1 {
				f.Cause = fmt.Sprintf("%s has no plan for the week of %s: %s", who[0], week, why)
			} else {
				f.Cause = fmt.Sprintf("%d users have no plan for the week of %s: %s", len(who), week, why)
				f.Evidence = []string{"among them " + strings.Join(who[:min(len(who), 5)], ", ")}
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// lookAtJobs looks for jobs whose attempts fail and that did not succeed since.
func (c *investigation) lookAtJobs(ctx context.Context) ([]Finding, error) {
	failing, err := c.Database.FailingJobs(ctx, c.Window, c.recent)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, j := range failing {
		if j.Unrecovered == 0 && j.Recently < errorsLeast {
			continue // it was tried again, and succeeded
		}
		f := Finding{
			Cause: fmt.Sprintf("%s fails with %s: %s", j.Type, errorWords(j.ErrorType), short(j.Message)),
			Evidence: []string{
				fmt.Sprintf("%d of %d attempts in the last %s, the newest at %s; %d jobs did not succeed since", j.Failed, j.Attempts, c.Window, clock(j.Last), j.Unrecovered),
				"jobs: " + strings.Join(j.Jobs, ", "),
			},
			past: j.Recently == 0,
		}
		if j.Trace != "" {
			f.Traces = []string{j.Trace}
		}
		out = append(out, f)
	}
	return out, nil
}

// errorWords adds what the kind of an error means, where its name does not say it.
func errorWords(kind string) string {
	switch fault.Kind(kind) {
	case fault.TimeoutError:
		return kind + " (a timeout)"
	case fault.Unauthorized:
		return kind + " (credentials refused)"
	case "":
		return "an error"
	default:
		return kind
	}
}

// lookAtBalance looks at the last plans of all users, whenever they were made.
func (c *investigation) lookAtBalance(ctx context.Context) ([]Finding, error) {
	all, err := c.Database.Unbalanced(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	share, own, steered, lacking, weeks := 0.0, 0, 0, 0, 0
	var who []string
	for _, u := range all {
		share += 1 - float64(u.Count)/float64(u.Plans)
		if u.Count == 0 {
			continue
		}
		who = append(who, u.User)
		if u.OwnTargets {
			own++
		}
		weeks, steered, lacking = weeks+u.Count, steered+u.Steered, lacking+u.Lacking
	}
	if share /= float64(len(all)); share >= balanced {
		return nil, nil
	}
	why := "their recipes do not reach their targets"
	if 2*lacking > weeks {
		why = "most of them lack meals that nothing in the library fits"
	} else if 2*steered > weeks {
		why = "most of them in weeks in which they locked or skipped meals, or travelled"
	}
	return []Finding{{
		Cause:    fmt.Sprintf("%d of %d users have plans with days out of band: %s", len(who), len(all), why),
		Evidence: []string{fmt.Sprintf("%d plans are out of band: %d of weeks that their users changed, %d with meals missing because nothing in the library fits", weeks, steered, lacking), fmt.Sprintf("%.0f %% of each user's last 4 plans are balanced; among them %s; %d of them set targets of their own", 100*share, strings.Join(who[:min(len(who), 5)], ", "), own)},
	}}, nil
}

// lookAtSettings looks for limits that were lowered, jobs that are paused, and more jobs
// than the pool has connections. Other changes are told, but are no cause.
func (c *investigation) lookAtSettings(ctx context.Context) ([]Finding, error) {
	changed, err := c.Database.Settings(ctx)
	if err != nil {
		return nil, err
	}
	configured := override.New(c.Configured)
	connections := c.Configured.SchedulerPool
	for _, s := range changed {
		if s.Name == override.SchedulerPool {
			connections = max(connections, int(size(s.Value)))
		}
	}
	var out []Finding
	for _, s := range changed {
		was := configured.Current(s.Name)
		by := strings.TrimSpace(fmt.Sprintf("by %s at %s, until %s %s", orElse(s.By, "nobody named"), s.Set.UTC().Format("2006-01-02 15:04:05Z"), clock(s.Expires), short(s.Reason)))
		f := Finding{Evidence: []string{by}}
		switch {
		case strings.HasSuffix(s.Name, ".paused") && s.Value == "true":
			f.Cause = strings.Split(s.Name, ".")[1] + " jobs are paused by the setting " + s.Name
		case strings.HasSuffix(s.Name, ".attempts"): // what a schedule says is not known here
			c.changed = append(c.changed, fmt.Sprintf("%s = %s %s", s.Name, s.Value, by))
			continue
		case s.Name == override.Concurrency && int(size(s.Value)) > connections:
			f.Cause = fmt.Sprintf("%s was raised to %s, which is more than the scheduler's %d connections", s.Name, s.Value, connections)
		case size(s.Value) < size(was):
			f.Cause = fmt.Sprintf("%s was lowered to %s (otherwise %s)", s.Name, s.Value, was)
		default:
			c.changed = append(c.changed, fmt.Sprintf("%s = %s (otherwise %s) %s", s.Name, s.Value, was, by))
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// size is a setting's value as a number, a duration in seconds.
func size(value string) float64 {
	if d, err := time.ParseDuration(value); err == nil {
		return d.Seconds()
	}
	var n float64
	if _, err := fmt.Sscan(value, &n); err != nil {
		return 0
	}
	return n
}

// lookAtPools looks at who holds the connections.
func (c *investigation) lookAtPools(ctx context.Context) ([]Finding, error) {
	open, err := c.Database.LongTransactions(ctx, longTransaction)
	if err != nil {
		return nil, err
	}
	full, err := c.query(ctx, "max by (pool) (database_connection_pool_usage) > %v", poolFull)
	if err != nil {
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
				f.Evidence = append(f.Evidence, fmt.Sprintf("%d sessions %s, the longest for %s", x.Count, orElse(x.State, "without a state"), rough(x.Longest)))
			}
		}
		out = append(out, f)
	}
	for _, t := range open {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("%s (pid %d, %s) has a transaction open for %s", client(t.Application), t.PID, orElse(t.State, "no state"), t.Open.Round(time.Second)),
			Evidence: []string{"its statement: " + orElse(t.Statement, "not shown to us")},
		})
	}
	return out, nil
}

func (c *investigation) lookAtStatements(ctx context.Context) ([]Finding, error) {
	const slow = "topk(5, histogram_quantile(0.95, sum by (query, le) (increase(database_query_duration_seconds_bucket[%[1]s] anchored))) > %[2]v and on (query) sum by (query) (increase(database_query_duration_seconds_count[%[1]s] anchored)) >= %[3]d)"
	now, err := c.query(ctx, slow, span(c.recent), slowStatement.Seconds(), statementsLeast)
	if err != nil || len(now) == 0 {
		return nil, err
	}
	known, err := c.Database.SlowStatements(ctx, slowStatement)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(now, func(a, b Sample) int { return int(1e6 * (b.Value - a.Value)) })
	var out []Finding
	for _, s := range now {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("the statement %s takes %.2f s (p95)", s.Labels["query"], s.Value),
			Evidence: []string{"of the last " + c.recent.String()},
		})
	}
	for _, k := range known {
		out[0].Evidence = append(out[0].Evidence, fmt.Sprintf("pg_stat_statements: %s, %s on average of %d", k.Text, rough(k.Mean), k.Calls))
	}
	return out, nil
}

// lookAtComponents finds what slow generations spend their time on.
func (c *investigation) lookAtComponents(ctx context.Context) ([]Finding, error) {
	type slowest struct {
		n           int
		longest, of time.Duration
		trace       string
		component   string
		last        time.Time
	}
	kinds := map[string]*slowest{}
	for _, service := range []string{"meal-planner-scheduler", "meal-planner"} {
		spans, err := c.Traces.Slow(ctx, service, "generation", c.since, slowWeek, 20)
		if err != nil {
			return nil, err
		}
		roots := map[string]Span{}
		for _, s := range spans {
			if s.Name == "generation" && s.Took >= slowWeek {
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
			k := kinds[name]
			if k == nil {
				k = &slowest{component: name}
				kinds[name] = k
			}
			k.n++
			if s.Took > k.longest {
				k.longest, k.of, k.trace = s.Took, roots[id].Took, s.Trace
			}
			if end := roots[id].Start.Add(roots[id].Took); end.After(k.last) {
				k.last = end
			}
		}
	}
	var out []Finding
	for _, k := range slices.SortedFunc(maps.Values(kinds), func(a, b *slowest) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.component, b.component)
	}) {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("generations are slow in %s: up to %s of %s", k.component, rough(k.longest), rough(k.of)),
			Evidence: []string{fmt.Sprintf("the slowest step of %d slow generations; the newest ended at %s", k.n, clock(k.last))},
			Traces:   []string{k.trace},
			past:     k.last.Before(c.Now.Add(-c.recent)),
		})
	}
	return out, nil
}

func (c *investigation) lookAtOverflow(ctx context.Context) ([]Finding, error) {
	over, err := c.query(ctx, `count by (__name__, service_name) ({otel_metric_overflow="true"})`)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range over {
		out = append(out, Finding{
			Cause:    s.Labels["__name__"] + " has more series than its limit: what is new goes into one",
			Evidence: []string{"sent by " + orElse(s.Labels["service_name"], "an unnamed service")},
		})
	}
	return out, nil
}

// queueFull is the share of a queue of the Collector's from which on it is worth a word.
const queueFull = 0.5

// lookAtLosses looks for telemetry and notifications that were given up, and for queues
// that will soon have to.
func (c *investigation) lookAtLosses(ctx context.Context) ([]Finding, error) {
	var out []Finding
	type loss struct{ expr, label, cause, evidence string }
	asked := []loss{
		{`sum by (reason) (increase(loki_discarded_samples_total[%s])) > 0`, "reason", "Loki discards lines: %s", "%s lines"},
		{`sum by (job) (increase({__name__=~"otel_sdk_(exporter_(span|metric_data_point|log)_exported|processor_(span|log)_processed)", error_type!=""}[%s])) > 0`, "job", "%s does not get rid of its telemetry: the Collector is away or refuses it", "%s spans, samples or lines were given up"},
		{`sum by (integration) (increase(alertmanager_notifications_failed_total{integration=~"pagerduty|slack"}[%s])) > 0`, "integration", "%s does not take notifications", "%s of them failed: the reason is in Alertmanager's log"},
	}
	for _, signal := range []string{"spans", "metric_points", "log_records"} {
		asked = append(asked,
			loss{"sum by (exporter) (increase(otelcol_exporter_send_failed_" + signal + "[%s])) > 0", "exporter", "the backend of %s refuses what the Collector sends", "%s " + signal + " were given up: its answer is in the Collector's log"},
			loss{"sum by (exporter) (increase(otelcol_exporter_enqueue_failed_" + signal + "[%s])) > 0", "exporter", "the Collector's queue of %s is full", "%s " + signal + " were not queued"},
		)
	}
	for _, q := range asked {
		lost, err := c.query(ctx, q.expr, span(c.Window))
		if err != nil {
			return nil, err
		}
		if len(lost) == 0 {
			continue
		}
		recent, err := c.query(ctx, q.expr, span(c.recent))
		if err != nil {
			return nil, err
		}
		lately := by(recent, q.label)
		for _, s := range lost {
			out = append(out, Finding{
				Cause:    fmt.Sprintf(q.cause, s.Labels[q.label]),
				Evidence: []string{fmt.Sprintf(q.evidence, strconv.FormatFloat(math.Ceil(s.Value), 'f', -1, 64))},
				past:     lately[s.Labels[q.label]] == 0,
			})
		}
	}
	full, err := c.query(ctx, "max by (exporter) (otelcol_exporter_queue_size) / max by (exporter) (otelcol_exporter_queue_capacity) > %g", queueFull)
	for _, s := range full {
		out = append(out, Finding{Cause: fmt.Sprintf("the Collector's queue of %s is filling: its backend is away or slow", s.Labels["exporter"]), Evidence: []string{fmt.Sprintf("it is %.0f %% full", 100*s.Value)}})
	}
	return out, err
}
