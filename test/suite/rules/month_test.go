//go:build rules

package rules

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

var update = flag.Bool("update", false, "write prometheus/tests/healthy-month.yml")

// The month has the end of summer time of Berlin (October 25) and Los Angeles (November 1),
// and Auckland's summer time all along.
const (
	monthStep = 5 * time.Minute
	monthDays = 30
	perDay    = int(24 * time.Hour / monthStep)
)

var monthStart = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC) // a Monday

// TestHealthyMonthIsGenerated compares the committed test with what the simulation gives.
func TestHealthyMonthIsGenerated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "prometheus/tests/healthy-month.yml")
	want := healthyMonth(t)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the simulation gives; go test -tags rules ./test/suite/rules -run TestHealthyMonthIsGenerated -update writes it", path)
	}
}

// healthyMonth is the test file: a month in which all is well, and as a control the same with
// a run that never happens.
func healthyMonth(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`# Generated (test/suite/rules/month_test.go). A month of three users in three zones, across two ends of
# summer time: weekly runs on Fridays at 06:00, advice at 20:00, trends, syncs, an odd retry,
# time-out, missed probe and restart. Each day is asked whether anything but the Watchdog
# fired, at any evaluation. The control lacks one user's run.
#
# promtool loads at most 10,000 samples a query: hence one role, and counters that are read
# over weeks only where they change.
rule_files: [../rules/alerts.yml, ../rules/recording.yml, ../rules/slo.yml, ../rules/escalation.yml]
evaluation_interval: 5m
group_eval_order: [availability, availability-windows, availability-days, api-errors, slo, slo-days, generation, generation-day, week, scheduler, scheduler-day, scheduler-month, upstreams, pages, database, mail, telemetry, notifications, slo-availability, slo-api-errors, slo-events, escalation] # records first; without it promtool takes any order
tests:
`)
	writeMonth(&b, "a healthy month", simulate(t, false), func(b *strings.Builder) {
		for day := 1; day <= monthDays; day++ {
			firing(b, fmt.Sprintf("%dd", day), "Watchdog")
		}
	})
	writeMonth(&b, "the same month without Berlin's run of October 16", simulate(t, true), func(b *strings.Builder) {
		// Due at 04:00 UTC on day 11, late from 04:30 on, and 6 hours later an alert.
		firing(b, "11d", "Watchdog")
		ask(b, "11d10h30m", `ALERTS{alertname="WeeklyGenerationIncomplete", alertstate="firing"}`, "")
		ask(b, "11d10h35m", `ALERTS{alertname="WeeklyGenerationIncomplete", alertstate="firing"}`,
			`ALERTS{alertname="WeeklyGenerationIncomplete", alertstate="firing", severity="critical", system="generation", week_of="2026-10-19"}`)
	})
	return b.String()
}

func writeMonth(b *strings.Builder, name string, all []*line, cases func(*strings.Builder)) {
	fmt.Fprintf(b, "  - name: %q\n    interval: 5m\n    start_timestamp: %s\n    input_series:\n", name, monthStart.Format(time.RFC3339))
	for _, l := range all {
		fmt.Fprintf(b, "      - {series: '%s', values: %q}\n", l.series, notation(l.values))
	}
	b.WriteString("    promql_expr_test:\n")
	cases(b)
}

// firing says which alerts fired within the day before, as often as each was evaluated.
func firing(b *strings.Builder, at, alert string) {
	ask(b, at, `count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1d]))`, fmt.Sprintf("{alertname=%q}", alert))
}

// ask expects one sample of 1, or none.
func ask(b *strings.Builder, at, expr, labels string) {
	samples := ""
	if labels != "" {
		samples = fmt.Sprintf("{labels: '%s', value: 1}", labels)
	}
	fmt.Fprintf(b, "      - {expr: '%s', eval_time: %s, exp_samples: [%s]}\n", expr, at, samples)
}

// A line is a series with a value for each step; NaN is no sample.
type line struct {
	series string
	values []float64
}

// A simulation collects the lines of a month.
type simulation struct {
	lines []*line
	named map[string]*line
}

const monthSteps = monthDays*perDay + 1

