package resilient

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// State is the state of a circuit breaker.
type State string

// The states of a circuit breaker.
const (
	Closed   State = "closed"
	HalfOpen State = "half-open"
	Open     State = "open"
)

// Breaker configures the circuit breaker.
type Breaker struct {
	MinRequests uint32        // requests within Window before the ratio is looked at
	Ratio       float64       // share of failures, in (0,1], that opens it
	Window      time.Duration // requests older than this are forgotten
	OpenFor     time.Duration // how long it stays open before it lets Probes through
	Probes      uint32        // requests let through at once while half-open
}

// Retried tells of an attempt that failed and will be followed by another.
type Retried struct {
	Endpoint string        // as given by [WithEndpoint]; may be empty
	Attempt  int           // the failed attempt, counted from 1
	Status   string        // see [Label]
	Delay    time.Duration // how long was waited before the next attempt
}

// Options configure a [Transport]. Start from [Defaults].
type Options struct {
	Name    string // of the upstream, for messages and callbacks
	Retry   Backoff
	Breaker Breaker
	MaxBody int64 // bytes of one answer; 0 = no limit
	// Failed reports whether an answer counts against the upstream. nil means status >= 500.
	Failed func(*http.Response) bool
	// Observe receives every attempt once its answer is read or closed; nil = none.
	// An attempt that the open breaker refused is none.
	Observe       Observer
	OnRetry       func(context.Context, Retried)
	OnStateChange func(name string, from, to State)
}

// Defaults are two tries within 100 ms to 2 s, a breaker that opens for 30 s when half of
// at least 10 requests within a minute failed, and answers of at most 16 MiB.
func Defaults(name string) Options {
	return Options{
		Name: name,
		Retry: Backoff{
			Tries: 2, Base: 100 * time.Millisecond, Max: 2 * time.Second,
			Rand: rand.Float64, Sleep: Sleep, Now: time.Now, //nolint:forbidigo // the default of a setting
		},
		Breaker: Breaker{MinRequests: 10, Ratio: 0.5, Window: time.Minute, OpenFor: 30 * time.Second, Probes: 1},
		MaxBody: 16 << 20,
	}
}

// Transport is retry over circuit breaker over an inner RoundTripper. Each attempt is
// one call of the inner one. It is safe for concurrent use.
type Transport struct {
	opt     Options
	inner   http.RoundTripper
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
}

// NewTransport wraps inner.
func NewTransport(inner http.RoundTripper, opt Options) *Transport {
	if opt.Failed == nil {
		opt.Failed = func(r *http.Response) bool { return r.StatusCode >= http.StatusInternalServerError }
	}
	b := opt.Breaker
	settings := gobreaker.Settings{
		Name: opt.Name, MaxRequests: b.Probes, Interval: b.Window, BucketPeriod: b.Window / 10, Timeout: b.OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= b.MinRequests && float64(c.TotalFailures) >= b.Ratio*float64(c.Requests)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
	}
	if opt.OnStateChange != nil {
		settings.OnStateChange = func(name string, from, to gobreaker.State) {
			opt.OnStateChange(name, State(from.String()), State(to.String()))
		}
	}
	return &Transport{opt, inner, gobreaker.NewTwoStepCircuitBreaker[struct{}](settings)}
}

// State returns the breaker's state.
func (t *Transport) State() State { return State(t.breaker.State().String()) }

// CloseIdleConnections closes those of the inner RoundTripper.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.inner.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

var (
	safeMethods = []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	retryStatus = []int{
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
)

// RoundTrip implements [http.RoundTripper]. Only GET, HEAD and OPTIONS are tried again:
// PUT is idempotent by the book, but not in every API this program talks to. With the
// breaker open it returns an error of kind [fault.Unavailable] without a request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	for n := 1; ; n++ {
		resp, err := t.attempt(req)
		if !slices.Contains(safeMethods, req.Method) || !worthRetrying(resp, err) {
			return resp, err
		}
		var after time.Duration
		if resp != nil {
			after = RetryAfter(resp.Header, t.opt.Retry.Now())
		}
		delay, again := t.opt.Retry.next(ctx, n, after)
		if !again {
			return resp, err
		}
		if resp != nil {
			discard(resp.Body) // before the wait, which is not part of the attempt
		}
		if err := t.opt.Retry.Sleep(ctx, delay); err != nil {
			return nil, err
		}
		if t.opt.OnRetry != nil {
			t.opt.OnRetry(ctx, Retried{Endpoint(ctx), n, Label(resp, err), delay})
		}
		req = req.Clone(ctx)
	}
}

func worthRetrying(resp *http.Response, err error) bool {
	if err != nil {
		kind := fault.KindOf(err) // InvalidInput: the address is not one to connect to
		return kind != fault.Unavailable && kind != fault.InvalidInput && !errors.Is(err, context.Canceled)
	}
	return slices.Contains(retryStatus, resp.StatusCode)
}

// discard reads a little of an unwanted body, so that its connection can be used again.
func discard(body io.ReadCloser) {
	_, err := io.CopyN(io.Discard, body, 64<<10)
	if cerr := body.Close(); err != nil || cerr != nil {
		return // the connection is lost, and nobody is waiting for it
	}
}

var errUpstreamFailed = errors.New("upstream failed")

func (t *Transport) attempt(req *http.Request) (*http.Response, error) {
	done, err := t.breaker.Allow()
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // required of a RoundTripper; nothing was written
		}
		return nil, &fault.Error{
			Kind: fault.Unavailable, Op: t.opt.Name, Cause: err,
			Message: "not called because its last calls failed",
		}
	}
	resp, err := t.observed(req)
	switch {
	case err != nil:
		done(err)
		return nil, err
	case t.opt.Failed(resp):
		done(errUpstreamFailed)
	default:
		done(nil)
	}
	return resp, nil
}

// observed is one attempt with its answer limited and reported.
func (t *Transport) observed(req *http.Request) (*http.Response, error) {
	ctx, start := req.Context(), t.opt.Retry.Now()
	resp, err := t.inner.RoundTrip(req)
	if err != nil {
		t.report(ctx, start, nil, 0, err)
		return nil, err
	}
	if t.opt.MaxBody > 0 {
		resp.Body = LimitBody(resp.Body, t.opt.MaxBody)
	}
	resp.Body = &counted{body: resp.Body, done: func(received int64, err error) { t.report(ctx, start, resp, received, err) }}
	return resp, nil
}

func (t *Transport) report(ctx context.Context, start time.Time, resp *http.Response, received int64, err error) {
	if t.opt.Observe != nil {
		t.opt.Observe(ctx, Call{Endpoint: Endpoint(ctx), Status: Label(resp, err), Bytes: received, Took: t.opt.Retry.Now().Sub(start)})
	}
}

// NewClient returns a client that never follows redirects, so that a log-in page is
// never mistaken for an answer. timeout bounds a whole call, all attempts included.
func NewClient(rt http.RoundTripper, timeout time.Duration) *http.Client {
	return NoRedirects(&http.Client{Transport: rt, Timeout: timeout})
}

// NoRedirects returns a copy of c that hands redirects to its caller.
func NoRedirects(c *http.Client) *http.Client {
	cp := *c
	cp.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &cp
}

// IsOpen reports whether err says that no call was made because the breaker is open.
func IsOpen(err error) bool {
	return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
}
