package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

// Factory makes a client under test, of a receiver's address and routing key.
type Factory func(tb testing.TB, url, key string) Client

// Env is where a case about clients runs: a fresh stand-in, whose faults can be set.
type Env struct {
	Client   Client
	Stranger Client // has a key that the stand-in does not know
	Server   *pagerdutytest.Server
	Faults   *faultswitch.Switch
}

// ClientCase is one thing that must hold of a client.
type ClientCase struct {
	Name  string
	Check func(context.Context, Env) error
}

// Keys of the cases.
const (
	Key         = "0123456789abcdef0123456789abcdef"
	strangerKey = "fedcba9876543210fedcba9876543210"
)

// Try runs one case about a client and returns what it found wrong.
func Try(t testing.TB, c ClientCase, factory Factory) error {
	t.Helper()
	srv := pagerdutytest.New(pagerdutytest.Options{Services: map[string]string{"oncall": Key}, PerMinute: 50, Now: time.Now})
	faults := faultswitch.New(1, resilient.Sleep)
	front := httptest.NewServer(faults.Middleware("pagerduty", nil, srv))
	defer front.Close()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	url := front.URL + pagerdutytest.Path
	return c.Check(ctx, Env{factory(t, url, Key), factory(t, url, strangerKey), srv, faults})
}

// RunClient runs all cases about clients as subtests.
func RunClient(t *testing.T, factory Factory) {
	for _, c := range ClientCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := Try(t, c, factory); err != nil {
				t.Error(err)
			}
		})
	}
}

func full() pagerduty.Event {
	return pagerduty.Event{
		DedupKey: "heartbeat", Summary: "Alerting is silent", Source: "meal-planner-api", Severity: pagerduty.Critical,
		Time:      time.Date(2026, 11, 24, 18, 0, 0, 125_000_000, time.FixedZone("", 3600)),
		Component: "alertmanager", Group: "telemetry", Class: "heartbeat", Details: map[string]any{"minutes": "5"},
		Client: "mealplanner", ClientURL: "http://localhost:8080", Links: []pagerduty.Link{{Href: "http://localhost:8080/runbook/watchdog", Text: "Runbook"}},
	}
}