// gauge returns the line of a series, which is value at first.
func (s *simulation) gauge(series string, value float64) *line {
	if l, ok := s.named[series]; ok {
		return l
	}
	l := &line{series: series, values: make([]float64, monthSteps)}
	for i := range l.values {
		l.values[i] = value
	}
	s.lines, s.named[series] = append(s.lines, l), l
	return l
}

// from sets all values from a step on.
func (l *line) from(step int, value float64) {
	for i := max(0, step); i < monthSteps; i++ {
		l.values[i] = value
	}
}

// count adds n to a counter at a step.
func (s *simulation) count(series string, step int, n float64) {
	l := s.gauge(series, 0)
	for i := step; i < monthSteps; i++ {
		l.values[i] += n
	}
}

// stepOf returns the first step at or after an instant, and whether the month has it.
func stepOf(at time.Time) (int, bool) {
	d := at.Sub(monthStart)
	step := int((d + monthStep - 1) / monthStep)
	return step, d >= 0 && step < monthSteps
}

// at calls do for each day's wall clock time in a zone, with the step it falls into.
func at(t *testing.T, zone string, hour int, days func(time.Weekday) bool, do func(step int, when time.Time)) {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	for day := -1; day <= monthDays; day++ {
		when := time.Date(monthStart.Year(), monthStart.Month(), monthStart.Day()+day, hour, 0, 0, 0, loc)
		if step, ok := stepOf(when); ok && days(when.Weekday()) {
			do(step, when)
		}
	}
}

func simulate(t *testing.T, berlinMissesOne bool) []*line {
	t.Helper()
	s := &simulation{named: map[string]*line{}}
	up := s.gauge(`service_up{service="meal-planner"}`, 1)
	up.values[9*perDay+50] = math.NaN() // a restart
	s.gauge(`otelcol_process_memory_rss{job="telemetry/otel-collector"}`, 2e8)
	for _, server := range []string{"prometheus", "alertmanager", "jaeger", "loki"} {
		s.gauge(fmt.Sprintf(`up{job=%q}`, server), 1)
	}
	s.gauge(`api_availability{api="tandoor"}`, 1)
	s.gauge(`api_availability{api="fatsecret"}`, 1).values[17*perDay+100] = 0 // a probe without an answer
	s.steady()
	s.jobs(t)
	s.weeks(t, berlinMissesOne)
	for _, l := range s.lines {
		if strings.HasPrefix(l.series, "scheduler_job_") && strings.Contains(l.series, "_total") {
			l.thin()
		}
	}
	return s.lines
}

// steady are pools, queries, pages and the day's calls, which go on all the time.
func (s *simulation) steady() {
	used := s.gauge(`api_daily_budget_usage{api="fatsecret"}`, 0)
	for i := range used.values {
		used.values[i] = float64(i%perDay) / 1024 // 28 % at midnight
	}
	for _, pool := range []string{"api", "scheduler"} {
		l := s.gauge(fmt.Sprintf(`database_connection_pool_usage{pool=%q}`, pool), 0.125)
		for i := 30; i < monthSteps; i += 36 {
			l.values[i] = 0.875 // a busy moment
		}
	}
	for _, b := range []bucket{{"0.3", 19}, {"1", 20}, {"3", 20}, {"+Inf", 20}} {
		s.steadily(fmt.Sprintf(`http_server_request_duration_bucket{http_route="/week/{week}", http_response_status_code="200", le=%q}`, b.le), b.n)
	}
	s.steadily(`http_server_request_duration_count{http_route="/week/{week}", http_response_status_code="200"}`, 20)
	for _, l := range []string{"_count{", `_bucket{le="+Inf", `} { // a time-out every three hours
		for i := 20; i < monthSteps; i += 36 {
			s.count(`http_server_request_duration`+l+`http_route="/week/{week}", http_response_status_code="504"}`, i, 1)
		}
	}
	for _, b := range []bucket{{"0.05", 95}, {"0.1", 99}, {"0.25", 100}, {"+Inf", 100}} {
		s.steadily(fmt.Sprintf(`database_query_duration_seconds_bucket{query="get_plan", le=%q}`, b.le), b.n)
	}
}

