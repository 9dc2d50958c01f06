package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

const alertsToken = "a-token-of-alertmanager"

func withAlerts(c *config.Config) { c.Alerts.Token = alertsToken }

// tell sends a notification as Alertmanager does and returns the answer's status.
func (w *world) tell(t *testing.T, path, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.Addr(app.API).String()+path, strings.NewReader(body))
	must(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode
}

// page reads a page of the api.
func (w *world) page(t *testing.T, path string) string {
	t.Helper()
	return w.pageAt(t, app.API, path)
}

func (w *world) pageAt(t *testing.T, role app.Role, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.Addr(role).String()+path, http.NoBody)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", path, resp.Status)
	}
	return string(b)
}

func TestRunbooksAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:1]})
	must(t, w.Start(t.Context()))
	list := w.page(t, "/runbook/")
	for _, slug := range []string{"generation-failed", "api-down", "job-failures", "db-pool-saturated", "generation-slow", "api-errors", "high-retry-rate", "email-delivery-issues"} { // the required ones
		if !strings.Contains(list, `href="`+slug+`"`) {
			t.Errorf("%s is not in the list", slug)
		}
		page := w.page(t, "/runbook/"+slug)
		if !strings.Contains(page, "<code class=\"language-sh\">mealplanner diagnose "+slug) || strings.Contains(page, "<script") {
			t.Errorf("%s: %.300s", slug, page)
		}
	}
	if resp, err := http.Get("http://" + w.Addr(app.API).String() + "/runbook/nonsense"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown one: %v, %v", resp, err)
	} else {
		must(t, resp.Body.Close())
	}
}

func notification(status string, startsAt time.Time, labels map[string]string) string {
	b, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": "{}", "status": status, "notification_reason": "new", "truncatedAlerts": 0,
		"alerts": []any{map[string]any{
			"status": status, "labels": labels, "annotations": map[string]string{"description": "a test"},
			"startsAt": startsAt, "fingerprint": fmt.Sprintf("%x", labels), "generatorURL": "http://prometheus",
		}},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// fail leaves a user's weekly generation as a failed run of the kind does.
func fail(t *testing.T, pool *pgxpool.Pool, user, kind string) {
	t.Helper()
	job := "weekly_generation:" + user
	_, err := pool.Exec(t.Context(), `insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, completed_at, error_type)
		values ($1, 'WeeklyGeneration', $2, (select 1000000 + count(*) from job_executions), 'scheduled', 3, 'failed', true, now(), now(), $3)`, job, user, kind)
	must(t, err)
	_, err = pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, status = 'failed', error_count = 3, last_error = $2, scheduled_for = now(), next_run_at = now() + interval '5 days' where id = $1", job, kind)
	must(t, err)
}

// Tier 1: the job that failed for a reason that may be gone runs again, and only it; a
// notification that is repeated does nothing; a new firing responds again.
func TestFailedJobsAreTriedAgainByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:3], change: func(c *config.Config) { withAlerts(c); c.Web.AdminAddr = anyPort }})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	fail(t, pool, "user_00", "TimeoutError")
	fail(t, pool, "user_01", "InvalidConstraints")
	labels := map[string]string{"alertname": "SchedulerJobFailureRateHigh", "severity": "critical", "system": "scheduler", "job_type": "WeeklyGeneration"}
	start := time.Now().Add(-time.Minute)
	if got := w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels)); got != http.StatusNoContent {
		t.Fatalf("status %d", got)
	}
	await(t, pool, 1, "select count(*) from scheduled_jobs where id = 'weekly_generation:user_00' and status = 'completed'")
	await(t, pool, 1, "select count(*) from scheduled_jobs where id = 'weekly_generation:user_01' and status = 'failed'")
	await(t, pool, 1, "select count(*) from alert_responses where action = 'retry_jobs' and result = 'done' and detail = 'will run again: weekly_generation:user_00'")
	await(t, pool, 1, "select count(*) from plans")
	for begin := time.Now(); w.gauge(t, "alert_response")["SchedulerJobFailureRateHigh"] != 1; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the response is not exported")
		}
	}
	if g := w.gauge(t, "alert_response"); g["retry_jobs"] != 1 || g["done"] != 1 {
		t.Errorf("alert_response %v", g)
	}
	if page := w.pageAt(t, app.Admin, "/runbook/SchedulerJobFailureRateHigh"); !strings.Contains(page, "<td>retry_jobs</td><td>done</td>") || !strings.Contains(page, "<h2>Mitigation</h2>") {
		t.Errorf("the runbook's page: %.500s", page)
	}
	fail(t, pool, "user_00", "TimeoutError") // and Alertmanager repeats itself
	for range 2 {
		w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels))
	}
	await(t, pool, 1, "select count(*) from alert_responses")
	await(t, pool, 1, "select count(*) from scheduled_jobs where id = 'weekly_generation:user_00' and status = 'failed'")
	w.tell(t, "/alerts/notify", alertsToken, notification("firing", start.Add(time.Second), labels))
	await(t, pool, 1, "select count(*) from scheduled_jobs where id = 'weekly_generation:user_00' and status = 'completed'")
	if s := w.sums(t); s["alert_responses_total{action=retry_jobs}"] != 2 || s["alert_responses_total{result=done}"] != 2 {
		t.Errorf("counted %d and %d responses", s["alert_responses_total{action=retry_jobs}"], s["alert_responses_total{result=done}"])
	}
	labels["tier"] = "2" // a copy for a tier asks for nothing
	w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels))
	await(t, pool, 2, "select count(*) from alert_responses")
}

