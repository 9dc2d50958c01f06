//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// base are the fields that every line has.
var base = []string{"timestamp", "level", "component", "message", "trace_id", "user_id", "job_id"}

// checkLines looks at every line that the processes wrote, and for each of them in Loki.
func (w *world) checkLines(t *testing.T) {
	counts := map[string]float64{}
	completions := 0
	for _, text := range w.output() {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Errorf("%v: %s", err, text)
			continue
		}
		for _, field := range base {
			if _, ok := line[field].(string); !ok {
				t.Errorf("no %s: %s", field, text)
			}
		}
		if line["component"] == "" {
			t.Errorf("nobody says this: %s", text)
		}
		level := strings.ToLower(fmt.Sprint(line["level"]))
		counts[level]++
		if level == "error" {
			for _, field := range []string{"error_type", "error_message", "stack_trace", "retry_attempt", "retry_scheduled_for"} {
				if _, ok := line[field]; !ok {
					t.Errorf("an error without %s: %s", field, text)
				}
			}
			if line["error_type"] == "" || line["error_message"] == "" || line["stack_trace"] == "" {
				t.Errorf("an error that says nothing: %s", text)
			}
		}
		if level == "debug" && line["user_id"] != "user_lewis" {
			t.Errorf("DEBUG of somebody else: %s", text)
		}
		if line["message"] == "Generation completed" {
			completions++
			checkCompletion(t, line)
		}
		if level == "info" && line["message"] != "Generation completed" && !sampled(t, line) {
			t.Errorf("an INFO line that sampling should have dropped: %s", text)
		}
	}
	if plans := w.rows(t, "select 'n', count(*)::float8 from plans")["n"]; float64(completions) != plans {
		t.Errorf("%d completion lines for %g plans", completions, plans)
	}
	for _, level := range []string{"error", "warn", "info", "debug"} {
		if counts[level] == 0 {
			t.Errorf("no line of level %s was provoked", level)
		}
	}
	stored := map[string]float64{}
	eventually(t, "every line is stored, and no other", 2*time.Minute, func() bool {
		counts = map[string]float64{}
		for _, line := range w.parsed() {
			counts[strings.ToLower(line.Level)]++
		}
		for level := range counts {
			n, err := w.stack.Lines().Count(t.Context(), stack.Selection{Service: ourServices, Fields: map[string]string{"level": level}})
			must(t, err)
			stored[level] = float64(n)
		}
		return maps.Equal(stored, counts)
	})
	fmt.Printf("lines on stdout: %v; stored: %v\n", counts, stored)
	w.compareLines(t)
}

// ourServices matches the names of the program's processes.
const ourServices = "meal-planner.*"

// compareLines compares each line's message and fields on standard output with what is
// stored, line by line.
func (w *world) compareLines(t *testing.T) {
	t.Helper()
	balance := map[string]int{} // printed less stored
	key := func(level, component, message, trace, user, job string) string {
		return fmt.Sprintf("%s %s %q trace %q user %q job %q", strings.ToLower(level), component, message, trace, user, job)
	}
	for _, l := range w.parsed() {
		balance[key(l.Level, l.Component, l.Message, l.TraceID, l.UserID, l.JobID)]++
	}
	lines, err := w.stack.Lines().Find(t.Context(), stack.Selection{Service: ourServices}, w.began.Add(-time.Minute))
	must(t, err)
	for _, l := range lines {
		f := l.Labels
		balance[key(f["level"], f["component"], l.Text, f["trace_id"], f["user_id"], f["job_id"])]--
		if f["deployment_environment_name"] != "e2e" {
			t.Errorf("environment %q: %s", f["deployment_environment_name"], l.Text)
		}
	}
	for line, n := range balance {
		if n != 0 {
			t.Errorf("printed %d times more than stored: %s", n, line)
		}
	}
}

// logged is what the log queries look at of a line.
type logged struct {
	Level, Component, Message string
	TraceID                   string  `json:"trace_id"`
	UserID                    string  `json:"user_id"`
	JobID                     string  `json:"job_id"`
	JobType                   string  `json:"job_type"`
	Duration                  float64 `json:"duration_ms"`
}

