package resilient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("body"))}
}

// script answers one step after the other and counts.
func script(calls *int, steps ...any) http.RoundTripper {
	return roundTrip(func(*http.Request) (*http.Response, error) {
		step := steps[min(*calls, len(steps)-1)]
		*calls++
		if err, bad := step.(error); bad {
			return nil, err
		}
		return step.(func() *http.Response)(), nil
	})
}

func status(code int, header ...string) func() *http.Response {
	return func() *http.Response { return answer(code, header...) }
}

func TestRetry(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	for _, tc := range []struct {
		name       string
		method     string
		steps      []any
		timeout    time.Duration
		calls      int
		status     int
		waited     time.Duration // exact: Rand is 1/2 and Base 100 ms, so 50 ms unless told
		retryLabel string
	}{
		{"ok", "GET", []any{status(200)}, 0, 1, 200, 0, ""},
		{"503 then ok", "GET", []any{status(503), status(200)}, 0, 2, 200, 50 * time.Millisecond, "503"},
		{"refused then ok", "GET", []any{refused, status(200)}, 0, 2, 200, 50 * time.Millisecond, "network_error"},
		{"two tries only", "GET", []any{status(502)}, 0, 2, 502, 50 * time.Millisecond, "502"},
		{"500 is not tried again", "GET", []any{status(500), status(200)}, 0, 1, 500, 0, ""},
		{"404 is not tried again", "GET", []any{status(404), status(200)}, 0, 1, 404, 0, ""},
		{"POST is not tried again", "POST", []any{status(503), status(200)}, 0, 1, 503, 0, ""},
		{"PUT is not tried again", "PUT", []any{refused, status(200)}, 0, 1, 0, 0, ""},
		{"Retry-After is honoured", "GET", []any{status(429, "Retry-After", "1"), status(200)}, 0, 2, 200, time.Second, "429"},
		{"long Retry-After is not waited for", "GET", []any{status(429, "Retry-After", "86144"), status(200)}, 0, 1, 429, 0, ""},
		{"no time left", "GET", []any{status(503), status(200)}, 20 * time.Millisecond, 1, 503, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls int
				var label string
				opt := resilient.Defaults("up")
				opt.Retry.Rand = func() float64 { return 0.5 }
				opt.OnRetry = func(_ context.Context, r resilient.Retried) {
					if r.Endpoint != "list" || r.Attempt != 1 || r.Delay != tc.waited {
						t.Errorf("retried = %+v; want endpoint list, attempt 1, delay %v", r, tc.waited)
					}
					label = r.Status
				}
				tr := resilient.NewTransport(script(&calls, tc.steps...), opt)
				ctx := resilient.WithEndpoint(t.Context(), "list")
				if tc.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tc.timeout)
					defer cancel()
				}
				req, err := http.NewRequestWithContext(ctx, tc.method, "http://up/", nil)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				resp, err := tr.RoundTrip(req)
				if waited := time.Since(start); waited != tc.waited {
					t.Errorf("waited %v; want %v", waited, tc.waited)
				}
				if calls != tc.calls || label != tc.retryLabel {
					t.Errorf("calls = %d, retry label %q; want %d, %q", calls, label, tc.calls, tc.retryLabel)
				}
				switch {
				case tc.status == 0 && !errors.Is(err, refused):
					t.Errorf("err = %v; want the inner error", err)
				case tc.status != 0 && (err != nil || resp.StatusCode != tc.status):
					t.Errorf("answer = %v, %v; want %d", resp, err, tc.status)
				}
			})
		})
	}
}

