package app_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// The two walks of docs/architecture.md name what happens in the order in which it happens: each
// stop's span, and no span is left out that is neither a statement nor a call of an upstream.
func TestWalks(t *testing.T) {
	t.Parallel()
	t.Run("From tick to mail", func(t *testing.T) {
		t.Parallel()
		p := newPostOffice(t, "sandbox", sandbox.People()[:1])
		must(t, p.Start(t.Context()))
		p.spans.Reset()
		_, err := p.pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() where id = 'weekly_generation:user_lewis'")
		must(t, err)
		await(t, p.pool, 1, "select count(*) from outbox where status = 'sent'")
		await(t, p.pool, 1, finals)
		must(t, p.Stop(t.Context()))
		p.walked(t, "schedule jobs", "job WeeklyGeneration")
	})
	t.Run("From reply to answer", func(t *testing.T) {
		t.Parallel()
		p := newPostOffice(t, "sandbox", sandbox.People()[:1])
		letter := p.planMail(t, "user_lewis")
		p.spans.Reset()
		p.send(t, p.reply(t, letter, "LOCK friday dinner"))
		p.walked(t, "command mail")
	})
}

var stop = regexp.MustCompile("^\\d+\\. ((?:`[^`]+`(?: and )?)+):")

// walked compares the traces that begin with the roots, one after the other, with the walk of the
// test's name.
func (p *postOffice) walked(t *testing.T, roots ...string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/architecture.md")
	must(t, err)
	_, title, _ := strings.Cut(t.Name(), "/")
	_, walk, found := strings.Cut(string(b), "\n## "+strings.ReplaceAll(title, "_", " ")+"\n")
	walk, _, _ = strings.Cut(walk, "\n## ")
	var stops [][]string
	var named []string
	for line := range strings.Lines(walk) {
		if m := stop.FindStringSubmatch(line); m != nil {
			names := strings.Split(strings.ReplaceAll(m[1], "`", ""), " and ")
			stops, named = append(stops, names), append(named, names...)
		}
	}
	if !found || len(stops) < 5 || len(stops) > 20 {
		t.Fatalf("docs/architecture.md has %d stops; want 5 to 20", len(stops))
	}
	var seen []string // in the order in which the spans began
	for _, root := range roots {
		for _, s := range p.traceOf(t, root) {
			statement, call := false, false
			for _, a := range s.Attributes() {
				statement = statement || a.Key == semconv.DBSystemNameKey
				call = call || a.Key == semconv.HTTPRequestMethodKey
			}
			if name := s.Name(); slices.Contains(named, name) || !statement && !call && name != "pool.acquire" {
				if !slices.Contains(seen, name) {
					seen = append(seen, name)
				}
			}
		}
	}
	rest := seen
	for _, names := range stops { // those of one stop begin at the same time, in any order
		if len(rest) < len(names) || !same(names, rest[:len(names)]) {
			t.Fatalf("the walk goes %q; what happens is %q", stops, seen)
		}
		rest = rest[len(names):]
	}
	if len(rest) > 0 {
		t.Errorf("docs/architecture.md leaves out %q", rest)
	}
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// traceOf are the spans of the newest trace whose root has a name, in the order in which they
// began.
func (p *postOffice) traceOf(t *testing.T, root string) []sdktrace.ReadOnlySpan {
	t.Helper()
	roots := p.spansOf(root)
	if len(roots) == 0 {
		t.Fatalf("no span %q", root)
	}
	id := roots[len(roots)-1].SpanContext().TraceID()
	all := slices.DeleteFunc(p.spans.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.SpanContext().TraceID() != id })
	slices.SortFunc(all, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	return all
}

// A run whose process knows the library reads the connection once.
func TestARunReadsItsConnectionOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], role: app.Tool})
	w.mustGenerate(t, "user_lewis")
	w.spans.Reset()
	if _, err := w.Generate(t.Context(), planner.Request{User: "user_lewis", Week: week + 7}, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(w.spansOf("get_connection")); n != 1 {
		t.Errorf("get_connection %d times", n)
	}
}
