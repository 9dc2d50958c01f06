package semconv_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/test/suite/semconv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every name in the program's code is in the registry or declared, also those of lines that
// are hardly ever written.
func TestNamesInTheSource(t *testing.T) {
	t.Parallel()
	own, err := semconv.Declared()
	if err != nil {
		t.Fatal(err)
	}
	var seen semconv.Seen
	if err := seen.Source(); err != nil {
		t.Fatal(err)
	}
	for _, p := range seen.Problems(own) {
		t.Error(p)
	}
}

func TestDeclarations(t *testing.T) {
	t.Parallel()
	own, err := semconv.Declared()
	if err != nil || len(own) < 20 {
		t.Fatalf("%d declarations, %v", len(own), err)
	}
	for _, p := range semconv.Ill(own) {
		t.Error(p)
	}
	bad := []semconv.Own{
		{Name: "user.id", In: []string{semconv.Span}},
		{Name: "db.rows", In: []string{semconv.Span}},
		{Name: "mine", In: []string{semconv.Line}},
		{Name: "mine", In: []string{"dream"}},
	}
	if got := semconv.Ill(bad); len(got) != 4 {
		t.Errorf("got %q", got)
	}
}

// A wrong name is found wherever it stands, and nothing else is.
func TestWitness(t *testing.T) {
	t.Parallel()
	w := semconv.NewWitness()
	defer w.Close()
	tel, err := telemetry.Start(t.Context(), telemetry.Options{Service: "t", Instance: "t", Endpoint: w.URL(), Protocol: telemetry.HTTPProtobuf, LogWriter: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	at := trace.WithAttributes(attribute.String("db.operation", "SELECT"), attribute.String("user_id", "user_ana"), attribute.String("http.request.header.x-y", "z"), attribute.Bool("sent", true))
	ctx, span := tel.Tracer().Start(t.Context(), "spans", at, trace.WithLinks(trace.Link{SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}}), Attributes: []attribute.KeyValue{attribute.Bool("linked", true)}}))
	span.AddEvent("happened", trace.WithAttributes(attribute.Bool("happened", true)))
	counter, err := tel.Meters.Meter("m", metric.WithInstrumentationAttributes(attribute.Bool("scoped", true))).Int64Counter("counts")
	if err != nil {
		t.Fatal(err)
	}
	counter.Add(ctx, 1, metric.WithAttributes(attribute.String("user_id", "user_ana"), attribute.Bool("counted", true)))
	tel.Logger.InfoContext(ctx, "lines", "user_id", "user_ana", "written", true)
	span.End()
	stop, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := tel.Stop(stop); err != nil {
		t.Fatal(err)
	}
	own := []semconv.Own{
		{Name: "sent", In: []string{semconv.Span, semconv.Line}},
		{Name: "component", In: []string{semconv.Line}},
		{Name: "trace_requests", In: []string{semconv.Resource}},
		{Name: "line.kept", In: []string{semconv.Span}},
	}
	const unknown = ": neither in OpenTelemetry's registry nor in docs/attributes.md"
	if diff := cmp.Diff([]string{
		"event attribute happened (spans, happened)" + unknown,
		"line attribute written (lines)" + unknown,
		"link attribute linked (spans)" + unknown,
		"metric attribute counted (counts)" + unknown,
		"scope attribute scoped (m)" + unknown,
		"span attribute db.operation (spans): deprecated in the registry: db.operation.name",
		"span attribute user_id (spans)" + unknown,
	}, w.Problems(own)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"docs/attributes.md declares sent for a line, and none has it",
		"docs/attributes.md declares component for a line, and none has it",
	}, w.Unused(own)); diff != "" {
		t.Error(diff)
	}
}

var (
	selector = regexp.MustCompile(`\{service_name=~`)
	fields   = regexp.MustCompile(`\|\s*(\w+)\s*(?:[=!]~|[=!]?=|[<>])|\{\{\.(\w+)\}\}|unwrap (\w+)|by \(([\w, ]+)\)`)
)

// fieldsOf are the fields that the LogQL of a text asks for.
func fieldsOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if !selector.MatchString(line) {
			continue
		}
		for _, m := range fields.FindAllStringSubmatch(line, -1) {
			for _, group := range m[1:] {
				for name := range strings.FieldsFuncSeq(group, func(r rune) bool { return r == ',' || r == ' ' }) {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// Every field that a query asks Loki for is one that lines have there: not all of these
// queries have a Loki in the tests that would answer nothing.
func TestQueriesAskForFieldsThatLinesHave(t *testing.T) {
	t.Parallel()
	own, err := semconv.Declared()
	if err != nil {
		t.Fatal(err)
	}
	known := semconv.Underscored(own)
	if got := fieldsOf(`sum by (error_type, job_id) (x({service_name=~"a", level="warn"} | a=~"b|c" | d > 2 | e!="f" | unwrap g | line_format "{{.h}}"))`); !slices.Equal(got, []string{"error_type", "job_id", "a", "d", "e", "g", "h"}) {
		t.Errorf("read the fields %q", got)
	}
	asked := 0
	for _, root := range []string{"../../../docs", "../../../README.md", "../../../grafana", "../../../pkg", "../../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{".md", ".json", ".yaml", ".go"}, filepath.Ext(path)) {
				return err
			}
			b, err := os.ReadFile(path)
			for _, field := range fieldsOf(string(b)) {
				asked++
				if !semconv.InLoki(known, field) {
					t.Errorf("%s asks Loki for %s, which no line has there", path, field)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if asked < 20 || semconv.InLoki(known, "error_message") || semconv.InLoki(known, "stack_trace") {
		t.Errorf("%d fields; stdout's names are known: %t", asked, semconv.InLoki(known, "error_message"))
	}
}
