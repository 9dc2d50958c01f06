//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// budgets are the most series of one process in an installation of so many users.
var budgets = map[int]float64{5: 4_000, 500: 40_000, 5_000: 8_000}

// rolesBudget is that of 5 users with a process for each role and one for commands, the
// Collector's span metrics included: each statement is counted where it runs, and each
// span has its histogram.
const rolesBudget = 6_500

func checkBudget(t *testing.T, s *stack.Stack, users int, budget float64, selector string) {
	t.Helper()
	got, err := s.Ports.Metrics().Query(t.Context(), "count("+selector+")")
	must(t, err)
	if len(got) != 1 || got[0].Value > budget {
		t.Errorf("%d users: %v series, the budget is %g", users, got, budget)
		by, err := s.Ports.Metrics().Query(t.Context(), "topk(12, count by (__name__, job) ("+selector+"))")
		must(t, err)
		for _, b := range by {
			t.Logf("%6.0f %s %s", b.Value, b.Labels["__name__"], b.Labels["job"])
		}
		return
	}
	fmt.Printf("%5d users: %6.0f series, budget %6.0f\n", users, got[0].Value, budget)
}

// TestSeries counts in Prometheus what installations of three sizes export, every label
// value in use.
func TestSeries(t *testing.T) {
	s := stacktest.Start(t, []string{stack.Prometheus, stack.Collector}, fast, nil)
	for _, users := range []int{5, 500, 5_000} {
		service := fmt.Sprintf("installation-%d", users)
		tel, err := telemetry.Start(t.Context(), telemetry.Options{
			Service: service, Instance: service, Environment: "e2e", Endpoint: s.Ports.OTLP(), LogWriter: io.Discard,
			Views: metrics.Views(metrics.LabelsFor(users)),
		})
		must(t, err)
		rec, err := metrics.New(t.Context(), tel.Meters)
		must(t, err)
		exercise(t, rec, users)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		must(t, tel.Stop(ctx))
		cancel()
		selector := fmt.Sprintf("{service_name=%q}", service)
		eventually(t, "the series of "+service, 2*time.Minute, func() bool {
			got, err := s.Ports.Metrics().Query(t.Context(), "count("+selector+")")
			must(t, err)
			return len(got) == 1
		})
		checkBudget(t, s, users, budgets[users], selector)
	}
}

// exercise makes every measurement once for every value of every label.
func exercise(t *testing.T, rec *metrics.Recorder, users int) {
	t.Helper()
	ctx := t.Context()
	var readings []metrics.Reading
	say := func(r metrics.Reading) { readings = append(readings, r) }
	for i := range users {
		id := fmt.Sprintf("user_%04d", i)
		rec.UserKnown(ctx, id)
		rec.GenerationSucceeded(ctx, id, "2026-11-23", time.Second, true, metrics.ConflictTypes)
		rec.GenerationFailed(ctx, id, "2026-11-30", time.Second, fault.Internal)
		if metrics.LabelsFor(users).UserOnCounters {
			say(metrics.GenerationMacroBalanceSuccessRate.At(1, metrics.User(id)))
		}
	}
	for _, c := range metrics.Components {
		rec.ComponentEnded(ctx, c, time.Millisecond)
	}
	for _, api := range metrics.APIs {
		for endpoint := range 12 {
			for _, status := range []string{"200", "400", "401", "404", "429", "500", "502", "503", "504", "timeout", "network_error"} {
				rec.APICall(ctx, api, "endpoint_"+strconv.Itoa(endpoint), status, 100, time.Millisecond)
			}
		}
		say(metrics.APIAvailability.At(1, metrics.API(api)))
	}
	for _, name := range append(statements(t, ".*"), "-- name: JobGetAvailable :many", "-- name: JobGetByID :one", "begin", "commit", "rollback", "select 1", "listen x") {
		rec.QueryEnded(ctx, postgres.QueryName(name), time.Millisecond)
	}
	for _, m := range metrics.EmailTypes {
		rec.MailAccepted(ctx, m, time.Second, 1000)
		rec.MailFailed(ctx, m)
		rec.MailOpened(ctx, m)
		rec.MailClicked(ctx, m)
		say(metrics.EmailDeliverySuccessRate.At(1, metrics.EmailType(m)))
		say(metrics.EmailEngagementRate.At(1, metrics.EmailType(m)))
	}
	for _, j := range metrics.JobTypes {
		rec.JobStarted(ctx, j, 2)
		rec.JobCompleted(ctx, j)
		for _, p := range metrics.Priorities {
			rec.JobWaited(ctx, j, p, time.Second)
		}
		for _, k := range fault.Kinds {
			rec.JobFailed(ctx, j, k, true)
			say(metrics.SchedulerJobErrorRate.At(1, metrics.JobType(j), metrics.ErrorType(k)))
		}
		for _, g := range ofJobs {
			say(g.At(1, metrics.JobType(j)))
		}
	}
	say(metrics.SchedulerConcurrencyLimit.At(1))
	for _, c := range metrics.CommandTypes {
		rec.CommandExecuted(ctx, c)
	}
	for _, o := range command.Outcomes {
		rec.CommandRequest(ctx, string(o))
	}
	gauges := []metrics.AnyGauge{
		metrics.GenerationMacroBalanceSuccessRate, metrics.APIAvailability, metrics.EmailDeliverySuccessRate, metrics.EmailEngagementRate,
		metrics.SchedulerJobErrorRate, metrics.SchedulerConcurrencyLimit,
	}
	for _, g := range ofJobs {
		gauges = append(gauges, g)
	}
	for _, g := range gauges {
		_, err := rec.Observe(g, func(context.Context) []metrics.Reading { return readings })
		must(t, err)
	}
}