// An upstream that is down is asked; once it is back, recipes and jobs follow.
func TestUpstreamsAreProbedAndFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:1], change: withAlerts})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	_, err := pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() + interval '1 day' where job_type = 'AutoSync'")
	must(t, err)
	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Status: 503})
	labels := map[string]string{"alertname": "ExternalAPIDown", "severity": "critical", "system": "upstream", "api": "tandoor"}
	start := time.Now()
	w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels))
	await(t, pool, 1, "select count(*) from alert_responses where action = 'probe_upstreams' and result = 'failed' and detail like '%no answer from tandoor%'")
	heal()
	w.tell(t, "/alerts/notify", alertsToken, notification("resolved", start, labels))
	await(t, pool, 1, "select count(*) from alert_responses where action = 'refresh_recipes' and result = 'done' and status = 'resolved'")
	await(t, pool, 1, "select count(*) from alert_responses where action = 'retry_jobs' and result = 'nothing_to_do'")
	await(t, pool, 1, "select count(*) from job_executions where job_type = 'AutoSync' and status = 'completed'")
	labels["alertname"], labels["api"] = "APIErrorRateHigh", "fatsecret"
	w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels))
	await(t, pool, 1, "select count(*) from alert_responses where alert = 'APIErrorRateHigh' and result = 'done' and detail = 'answers: fatsecret'")
	labels["alertname"] = "DatabaseConnectionPoolSaturated"
	w.tell(t, "/alerts/notify", alertsToken, notification("firing", start, labels))
	await(t, pool, 1, "select count(*) from alert_responses where action = 'reset_connections' and result = 'done' and detail like '%api, scheduler'")
}

func TestNotificationsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:1], change: withAlerts})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	good := notification("firing", time.Now(), map[string]string{"alertname": "GenerationEngineSlow"})
	for name, c := range map[string]struct {
		token, body string
		want        int
	}{
		"no token":       {"", good, http.StatusUnauthorized},
		"another token":  {alertsToken + "x", good, http.StatusUnauthorized},
		"no JSON":        {alertsToken, "alert!", http.StatusBadRequest},
		"old version":    {alertsToken, strings.Replace(good, `"version":"4"`, `"version":"3"`, 1), http.StatusBadRequest},
		"no alerts":      {alertsToken, `{"version": "4", "alerts": []}`, http.StatusBadRequest},
		"no name":        {alertsToken, strings.Replace(good, `"alertname"`, `"name"`, 1), http.StatusBadRequest},
		"unknown status": {alertsToken, strings.ReplaceAll(good, `"firing"`, `"on fire"`), http.StatusBadRequest},
		"too large":      {alertsToken, `{"version": "4", "x": "` + strings.Repeat("y", 2<<20) + `"}`, http.StatusBadRequest},
	} {
		for _, path := range []string{"/alerts/notify", "/alerts/heartbeat"} {
			if got := w.tell(t, path, c.token, c.body); got != c.want {
				t.Errorf("%s to %s: status %d, want %d", name, path, got, c.want)
			}
		}
	}
	await(t, pool, 0, "select count(*) from alert_responses")
	await(t, pool, 0, "select count(*) from alert_heartbeat")
	if strings.Contains(w.logs.String(), alertsToken) {
		t.Error("the token is in the log")
	}
	closed := newWorld(t, options{people: twelve()[:1]})
	must(t, closed.Start(t.Context()))
	if got := closed.tell(t, "/alerts/notify", "", good); got != http.StatusNotFound {
		t.Errorf("without a token the address answers %d", got)
	}
}

