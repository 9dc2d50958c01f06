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
			ConsumerKey: "k", ConsumerSecret: "s", Budget: unlimited{},
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

// unlimited is a budget without an end.
type unlimited struct{}

func (unlimited) Take(context.Context, int) error { return nil }

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
	good := fatsecret.Config{ConsumerKey: "k", ConsumerSecret: "s", HTTP: http.DefaultClient, Budget: unlimited{}}
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