// ofJobs are the gauges that have a series for each job type.
var ofJobs = []metrics.Gauge1[metrics.JobType]{
	metrics.SchedulerJobQueueDepth, metrics.SchedulerJobOldestPendingAge, metrics.SchedulerJobRetryRate,
	metrics.SchedulerConcurrentJobs, metrics.JobProcessingThroughput,
}

// operators are the files of statements that only the tools of operators run.
var operators = []string{"diagnose.sql", "mitigate.sql"}

// statements are the first lines of the roles' named statements whose kind matches.
func statements(t *testing.T, kind string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "pkg", "postgres", "queries", "*.sql"))
	must(t, err)
	var out []string
	for _, f := range files {
		if slices.Contains(operators, filepath.Base(f)) {
			continue
		}
		source, err := os.ReadFile(f)
		must(t, err)
		out = append(out, regexp.MustCompile(`(?m)^-- name: \w+ :`+kind+`$`).FindAllString(string(source), -1)...)
	}
	return out
}

// TestLogVolume counts the bytes that a Friday of 5 and of 500 users brings to Loki.
func TestLogVolume(t *testing.T) {
	for _, users := range []int{5, 500} {
		s := stacktest.Start(t, []string{stack.Loki, stack.Collector}, fast, nil)
		w := newWorld(t, s)
		friday := fridayOf(t, w, users)
		before := receivedBytes(t, s)
		made := friday(t)
		var size float64
		last := -1.0
		eventually(t, "Loki has everything", 90*time.Second, func() bool {
			size = receivedBytes(t, s) - before
			same := size == last && size > 0
			last = size
			time.Sleep(time.Second)
			return same
		})
		if made != users {
			t.Errorf("%d of %d users have a plan", made, users)
		}
		lines, err := s.Lines().Find(t.Context(), stack.Selection{Service: "meal-planner-scheduler", Fields: map[string]string{"component": "generation_scheduler"}}, w.began)
		must(t, err)
		if n := len(slices.DeleteFunc(lines, func(l telemetryapi.Line) bool { return l.Text != "Generation completed" })); n != made {
			t.Errorf("%d completion lines of %d generations", n, made)
		}
		month := size * 30 / 7 / 1e6
		fmt.Printf("%4d users, their Friday: %d generations, %.0f kB in Loki, %.0f B each; %.2f MB a month (budget: 600 MB)\n",
			users, made, size/1000, size/float64(made), month)
		if month > 600 {
			t.Errorf("%d users write %g MB a month", users, month)
		}
	}
}

// fridayOf adds users and returns what makes their runs and delivers their mails.
func fridayOf(t *testing.T, w *world, users int) func(*testing.T) int {
	t.Helper()
	cfg := program.Config(t, w.pg.URL("postgres"), w.box)
	cfg.Telemetry.OTLPEndpoint, cfg.Telemetry.Environment = w.stack.Ports.OTLP(), "e2e"
	a, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.Scheduler, Version: "e2e", Log: io.Discard, LogLevel: slog.LevelInfo})
	must(t, err)
	for i := len(sandbox.People()); i < users; i++ {
		u := sandbox.People()[i%len(sandbox.People())].User
		u.ID, u.Email = fmt.Sprintf("user_%03d", i), fmt.Sprintf("user_%03d@sandbox.example", i)
		must(t, a.Services().Users.Add(t.Context(), u, nil))
	}
	_, err = w.db.Exec(t.Context(), "delete from users where id = $1", poorUser)
	must(t, err)
	must(t, a.Services().Sync.Ensure(t.Context(), sandbox.Connection, nil))
	return func(t *testing.T) int {
		t.Helper()
		_, err := w.db.Exec(t.Context(), "update scheduled_jobs set enabled = job_type = 'WeeklyGeneration', next_run_at = now()")
		must(t, err)
		must(t, a.Start(t.Context()))
		eventually(t, "every run is over and every mail is sent", 5*time.Minute, func() bool {
			return w.rows(t, `select 'n', (select count(*) from scheduled_jobs where enabled and completed_at is null)
				+ (select count(*) from outbox where status = 'pending')::float8`)["n"] == 0
		})
		must(t, a.Stop(t.Context()))
		return int(w.rows(t, "select 'n', count(*)::float8 from plans")["n"])
	}
}