// parsed are the lines that the processes wrote.
func (w *world) parsed() []logged {
	var out []logged
	for _, text := range w.output() {
		var line logged
		if json.Unmarshal([]byte(text), &line) == nil {
			out = append(out, line)
		}
	}
	return out
}

func checkCompletion(t *testing.T, line map[string]any) {
	t.Helper()
	if took, _ := line["duration_ms"].(float64); took <= 0 || (took > 2000) != (line["level"] == "WARN") {
		t.Errorf("duration_ms: %v", line)
	}
	timings, _ := line["component_timings"].(map[string]any)
	if !slices.Equal(slices.Sorted(maps.Keys(timings)), slices.Sorted(slices.Values(metrics.Components))) {
		t.Errorf("component_timings: %v", line)
	}
}

// tracedWhole is the user whose one command ran with TRACE_REQUESTS.
const tracedWhole = "user_ana"

// sampled reports whether a line outside a trace, or of the kept tenth.
func sampled(t *testing.T, line map[string]any) bool {
	t.Helper()
	id := fmt.Sprint(line["trace_id"])
	if id == "" || line["user_id"] == tracedWhole {
		return true
	}
	n, err := strconv.ParseUint(id[16:], 16, 64)
	must(t, err)
	return n%10 == 0
}

var fenced = regexp.MustCompile("(?s)```logql\n(.*?)```")

// checkLogQueries runs every query of docs/logs.md; each has an answer after the faults.
func (w *world) checkLogQueries(t *testing.T) {
	if stacktest.LeftOut(t, w.stack, "TestTruth, the queries of docs/logs.md") {
		t.SkipNow()
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "logs.md"))
	must(t, err)
	queries := fenced.FindAllStringSubmatch(string(page), -1)
	if len(queries) < 10 {
		t.Fatalf("only %d queries in docs/logs.md", len(queries))
	}
	lines := w.parsed()
	trace := lines[slices.IndexFunc(lines, func(l logged) bool { return l.Message == "Generation completed" })].TraceID
	// What the queries for lines must return, told from standard output.
	wants := map[string]func(logged) bool{
		"trace_id=": func(l logged) bool { return l.TraceID == trace },
		`"generation_scheduler" | duration_ms`: func(l logged) bool {
			return l.Level == "WARN" && l.Component == "generation_scheduler" && l.Duration > 2000
		},
		`"database" | duration_ms`: func(l logged) bool { return l.Level == "WARN" && l.Component == "database" && l.Duration > 100 },
		"user_id=":                 func(l logged) bool { return l.Level == "ERROR" && l.UserID == poorUser },
		"job_id=":                  func(l logged) bool { return l.JobID == poorPlan },
		"job_type!=": func(l logged) bool {
			return (l.Level == "WARN" || l.Level == "ERROR") && l.Component == "scheduler" && l.JobType != ""
		},
	}
	exact := 0
	for _, q := range queries {
		expr := strings.NewReplacer("user_lewis", poorUser, "TRACE_ID", trace).Replace(strings.TrimSpace(q[1]))
		want := 0.0
		for part, matches := range wants {
			if strings.Contains(expr, part) {
				exact++
				for _, l := range lines {
					if matches(l) {
						want++
					}
				}
			}
		}
		n := 0.0
		eventually(t, "the answer to "+expr, 2*time.Minute, func() bool {
			if strings.HasPrefix(expr, "{") {
				lines, err := w.stack.Ports.Logs().Lines(t.Context(), expr, w.began, 5000)
				must(t, err)
				n = float64(len(lines))
			} else {
				n, err = w.stack.Ports.LogCount(t.Context(), expr)
				must(t, err)
			}
			return n > 0 && (want == 0 || n >= want)
		})
		if want > 0 && n != want {
			t.Errorf("%g lines, standard output has %g: %s", n, want, expr)
		}
		fmt.Printf("%4.4g  %s\n", n, strings.ReplaceAll(expr, "\n", " "))
	}
	if exact != len(wants) {
		t.Errorf("%d queries were compared exactly, want %d", exact, len(wants))
	}
}
