package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/web"
)

const aTrace = "4682f5b1eac8ca30a7b2d1c0e9f81234"

// traces serves the pages of one trace: a generation that waits for a slow library.
func traces(t *testing.T, lines func() ([]web.Line, error)) func(path string) *httptest.ResponseRecorder {
	t.Helper()
	at := time.Date(2026, 12, 4, 6, 0, 0, 0, time.UTC)
	spans := []web.Span{
		{Trace: aTrace, ID: "c", Parent: "b", Name: "tandoor <recipe_list>", Service: "meal-planner-scheduler", Start: at.Add(10 * time.Millisecond), Took: 2500 * time.Millisecond, Attributes: map[string]string{"error.type": "503", "url.full": "http://a/?x=<script>"}},
		{Trace: aTrace, ID: "a", Parent: "gone", Name: "generation", Service: "meal-planner-scheduler", Start: at, Took: 2600 * time.Millisecond},
		{Trace: aTrace, ID: "b", Parent: "a", Name: "recipe_fetch", Service: "meal-planner-scheduler", Start: at.Add(5 * time.Millisecond), Took: 2550 * time.Millisecond, Attributes: map[string]string{"component": "recipe_fetch"}},
		{Trace: aTrace, ID: "x", Parent: "y", Name: "circle", Start: at, Took: time.Millisecond},
		{Trace: aTrace, ID: "y", Parent: "x", Name: "circle", Start: at, Took: time.Millisecond},
	}
	mux := http.NewServeMux()
	(&web.Traces{
		Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
		Recent: func(_ context.Context, since time.Time) ([]web.Span, error) {
			if since != at.Add(-24*time.Hour) {
				t.Errorf("since %s", since)
			}
			return spans[1:2], nil
		},
		Spans: func(_ context.Context, id string) ([]web.Span, error) {
			switch id {
			case aTrace:
			case strings.Repeat("f", 32):
				return nil, fault.New(fault.NetworkError, "Jaeger", "no answer from http://jaeger (JAEGER_URL)")
			default:
				return nil, fault.New(fault.NotFound, "Jaeger", "no such trace")
			}
			return spans, nil
		},
		Lines: func(context.Context, string, time.Time) ([]web.Line, error) { return lines() },
	}).Register(mux)
	return func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w
	}
}

func TestATraceIsAWaterfallWithItsLines(t *testing.T) {
	t.Parallel()
	get := traces(t, func() ([]web.Line, error) {
		at := time.Date(2026, 12, 4, 6, 0, 1, 0, time.UTC)
		return []web.Line{{at.Add(time.Second), "warn", "of <nobody>", "zz"}, {at, "error", "second", "c"}, {at.Add(-time.Millisecond), "info", "first", "c"}}, nil
	})
	w := get("/trace/" + aTrace)
	body := w.Body.String()
	if w.Code != http.StatusOK || strings.Contains(body, "<script") || strings.Contains(body, "<recipe_list>") || strings.Contains(body, "<nobody>") {
		t.Fatalf("%d\n%s", w.Code, body)
	}
	// Each below its parent, lines below their span and in order, what belongs nowhere at the end.
	place := 0
	for _, want := range []string{"generation", "recipe_fetch", `width="980.8"`, "✕", "tandoor &lt;recipe_list&gt;", "error.type = 503", `class="e"`, "06:00:00.999 info first", "06:00:01.000 error second", "circle", "circle", "of &lt;nobody&gt;"} {
		i := strings.Index(body[place:], want)
		if i < 0 {
			t.Fatalf("%q is not there, or not in its place:\n%s", want, body)
		}
		place += i + len(want)
	}
	if n := strings.Count(body, "<svg"); n != 5 {
		t.Errorf("%d bars of 5 spans", n)
	}
}

func TestTracesThatCannotBeShown(t *testing.T) {
	t.Parallel()
	get := traces(t, func() ([]web.Line, error) {
		return nil, fault.New(fault.InvalidConfig, "Loki", "LOKI_URL is empty: there is no Loki to ask")
	})
	if w := get("/trace/" + aTrace); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "LOKI_URL is empty") {
		t.Errorf("without Loki: %d\n%s", w.Code, w.Body)
	}
	for path, want := range map[string]int{
		"/trace/" + strings.Repeat("0", 32): http.StatusNotFound, "/trace/x%22y": http.StatusBadRequest, "/trace/" + strings.ToUpper(aTrace): http.StatusBadRequest,
		"/trace/?id=" + aTrace: http.StatusFound, "/trace/?id=//evil.example": http.StatusBadRequest, "/trace/": http.StatusOK,
	} {
		if w := get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	if w := get("/trace/" + strings.Repeat("f", 32)); w.Code < 500 || !strings.Contains(w.Body.String(), "JAEGER_URL") {
		t.Errorf("without Jaeger: %d\n%s", w.Code, w.Body)
	}
	if body := get("/trace/" + strings.Repeat("0", 32)).Body.String(); !strings.Contains(body, "was not kept") {
		t.Errorf("an unknown trace:\n%s", body)
	}
	if w := get("/trace/?id=" + aTrace); w.Header().Get("Location") != aTrace {
		t.Errorf("leads to %q", w.Header().Get("Location"))
	}
	if body := get("/trace/").Body.String(); !strings.Contains(body, `<a href="`+aTrace+`">`) || !strings.Contains(body, "2.6s") {
		t.Errorf("the list:\n%s", body)
	}
}
