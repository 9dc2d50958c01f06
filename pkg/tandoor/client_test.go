package tandoor_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns a client whose every call gets the same answer.
func answering(t *testing.T, status int, contentType, body string) *tandoor.Client {
	t.Helper()
	c, err := tandoor.New(tandoor.Config{BaseURL: "http://tandoor", HTTP: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestErrorDetail(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"steps":[{"ingredients":[{"food":["This field is required."]}]}]}`: "steps[0].ingredients[0].food: This field is required.",
		`{"a":["x","y"],"b":"z"}`:                        "a: x; a: y; b: z",
		`{"error":true,"msg":"Cannot merge with self"}`:  "Cannot merge with self",
		`{"detail":"Invalid page."}`:                     "Invalid page.",
		`{"detail":"` + strings.Repeat("é", 1000) + `"}`: "éé...",
	} {
		_, err := answering(t, 400, "application/json", body).IDs(t.Context())
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: err = %.200v; want InvalidInput with %q", body, err, want)
		}
	}
}

func TestForbiddenPageIsNotAToken(t *testing.T) {
	t.Parallel()
	_, err := answering(t, 403, "text/html", "<html>CSRF verification failed</html>").IDs(t.Context())
	if fault.KindOf(err) != fault.TandoorError {
		t.Errorf("err = %v; want TandoorError", err)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "tandoor", "ftp://tandoor", "http://", "http://user:pass@tandoor", "http://tandoor?access_token=x", "http://tandoor#x"} {
		if _, err := tandoor.New(tandoor.Config{BaseURL: url, HTTP: http.DefaultClient}); fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("New(%q) = %v; want InvalidConfiguration", url, err)
		}
	}
	if _, err := tandoor.New(tandoor.Config{BaseURL: "http://tandoor"}); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("without a client = %v; want InvalidConfiguration", err)
	}
}

func TestAtMostFourAtOnce(t *testing.T) {
	t.Parallel()
	srv, err := tandoortest.New(tandoortest.Options{Library: tandoortest.Small()})
	if err != nil {
		t.Fatal(err)
	}
	var flying, most atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := flying.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		_ = resilient.Sleep(r.Context(), 2*time.Millisecond) // long enough for others to pile up
		srv.ServeHTTP(w, r)
		flying.Add(-1)
	}))
	defer front.Close()
	if _, err := newClient(t, front.URL, tandoortest.DefaultToken, 0).Sync(t.Context(), tandoor.Ask{Full: true}); err != nil {
		t.Fatal(err)
	}
	if got := most.Load(); got < 2 || got > 4 {
		t.Errorf("%d requests at once; want 2 to 4", got)
	}
}

func TestEndpointsAreTemplates(t *testing.T) {
	t.Parallel()
	srv, err := tandoortest.New(tandoortest.Options{Library: tandoortest.Small()})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(srv)
	defer front.Close()
	var mu sync.Mutex
	seen := map[string]int{}
	opt := resilient.Defaults("tandoor")
	opt.Observe = func(_ context.Context, call resilient.Call) {
		mu.Lock()
		defer mu.Unlock()
		seen[call.Endpoint+" "+call.Status]++
		if call.Bytes == 0 || call.Took < 0 {
			t.Errorf("call = %+v; want bytes and a time", call)
		}
	}
	rt := resilient.NewTransport(&http.Transport{}, opt)
	defer rt.CloseIdleConnections()
	c, err := tandoor.New(tandoor.Config{BaseURL: front.URL, Token: tandoortest.DefaultToken, HTTP: resilient.NewClient(rt, time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Sync(t.Context(), tandoor.Ask{Full: true, Known: map[recipe.ID]time.Time{1: {}}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Recipe(t.Context(), recipe.ID(999)); fault.KindOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	for key, want := range map[string]int{"recipe_list 200": 1, "recipe_flat 200": 1, "recipe_detail 200": 12, "recipe_detail 404": 1, "food_list 200": 1} {
		if seen[key] != want {
			t.Errorf("%s = %d; want %d (all: %v)", key, seen[key], want, seen)
		}
	}
}

func TestOpenBreakerIsUnavailableAndNotCounted(t *testing.T) {
	t.Parallel()
	opt := resilient.Defaults("tandoor")
	opt.Retry.Tries = 1
	opt.Breaker.MinRequests = 3
	calls, observed := 0, 0
	opt.Observe = func(_ context.Context, call resilient.Call) {
		observed++
		if call.Status != resilient.LabelNetwork {
			t.Errorf("status = %q; want %q", call.Status, resilient.LabelNetwork)
		}
	}
	rt := resilient.NewTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		calls++
		return nil, io.ErrUnexpectedEOF
	}), opt)
	c, err := tandoor.New(tandoor.Config{BaseURL: "http://tandoor", HTTP: resilient.NewClient(rt, time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	want := []fault.Kind{fault.NetworkError, fault.NetworkError, fault.NetworkError, fault.Unavailable, fault.Unavailable}
	for i, kind := range want {
		if _, err := c.IDs(t.Context()); fault.KindOf(err) != kind {
			t.Errorf("call %d: err = %v; want %s", i+1, err, kind)
		}
	}
	if calls != 3 || observed != 3 {
		t.Errorf("%d requests, %d observed; want 3 of each", calls, observed)
	}
}
