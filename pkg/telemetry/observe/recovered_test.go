package observe_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// A page that panics is an error that is seen: in the log, with the stack of the panic, in the
// answer and in the server's metrics; and the server goes on.
func TestPagesThatPanic(t *testing.T) {
	t.Parallel()
	b := setup(t)
	out, read := &lines{}, 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /at-once/{id}", func(http.ResponseWriter, *http.Request) { var nothing *int; *nothing++ })
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begun")
		_ = http.NewResponseController(w).Flush()
		panic("late")
	})
	mux.HandleFunc("GET /aborted", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /fine", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	srv := httptest.NewUnstartedServer(observe.NewServer(observe.Recovered(slog.New(slog.NewJSONHandler(out, nil)), mux), b.tracers, sdkmetric.NewMeterProvider()))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	defer srv.Close()

	for _, c := range []struct {
		path, body, logged string
		status             int // 0: broken off
	}{
		{"/at-once/" + secret, "Internal Server Error\n", `"http.route":"/at-once/{id}"`, 500},
		{"/late", "begun", "panic: late", 0},
		{"/aborted", "", "", 0},
		{"/fine", "fine", "", 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Do(req)
		status, body := 0, ""
		if err == nil {
			data, rerr := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			body = string(data)
			if rerr == nil {
				status = resp.StatusCode
			}
		}
		if status != c.status || body != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.path, status, body, c.status, c.body)
		}
		all := out.String()
		got := all[read:]
		read = len(all)
		if (c.logged == "") != (got == "") || !strings.Contains(got, c.logged) || strings.Contains(got, secret) {
			t.Errorf("%s logged %s", c.path, got)
		}
		if c.logged != "" && !strings.Contains(got, "TestPagesThatPanic.func") {
			t.Errorf("%s: the log does not show where: %s", c.path, got)
		}
	}
	if spans := b.spans.Ended(); len(spans) == 0 || !strings.Contains(everything(spans[0]), "500") {
		t.Errorf("the span does not tell the failure: %v", spans)
	}
}
