//go:build e2e

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/dashboards"
	"github.com/mealplanner/mealplanner/test/pagetest"
	"github.com/mealplanner/mealplanner/test/pictures"
	"github.com/mealplanner/mealplanner/test/stack"
)

var docsPictures = flag.String("docs-pictures", "", "write the pictures of docs/observability.md to this directory")

// observabilityCommands are the commands of docs/observability.md that ask a server, in
// their order, and the body of the one that makes Tandoor slow.
func observabilityCommands(t *testing.T) (commands []string, rule string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "observability.md"))
	must(t, err)
	text := strings.ReplaceAll(string(page), "\\\n", " ")
	for _, m := range regexp.MustCompile(`(?m)^    ((?:TRACE=\$\()?curl .*http://127\.0\.0\.1:(?:9090|16686|3100)/.*)$`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, m[1])
	}
	found := regexp.MustCompile(`localhost:8025/faults\s+-d '(\{.*?\})'`).FindStringSubmatch(text)
	if found == nil || len(commands) < 5 {
		t.Fatalf("the page has %d commands and the rule %q", len(commands), found)
	}
	return commands, found[1]
}

// TestObservabilityPage tells the story of docs/observability.md with its own commands: a
// slow Tandoor, the figures, the exemplar, the trace, the lines.
func TestObservabilityPage(t *testing.T) {
	commands, rule := observabilityCommands(t)
	s := startStack(t, stack.Names, fast...)
	w := newWorld(t, s)
	post(t, w.box.FaultsURL(), "application/json", rule)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	for _, p := range sandbox.People() {
		w.generate(t, p.ID)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	must(t, err)
	if !slices.ContainsFunc(commands, func(c string) bool {
		return strings.Contains(c, "loki") && strings.Contains(string(readme), strings.Replace(c, "'$TRACE'", "TRACE", 1))
	}) {
		t.Error("the command for a trace's lines is not the README's")
	}
	replace := strings.NewReplacer("http://127.0.0.1:9090", s.Ports.URL(stack.Prometheus), "http://127.0.0.1:16686", s.Ports.URL(stack.Jaeger), "http://127.0.0.1:3100", s.Ports.URL(stack.Loki))
	prelude := "set -euo pipefail; "
	var answers strings.Builder
	for _, c := range commands {
		script := prelude + replace.Replace(c)
		if strings.HasPrefix(c, "TRACE=") {
			script += "; test $TRACE != null"
		}
		var out []byte
		eventually(t, "an answer to "+c, 30*time.Second, func() bool {
			var err error
			out, err = exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
			return err == nil && len(strings.TrimSpace(string(out))) > 0 && !strings.Contains(string(out), "null")
		})
		fmt.Printf("$ %s\n%s\n", c, out)
		answers.Write(out)
		if strings.HasPrefix(c, "TRACE=") {
			prelude += "TRACE=" + strings.TrimSpace(string(out)) + "; "
		}
	}
	for _, want := range []string{`(?m)^2\d{3}(\.\d+)? ms  generation$`, `(?m)^2\d{3}(\.\d+)? ms  tandoor recipe_list$`, `(?m)^[\d.]+ s  recipe_fetch$`, `(?m)^Generation completed$`, `"http.response.status_code":200`, `(?m)^user_\w+ 2\d{3}\.\d+ ms, recipe_fetch 2`} {
		if !regexp.MustCompile(want).MatchString(answers.String()) {
			t.Errorf("no answer matches %s", want)
		}
	}
}

// TestDocsPictures makes the pictures of docs/observability.md, when asked to.
func TestDocsPictures(t *testing.T) {
	if *docsPictures == "" {
		t.Skip("make docs-pictures")
	}
	s := startStack(t, stack.Names, fast...)
	w := newWorld(t, s)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	monday := calendar.On(time.Now()).Monday()
	people, runs := sandbox.People(), 0
	plan := func(n int) {
		for range n {
			p, week := people[runs%len(people)], monday+7*calendar.Date(1+runs/len(people))
			args := []string{"generate", "--user", p.ID, "--week", week.String()}
			if code, out := w.command(t, args, "LOG_LEVEL=debug", "TRACE_REQUESTS=true"); code != 0 && code != 4 {
				t.Fatalf("%v: exit %d\n%s", args, code, out)
			}
			runs++
			time.Sleep(1500 * time.Millisecond)
		}
	}
	plan(18)
	_, err := w.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", Path: "/api/recipe/", LatencyMS: 2500, Times: 3})
	must(t, err)
	plan(19)
	const selector = "generation_execution_time_seconds_bucket"
	var slowest stack.Exemplar
	var exemplars []stack.Exemplar
	eventually(t, "an exemplar above two seconds", 20*time.Second, func() bool {
		exemplars, err = s.Ports.Exemplars(t.Context(), selector, w.began)
		must(t, err)
		for _, e := range exemplars {
			if e.Value > slowest.Value {
				slowest = e
			}
		}
		return slowest.Value > 2
	})
	id := slowest.Labels["trace_id"]
	query := fmt.Sprintf(`{service_name=~"meal-planner.*"} | trace_id=%q`, id)
	var spans []stack.Span
	var lines []stack.Line
	eventually(t, "the trace and its lines", 20*time.Second, func() bool {
		spans, err = s.Ports.Trace(t.Context(), id)
		if err != nil {
			return false // not there yet
		}
		lines, err = s.Ports.Logs(t.Context(), query, w.began)
		must(t, err)
		return len(spans) > 20 && len(lines) > 2
	})
	panel, err := latencyPanel(t, s, w.began, exemplars).Draw()
	must(t, err)
	trace, err := pictures.Trace(spans)
	must(t, err)
	logs, err := pictures.Logs(query, lines)
	must(t, err)
	b := pagetest.Start(t)
	for name, p := range map[string]pictures.Page{"panel": panel, "trace": trace, "logs": logs} {
		png := b.Screenshot(t, p.HTML, pagetest.View{Width: pictures.Width, Scheme: pagetest.Light}, p.Height)
		fmt.Printf("%s: %d kB\n", name, len(png)/1000)
		if len(png) > 200_000 {
			t.Errorf("%s has %d bytes", name, len(png))
		}
		must(t, os.WriteFile(filepath.Join(*docsPictures, name+".png"), png, 0o644))
	}
}

// latencyPanel asks Prometheus what Grafana would for the panel Generation Latency, the
// time range being that of the story.
func latencyPanel(t *testing.T, s *stack.Stack, from time.Time, exemplars []stack.Exemplar) pictures.Panel {
	t.Helper()
	all, err := dashboards.Load(os.DirFS(root), "grafana/dashboards")
	must(t, err)
	out := pictures.Panel{Title: "Generation Latency", From: from, To: time.Now(), Exemplars: exemplars}
	colors := map[string]string{"p50": "#2b8a3e", "p95": "#e8a200", "p99": "#e8590c"}
	span := fmt.Sprintf("%.0fs", out.To.Sub(from).Seconds())
	for _, d := range all {
		for _, p := range d.Panels {
			if d.UID != "generation-engine" || p.Title != out.Title {
				continue
			}
			for _, step := range p.FieldConfig.Defaults.Thresholds.Steps {
				if step.Value != nil {
					out.Target = *step.Value
				}
			}
			for _, target := range p.Targets {
				expr := strings.NewReplacer("$environment", ".*", "$__range", span).Replace(target.Expr)
				points, err := s.Ports.QueryRange(t.Context(), expr, from, out.To, time.Second)
				must(t, err)
				out.Curves = append(out.Curves, pictures.Curve{Name: target.LegendFormat, Color: colors[target.LegendFormat], Points: points})
			}
		}
	}
	if len(out.Curves) != 3 || out.Target == 0 {
		t.Fatalf("the panel has %d curves and the target %g", len(out.Curves), out.Target)
	}
	return out
}
