//go:build e2e && pictures

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/test/kit/pagetest"
	"github.com/mealplanner/mealplanner/test/kit/pictures"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
	"github.com/mealplanner/mealplanner/test/suite/dashboards"
)

// TestDocsPictures makes the pictures of docs/observability.md.
func TestDocsPictures(t *testing.T) {
	s := stacktest.Start(t, stack.Names, fast, nil)
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
	eventually(t, "an exemplar above two seconds", 2*time.Minute, func() bool {
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
	var lines []telemetryapi.Line
	eventually(t, "the trace and its lines", 2*time.Minute, func() bool {
		spans, err = s.Ports.Trace(t.Context(), id)
		if err != nil {
			return false // not there yet
		}
		lines, err = s.Ports.Logs().Lines(t.Context(), query, w.began, 5000)
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
		must(t, os.WriteFile(filepath.Join(root, "docs", "img", name+".png"), png, 0o644))
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
				expr := strings.NewReplacer("$environment", ".*", "$user", ".*", "$__rate_interval", span).Replace(target.Expr)
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
