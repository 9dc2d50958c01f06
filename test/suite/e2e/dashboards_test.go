//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
	"github.com/mealplanner/mealplanner/test/suite/dashboards"
)

// scrape is the step of Grafana's graphs over an hour.
const scrape = 15 * time.Second

// panels asks every target of every dashboard what Grafana would ask for the last hour.
func panels(t *testing.T, s *stack.Stack, database string, step time.Duration) []dashboards.Result {
	t.Helper()
	all, err := dashboards.Load(os.DirFS(root), "grafana/dashboards")
	must(t, err)
	servers := dashboards.Servers{Prometheus: s.Ports.URL(stack.Prometheus), PostgreSQL: database}
	if s.HasLoki() {
		servers.Loki = s.Ports.URL(stack.Loki)
	}
	return dashboards.Run(t.Context(), all, servers, dashboards.Window{To: time.Now(), Span: time.Hour, Step: step})
}

// checkDashboards wants an answer for every target that is not empty when all is well.
func (w *world) checkDashboards(t *testing.T) {
	var results []dashboards.Result
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Second) { // two scrapes of the servers
		results = panels(t, w.stack, w.pg.URL("postgres"), scrape)
		if !slices.ContainsFunc(results, func(r dashboards.Result) bool { return !r.OK() }) || time.Now().After(deadline) {
			break
		}
	}
	must(t, dashboards.WriteTable(os.Stdout, results))
	for _, r := range results {
		if r.LeftOut {
			stacktest.LeaveOut(t, fmt.Sprintf("TestTruth, panel %s/%s/%s", r.Dashboard, r.Panel, r.RefID))
		}
		if !r.OK() {
			t.Errorf("%s, %s/%s shows nothing (%d rows, %d exemplars, %v)", r.Dashboard, r.Panel, r.RefID, r.Rows, r.Exemplars, r.Err)
		}
	}
	if file := os.Getenv("DASHBOARD_ANSWERS"); file != "" {
		w.keepAnswers(t, file)
	}
}

// keepAnswers writes what the servers say for test/grafana, with few points a line.
func (w *world) keepAnswers(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	must(t, dashboards.WriteAnswers(f, panels(t, w.stack, w.pg.URL("postgres"), 5*time.Minute)))
	must(t, f.Close())
}

// TestPanelsOfLosses makes the telemetry lose data at each of its stations: what is empty
// while all is well must show it.
func TestPanelsOfLosses(t *testing.T) {
	if inOwnProcess(t) {
		return
	}
	s := stacktest.Start(t, stack.Names, append([]string{"COLLECTOR_QUEUE_SIZE=2"}, fast...), nil)
	for k, v := range map[string]string{"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_EXPORTER_OTLP_TIMEOUT": "2000", "OTEL_BSP_EXPORT_TIMEOUT": "2000"} {
		t.Setenv(k, v)
	}
	tel, err := telemetry.Start(t.Context(), telemetry.Options{
		Service: "meal-planner", Instance: "losses", Environment: "e2e", Endpoint: s.Ports.OTLP(), Interval: time.Second, LogWriter: io.Discard,
	})
	must(t, err)
	emit := func(n int) {
		for range n {
			ctx, span := tel.Tracer().Start(t.Context(), "loss")
			tel.Logger.WarnContext(ctx, "loss", "component", "telemetry")
			span.End()
		}
	}
	stop := func(name string) { must(t, s.StopServer(t.Context(), name, syscall.SIGTERM)) }
	start := func(name string) {
		must(t, s.StartServer(name, false))
		must(t, s.Await(t.Context(), name))
	}
	emit(1)
	time.Sleep(2 * time.Second)
	// No Collector: exports fail, and more comes than the SDK's queues hold.
	stop(stack.Collector)
	emit(100)
	time.Sleep(4 * time.Second)
	emit(20_000)
	time.Sleep(4 * time.Second)
	start(stack.Collector)
	// No backend: the Collector's queues, which are two requests long here, run over.
	for _, name := range []string{stack.Jaeger, stack.Loki} {
		stop(name)
	}
	for range 8 {
		emit(1)
		time.Sleep(time.Second)
	}
	for _, name := range []string{stack.Jaeger, stack.Loki} {
		start(name)
	}
	stop(stack.Prometheus)
	time.Sleep(8 * time.Second)
	start(stack.Prometheus)
	refuse(t, s)
	var empty []string
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Second) {
		empty = nil
		shown := 0
		for _, r := range panels(t, s, "", scrape) {
			switch {
			case !r.OfLosses || r.LeftOut:
			case r.Rows == 0:
				empty = append(empty, fmt.Sprintf("%s, %s/%s", r.Dashboard, r.Panel, r.RefID))
			default:
				shown++
			}
		}
		if len(empty) == 0 {
			fmt.Printf("%d targets that are empty while all is well show the losses\n", shown)
			break
		}
	}
	for _, e := range empty {
		t.Errorf("%s shows no loss", e)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_ = tel.Stop(ctx)
}

// refuse sends what the backends refuse for good: a sample from last year, a line and a span that
// are too long.
func refuse(t *testing.T, s *stack.Stack) {
	t.Helper()
	otlp := fmt.Sprintf("http://127.0.0.1:%d/v1/", s.Ports.OTLPHTTP)
	const resource = `"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"refused"}}]}`
	long, now := strings.Repeat("x", 5<<20), time.Now().UnixNano()
	post(t, otlp+"metrics", "application/json", fmt.Sprintf(`{"resourceMetrics":[{%s,"scopeMetrics":[{"metrics":[{"name":"refused","sum":{"aggregationTemporality":2,"isMonotonic":true,
			"dataPoints":[{"asInt":"1","timeUnixNano":"%d"}]}}]}]}]}`, resource, time.Now().AddDate(-1, 0, 0).UnixNano()))
	post(t, otlp+"logs", "application/json", fmt.Sprintf(`{"resourceLogs":[{%s,"scopeLogs":[{"logRecords":[{"timeUnixNano":"%d","severityText":"WARN","body":{"stringValue":%q}}]}]}]}`, resource, now, long))
	post(t, otlp+"traces", "application/json", fmt.Sprintf(`{"resourceSpans":[{%s,"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"refused",
			"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[{"key":"long","value":{"stringValue":%q}}]}]}]}]}`, resource, now, now, long))
}

// inOwnProcess runs the test again in a process of its own and reports true, but for the
// process that is it: the SDK counts its losses on the process' first meter provider.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	const own = "MEALPLANNER_E2E_OWN_PROCESS"
	if os.Getenv(own) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), own+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
	return true
}
