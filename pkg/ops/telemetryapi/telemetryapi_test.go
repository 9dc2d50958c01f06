package telemetryapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answering is a server with one answer; asked gets the requests' addresses.
func answering(t *testing.T, status int, body string) (base string, asked func() string) {
	t.Helper()
	last := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last <- r.URL.Path + "?" + r.URL.RawQuery
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/", func() string { return <-last }
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	base, asked := answering(t, 200, `{"data": {"resultType": "vector", "result": [{"metric": {"api": "tandoor"}, "value": [1.5, "0.25"]}]}}`)
	samples, err := telemetryapi.NewPrometheus(base, client(t)).Query(t.Context(), "up == 1")
	if diff := cmp.Diff([]telemetryapi.Sample{{Labels: map[string]string{"api": "tandoor"}, Value: 0.25}}, samples); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got := asked(); got != "/api/v1/query?query=up+%3D%3D+1" {
		t.Errorf("asked %s", got)
	}

	base, asked = answering(t, 200, `{"data": {"resultType": "streams", "result": [
		{"stream": {"level": "warn"}, "values": [["1000", "old"]]}, {"stream": {"level": "error"}, "values": [["3000", "new"], ["2000", "mid"]]}]}}`)
	lines, err := telemetryapi.NewLoki(base, client(t)).Lines(t.Context(), "{}", time.Unix(0, 500), 7)
	want := []telemetryapi.Line{
		{Time: time.Unix(0, 3000), Text: "new", Labels: map[string]string{"level": "error"}},
		{Time: time.Unix(0, 2000), Text: "mid", Labels: map[string]string{"level": "error"}},
		{Time: time.Unix(0, 1000), Text: "old", Labels: map[string]string{"level": "warn"}},
	}
	if diff := cmp.Diff(want, lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got := asked(); got != "/loki/api/v1/query_range?direction=backward&limit=7&query=%7B%7D&start=500" {
		t.Errorf("asked %s", got)
	}

	base, asked = answering(t, 200, `{"data": [{"spans": [{"traceID": "t", "spanID": "b", "operationName": "select", "startTime": 2000000, "duration": 1500,
		"references": [{"refType": "FOLLOWS_FROM", "spanID": "z"}, {"refType": "CHILD_OF", "spanID": "a"}], "tags": [{"key": "component", "value": "recipe_fetch"}, {"key": "n", "value": 1}]}]}]}`)
	spans, err := telemetryapi.NewJaeger(base, client(t)).Trace(t.Context(), "t/1")
	span := telemetryapi.Span{Trace: "t", ID: "b", Parent: "a", Name: "select", Start: time.Unix(2, 0), Took: 1500 * time.Microsecond, Tags: map[string]string{"component": "recipe_fetch"}}
	if diff := cmp.Diff([]telemetryapi.Span{span}, spans); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got := asked(); got != "/api/traces/t/1?" { // the escaped slash, decoded by the server
		t.Errorf("asked %s", got)
	}
}

// What a server says instead of an answer is told by its kind.
func TestNoAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
	}{
		"a wrong expression": {400, `{"error": "parse error"}`, fault.InvalidInput},
		"a wrong answer":     {422, `{"error": "too many"}`, fault.InvalidInput},
		"overloaded":         {503, "", fault.Unavailable},
		"nothing there":      {404, "", fault.NotFound},
		"a page":             {200, "<html>", fault.Unavailable},
		"a scalar":           {200, `{"data": {"resultType": "scalar", "result": []}}`, fault.InvalidInput},
		"no number":          {200, `{"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "x"]}]}}`, fault.Unavailable},
		"no value":           {200, `{"data": {"resultType": "vector", "result": [{"metric": {}}]}}`, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := answering(t, c.status, c.body)
			if _, err := telemetryapi.NewPrometheus(base, client(t)).Query(t.Context(), "x"); fault.KindOf(err) != c.kind {
				t.Errorf("%v is %s, want %s", err, fault.KindOf(err), c.kind)
			}
		})
	}
	if _, err := telemetryapi.NewPrometheus("http://"+loopback.Addr(t), client(t)).Query(t.Context(), "x"); fault.KindOf(err) != fault.NetworkError {
		t.Errorf("a server that is gone: %v", err)
	}
	gone := "http://" + loopback.Addr(t)
	for _, c := range []struct {
		base, says string
		kind       fault.Kind
	}{
		{gone, "no answer from " + gone + " (LOKI_URL)", fault.NetworkError},
		{"", "LOKI_URL is empty: there is no Loki to ask", fault.InvalidConfig},
	} {
		if _, err := telemetryapi.NewLoki(c.base, client(t)).Lines(t.Context(), "{}", time.Now(), 1); fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v is %s, want %s: %s", c.base, err, fault.KindOf(err), c.kind, c.says)
		}
	}
}

// client has connections of its own: a test server that closes ends those of the default one.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
