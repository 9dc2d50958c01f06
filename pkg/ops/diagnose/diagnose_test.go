package diagnose_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// sick is what the sources say; the zero value is an installation that is well.
type sick struct {
	metrics map[string][]diagnose.Sample // by a part of the expression, or = and the whole
	lines   []diagnose.Line
	spans   []diagnose.Span
	waits   []diagnose.LockWait
	jobs    []diagnose.FailingJobs
	mails   []diagnose.RefusedMails
	changed []diagnose.Setting
	planned []diagnose.Unbalanced
	lacking []diagnose.Planless
	open    []diagnose.Transaction

	noMetrics, noTraces, noDatabase error
}

func (s *sick) Query(_ context.Context, expr string) ([]diagnose.Sample, error) {
	var out []diagnose.Sample
	for part, samples := range s.metrics {
		if whole, ok := strings.CutPrefix(part, "="); expr == whole || !ok && strings.Contains(expr, part) {
			out = append(out, samples...)
		}
	}
	return out, s.noMetrics
}

func (s *sick) Lines(context.Context, string, time.Time, int) ([]diagnose.Line, error) {
	return s.lines, nil
}

func (s *sick) Slow(_ context.Context, service, _ string, _ time.Time, _ time.Duration, _ int) ([]diagnose.Span, error) {
	if service == "meal-planner" {
		return nil, s.noTraces
	}
	return s.spans, s.noTraces
}
func (s *sick) Ping(context.Context) error { return s.noDatabase }
func (s *sick) LockWaits(context.Context) ([]diagnose.LockWait, error) {
	return s.waits, s.noDatabase
}
func (s *sick) Sessions(context.Context) ([]diagnose.Sessions, error) { return nil, s.noDatabase }
func (s *sick) LongTransactions(context.Context, time.Duration) ([]diagnose.Transaction, error) {
	return s.open, s.noDatabase
}

func (s *sick) SlowStatements(context.Context, time.Duration) ([]diagnose.Statement, error) {
	return nil, s.noDatabase
}

func (s *sick) FailingJobs(context.Context, time.Duration, time.Duration) ([]diagnose.FailingJobs, error) {
	return s.jobs, s.noDatabase
}

func (s *sick) UsersWithoutPlan(context.Context, string) ([]diagnose.Planless, error) {
	return s.lacking, s.noDatabase
}

func (s *sick) Unbalanced(context.Context) ([]diagnose.Unbalanced, error) {
	return s.planned, s.noDatabase
}

func (s *sick) RefusedMails(context.Context, time.Duration, time.Duration) ([]diagnose.RefusedMails, error) {
	return s.mails, s.noDatabase
}

func (s *sick) Settings(context.Context) ([]diagnose.Setting, error) {
	return s.changed, s.noDatabase
}