// receivedBytes is what Loki has received, lines and structured metadata.
func receivedBytes(t *testing.T, s *stack.Stack) float64 {
	t.Helper()
	n, err := s.Lines().Bytes(t.Context())
	must(t, err)
	return n
}

// TestRetention sends lines of several ages and levels and waits for the compactor: what
// is past its level's age goes, the rest stays.
func TestRetention(t *testing.T) {
	s := stacktest.Start(t, nil, []string{"LOKI_COMPACTION_INTERVAL=5s", "LOKI_DELETE_DELAY=1s"}, nil)
	if stacktest.LeftOut(t, s, t.Name()) {
		t.SkipNow()
	}
	for _, name := range []string{stack.Loki, stack.Collector} {
		must(t, s.StartServer(name, false))
		must(t, s.Await(t.Context(), name))
	}
	const day = 24 * time.Hour
	lines := []struct {
		level string
		age   time.Duration
		stays bool
	}{
		{"DEBUG", 6 * day, true},
		{"DEBUG", 9 * day, false},
		{"INFO", 85 * day, true},
		{"INFO", 95 * day, false},
		{"WARN", 95 * day, true},
		{"ERROR", 95 * day, true},
		{"ERROR", 360 * day, true},
	}
	for i, l := range lines {
		sendLine(t, s, l.level, strconv.Itoa(i), time.Now().Add(-l.age))
	}
	count := func(i int) int {
		got, err := s.Ports.Logs().Lines(t.Context(), fmt.Sprintf(`{service_name="retention"} |= "line %d"`, i), time.Now().Add(-365*day), 5000)
		must(t, err)
		return len(got)
	}
	// Only what is on disk has an age for the compactor, and old lines are looked for there.
	eventually(t, "every line on disk", 2*time.Minute, func() bool {
		flush(t, s)
		return chunks(t, s) == len(lines)
	})
	restart := func() {
		must(t, s.StopServer(t.Context(), stack.Loki, syscall.SIGTERM))
		must(t, s.StartServer(stack.Loki, false))
		must(t, s.Await(t.Context(), stack.Loki))
	}
	restart()
	for i, l := range lines {
		if l.stays {
			eventually(t, fmt.Sprintf("line %d (%s, %s old) is there", i, l.level, l.age), 2*time.Minute, func() bool { return count(i) == 1 })
		}
	}
	begin, kept := time.Now(), 0
	for _, l := range lines {
		if l.stays {
			kept++
		}
	}
	eventually(t, "what is past its age is deleted", 5*time.Minute, func() bool { return chunks(t, s) <= kept })
	fmt.Printf("deleted after %s\n", time.Since(begin).Round(time.Second))
	restart() // queries are answered from a copy of the index for some minutes
	for i, l := range lines {
		n := count(i)
		fmt.Printf("%-5s %4.0f days old: %d line\n", l.level, l.age.Hours()/24, n)
		if (n == 1) != l.stays {
			t.Errorf("%s, %s old: %d lines", l.level, l.age, n)
		}
	}
}

// chunks is how many chunk files Loki keeps.
func chunks(t *testing.T, s *stack.Stack) (n int) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(s.Data(stack.Loki), "chunks"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, "/fake/") && !strings.Contains(path, "/index/") {
			n++
		}
		return nil
	}))
	return n
}

// sendLine sends one line over OTLP, as a process of that time would have, in a stream
// and so in a chunk of its own.
func sendLine(t *testing.T, s *stack.Stack, level, text string, at time.Time) {
	t.Helper()
	body := fmt.Sprintf(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"retention"}},
			{"key":"deployment.environment.name","value":{"stringValue":"line-%[1]s"}}]},
		"scopeLogs":[{"logRecords":[{"timeUnixNano":"%[2]d","severityText":%[3]q,"body":{"stringValue":"line %[1]s"}}]}]}]}`, text, at.UnixNano(), level)
	post(t, fmt.Sprintf("http://127.0.0.1:%d/v1/logs", s.Ports.OTLPHTTP), "application/json", body)
}

func flush(t *testing.T, s *stack.Stack) {
	t.Helper()
	post(t, s.Ports.URL(stack.Loki)+"/flush", "text/plain", "")
}

// post sends a body; a server that is not ready for it yet is asked again.
func post(t *testing.T, url, contentType, body string) {
	t.Helper()
	eventually(t, url+" takes it", 2*time.Minute, func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Content-Type", contentType)
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		must(t, err)
		if resp.StatusCode/100 == 4 {
			t.Fatalf("%s: %s: %s", url, resp.Status, answer)
		}
		return resp.StatusCode/100 == 2
	})
}
