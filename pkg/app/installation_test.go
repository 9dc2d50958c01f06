//go:build pages

package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
)

// installation answers the operations pages as Alertmanager and Jaeger do: with two alerts that fire,
// and with the spans that the world has emitted.
type installation struct{ w *world }

func (i *installation) serve(t *testing.T) func(*config.Config) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/alerts", func(w http.ResponseWriter, _ *http.Request) {
		alert := func(name, severity, says string) map[string]any {
			return map[string]any{
				"labels":      map[string]string{"alertname": name, "severity": severity, "system": "meal-planner", "instance": "planner-1.internal.example.org:8080", "route": "GET /week/{week}"},
				"annotations": map[string]string{"description": says, "runbook_url": "/runbook/" + strings.ToLower(name)},
				"startsAt":    week.Time(), "endsAt": week.Time(), "fingerprint": name, "status": map[string]any{"state": "active", "silencedBy": []string{}, "inhibitedBy": []string{}},
			}
		}
		_ = json.NewEncoder(w).Encode([]any{
			alert("GenerationLatencyHigh", "warning", "95 % of the generations of the last 10 minutes took up to 2.31 s, the target is 1 s."),
			alert("PageErrorRateHigh", "critical", "5.2 % of the requests to GET /week/{week} failed within 5 minutes."),
		})
	})
	mux.HandleFunc("GET /api/traces/{id}", func(w http.ResponseWriter, r *http.Request) {
		spans := []any{}
		for _, s := range i.w.spans.Ended() {
			if s.SpanContext().TraceID().String() != r.PathValue("id") {
				continue
			}
			tags := []any{}
			for _, a := range s.Attributes() {
				tags = append(tags, map[string]any{"key": string(a.Key), "type": "string", "value": a.Value.String()})
			}
			span := map[string]any{
				"traceID": r.PathValue("id"), "spanID": s.SpanContext().SpanID().String(), "operationName": s.Name(), "processID": "p1",
				"startTime": s.StartTime().UnixMicro(), "duration": s.EndTime().Sub(s.StartTime()).Microseconds(), "tags": tags,
			}
			if s.Parent().IsValid() {
				span["references"] = []any{map[string]string{"refType": "CHILD_OF", "spanID": s.Parent().SpanID().String()}}
			}
			spans = append(spans, span)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": []any{map[string]any{"processes": map[string]any{"p1": map[string]string{"serviceName": "meal-planner"}}, "spans": spans}}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return func(c *config.Config) { c.Alerts.AlertmanagerURL, c.Diagnosis.JaegerURL = server.URL, server.URL }
}

// trouble gives the installation what operators look for, and returns the id of a generation's trace.
func (i *installation) trouble(t *testing.T) string {
	t.Helper()
	id := ""
	for _, s := range i.w.spans.Ended() {
		if s.Name() == "generation" {
			id = s.SpanContext().TraceID().String()
		}
	}
	pool := i.w.pool(t)
	const run = `insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, completed_at, duration_ms, error_type, error_message, trace_id)
		select id, job_type, user_id, 1, 'scheduled', 1, $1, true, now(), now(), $2, $3, $3, $4 from scheduled_jobs where job_type = $5`
	for _, args := range [][]any{{"failed", 61234.5, "FatSecretError", id, "DailyAdvisor"}, {"completed", 123.4, nil, id, "WeeklyGeneration"}} {
		_, err := pool.Exec(t.Context(), run, args...)
		must(t, err)
	}
	for _, sql := range []string{
		`update connections set last_error = 'Tandoor refused the token with 401: make another with the scopes read and write'`,
		`update scheduled_jobs set last_error = 'NotEnoughRecipes: dinner has 2 recipes and needs 3' where job_type = 'WeeklyGeneration'`,
		`insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, status, attempts, last_error)
		 select id, 'weekly_plan', 'then', 'then' || id, email, 'plan', 'text', 'html', 'failed', 7, '550 5.1.1 <' || email || '>: recipient address rejected: user unknown in virtual mailbox table' from users`,
	} {
		_, err := pool.Exec(t.Context(), sql)
		must(t, err)
	}
	must(t, i.w.JobStore.SetRuntime(t.Context(), "jobs.concurrency", "2", "kim", "a slow library that is to be asked less", 1e9))
	return id
}