// Every attempt is reported once: with its own status, bytes and time, also the one whose
// answer nobody wanted, and never one that the breaker refused.
func TestEveryAttemptIsObserved(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	broken := func() *http.Response {
		r := answer(200)
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("bo"), failing{context.DeadlineExceeded}))
		return r
	}
	status := func(code int) func() *http.Response { return func() *http.Response { return answer(code) } }
	for name, tc := range map[string]struct {
		steps   []any
		maxBody int64
		unread  bool
		want    []resilient.Call
	}{
		"503 then 200":   {[]any{status(503), status(200)}, 0, false, []resilient.Call{{Status: "503", Bytes: 4}, {Status: "200", Bytes: 4}}},
		"refused, 200":   {[]any{refused, status(200)}, 0, false, []resilient.Call{{Status: "network_error"}, {Status: "200", Bytes: 4}}},
		"slow body":      {[]any{broken}, 0, false, []resilient.Call{{Status: "timeout", Bytes: 2}}},
		"large body":     {[]any{status(200)}, 3, false, []resilient.Call{{Status: "200", Bytes: 3}}},
		"closed, unread": {[]any{status(200)}, 0, true, []resilient.Call{{Status: "200"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls int
				var got []resilient.Call
				opt := resilient.Defaults("up")
				opt.MaxBody = tc.maxBody
				opt.Observe = func(_ context.Context, c resilient.Call) { got = append(got, c) }
				inner := script(&calls, tc.steps...)
				tr := resilient.NewTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
					if err := resilient.Sleep(r.Context(), time.Second); err != nil {
						return nil, err
					}
					return inner.RoundTrip(r)
				}), opt)
				req, err := http.NewRequestWithContext(resilient.WithEndpoint(t.Context(), "list"), http.MethodGet, "http://up/", http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := tr.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				if !tc.unread {
					_, err = io.Copy(io.Discard, resp.Body)
					if wantErr := name == "slow body" || name == "large body"; (err != nil) != wantErr {
						t.Errorf("read: %v", err)
					}
				}
				if err := resp.Body.Close(); err != nil {
					t.Fatal(err)
				}
				for i := range tc.want {
					tc.want[i].Endpoint, tc.want[i].Took = "list", time.Second
				}
				if !slices.Equal(got, tc.want) {
					t.Errorf("observed %+v; want %+v", got, tc.want)
				}
			})
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestBackoffStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var slept time.Duration
		b := resilient.Backoff{
			Tries: rapid.IntRange(0, 6).Draw(t, "tries"),
			Base:  time.Duration(rapid.IntRange(1, 1000).Draw(t, "base")) * time.Millisecond,
			Max:   time.Duration(rapid.IntRange(1, 60).Draw(t, "max")) * time.Second,
			Rand:  func() float64 { return rapid.Float64Range(0, 0.999).Draw(t, "rand") },
			Sleep: func(_ context.Context, d time.Duration) error { slept = d; return nil },
			Now:   time.Now,
		}
		n := rapid.IntRange(1, 8).Draw(t, "n")
		after := time.Duration(rapid.IntRange(0, 100).Draw(t, "retry-after")) * time.Second
		d, again := b.Wait(context.Background(), n, after)
		if want := n < b.Tries && after <= b.Max; again != want {
			t.Fatalf("again = %v; want %v", again, want)
		}
		if again && (d != slept || d < after || d > b.Max) {
			t.Fatalf("delay %v (slept %v) is not within [%v, %v]", d, slept, after, b.Max)
		}
	})
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls int
		var states []resilient.State
		next := status(503)
		opt := resilient.Defaults("tandoor")
		opt.Breaker.MinRequests = 4
		opt.OnStateChange = func(name string, _, to resilient.State) {
			if name != "tandoor" {
				t.Errorf("name = %q", name)
			}
			states = append(states, to)
		}
		tr := resilient.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
			calls++
			return next(), nil
		}), opt)
		post := func() error {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://up/", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = tr.RoundTrip(req)
			return err
		}
		for range 4 {
			if err := post(); err != nil {
				t.Fatal(err)
			}
		}
		if err := post(); fault.KindOf(err) != fault.Unavailable || resilient.Label(nil, err) != resilient.LabelOpen {
			t.Fatalf("err = %v; want Unavailable from an open breaker", err)
		}
		if calls != 4 || tr.State() != resilient.Open {
			t.Fatalf("calls = %d, state %s; want 4, open", calls, tr.State())
		}
		synctest.Wait()
		next = status(200)
		if err := resilient.Sleep(t.Context(), 31*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := post(); err != nil {
			t.Fatal(err)
		}
		want := []resilient.State{resilient.Open, resilient.HalfOpen, resilient.Closed}
		if len(states) != 3 || states[0] != want[0] || states[1] != want[1] || states[2] != want[2] {
			t.Errorf("states = %v; want %v", states, want)
		}
	})
}

func TestBreakerIgnores(t *testing.T) {
	t.Parallel()
	for name, rt := range map[string]roundTrip{
		"4xx":       func(*http.Request) (*http.Response, error) { return answer(404), nil },
		"429":       func(*http.Request) (*http.Response, error) { return answer(429), nil },
		"cancelled": func(*http.Request) (*http.Response, error) { return nil, context.Canceled },
	} {
		tr := resilient.NewTransport(rt, resilient.Defaults("up"))
		for range 50 {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://up/", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tr.RoundTrip(req); fault.KindOf(err) == fault.Unavailable {
				t.Fatalf("%s: the breaker opened", name)
			}
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 5000).Draw(t, "size")
		limit := rapid.IntRange(0, 5000).Draw(t, "limit")
		body := resilient.LimitBody(io.NopCloser(strings.NewReader(strings.Repeat("x", size))), int64(limit))
		got, err := io.ReadAll(body)
		if size <= limit && (err != nil || len(got) != size) {
			t.Fatalf("read %d, %v; want %d", len(got), err, size)
		}
		if size > limit && (!errors.Is(err, resilient.ErrBodyTooLarge) || len(got) > limit) {
			t.Fatalf("read %d, %v; want ErrBodyTooLarge after at most %d", len(got), err, limit)
		}
	})
}

func TestClientDoesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "/login", http.StatusFound)
	}))
	defer srv.Close()
	tr := resilient.NewTransport(&http.Transport{}, resilient.Defaults("up"))
	defer tr.CloseIdleConnections()
	resp, err := resilient.NewClient(tr, 5*time.Second).Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound || hits.Load() != 1 {
		t.Errorf("status %d after %d requests; want 302 after 1", resp.StatusCode, hits.Load())
	}
}

func TestTransportKind(t *testing.T) {
	t.Parallel()
	rt := &http.Transport{}
	defer rt.CloseIdleConnections()
	_, refused := (&http.Client{Transport: rt}).Get("http://" + loopback.Addr(t))
	for _, tc := range []struct {
		err  error
		kind fault.Kind
	}{
		{refused, fault.NetworkError},
		{context.DeadlineExceeded, fault.TimeoutError},
		{context.Canceled, fault.Canceled},
		{fault.New(fault.Unavailable, "x", "y"), fault.Unavailable},
		{io.ErrUnexpectedEOF, fault.NetworkError},
	} {
		if got := resilient.TransportKind(tc.err); got != tc.kind {
			t.Errorf("TransportKind(%v) = %s; want %s", tc.err, got, tc.kind)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 4, 6, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "soon": 0,
		"Fri, 04 Dec 2026 06:00:30 GMT": 30 * time.Second, "Fri, 04 Dec 2026 05:00:00 GMT": 0,
	} {
		if got := resilient.RetryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("RetryAfter(%q) = %v; want %v", v, got, want)
		}
	}
}