func (s *sick) diagnose(t *testing.T, slug string) diagnose.Report {
	t.Helper()
	var r diagnose.Report
	synctest.Test(t, func(t *testing.T) { // the seconds of sampling pass at once
		var err error
		r, err = diagnose.Diagnose(t.Context(), diagnose.Sources{Metrics: s, Logs: s, Traces: s, Database: s}, diagnose.Options{
			Slug: slug, Window: 15 * time.Minute, Now: now,
			Configured: override.Configured{Concurrency: 5, GenerationTimeout: 2 * time.Second, APIPool: 20, SchedulerPool: 20},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	return r
}

func causes(fs []diagnose.Finding) []string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.Cause
	}
	return out
}

func sample(v float64, labels ...string) diagnose.Sample {
	s := diagnose.Sample{Labels: map[string]string{}, Value: v}
	for i := 0; i < len(labels); i += 2 {
		s.Labels[labels[i]] = labels[i+1]
	}
	return s
}

var (
	blocked = []diagnose.LockWait{{Table: "plans", Application: "psql", State: "idle in transaction", PID: 7, Held: time.Minute, Waited: time.Second, Waiting: 3}}
	refused = []diagnose.RefusedMails{{Final: true, Message: "550 no", Count: 4, Recently: 1}}
)

func TestFindings(t *testing.T) {
	t.Parallel()
	const lock = "the table plans is locked by psql (pid 7, idle in transaction): up to 3 sessions wait"
	const mail = "the mail server refuses mails permanently: 4"
	answers := func(window, recent float64) map[string][]diagnose.Sample {
		return map[string][]diagnose.Sample{
			`status_code=~"401|403|429|5..|timeout|network_error"}[900s]`: {sample(window, "api", "tandoor", "endpoint", "recipes", "status_code", "503")},
			`status_code=~"401|403|429|5..|timeout|network_error"}[60s]`:  {sample(recent, "api", "tandoor", "endpoint", "recipes", "status_code", "503")},
			"sum by (api) (increase(api_request_total[900s]":              {sample(100, "api", "tandoor")},
			"sum by (api) (increase(api_request_total[60s]":               {sample(10, "api", "tandoor")},
		}
	}
	failing := func(window, recent float64) map[string][]diagnose.Sample {
		ended := func(n float64) []diagnose.Sample {
			if n == 0 {
				return nil
			}
			return []diagnose.Sample{sample(n, "http_route", "/week/{week}", "http_response_status_code", "500")}
		}
		return map[string][]diagnose.Sample{
			`http_route!~"/(healthz|readyz|status)|/alerts/.*"}[900s]`:               ended(window),
			`http_route!~"/(healthz|readyz|status)|/alerts/.*"}[60s]`:                ended(recent),
			"sum by (http_route) (increase(http_server_request_duration_count[900s]": {sample(40, "http_route", "/week/{week}")},
		}
	}
	spans := []diagnose.Span{
		{Trace: "t1", ID: "a", Name: "generation", Start: now.Add(-20 * time.Second), Took: 3 * time.Second},
		{Trace: "t1", ID: "b", Parent: "a", Name: "recipe_fetch", Component: "recipe_fetch", Took: 2 * time.Second},
		{Trace: "t1", ID: "c", Parent: "a", Name: "select", Took: time.Second},
		{Trace: "t2", ID: "x", Name: "generation", Start: now.Add(-10 * time.Minute), Took: 2 * time.Second},
		{Trace: "t2", ID: "y", Parent: "x", Name: "load profile", Took: 2 * time.Second},
	}
	const (
		missed  = "=service:service_down:ratio30d > 0.005 and service:service_up:last1m offset 7d"
		burning = "=service:service_down:ratio3d > 0.005 and service:service_up:last1m offset 3d"
	)
	for name, c := range map[string]struct {
		s       sick
		slug    string
		causes  []string
		earlier []string
	}{
		"well": {causes: []string{}},
		"a disk at two places": {slug: "disk-space-low", causes: []string{"the disk /dev/sda1 is nearly full"}, s: sick{metrics: map[string][]diagnose.Sample{"system_filesystem_utilization": {
			sample(.93, "system_device", "/dev/sda1", "system_filesystem_mountpoint", "/"), sample(.93, "system_device", "/dev/sda1", "system_filesystem_mountpoint", "/data"),
		}}}},
		"two causes":          {s: sick{waits: blocked, mails: refused}, slug: "generation-slow", causes: []string{lock, mail}},
		"the slug ranks":      {s: sick{waits: blocked, metrics: map[string][]diagnose.Sample{"max by (api) (api_availability) == 0": {sample(0, "api", "fatsecret")}}}, slug: "several-systems-affected", causes: []string{"fatsecret does not answer: its probes fail", lock}},
		"the slug restricts":  {s: sick{waits: blocked, mails: refused}, slug: "email-delivery-issues", causes: []string{mail}},
		"mails of before":     {s: sick{mails: []diagnose.RefusedMails{{Final: true, Count: 4}}}, causes: []string{}, earlier: []string{mail}},
		"pages fail now":      {s: sick{metrics: failing(12, 12)}, slug: "page-errors", causes: []string{"the page /week/{week} fails: 12 of 40 requests"}},
		"pages failed before": {s: sick{metrics: failing(12, 0)}, slug: "page-errors", causes: []string{}, earlier: []string{"the page /week/{week} fails: 12 of 40 requests"}},
		"too few pages fail":  {s: sick{metrics: failing(2, 2)}, causes: []string{}},
		"a page is slow": {
			s:    sick{waits: blocked, metrics: map[string][]diagnose.Sample{"topk(5, histogram_quantile(0.95, sum by (http_request_method, http_route, le)": {sample(2.66, "http_request_method", "GET", "http_route", "/week")}}},
			slug: "page-slow", causes: []string{lock, "the page /week is slow: 2.7 s (p95)"},
		},
		"answers now":          {s: sick{metrics: answers(30, 5)}, causes: []string{"tandoor answers with 503: 30 of 100 requests"}},
		"answers of before":    {s: sick{metrics: answers(30, 0)}, causes: []string{}, earlier: []string{"tandoor answers with 503: 30 of 100 requests"}},
		"too few answers":      {s: sick{metrics: answers(2, 2)}, causes: []string{}},
		"a job that recovered": {s: sick{jobs: []diagnose.FailingJobs{{Type: "AutoSync", ErrorType: "TimeoutError", Failed: 2, Recently: 2}}}, causes: []string{}},
		"a job that does not": {
			s:      sick{jobs: []diagnose.FailingJobs{{Type: "AutoSync", ErrorType: "TimeoutError", Message: "no\nanswer", Failed: 2, Recently: 1, Unrecovered: 1}}},
			causes: []string{"AutoSync fails with TimeoutError (a timeout): no answer"},
		},
		"a job that failed": {
			s:      sick{jobs: []diagnose.FailingJobs{{Type: "AutoSync", ErrorType: "Unauthorized", Message: "no", Failed: 1, Unrecovered: 1}}},
			causes: []string{}, earlier: []string{"AutoSync fails with Unauthorized (credentials refused): no"},
		},
		"slow components":   {s: sick{spans: spans}, causes: []string{"generations are slow in recipe_fetch: up to 2s of 3s"}, earlier: []string{"generations are slow in load profile: up to 2s of 2s"}},
		"balance":           {s: sick{planned: []diagnose.Unbalanced{{User: "a", Plans: 4, Count: 1}, {User: "b", Plans: 4, Count: 0}}}, causes: []string{"1 of 2 users have plans with days out of band: their recipes do not reach their targets"}},
		"balance, by users": {s: sick{planned: []diagnose.Unbalanced{{User: "a", Plans: 4, Count: 2, Steered: 2}}}, causes: []string{"1 of 1 users have plans with days out of band: most of them in weeks in which they locked or skipped meals, or travelled"}},
		"balance enough":    {s: sick{planned: []diagnose.Unbalanced{{User: "a", Plans: 4, Count: 1}, {User: "b", Plans: 4}, {User: "c", Plans: 4}}}, causes: []string{}},
		"paused": {
			s: sick{
				metrics: map[string][]diagnose.Sample{"weekly_generation_success_all_users": {sample(0, "week_of", "2026-11-30")}},
				lacking: []diagnose.Planless{{User: "ana", Status: "scheduled"}, {User: "ben", Status: "failed", LastError: "no recipes", Scheduled: true}, {User: "cem", Status: "failed", LastError: "no recipes", Scheduled: true}},
			},
			causes: []string{"ana has no plan for the week of 2026-11-30: the job is paused", "2 users have no plan for the week of 2026-11-30: the job is failed, its last error: no recipes"},
		},
		"open transaction": {s: sick{open: []diagnose.Transaction{{PID: 9, State: "active", Open: time.Minute}}}, causes: []string{"a client without a name (pid 9, active) has a transaction open for 1m0s"}},
		"outages of days": {
			s: sick{metrics: map[string][]diagnose.Sample{missed: {sample(0.0125, "service", "api")}}}, slug: "availability-slo-missed",
			causes: []string{"api was down for 1.25 % of the last 30 days"},
		},
		"outages of nearly all days": {
			s: sick{metrics: map[string][]diagnose.Sample{missed: {sample(0.995, "service", "api")}}}, slug: "availability-slo-missed",
			causes: []string{"api was down for 99.50 % of the last 30 days"},
		},
		"outages of days that are over": {
			s: sick{metrics: map[string][]diagnose.Sample{
				missed: {sample(0.0125, "service", "api"), sample(0.02, "service", "scheduler")}, "min_over_time(service": {sample(1, "service", "api"), sample(0, "service", "scheduler")},
			}}, slug: "availability-slo-missed",
			causes: []string{"scheduler was down for 2.00 % of the last 30 days"}, earlier: []string{"api was down for 1.25 % of the last 30 days"},
		},
		"outages of three days": {
			s: sick{metrics: map[string][]diagnose.Sample{burning: {sample(0.00504, "service", "api")}}}, slug: "availability-budget-burn-slow",
			causes: []string{"api was down for 0.50 % of the last 3 days"},
		},
		"outages of a day, of a role that has been known for no longer, are said once": {
			s: sick{metrics: map[string][]diagnose.Sample{
				burning: {sample(0.006, "service", "api")}, "=service:service_down:ratio1d > 0.015 and service:service_up:last1m offset 1d": {sample(0.018, "service", "api"), sample(0.02, "service", "scheduler")},
			}}, slug: "availability-budget-burn-slow",
			causes: []string{"api was down for 0.60 % of the last 3 days", "scheduler was down for 2.00 % of the last day"},
		},
		"outages of days are no cause of the moment": {
			s: sick{metrics: map[string][]diagnose.Sample{missed: {sample(0.0125, "service", "api")}}}, slug: "service-down", causes: []string{},
		},
		"gaps": {
			s: sick{metrics: map[string][]diagnose.Sample{
				"=service:service_up:last1m": {sample(1, "service", "api")}, "max by (service) (service_up)": {sample(1, "service", "api")},
				"min_over_time(service": {sample(0, "service", "api")},
			}}, slug: "service-down", causes: []string{"api has gaps: it is silent or not ready at times"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.s.diagnose(t, c.slug)
			if diff := cmp.Diff(c.causes, causes(r.Causes)); diff != "" {
				t.Errorf("causes: %s", diff)
			}
			if diff := cmp.Diff(c.earlier, causes(r.Earlier)); len(c.earlier)+len(r.Earlier) > 0 && diff != "" {
				t.Errorf("earlier: %s", diff)
			}
			if len(r.NotAsked) > 0 {
				t.Errorf("not asked: %v", r.NotAsked)
			}
		})
	}
}

// What a line says of a failure stands in Loki under the name of its record.
func TestAnUpstreamsFailureIsQuoted(t *testing.T) {
	t.Parallel()
	refused := diagnose.Line{Text: "Upstream does not answer", Fields: map[string]string{"exception_message": "tandoor: connection refused"}}
	s := sick{
		metrics: map[string][]diagnose.Sample{"max by (api) (api_availability) == 0": {sample(0, "api", "tandoor")}},
		lines:   []diagnose.Line{refused, refused, {Text: "Upstream does not answer"}},
	}
	found := s.diagnose(t, "api-down").Causes
	if len(found) == 0 {
		t.Fatal("nothing was found")
	}
	if diff := cmp.Diff([]string{"logged 2 times: tandoor: connection refused", "logged once: Upstream does not answer"}, found[0].Evidence); diff != "" {
		t.Error(diff)
	}
}

// How often the role was down is counted over the alert's days, and it says when last.
func TestOutagesOfDays(t *testing.T) {
	t.Parallel()
	r := (&sick{metrics: map[string][]diagnose.Sample{
		"service:service_down:ratio30d": {sample(0.01, "service", "api"), sample(0.02, "service", "scheduler")},
		"=changes(service:service_up:last1m[30d]) - resets(service:service_up:last1m[30d]) + 1 - last_over_time(service:service_up:last1m[30d])": {sample(3, "service", "api"), sample(1, "service", "scheduler")},
		"=max_over_time(timestamp(service:service_up:last1m == 0)[30d:15s])":                                                                     {sample(float64(now.Add(-49*time.Hour).Unix()), "service", "api")},
	}}).diagnose(t, "availability-slo-missed")
	var evidence []string
	for _, f := range r.Causes {
		evidence = append(evidence, f.Evidence...)
	}
	if diff := cmp.Diff([]string{"the budget is 0.5 %; outages: 3, down last at 2026-11-28 11:00:00Z", "the budget is 0.5 %; outages: 1"}, evidence); diff != "" {
		t.Error(diff)
	}
}

// What was changed is a cause where it takes something away, or promises too much.
func TestSettings(t *testing.T) {
	t.Parallel()
	changed := func(name, value string) diagnose.Setting {
		return diagnose.Setting{Name: name, Value: value, By: "ana", Set: now, Expires: now.Add(time.Hour)}
	}
	r := (&sick{changed: []diagnose.Setting{
		changed("jobs.concurrency", "1"), changed("jobs.AutoSync.timeout", "1s"), changed("jobs.DailyAdvisor.paused", "true"), changed("jobs.WeeklyTrends.paused", "false"),
		changed("generation.timeout", "10s"), changed("database.api_pool", "40"), changed("jobs.AutoSync.attempts", "1"),
	}}).diagnose(t, "high-retry-rate")
	want := []string{"jobs.concurrency was lowered to 1 (otherwise 5)", "jobs.AutoSync.timeout was lowered to 1s (otherwise 30s)", "DailyAdvisor jobs are paused by the setting jobs.DailyAdvisor.paused"}
	if diff := cmp.Diff(want, causes(r.Causes)); diff != "" {
		t.Error(diff)
	}
	if len(r.Changed) != 4 || !strings.HasPrefix(r.Changed[1], "generation.timeout = 10s (otherwise 2s) by ana at 2026-11-30 12:00:00Z") {
		t.Errorf("changed: %q", r.Changed)
	}
	r = (&sick{changed: []diagnose.Setting{changed("jobs.concurrency", "40")}}).diagnose(t, "")
	if diff := cmp.Diff([]string{"jobs.concurrency was raised to 40, which is more than the scheduler's 20 connections"}, causes(r.Causes)); diff != "" {
		t.Error(diff)
	}
	r = (&sick{changed: []diagnose.Setting{changed("database.scheduler_pool", "60"), changed("jobs.concurrency", "40")}}).diagnose(t, "")
	if len(r.Causes) != 0 {
		t.Errorf("enough connections, and yet: %v", causes(r.Causes))
	}
}

// A source that is dead is said, and the others are asked all the same.
func TestDeadSources(t *testing.T) {
	t.Parallel()
	dead := errors.New("connection refused")
	r := (&sick{noDatabase: dead}).diagnose(t, "")
	if diff := cmp.Diff([]string{"PostgreSQL does not answer"}, causes(r.Causes)); diff != "" {
		t.Error(diff)
	}
	if len(r.NotAsked) != 1 || !strings.HasSuffix(r.NotAsked[0], "connection refused") || !strings.HasPrefix(r.NotAsked[0], "locks, mails, jobs") {
		t.Errorf("not asked: %q", r.NotAsked)
	}
	r = (&sick{noMetrics: dead, waits: blocked}).diagnose(t, "generation-slow")
	if len(r.Causes) != 2 || !strings.HasPrefix(r.Causes[0].Cause, "the table plans is locked") || r.Causes[1].Cause != "Prometheus does not answer" {
		t.Errorf("causes: %q", causes(r.Causes))
	}
	r = (&sick{noTraces: dead, waits: blocked}).diagnose(t, "generation-slow")
	if diff := cmp.Diff([]string{"components: connection refused"}, r.NotAsked); len(r.Causes) != 1 || diff != "" {
		t.Errorf("%q %s", causes(r.Causes), diff)
	}
}

// The diagnosis of every alert looks for something.
func TestEveryAlertHasADiagnosis(t *testing.T) {
	t.Parallel()
	for _, slug := range alert.Slugs() {
		(&sick{}).diagnose(t, slug)
	}
}

func TestUnknownSlug(t *testing.T) {
	t.Parallel()
	s := &sick{}
	_, err := diagnose.Diagnose(t.Context(), diagnose.Sources{Metrics: s, Logs: s, Traces: s, Database: s}, diagnose.Options{Slug: "api-dwn", Window: time.Minute, Now: now})
	if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "api-down") {
		t.Errorf("%v", err)
	}
}

// The drill looks for these words in the diagnosis.
func TestTheMailDrillLooksForWhatIsSaid(t *testing.T) {
	t.Parallel()
	d, err := drill.Lookup("email-delivery-issues")
	if err != nil {
		t.Fatal(err)
	}
	s := sick{mails: refused}
	r := s.diagnose(t, "email-delivery-issues")
	if len(r.Causes) != 1 {
		t.Fatalf("%d causes", len(r.Causes))
	}
	for _, word := range d.Cause {
		if !strings.Contains(strings.ToLower(r.Causes[0].Cause), word) {
			t.Errorf("the drill looks for %q in %q", word, r.Causes[0].Cause)
		}
	}
}
