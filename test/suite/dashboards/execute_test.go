package dashboards

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// stub answers as Prometheus and Loki do and remembers what it was asked.
type stub struct {
	mu       sync.Mutex
	asked    []string
	answer   string
	exemplar string
	status   int
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path+" "+r.FormValue("query")+" "+r.FormValue("step"))
	w.WriteHeader(s.status)
	if strings.HasSuffix(r.URL.Path, "/query_exemplars") {
		fmt.Fprintf(w, `{"status":"success","data":[{"exemplars":[%s]}]}`, s.exemplar)
		return
	}
	fmt.Fprint(w, s.answer)
}

// ask runs all dashboards against stubs that answer alike.
func (s *stub) ask(t *testing.T, postgres string) []Result {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return Run(t.Context(), load(t), Servers{Prometheus: srv.URL, Loki: srv.URL, PostgreSQL: postgres},
		Window{To: time.Unix(1_800_000_000, 0), Span: time.Hour, Step: 15 * time.Second})
}

func pick(t *testing.T, results []Result, panel, ref string) Result {
	t.Helper()
	for _, r := range results {
		if r.Panel == panel && r.RefID == ref {
			return r
		}
	}
	t.Fatalf("no result of %q %s", panel, ref)
	return Result{}
}

func TestRun(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	if _, err := pool.Exec(t.Context(), `with library as (insert into connections (id, url, token_sealed) values ('home', 'http://127.0.0.1', '') returning id) select from library`); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `insert into job_executions (job_id, job_type, river_job_id, trigger_type, attempt_number, status, scheduled_for, started_at, duration_ms)
		select 'auto_sync:connection:home', 'AutoSync', n, 'scheduled', 1, 'completed', now(), to_timestamp(1799999000 - 9000 * n), 1500 from generate_series(0, 1) n`); err != nil {
		t.Fatal(err)
	}
	s := stub{
		status:   http.StatusOK,
		answer:   `{"status":"success","data":{"result":[{"metric":{},"value":[1,"2"]},{"metric":{},"values":[[1,"NaN"],[2,"3"]]},{"metric":{},"value":[1,"NaN"]}]}}`,
		exemplar: `{"labels":{"trace_id":"4bf9"}},{"labels":{}}`,
	}
	results := s.ask(t, pool.Config().ConnString())
	for _, r := range results {
		want := 2
		if r.Panel == "Job Execution History" {
			want = 1 // the other one began before the window
		}
		if r.Err != nil || r.Rows != want || !r.OK() {
			t.Errorf("%+v; want %d rows", r, want)
		}
		if r.WantsExemplars && r.Exemplars != 1 {
			t.Errorf("%+v; want 1 exemplar", r)
		}
	}
	var answers strings.Builder
	if err := WriteAnswers(&answers, results); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(answers.String()), "\n")
	for _, want := range []string{
		`{"dashboard":"telemetry","panel":"Series","refId":"A","query":"max(prometheus_tsdb_head_series)","data":{"result":[{"metric":{},"value":[1,"2"]},`,
		`"data":{"resultType":"table","columns":["Job ID","Type","Started","Duration","Status","Retries","Job","Error","Trace"],"result":[[1,"AutoSync","2027-01-15T`,
	} {
		if len(lines) != len(results) || !strings.Contains(answers.String(), want) {
			t.Errorf("%d answers to %d targets; none has %s", len(lines), len(results), want)
		}
	}
	s.exemplar = ""
	if r := pick(t, s.ask(t, pool.Config().ConnString()), "API Latency", "A"); r.OK() {
		t.Errorf("without exemplars: %+v", r)
	}
	asked := strings.Join(s.asked, "\n")
	for _, want := range []string{
		`/api/v1/query_range histogram_quantile(0.95, sum by (le) (increase(generation_execution_time_seconds_bucket{deployment_environment_name=~".*", user_id=~".*"}[1200s]))) 300.000`, // four of the target's least steps
		`/api/v1/query sum(increase(generation_success_total{deployment_environment_name=~".*", user_id=~".*"}[7d] anchored)) `,
		`(min_over_time(api_availability{deployment_environment_name=~".*"}[600s])) 600.000`, // the panel's least step
		`(rate(otelcol_receiver_accepted_spans[60s])) 15.000`,
		`[1d] anchored)) * 0.001 + sum(`,
		`/loki/api/v1/query_range sum by (level) (count_over_time({service_name=~".+", deployment_environment_name=~".*"} [15s])) 15s`,
	} {
		if !strings.Contains(asked, want) {
			t.Errorf("not asked: %s", want)
		}
	}
	if strings.Contains(asked, "$__") {
		t.Error("a variable was not replaced")
	}
}

