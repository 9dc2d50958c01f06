package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/slacktest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

const loopback = "127.0.0.1:0"

func options() sandbox.Options {
	return sandbox.Options{
		TandoorAddr: loopback, FatSecretAddr: loopback, SMTPAddr: loopback, IMAPAddr: loopback, AlertsAddr: loopback, WebAddr: loopback,
		Library: tandoortest.Small(), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

// started is a sandbox and a client of it.
func started(t *testing.T) (*sandbox.Sandbox, *http.Client) {
	t.Helper()
	box, err := sandbox.Start(t.Context(), options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	rt := &http.Transport{}
	t.Cleanup(rt.CloseIdleConnections)
	return box, &http.Client{Transport: rt}
}

// A browser sees the faults in words and how to set one; programs get JSON.
func TestFaultsInABrowser(t *testing.T) {
	t.Parallel()
	box, client := started(t)
	get := func(accept string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, box.FaultsURL(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	if page := get(browser); !strings.Contains(page, "No fault is set") || !strings.Contains(page, "curl -s "+box.FaultsURL()+" -d") {
		t.Errorf("without faults: %s", page)
	}
	if _, err := box.Faults.Set(faultswitch.Rule{ID: "<slow>", Upstream: "tandoor", LatencyMS: 800}); err != nil {
		t.Fatal(err)
	}
	if page := get(browser); !strings.Contains(page, "&lt;slow&gt;") || !strings.Contains(page, "latency_ms&#34;:800") || strings.Contains(page, "<slow>") {
		t.Errorf("with a fault: %s", page)
	}
	if got := get("*/*"); !strings.HasPrefix(got, "[{") {
		t.Errorf("a program gets %s", got)
	}
}

func TestReceivers(t *testing.T) {
	t.Parallel()
	box, client := started(t)
	for _, service := range sandbox.PagerDutyServices {
		c, err := pagerduty.New(pagerduty.Options{URL: box.PagerDutyURL(), RoutingKey: seal.Secret(box.RoutingKeys[service]), HTTP: client})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Trigger(t.Context(), pagerduty.Event{Summary: "<b>for " + service, Source: "test", Severity: pagerduty.Critical}); err != nil {
			t.Error(err)
		}
	}
	slack := func() int {
		resp, err := client.Post(box.SlackURL(), "application/json", strings.NewReader(`{"text":"hello","channel":"#incidents"}`))
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if code := slack(); code != http.StatusOK {
		t.Errorf("Slack answers %d", code)
	}
	get := func(path string) string {
		resp, err := client.Get(strings.TrimSuffix(box.FaultsURL(), "/faults") + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
		}
		return string(b)
	}
	var pd pagerdutytest.Record
	var sl slacktest.Record
	if err := json.Unmarshal([]byte(get("/pagerduty")), &pd); err != nil || len(pd.Incidents) != 3 || pd.Incidents[2].Service != "incident" {
		t.Errorf("%v: %+v", err, pd)
	}
	if err := json.Unmarshal([]byte(get("/slack")), &sl); err != nil || len(sl.Messages) != 1 || sl.Messages[0].Channel != "#incidents" {
		t.Errorf("%v: %+v", err, sl)
	}
	if page := get("/alerts/"); !strings.Contains(page, "&lt;b&gt;for lead") || !strings.Contains(page, "#incidents") {
		t.Errorf("the page shows\n%s", page)
	}
	// Each is an upstream of its own to the switchboard.
	if _, err := box.Faults.Set(faultswitch.Rule{Upstream: "slack", Path: "webhook", Status: http.StatusServiceUnavailable}); err != nil {
		t.Fatal(err)
	}
	if code := slack(); code != http.StatusServiceUnavailable {
		t.Errorf("Slack with a fault answers %d", code)
	}
	if _, err := box.Faults.Set(faultswitch.Rule{Upstream: "pagerduty", Outage: true}); err != nil {
		t.Fatal(err)
	}
	c, err := pagerduty.New(pagerduty.Options{URL: box.PagerDutyURL(), RoutingKey: seal.Secret(box.RoutingKeys["lead"]), HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Resolve(t.Context(), "x"); fault.KindOf(err) != fault.NetworkError {
		t.Errorf("PagerDuty with an outage: %v", err)
	}
}

func TestReceiversWantValidSecrets(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*sandbox.Options){
		"a short routing key":   func(o *sandbox.Options) { o.RoutingKeys = map[string]string{"lead": "0123"} },
		"no path of a webhook":  func(o *sandbox.Options) { o.SlackPath = "/hooks/1" },
		"an address not a path": func(o *sandbox.Options) { o.SlackPath = "http://sandbox/services/TAAA/BAAA/aaaaaaaa" },
	} {
		o := options()
		change(&o)
		if box, err := sandbox.Start(t.Context(), o); fault.KindOf(err) != fault.InvalidConfig {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				_ = box.Stop(t.Context())
			}
		}
	}
}
