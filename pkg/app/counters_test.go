package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// What the program counts equals what the outside saw.
func TestCountersEqualTheOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.fault(t, faultswitch.Rule{Upstream: "tandoor", Status: http.StatusServiceUnavailable, Times: 1})
	w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Status: http.StatusServiceUnavailable, Times: 1})
	w.mustGenerate(t, kenji)
	w.mustGenerate(t, "user_lewis")
	w.mustGenerate(t, "user_lewis") // the week is planned: neither attempt nor mail
	if _, err := w.generate(t, "user_nobody"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	_, err := w.Delivery.Drain(t.Context())
	must(t, err)
	outside := w.requests()
	logged := len(w.box.Tandoor.Requests())
	w.Probe(t.Context()) // outside the counters
	if n := len(w.box.Tandoor.Requests()) - logged; n != 1 {
		t.Errorf("the probe made %d requests to Tandoor", n)
	}
	sums := w.sums(t)
	mails := len(w.box.Mail.Messages())
	if outside["tandoor 503"] != 1 || outside["fatsecret 503"] != 1 || outside["tandoor 200"] == 0 {
		t.Fatalf("outside: %v", outside)
	}
	if got := w.byStatus(t); !maps.Equal(got, outside) {
		t.Errorf("api_request_total counts %v, outside %v", got, outside)
	}
	for name, want := range map[string]int64{
		"generation_attempts_total":                2,
		"generation_success_total":                 2,
		"generation_failures_total":                0,
		"email_delivery_attempts_total":            int64(mails),
		"email_delivery_success_total":             int64(mails),
		"api_request_total{tandoor}":               int64(logged) + 1,
		"api_request_total{fatsecret}":             outside["fatsecret 200"] + 1,
		"cost_metrics_api_calls{tandoor}":          int64(logged) + 1,
		"cost_metrics_api_calls{fatsecret}":        outside["fatsecret 200"] + 1,
		"email_delivery_failures_total":            0,
		"generation_macro_balanced_total":          2,
		"api_request_total{fatsecret/profile.get}": 2,
	} {
		if sums[name] != want {
			t.Errorf("%s = %d, want %d", name, sums[name], want)
		}
	}
	if mails != 2 {
		t.Errorf("%d mails", mails)
	}
}

// requests counts what the stand-ins saw, by upstream and status: their logs, and the
// answers that faults gave in their place.
func (w *world) requests() map[string]int64 {
	out := map[string]int64{}
	for _, r := range w.box.Tandoor.Requests() {
		out["tandoor "+strconv.Itoa(r.Status)]++
	}
	for _, r := range w.box.FatSecret.Requests() {
		if r.Code == 0 {
			out["fatsecret 200"]++
		}
	}
	for _, r := range w.box.Faults.Rules() {
		out[r.Upstream+" "+strconv.Itoa(r.Status)] += int64(r.Fired)
	}
	return out
}

// byStatus is api_request_total by upstream and status.
func (w *world) byStatus(t *testing.T) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	out := map[string]int64{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != "api_request_total" {
				continue
			}
			for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
				api, _ := p.Attributes.Value(metrics.KeyAPI)
				status, _ := p.Attributes.Value(metrics.KeyStatus)
				out[api.AsString()+" "+status.AsString()] += p.Value
			}
		}
	}
	return out
}

// sums adds up the counters: by name, by name{api} and by name{api/endpoint}.
// counted waits until the counters are as wanted: what a job did is on record a little
// before it is counted.
func (w *world) counted(t *testing.T, want map[string]int64) {
	t.Helper()
	differs := func() (out []string) {
		sums := w.sums(t)
		for name, n := range want {
			if sums[name] != n {
				out = append(out, fmt.Sprintf("%s = %d, want %d", name, sums[name], n))
			}
		}
		return out
	}
	for deadline := time.Now().Add(20 * time.Second); len(differs()) > 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if d := differs(); len(d) > 0 {
		t.Errorf("counted: %s", strings.Join(d, "; "))
	}
}

func (w *world) sums(t *testing.T) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	out := map[string]int64{}
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				continue
			}
			for _, p := range sum.DataPoints {
				out[m.Name] += p.Value
				api, _ := p.Attributes.Value(metrics.KeyAPI)
				endpoint, _ := p.Attributes.Value(metrics.KeyEndpoint)
				for _, kv := range p.Attributes.ToSlice() {
					out[m.Name+"{"+string(kv.Key)+"="+kv.Value.AsString()+"}"] += p.Value
				}
				out[m.Name+"{"+api.AsString()+"}"] += p.Value
				out[m.Name+"{"+api.AsString()+"/"+endpoint.AsString()+"}"] += p.Value
			}
		}
	}
	return out
}

// plans counts the stored plans and checks that each has its mail.
func (w *world) plans(t *testing.T) int {
	t.Helper()
	ids, err := w.Plans.Planned(t.Context(), week)
	must(t, err)
	var n int
	must(t, w.pool(t).QueryRow(t.Context(), "select count(*) from outbox where status = 'pending'").Scan(&n))
	if n != len(ids) {
		t.Errorf("%d plans and %d mails", len(ids), n)
	}
	return len(ids)
}
