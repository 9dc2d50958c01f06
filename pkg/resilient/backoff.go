// Package resilient makes calls to other people's servers survivable: retry with
// Retry-After, circuit breaker, a limit on the size of answers, and one reading of
// transport errors. It is a chain of http.RoundTrippers and knows no vendor and no
// telemetry; callbacks report what happens.
package resilient

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Backoff decides whether and when to try again. The zero value tries once.
type Backoff struct {
	Tries int           // attempts in all; 0 and 1 mean no second try
	Base  time.Duration // upper bound of the first delay, doubled for each further one
	Max   time.Duration // no delay is longer; a server asking for more is not asked again
	// Rand returns a number in [0,1): the delay is that part of its bound ("full jitter").
	Rand func() float64
	// Sleep waits or returns the context's error.
	Sleep func(context.Context, time.Duration) error
	// Now is the clock that context deadlines and Retry-After dates are compared with.
	Now func() time.Time
}

// Wait waits before attempt n+1, n counting from 1. It returns false, at once, when no
// further attempt should be made: tries are used up, the server asks for longer than
// Max, or the context would end before the wait does.
func (b Backoff) Wait(ctx context.Context, n int, retryAfter time.Duration) (time.Duration, bool) {
	d, again := b.next(ctx, n, retryAfter)
	return d, again && b.Sleep(ctx, d) == nil
}

// next is the delay before attempt n+1, and whether there should be one.
func (b Backoff) next(ctx context.Context, n int, retryAfter time.Duration) (time.Duration, bool) {
	if n >= b.Tries || ctx.Err() != nil {
		return 0, false
	}
	d := b.delay(n)
	if retryAfter > 0 {
		if retryAfter > b.Max {
			return 0, false
		}
		d = max(d, retryAfter)
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(b.Now()) <= d {
		return 0, false
	}
	return d, true
}

func (b Backoff) delay(n int) time.Duration {
	bound := b.Base << min(n-1, 16)
	return time.Duration(b.Rand() * float64(min(bound, b.Max)))
}

// Sleep waits for d or until the context ends, whose error it then returns.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RetryAfter reads the header of that name: seconds or an HTTP date (RFC 9110, 10.2.3).
// It returns 0 when the header is absent, unreadable or in the past.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseInt(v, 10, 32); err == nil {
		return max(0, time.Duration(s)*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