// steadily is a counter that grows by n each step.
func (s *simulation) steadily(series string, n float64) {
	l := s.gauge(series, 0)
	for i := range l.values {
		l.values[i] = n * float64(i)
	}
}

type bucket struct {
	le string
	n  float64
}

type monthUser struct{ id, zone string }

var monthUsers = []monthUser{{"u1", "Pacific/Auckland"}, {"u2", "Europe/Berlin"}, {"u3", "America/Los_Angeles"}}

// job is one that ends well, at the second attempt if it is retried.
func (s *simulation) job(kind string, step int, retried bool) {
	attempts := 1.0
	if retried {
		attempts = 2
	}
	s.count(fmt.Sprintf(`scheduler_job_executions_total{job_type=%q}`, kind), step, attempts)
	s.count(fmt.Sprintf(`scheduler_job_completions_total{job_type=%q}`, kind), step, 1)
	s.count(fmt.Sprintf(`scheduler_job_retries_total{job_type=%q}`, kind), step, attempts-1)
	s.gauge(fmt.Sprintf(`scheduler_job_queue_depth{job_type=%q}`, kind), 0).values[step]++
	s.gauge(fmt.Sprintf(`scheduler_concurrent_jobs{job_type=%q}`, kind), 0).values[step]++
}

func (s *simulation) mail(kind string, step int) {
	for _, what := range []string{"attempts", "success"} {
		s.count(fmt.Sprintf(`email_delivery_%s_total{email_type=%q}`, what, kind), step, 1)
	}
	s.count(fmt.Sprintf(`email_delivery_failures_total{email_type=%q}`, kind), step, 0)
}

func (s *simulation) requests(api, status string, step int, n float64) {
	s.count(fmt.Sprintf(`api_request_total{api=%q, endpoint="list", status_code=%q}`, api, status), step, n)
}

// jobs are those of every day, and trends on Thursdays.
func (s *simulation) jobs(t *testing.T) {
	t.Helper()
	s.gauge(`scheduler_concurrency_limit`, 5)
	syncs := 0
	for n, u := range monthUsers {
		for step := 7 * (n + 1); step < monthSteps; step += 3 * perDay / 24 {
			syncs++
			s.job("AutoSync", step, syncs%40 == 0)
			s.requests("fatsecret", "200", step, 12)
			s.requests("tandoor", "200", step, 6)
			if syncs%40 == 0 {
				s.requests("fatsecret", "timeout", step, 1)
			}
		}
		every := func(time.Weekday) bool { return true }
		at(t, u.zone, 20, every, func(step int, _ time.Time) {
			s.job("DailyAdvisor", step, false)
			s.mail("daily_advisor", step)
		})
		thursdays := func(d time.Weekday) bool { return d == time.Thursday }
		at(t, u.zone, 20, thursdays, func(step int, _ time.Time) {
			s.job("WeeklyTrends", step, false)
			s.mail("weekly_trends", step)
		})
	}
}