// ClientCases returns all cases about clients.
func ClientCases() []ClientCase {
	all := []ClientCase{
		{"an event arrives as it is", func(ctx context.Context, e Env) error {
			key, err := e.Client.Trigger(ctx, full())
			rec := e.Server.Record()
			if err != nil || key != "heartbeat" || len(rec.Events) != 1 {
				return fmt.Errorf("%q, %w, %+v", key, err, rec)
			}
			got := rec.Events[0]
			got.Received = time.Time{}
			want := pagerdutytest.Event{
				Service: "oncall", Action: "trigger", DedupKey: "heartbeat", Incident: 1, Client: "mealplanner", ClientURL: "http://localhost:8080",
				Links: []pagerdutytest.Link{{Href: "http://localhost:8080/runbook/watchdog", Text: "Runbook"}},
				Payload: &pagerdutytest.Payload{
					Summary: "Alerting is silent", Source: "meal-planner-api", Severity: "critical", Timestamp: "2026-11-24T17:00:00.125Z",
					Component: "alertmanager", Group: "telemetry", Class: "heartbeat", Details: map[string]any{"minutes": "5"},
				},
			}
			if !reflect.DeepEqual(got, want) {
				return fmt.Errorf("got %+v\nwant %+v", got, want)
			}
			return nil
		}},
		{"an incident from trigger to resolve", func(ctx context.Context, e Env) error {
			ev := full()
			ev.DedupKey = ""
			key, err := e.Client.Trigger(ctx, ev)
			if err = errors.Join(err, e.Client.Acknowledge(ctx, key)); err != nil {
				return err
			}
			if got := states(e.Server.Record()); got != "1 acknowledged" {
				return errors.New(got)
			}
			if err := errors.Join(e.Client.Resolve(ctx, key), e.Client.Resolve(ctx, "nobody knows it")); err != nil {
				return err
			}
			if got := states(e.Server.Record()); got != "1 resolved" {
				return errors.New(got)
			}
			return nil
		}},
		{"a long summary is cut", func(ctx context.Context, e Env) error {
			ev := full()
			ev.Summary = strings.Repeat("ü", 2000)
			_, err := e.Client.Trigger(ctx, ev)
			if rec := e.Server.Record(); err != nil || len(rec.Events) != 1 || !strings.HasSuffix(rec.Events[0].Payload.Summary, "ü…") {
				return fmt.Errorf("%w: %+v", err, rec)
			}
			return nil
		}},
		{"without a key nothing is resolved", func(ctx context.Context, e Env) error {
			return errors.Join(wantKind(e.Client.Resolve(ctx, ""), fault.InvalidInput, ""), wantKind(e.Client.Acknowledge(ctx, ""), fault.InvalidInput, ""))
		}},
		{"an event that is too large is not sent", func(ctx context.Context, e Env) error {
			ev := full()
			ev.Details = map[string]any{"log": strings.Repeat("x", pagerduty.MaxEvent)}
			_, err := e.Client.Trigger(ctx, ev)
			if rec := e.Server.Record(); len(rec.Refused) > 0 {
				return fmt.Errorf("sent: %+v", rec.Refused)
			}
			return wantKind(err, fault.InvalidInput, "bytes")
		}},
		{"a refusal says why, and not the key", func(ctx context.Context, e Env) error {
			_, err := e.Client.Trigger(ctx, pagerduty.Event{Severity: "awful"})
			if err := wantKind(err, fault.InvalidInput, "'payload.source' is missing"); err != nil {
				return err
			}
			_, err = e.Stranger.Trigger(ctx, full())
			return wantKind(err, fault.InvalidInput, "Invalid routing key")
		}},
		{"too many events are to be sent again later", func(ctx context.Context, e Env) error {
			for range 50 {
				if _, err := e.Client.Trigger(ctx, full()); err != nil {
					return err
				}
			}
			_, err := e.Client.Trigger(ctx, full())
			return wantKind(err, fault.Unavailable, "429")
		}},
	}
	for name, c := range map[string]struct {
		rule faultswitch.Rule
		kind fault.Kind
	}{
		"a server error is transient":        {faultswitch.Rule{Status: http.StatusInternalServerError}, fault.Unavailable},
		"no connection is transient":         {faultswitch.Rule{Outage: true}, fault.NetworkError},
		"a page is not an answer":            {faultswitch.Rule{Status: http.StatusAccepted, Body: faultswitch.BodyHTML}, fault.Unavailable},
		"half an answer is none":             {faultswitch.Rule{Status: http.StatusAccepted, Body: faultswitch.BodyMalformed}, fault.Unavailable},
		"an endless answer is none":          {faultswitch.Rule{Status: http.StatusAccepted, Body: faultswitch.BodyOversized}, fault.Unavailable},
		"200 is not 202":                     {faultswitch.Rule{Status: http.StatusOK}, fault.InvalidConfig},
		"another server's 404 is a setting":  {faultswitch.Rule{Status: http.StatusNotFound}, fault.InvalidConfig},
		"a proxy's 403 is about credentials": {faultswitch.Rule{Status: http.StatusForbidden}, fault.Unauthorized},
	} {
		all = append(all, ClientCase{name, func(ctx context.Context, e Env) error {
			if _, err := e.Faults.Set(c.rule); err != nil {
				return err
			}
			_, err := e.Client.Trigger(ctx, full())
			return wantKind(err, c.kind, "")
		}})
	}
	return all
}

// wantKind checks an error's kind and text. No error shows a routing key.
func wantKind(err error, kind fault.Kind, text string) error {
	if fault.KindOf(err) != kind {
		return fmt.Errorf("err = %v (%s); want kind %s", err, fault.KindOf(err), kind)
	}
	for _, key := range []string{Key, strangerKey} {
		if strings.Contains(err.Error(), key) {
			return fmt.Errorf("the routing key is in %q", err)
		}
	}
	if !strings.Contains(err.Error(), text) {
		return fmt.Errorf("message %q does not say %q", err, text)
	}
	return nil
}
