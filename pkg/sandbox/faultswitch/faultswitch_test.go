package faultswitch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type bench struct {
	sw    *faultswitch.Switch
	url   string
	http  *http.Client
	calls atomic.Int32
	slept atomic.Int64
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{}
	b.sw = faultswitch.New(1, func(_ context.Context, d time.Duration) error {
		b.slept.Add(int64(d))
		return nil
	})
	genuine := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true}`))
	})
	srv := httptest.NewServer(b.sw.Middleware("tandoor", nil, genuine))
	rt := &http.Transport{}
	t.Cleanup(func() { rt.CloseIdleConnections(); srv.Close() })
	b.url, b.http = srv.URL, &http.Client{Transport: rt}
	return b
}

func (b *bench) get(t *testing.T, path string) (*http.Response, string, error) {
	t.Helper()
	resp, err := b.http.Get(b.url + path)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func (b *bench) set(t *testing.T, r faultswitch.Rule) string {
	t.Helper()
	id, err := b.sw.Set(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule  faultswitch.Rule
		check func(resp *http.Response, body string, err error) bool
		calls int32
	}{
		"status": {faultswitch.Rule{Status: 503}, func(r *http.Response, _ string, err error) bool {
			return err == nil && r.StatusCode == http.StatusServiceUnavailable
		}, 0},
		"429": {faultswitch.Rule{Status: 429, RetryAfter: 7}, func(r *http.Response, _ string, err error) bool {
			return err == nil && r.StatusCode == http.StatusTooManyRequests && r.Header.Get("Retry-After") == "7"
		}, 0},
		"outage":      {faultswitch.Rule{Outage: true}, func(_ *http.Response, _ string, err error) bool { return err != nil }, 0},
		"lost answer": {faultswitch.Rule{LoseAnswer: true}, func(_ *http.Response, _ string, err error) bool { return err != nil }, 1},
		"malformed": {faultswitch.Rule{Body: faultswitch.BodyMalformed}, func(r *http.Response, body string, err error) bool {
			return err == nil && r.StatusCode == http.StatusOK && !json.Valid([]byte(body))
		}, 0},
		"html": {faultswitch.Rule{Body: faultswitch.BodyHTML}, func(r *http.Response, body string, err error) bool {
			return err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && strings.Contains(body, "<html>")
		}, 0},
		"oversized": {faultswitch.Rule{Body: faultswitch.BodyOversized}, func(_ *http.Response, body string, err error) bool {
			return err == nil && len(body) > faultswitch.OversizedBytes
		}, 0},
		"slow": {faultswitch.Rule{Body: faultswitch.BodySlow, SlowForMS: 640}, func(_ *http.Response, body string, err error) bool {
			return err == nil && body == `{"ok":true}`
		}, 1},
		"other upstream": {faultswitch.Rule{Upstream: "fatsecret", Outage: true}, func(r *http.Response, _ string, err error) bool {
			return err == nil && r.StatusCode == http.StatusOK
		}, 1},
		"other path": {faultswitch.Rule{Path: "/api/recipe/*/", Outage: true}, func(r *http.Response, _ string, err error) bool {
			return err == nil && r.StatusCode == http.StatusOK
		}, 1},
		"other method": {faultswitch.Rule{Method: "POST", Outage: true}, func(r *http.Response, _ string, err error) bool {
			return err == nil && r.StatusCode == http.StatusOK
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.set(t, tc.rule)
			resp, body, err := b.get(t, "/api/food/")
			if !tc.check(resp, body, err) {
				t.Errorf("answer = %v, %d bytes, %v", resp, len(body), err)
			}
			if got := b.calls.Load(); got < tc.calls || got > 2*tc.calls { // a lost GET is sent again by net/http
				t.Errorf("the handler ran %d times; want %d", got, tc.calls)
			}
		})
	}
}

func TestLatencySkipTimesAndRate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, faultswitch.Rule{LatencyMS: 100, JitterMS: 50, Path: "/slow*"})
	if _, _, err := b.get(t, "/slow/x"); err != nil {
		t.Fatal(err)
	}
	if d := time.Duration(b.slept.Load()); d < 100*time.Millisecond || d > 150*time.Millisecond {
		t.Errorf("latency = %v; want 100 to 150 ms", d)
	}
	b.set(t, faultswitch.Rule{ID: "window", Status: 500, Skip: 2, Times: 3, Path: "/w"})
	var got []int
	for range 7 {
		resp, _, err := b.get(t, "/w")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, resp.StatusCode)
	}
	if want := []int{200, 200, 500, 500, 500, 200, 200}; !equal(got, want) {
		t.Errorf("statuses = %v; want %v", got, want)
	}
	id := b.set(t, faultswitch.Rule{Status: 502, Rate: 0.3, Path: "/r"})
	bad := 0
	for range 500 {
		if b.sw.Pick("tandoor", "GET", "/r").Status == 502 {
			bad++
		}
	}
	if bad < 110 || bad > 190 {
		t.Errorf("%d of 500 failed at a rate of 0.3", bad)
	}
	for _, r := range b.sw.Rules() {
		if r.ID == id && r.Fired != bad {
			t.Errorf("fired = %d; want %d", r.Fired, bad)
		}
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestControl(t *testing.T) {
	t.Parallel()
	sw := faultswitch.New(1, func(context.Context, time.Duration) error { return nil })
	do := func(method, target, body string) (int, string) {
		rec := httptest.NewRecorder()
		sw.Control().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, target, bytes.NewBufferString(body)))
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	if code, body := do("POST", "/faults", `{"upstream":"tandoor","status":503}`); code != 201 || body != `{"id":"fault-1"}` {
		t.Errorf("POST = %d %s", code, body)
	}
	if code, body := do("GET", "/faults", ""); code != 200 || body != `[{"id":"fault-1","upstream":"tandoor","status":503,"fired":0}]` {
		t.Errorf("GET = %d %s", code, body)
	}
	for _, bad := range []string{`{`, `{}`, `{"status":42}`, `{"statuss":500}`, `{"body":"purple"}`, `{"outage":true,"rate":1.5}`, `{"latency_ms":-1}`} {
		if code, body := do("POST", "/faults", bad); code != 400 || !strings.Contains(body, "error") {
			t.Errorf("POST %s = %d %s; want 400", bad, code, body)
		}
	}
	if code, _ := do("DELETE", "/faults?id=nope", ""); code != 404 {
		t.Errorf("DELETE unknown = %d; want 404", code)
	}
	if code, _ := do("DELETE", "/faults?id=fault-1", ""); code != 204 || len(sw.Rules()) != 0 {
		t.Errorf("DELETE = %d, rules %v", code, sw.Rules())
	}
	if _, err := sw.Set(faultswitch.Rule{Outage: true}); err != nil {
		t.Fatal(err)
	}
	if code, _ := do("DELETE", "/faults", ""); code != 204 || len(sw.Rules()) != 0 {
		t.Errorf("DELETE all = %d, rules %v", code, sw.Rules())
	}
	if code, _ := do("PATCH", "/faults", ""); code != 405 {
		t.Errorf("PATCH = %d; want 405", code)
	}
	if err := sw.Clear("x"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Clear = %v; want NotFound", err)
	}
}