// The heartbeat stops, a person is called; it comes back, the call is taken back.
func TestStoppedHeartbeatCallsAPerson(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("0f", 16)
	pd := pagerdutytest.New(pagerdutytest.Options{Services: map[string]string{"oncall": key}, Now: time.Now})
	server := httptest.NewServer(pd)
	t.Cleanup(server.Close)
	w := newWorld(t, options{people: twelve()[:1], change: func(cfg *config.Config) {
		withAlerts(cfg)
		cfg.Alerts.PagerDutyURL, cfg.Alerts.PagerDutyKey = server.URL+pagerdutytest.Path, "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
	}})
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), "insert into alert_heartbeat (last_beat) values (now() - interval '6 minutes')")
	must(t, err)
	must(t, w.Start(t.Context()))
	await(t, pool, 1, "select count(*) from alert_heartbeat where silent")
	record := pd.Record()
	if len(record.Incidents) != 1 || record.Incidents[0].Resolved != nil || record.Incidents[0].Payload.Severity != "critical" || !strings.Contains(record.Incidents[0].Payload.Summary, "heartbeat") {
		t.Fatalf("%+v", record)
	}
	w.tell(t, "/alerts/heartbeat", alertsToken, notification("firing", time.Now(), map[string]string{"alertname": "Watchdog", "severity": "none"}))
	must(t, w.LookForHeartbeat(t.Context()))
	await(t, pool, 1, "select count(*) from alert_heartbeat where not silent")
	if record := pd.Record(); record.Incidents[0].Resolved == nil || len(record.Refused) > 0 {
		t.Errorf("%+v", record)
	}
	if strings.Contains(w.logs.String(), key) {
		t.Error("the routing key is in the log")
	}
}

// The generation's limit and the size of the pools follow the database while the program
// runs.
func TestLimitsChangeWhileRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:1]})
	must(t, w.Start(t.Context()))
	set := func(name, value string) {
		name, err := override.Check(name, value)
		must(t, err)
		must(t, w.JobStore.SetRuntime(t.Context(), name, value, "test", "", time.Hour))
	}
	set(override.GenerationTimeout, "100ms")
	set(override.APIPool, "33")
	set(override.SchedulerPool, "5") // fewer than configured: no effect
	begin := time.Now()
	for w.Runtime.PoolSize("api") != 33 || w.Runtime.GenerationTimeout() != 100*time.Millisecond || !strings.Contains(w.logs.String(), "Database pool resized") {
		if time.Sleep(20 * time.Millisecond); time.Since(begin) > 20*time.Second {
			t.Fatal("the settings are not in force")
		}
	}
	if strings.Contains(w.logs.String(), `"pool":"scheduler","from"`) {
		t.Error("the scheduler's pool shrank")
	}
	w.fault(t, faultswitch.Rule{Upstream: "tandoor", LatencyMS: 1000})
	_, err := w.Generate(t.Context(), planner.Request{User: "user_00", Week: week}, nil)
	if err == nil || !strings.Contains(err.Error(), "100ms") {
		t.Errorf("the generation ended with %v", err)
	}
	if gone, err := w.JobStore.DropRuntime(t.Context(), override.GenerationTimeout, "test", ""); err != nil || !gone {
		t.Fatal(gone, err)
	}
	for w.Runtime.GenerationTimeout() != w.cfg.Generation.Timeout {
		time.Sleep(20 * time.Millisecond)
	}
	if _, err := w.Generate(t.Context(), planner.Request{User: "user_00", Week: week}, nil); err != nil {
		t.Error(err)
	}
}