func TestWhatMayBeEmptyExists(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Concat(slices.Collect(maps.Keys(ofLosses)), slices.Collect(maps.Keys(calm))) {
		parts := strings.Split(name, "/")
		p, ok := find(load(t), parts[0], parts[1])
		if !ok || len(parts) == 3 && !slices.ContainsFunc(p.Targets, func(target Target) bool { return target.RefID == parts[2] }) {
			t.Errorf("%s does not exist", name)
		}
	}
}

func TestRunTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := stub{status: http.StatusOK, answer: `{"status":"success","data":{"result":[]}}`}
	if r := pick(t, s.ask(t, testpg.URL(t)), "Job Execution History", "A"); r.Err != nil || r.OK() {
		t.Errorf("before a job ran: %+v", r)
	}
	results := s.ask(t, "postgres://nobody@127.0.0.1:1/none?connect_timeout=1")
	for panel, ok := range map[string]bool{"Macro Balance Success": false, "Collector: Failed": true} {
		if r := pick(t, results, panel, "A"); r.OK() != ok || r.Err != nil {
			t.Errorf("%s: %+v; want OK = %t", panel, r, ok)
		}
	}
	if r := pick(t, results, "Job Execution History", "A"); r.Err == nil || r.OK() {
		t.Errorf("without a database: %+v", r)
	}
	if err := WriteAnswers(io.Discard, results); err == nil || !strings.Contains(err.Error(), "failed to connect") {
		t.Errorf("answers without a database: %v", err)
	}
	var table strings.Builder
	if err := WriteTable(&table, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"EMPTY", "ERROR failed to connect"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table does not say %s", want)
		}
	}

	s = stub{status: http.StatusBadRequest, answer: `{"status":"error","error":"parse error"}`}
	if r := pick(t, s.ask(t, "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"), "Macro Balance Success", "A"); r.Err == nil || !strings.Contains(r.Err.Error(), "parse error") {
		t.Errorf("a refused query: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := post(ctx, "http://127.0.0.1:1", nil, nil); err == nil {
		t.Error("canceled, and no error")
	}
}

// Without a Loki, what asks it or its metrics is left out, and all else is asked.
func TestRunWithoutLoki(t *testing.T) {
	t.Parallel()
	s := stub{status: http.StatusOK, answer: `{"status":"success","data":{"result":[{"metric":{},"value":[1,"2"]}]}}`}
	srv := httptest.NewServer(&s)
	t.Cleanup(srv.Close)
	left := 0
	for _, r := range Run(t.Context(), load(t), Servers{Prometheus: srv.URL}, Window{To: time.Unix(1_800_000_000, 0), Span: time.Hour, Step: 15 * time.Second}) {
		if r.LeftOut {
			left++
			if r.Rows > 0 || !r.OK() {
				t.Errorf("%+v", r)
			}
		}
	}
	if left != 4 {
		t.Errorf("%d targets are left out", left)
	}
	if asked := strings.Join(s.asked, "\n"); strings.Contains(asked, "loki") || !strings.Contains(asked, "alertmanager_") {
		t.Errorf("asked:\n%s", asked)
	}
}
