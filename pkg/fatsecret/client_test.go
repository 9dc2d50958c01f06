package fatsecret_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func body(text string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text))}
}

func TestOneCallInFlightPerUserAndSpaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flying, most atomic.Int32
		var mu sync.Mutex
		var starts []time.Duration
		begin := time.Now()
		c, err := fatsecret.New(fatsecret.Config{
			ConsumerKey: "k", ConsumerSecret: "s", Budget: fatsecret.NewMemoryBudget(100, time.Now),
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				most.Store(max(most.Load(), flying.Add(1)))
				defer flying.Add(-1)
				mu.Lock()
				starts = append(starts, time.Since(begin))
				mu.Unlock()
				return body(`{"profile":{}}`), resilient.Sleep(r.Context(), 100*time.Millisecond)
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := c.Profile(t.Context(), fatsecret.Token{Key: "u"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 1 || len(starts) != 4 || starts[3] != 3*fatsecret.DefaultSpacing {
			t.Errorf("%d in flight, started at %v; want 1, every 400 ms", most.Load(), starts)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := c.Profile(ctx, fatsecret.Token{Key: "u"}); fault.KindOf(err) != fault.TimeoutError {
			t.Errorf("err = %v; want a timeout while waiting for the turn", err)
		}
	})
}

func TestDayOfIsTheLocalCalendarDay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at   time.Time
		want fatsecret.Day
		text string
	}{
		{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 19723, "2024-01-01"},
		{time.Date(2026, 12, 3, 23, 59, 0, 0, time.FixedZone("", -8*3600)), 20790, "2026-12-03"},
		{time.Date(2026, 12, 3, 0, 1, 0, 0, time.FixedZone("", 13*3600)), 20790, "2026-12-03"},
		{time.Date(1969, 12, 31, 12, 0, 0, 0, time.UTC), -1, "1969-12-31"},
	} {
		if got := fatsecret.DayOf(tc.at); got != tc.want || got.String() != tc.text {
			t.Errorf("DayOf(%v) = %d %s; want %d %s", tc.at, got, got, tc.want, tc.text)
		}
	}
}

func TestMemoryBudgetTurnsAtMidnightUTC(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 3, 23, 59, 0, 0, time.UTC)
	b := fatsecret.NewMemoryBudget(2, func() time.Time { return now })
	if err := b.Take(t.Context(), 3); fault.KindOf(err) != fault.QuotaExceeded || b.Used() != 0 {
		t.Errorf("taking more than there is = %v, used %d; want QuotaExceeded, 0", err, b.Used())
	}
	if err := b.Take(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := b.Take(t.Context(), 1); fault.KindOf(err) != fault.QuotaExceeded {
		t.Errorf("err = %v; want QuotaExceeded", err)
	}
	now = now.Add(2 * time.Minute)
	if err := b.Take(t.Context(), 1); err != nil || b.Used() != 1 {
		t.Errorf("next day = %v, used %d; want 1", err, b.Used())
	}
}

func TestFailedSeesErrorsInsideHTTP200(t *testing.T) {
	t.Parallel()
	long := `{"food_entries":{"food_entry":"` + strings.Repeat("x", 5000) + `"}}`
	for text, want := range map[string]bool{
		`{"error":{"code":20,"message":"down"}}`: true, `{"error":{"code":"24","message":"x"}}`: true,
		`{"error":{"code":9,"message":"x"}}`: false, `{"profile":{}}`: false, long: false, ``: false,
	} {
		resp := body(text)
		if got := fatsecret.Failed(resp); got != want {
			t.Errorf("Failed(%.40s) = %v; want %v", text, got, want)
		}
		if back, err := io.ReadAll(resp.Body); err != nil || string(back) != text {
			t.Errorf("the body was not put back: %.40q, %v", back, err)
		}
	}
	if resp := body("x"); !fatsecret.Failed(&http.Response{StatusCode: http.StatusBadGateway, Body: resp.Body}) {
		t.Error("502 does not count as a failure")
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	good := fatsecret.Config{ConsumerKey: "k", ConsumerSecret: "s", HTTP: http.DefaultClient, Budget: fatsecret.NewMemoryBudget(1, time.Now)}
	for name, change := range map[string]func(*fatsecret.Config){
		"no key":    func(c *fatsecret.Config) { c.ConsumerKey = "" },
		"no secret": func(c *fatsecret.Config) { c.ConsumerSecret = "" },
		"no client": func(c *fatsecret.Config) { c.HTTP = nil },
		"no budget": func(c *fatsecret.Config) { c.Budget = nil },
		"bad url":   func(c *fatsecret.Config) { c.URL = "platform.fatsecret.com" },
	} {
		cfg := good
		change(&cfg)
		if _, err := fatsecret.New(cfg); fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("%s: err = %v; want InvalidConfiguration", name, err)
		}
	}
	if _, err := fatsecret.New(good); err != nil {
		t.Error(err)
	}
}
