//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// otlpSpan is a span as it goes over OTLP/JSON.
type otlpSpan struct {
	trace, span string
	took        time.Duration
	failed      bool
	message     string // of the status
	attributes  map[string]any
	resource    map[string]any
}

func (o otlpSpan) send(t *testing.T, s *stack.Stack) {
	t.Helper()
	status := 0
	if o.failed {
		status = 2
	}
	end := time.Now()
	resource := map[string]any{"service.name": "policies"}
	maps.Copy(resource, o.resource)
	body := map[string]any{"resourceSpans": []any{map[string]any{
		"resource": map[string]any{"attributes": keyValues(resource)},
		"scopeSpans": []any{map[string]any{"spans": []any{map[string]any{
			"traceId": o.trace, "spanId": o.span, "name": "policies", "status": map[string]any{"code": status, "message": o.message}, "attributes": keyValues(o.attributes),
			"startTimeUnixNano": nanos(end.Add(-o.took)), "endTimeUnixNano": nanos(end),
		}}}},
	}}}
	text, err := json.Marshal(body)
	must(t, err)
	post(t, fmt.Sprintf("http://127.0.0.1:%d/v1/traces", s.Ports.OTLPHTTP), "application/json", string(text))
}

func nanos(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

func keyValues(m map[string]any) []any {
	out := []any{}
	for k, v := range m {
		value := map[string]any{"stringValue": v}
		if b, ok := v.(bool); ok {
			value = map[string]any{"boolValue": b}
		}
		out = append(out, map[string]any{"key": k, "value": value})
	}
	return out
}

// TestTailSampling keeps no percentage of the rest, so that what stays was kept by a rule.
func TestTailSampling(t *testing.T) {
	s := stacktest.Start(t, []string{stack.Jaeger, stack.Collector}, append([]string{"TRACES_KEPT_PERCENT=0"}, fast...), nil)
	const ms = time.Millisecond
	cases := []struct {
		name  string
		span  otlpSpan
		stays bool
	}{
		{"a generation", otlpSpan{took: ms, attributes: map[string]any{"generation.id": "gen_2026w49_user_ana"}}, true},
		{"a job", otlpSpan{took: ms, attributes: map[string]any{"job_id": "weekly_generation:user_ana"}}, true},
		{"an error", otlpSpan{took: ms, failed: true}, true},
		{"slow", otlpSpan{took: 2100 * ms}, true},
		{"with a kept line", otlpSpan{took: ms, attributes: map[string]any{"line.kept": true}}, true},
		{"of a process that keeps all", otlpSpan{took: ms, resource: map[string]any{"trace_requests": true}}, true},
		{"fast and fine", otlpSpan{took: 1900 * ms, attributes: map[string]any{"line.kept": false, "job_id": ""}, resource: map[string]any{"trace_requests": false}}, false},
	}
	for i := range cases {
		cases[i].span.trace, cases[i].span.span = fmt.Sprintf("%032x", i+1), fmt.Sprintf("%016x", 1)
		cases[i].span.send(t, s)
	}
	time.Sleep(decisionWait + 2*time.Second)
	for _, c := range cases { // a mail's span comes when the decision has long been made
		c.span.span, c.span.attributes, c.span.resource, c.span.failed, c.span.took = fmt.Sprintf("%016x", 2), nil, nil, false, ms
		c.span.send(t, s)
	}
	time.Sleep(decisionWait + 2*time.Second)
	for _, c := range cases {
		want := 0
		if c.stays {
			want = 2
		}
		spans, err := s.Ports.Trace(t.Context(), c.span.trace)
		if err != nil && want > 0 {
			t.Errorf("%s: %v", c.name, err)
		}
		if len(spans) != want {
			t.Errorf("%s: %d spans, want %d", c.name, len(spans), want)
		}
		fmt.Printf("%-28s %d of 2 spans kept\n", c.name, len(spans))
	}
}

// TestSpanMetricsExpire has a process that sent one span and ended: what the Collector made of
// it is not pushed for ever.
func TestSpanMetricsExpire(t *testing.T) {
	s := stacktest.Start(t, []string{stack.Prometheus, stack.Collector}, append([]string{"SPAN_METRICS_EXPIRATION=5s"}, fast...), nil)
	otlpSpan{
		trace: strings.Repeat("c", 32), span: strings.Repeat("d", 16), took: time.Millisecond,
		attributes: map[string]any{"component": "recipe_fetch"}, resource: map[string]any{"service.name": "ended"},
	}.send(t, s)
	for _, name := range []string{`traces_span_metrics_calls{service_name="ended"}`, `generation_component_duration_spanmetrics_seconds_count{job="ended"}`} {
		age := func() (float64, bool) {
			got, err := s.Ports.Metrics().Query(t.Context(), "time() - timestamp("+name+")")
			must(t, err)
			if len(got) == 0 {
				return 0, false
			}
			return got[0].Value, true
		}
		eventually(t, name+" is there", 30*time.Second, func() bool { _, ok := age(); return ok })
		const still = 10 // pushed each second
		eventually(t, name+" is pushed no more", time.Minute, func() bool { s, _ := age(); return s > still })
	}
}

// TestRedaction sends what must not leave: nothing of it arrives.
func TestRedaction(t *testing.T) {
	s := stacktest.Start(t, []string{stack.Jaeger, stack.Loki, stack.Collector}, fast, nil)
	secrets := map[string]any{
		"note": "mail to ana@example.org failed", "url.full": "https://platform.fatsecret.com/rest?oauth_signature=abc123&oauth_token=tok456&method=x",
		"header": "Bearer tda_0123456789abcdef", "smtp.password": "hunter2", "Authorization": "Basic Zm9v", "access_token": "tok789",
		"query": "to=bo%40example.org&oauth_verifier=ver123", "dsn": "postgres://app:pgpass@db/meal_planner", "token": "Bearer eyJhbGciOi",
		"path": "/plan/dXNlcl9sZXdpcw.c2lnbmF0dXJl",
	}
	otlpSpan{
		trace: strings.Repeat("a", 32), span: strings.Repeat("b", 16), took: time.Millisecond, failed: true, attributes: secrets,
		message: "550 no such user kim@example.org, oauth_token=tok999",
	}.send(t, s)
	line, err := json.Marshal(map[string]any{"resourceLogs": []any{map[string]any{
		"resource": map[string]any{"attributes": keyValues(map[string]any{"service.name": "redaction"})},
		"scopeLogs": []any{map[string]any{"logRecords": []any{map[string]any{
			"timeUnixNano": nanos(time.Now()), "severityText": "WARN", "attributes": keyValues(secrets),
			"body": map[string]any{"stringValue": "cannot reach ana@example.org with oauth_signature=abc123"},
		}}}},
	}}})
	must(t, err)
	post(t, fmt.Sprintf("http://127.0.0.1:%d/v1/logs", s.Ports.OTLPHTTP), "application/json", string(line))
	var arrived string
	eventually(t, "span and line have arrived", 2*time.Minute, func() bool {
		spans, err := s.Ports.Trace(t.Context(), strings.Repeat("a", 32))
		if err != nil || len(spans) == 0 {
			return false
		}
		lines, err := s.Lines().Find(t.Context(), stack.Selection{Service: "redaction"}, time.Now().Add(-time.Minute))
		must(t, err)
		arrived = fmt.Sprint(spans, lines)
		return len(lines) > 0
	})
	for _, secret := range []string{"ana@example.org", "abc123", "tok456", "0123456789abcdef", "hunter2", "Zm9v", "tok789", "bo%40", "ver123", "pgpass", "eyJhbGci", "dXNlcl9s", "kim@", "tok999"} {
		if strings.Contains(arrived, secret) {
			t.Errorf("%s has arrived: %s", secret, arrived)
		}
	}
	if !strings.Contains(arrived, "method=x") {
		t.Errorf("more than the secrets is gone: %s", arrived)
	}
}

// TestConfigurations lets each server judge its own file, and compares what Prometheus
// vendor is the exporter of docs/observability.md in a file, put into the pipelines that it names.
func vendor(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile(filepath.Join(root, "docs", "observability.md"))
	must(t, err)
	_, rest, ok := strings.Cut(string(docs), "\n    exporters:\n      otlp_http/vendor:\n")
	block, _, ok2 := strings.Cut(rest, "\n\n")
	if !ok || !ok2 {
		t.Fatal("docs/observability.md shows no vendor's exporter")
	}
	file := filepath.Join(t.TempDir(), "vendor.yaml")
	must(t, os.WriteFile(file, []byte("exporters:\n      otlp_http/vendor:\n"+block+`
service:
  pipelines:
    traces/kept: {exporters: [otlp_grpc/jaeger, otlp_http/vendor]}
    metrics: {exporters: [otlp_http/prometheus, otlp_http/vendor]}
    logs: {exporters: [otlp_http/loki, otlp_http/vendor]}
`), 0o600))
	return file
}

// runs with, natively and in compose.yaml.
func TestConfigurations(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
	checks := [][]string{
		{"promtool", "check", "config", "--syntax-only", "prometheus/prometheus.yml"},
		{"promtool", "check", "config", "--syntax-only", "prometheus/scrape.example.yml"},
		{"amtool", "check-config", "alertmanager/alertmanager.yml"},
		{stack.Collector, "validate", "--config", "otel-collector/config.yaml"},
		{stack.Collector, "validate", "--config", "otel-collector/config.yaml", "--config", "otel-collector/without-loki.yaml"},
		{stack.Collector, "validate", "--config", "otel-collector/config.yaml", "--config", vendor(t)},
	}
	scraped := []string{stack.Prometheus, stack.Alertmanager, stack.Jaeger}
	if !stacktest.LeftOut(t, s, t.Name()+", Loki's configuration and scrape") {
		checks = append(checks, []string{stack.Loki, "-config.file=loki/config.yaml", "-config.expand-env=true", "-verify-config"})
		scraped = append(scraped, stack.Loki)
	}
	for _, c := range checks {
		cmd := exec.CommandContext(t.Context(), s.Binary(c[0]), c[1:]...)
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", c, err, out)
		}
	}
	compose, err := os.ReadFile(filepath.Join(root, "compose.yaml"))
	must(t, err)
	for _, flag := range slices.Concat(stack.PrometheusFlags, stack.AlertmanagerFlags) {
		if !strings.Contains(string(compose), flag) {
			t.Errorf("compose.yaml runs a server without %s", flag)
		}
	}
	config, err := s.Ports.PrometheusConfig(t.Context())
	must(t, err)
	for _, want := range []string{"scrape_interval: 15s", "evaluation_interval: 15s", "rule_query_offset: 30s", "rules/*.yml", "alertmanagers:", "out_of_order_time_window: 1d", "UnderscoreEscapingWithoutSuffixes"} {
		if !strings.Contains(config, want) {
			t.Errorf("Prometheus runs without %s:\n%s", want, config)
		}
	}
	for _, job := range scraped {
		eventually(t, "Prometheus scrapes "+job, 90*time.Second, func() bool {
			up, err := s.Ports.Metrics().Query(t.Context(), fmt.Sprintf("up{job=%q}", job))
			must(t, err)
			return len(up) == 1 && up[0].Value == 1
		})
	}
	// After an outage of nearly a day, what the Collector kept is still taken.
	late := time.Now().Add(-23 * time.Hour)
	post(t, fmt.Sprintf("http://127.0.0.1:%d/v1/metrics", s.Ports.OTLPHTTP), "application/json", fmt.Sprintf(
		`{"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":[{"metrics":[{"name":"late","gauge":{"dataPoints":[{"asInt":"7","timeUnixNano":"%d"}]}}]}]}]}`, late.UnixNano()))
	eventually(t, "a sample of yesterday", 2*time.Minute, func() bool {
		got, err := s.Ports.Metrics().Query(t.Context(), fmt.Sprintf("late @ %d", late.Add(time.Minute).Unix()))
		must(t, err)
		return len(got) == 1 && got[0].Value == 7
	})
	if n, err := s.Ports.Alertmanagers(t.Context()); err != nil || n != 1 {
		t.Errorf("Prometheus knows %d Alertmanagers, %v", n, err)
	}
	example, err := os.ReadFile(filepath.Join(root, "prometheus", "scrape.example.yml"))
	must(t, err)
	for _, want := range []string{"job_name: meal-planner-api", "localhost:6060", "job_name: meal-planner-scheduler", "localhost:6061"} {
		if !strings.Contains(string(example), want) {
			t.Errorf("scrape.example.yml lacks %s", want)
		}
	}
}
