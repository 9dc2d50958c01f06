package pagerduty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/conformance/pagerduty"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func transport(tb testing.TB) *http.Client {
	tb.Helper()
	rt := &http.Transport{}
	tb.Cleanup(rt.CloseIdleConnections)
	return resilient.NewClient(rt, 30*time.Second)
}

func newClient(tb testing.TB, url, key string) conformance.Client {
	tb.Helper()
	c, err := pagerduty.New(pagerduty.Options{URL: url, RoutingKey: seal.Secret(key), HTTP: transport(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.RunClient(t, newClient)
}

// hasty posts what the field names suggest and looks at nothing that comes back.
type hasty struct {
	url, key string
	http     *http.Client
}

func (h hasty) post(ctx context.Context, action, dedup string, payload any) error {
	b, err := json.Marshal(map[string]any{"routing_key": h.key, "event_action": action, "dedup_key": dedup, "payload": payload})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, strings.NewReader(string(b)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := h.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", b, err)
	}
	return resp.Body.Close()
}

func (h hasty) Trigger(ctx context.Context, e pagerduty.Event) (string, error) {
	return e.DedupKey, h.post(ctx, "trigger", e.DedupKey, map[string]any{"summary": e.Summary, "source": e.Source, "severity": e.Severity})
}

func (h hasty) Acknowledge(ctx context.Context, key string) error {
	return h.post(ctx, "acknowledge", key, nil)
}

func (h hasty) Resolve(ctx context.Context, key string) error {
	return h.post(ctx, "resolve", key, nil)
}

// Every case must be able to fail: a client that does not care fails all of them.
func TestHastyClientFails(t *testing.T) {
	t.Parallel()
	for _, c := range conformance.ClientCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := conformance.Try(t, c, func(tb testing.TB, url, key string) conformance.Client {
				tb.Helper()
				return hasty{url, key, transport(tb)}
			}); err == nil {
				t.Error("a hasty client passes")
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const key = conformance.Key
	for name, o := range map[string]pagerduty.Options{
		"no key":            {HTTP: http.DefaultClient},
		"a short key":       {RoutingKey: seal.Secret(key[1:]), HTTP: http.DefaultClient},
		"no client":         {RoutingKey: key},
		"an address's half": {RoutingKey: key, HTTP: http.DefaultClient, URL: "events.pagerduty.com"},
		"credentials":       {RoutingKey: key, HTTP: http.DefaultClient, URL: "https://a:b@events.pagerduty.com/v2/enqueue"},
	} {
		if _, err := pagerduty.New(o); fault.KindOf(err) != fault.InvalidConfig || strings.Contains(err.Error(), key[1:]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pagerduty.New(pagerduty.Options{RoutingKey: key, HTTP: http.DefaultClient}); err != nil {
		t.Error(err)
	}
}

// A server that repeats the key must not get it into our logs.
func TestKeyIsNotRepeated(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": "invalid event", "errors": []string{"no service has " + conformance.Key}})
	}))
	defer srv.Close()
	err := newClient(t, srv.URL, conformance.Key).Resolve(t.Context(), "x")
	if err == nil || strings.Contains(err.Error(), conformance.Key) || !strings.Contains(err.Error(), "no service has <secret>") {
		t.Errorf("err = %v", err)
	}
}

func TestReceiverConformance(t *testing.T) {
	t.Parallel()
	conformance.RunReceiver(t, func(tb testing.TB) conformance.Receiver {
		tb.Helper()
		srv := pagerdutytest.New(pagerdutytest.Options{Services: map[string]string{"oncall": conformance.Key}, Now: time.Now})
		front := httptest.NewServer(srv)
		tb.Cleanup(front.Close)
		return conformance.Receiver{URL: front.URL + pagerdutytest.Path, Key: conformance.Key, HTTP: transport(tb), Record: srv.Record}
	})
}