// weeks are the runs: the first one due opens a week, the last one completes it.
func (s *simulation) weeks(t *testing.T, berlinMissesOne bool) {
	t.Helper()
	last := s.gauge(`weekly_generation_last_success_timestamp_seconds`, float64(time.Date(2026, 10, 2, 13, 0, 0, 0, time.UTC).Unix()))
	streak := s.gauge(`weekly_generation_success_streak_weeks`, 5)
	inForce := func(monday string) *line {
		return s.gauge(fmt.Sprintf(`weekly_generation_current_week{week_of=%q}`, monday), math.NaN())
	}
	complete := func(monday string) *line {
		return s.gauge(fmt.Sprintf(`weekly_generation_success_all_users{week_of=%q}`, monday), math.NaN())
	}
	mondays := []string{"2026-09-28", "2026-10-05"}
	for i, m := range mondays {
		inForce(m).from(0, float64(i))
		complete(m).from(0, 1)
	}
	fridays := func(d time.Weekday) bool { return d == time.Friday }
	seen := map[string]int{}
	missed := ""
	type run struct {
		step int
		when time.Time
		user monthUser
	}
	var runs []run
	for _, u := range monthUsers {
		at(t, u.zone, 6, fridays, func(step int, when time.Time) { runs = append(runs, run{step, when, u}) })
	}
	for week := range monthDays/7 + 1 {
		for _, r := range runs { // users are in the order in which their Fridays begin
			monday := r.when.AddDate(0, 0, 3).Format(time.DateOnly)
			if monday != monthStart.AddDate(0, 0, 7*(week+1)).Format(time.DateOnly) {
				continue
			}
			if seen[monday] == 0 { // the week before the last is no longer spoken of
				n := len(mondays)
				inForce(mondays[n-2]).from(r.step, math.NaN())
				complete(mondays[n-2]).from(r.step, math.NaN())
				inForce(mondays[n-1]).from(r.step, 0)
				inForce(monday).from(r.step, 1)
				complete(monday).from(r.step, 1)
				mondays = append(mondays, monday)
			}
			seen[monday]++
			if berlinMissesOne && r.user.id == "u2" && week == 1 {
				missed = monday
				complete(monday).from(r.step+int(30*time.Minute/monthStep)+1, 0)
				continue
			}
			s.job("WeeklyGeneration", r.step, false)
			s.mail("weekly_plan", r.step)
			s.requests("tandoor", "200", r.step, 20)
			s.count(fmt.Sprintf(`generation_attempts_total{user_id=%q}`, r.user.id), r.step, 1)
			s.count(fmt.Sprintf(`generation_success_total{user_id=%q}`, r.user.id), r.step, 1)
			s.gauge(fmt.Sprintf(`generation_macro_balance_success_rate{user_id=%q}`, r.user.id), 1)
			for _, b := range []bucket{{"0.5", 0}, {"1.0", 1}, {"2.0", 1}, {"+Inf", 1}} {
				s.count(fmt.Sprintf(`generation_execution_time_seconds_bucket{user_id=%q, le=%q}`, r.user.id, b.le), r.step, b.n)
			}
			last.from(r.step, float64(r.when.Unix()))
			if seen[monday] == len(monthUsers) && missed == "" {
				streak.from(r.step, streak.values[r.step]+1)
			}
		}
	}
	if len(runs) != 12 || berlinMissesOne != (missed != "") {
		t.Fatalf("%d runs, missed %q", len(runs), missed)
	}
}

// thin keeps a counter's samples around its increments, and one every six hours.
func (l *line) thin() {
	kept := make([]float64, len(l.values))
	for i := range kept {
		changes := i > 0 && l.values[i] != l.values[i-1] || i+1 < len(kept) && l.values[i+1] != l.values[i]
		if kept[i] = math.NaN(); changes || i%(perDay/4) == 0 {
			kept[i] = l.values[i]
		}
	}
	l.values = kept
}

// notation writes values as promtool reads them: runs of one step's difference.
func notation(values []float64) string {
	var out []string
	for i := 0; i < len(values); {
		v, n := values[i], 1
		if math.IsNaN(v) {
			for i+n < len(values) && math.IsNaN(values[i+n]) {
				n++
			}
			out = append(out, fmt.Sprintf("_x%d", n))
			i += n
			continue
		}
		delta := math.NaN()
		if i+1 < len(values) {
			delta = values[i+1] - v
		}
		for i+n < len(values) && values[i+n]-values[i+n-1] == delta {
			n++
		}
		number := func(f float64) string { return strings.TrimSuffix(fmt.Sprintf("%f", f), ".000000") }
		if math.Trunc(v) != v || math.Trunc(delta) != delta {
			number = func(f float64) string { return fmt.Sprint(f) }
		}
		switch {
		case n < 3:
			out, n = append(out, number(v)), 1
		case delta == 0:
			out = append(out, fmt.Sprintf("%sx%d", number(v), n-1))
		case delta > 0:
			out = append(out, fmt.Sprintf("%s+%sx%d", number(v), number(delta), n-1))
		default:
			out = append(out, fmt.Sprintf("%s%sx%d", number(v), number(delta), n-1))
		}
		i += n
	}
	return strings.Join(out, " ")
}
