package app_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// kenji has a FatSecret account, so his generations make every kind of call.
const kenji = "user_kenji"

func (w *world) generate(t *testing.T, user string) (observe.Measured, error) {
	t.Helper()
	return w.Generate(t.Context(), planner.Request{User: user, Week: week}, nil)
}

func (w *world) mustGenerate(t *testing.T, user string) observe.Measured {
	t.Helper()
	m, err := w.generate(t, user)
	must(t, err)
	return m
}

// named returns the ended spans of the trace by name.
func (w *world) named(trace string) map[string][]sdktrace.ReadOnlySpan {
	out := map[string][]sdktrace.ReadOnlySpan{}
	for _, s := range w.spans.Ended() {
		if s.SpanContext().TraceID().String() == trace {
			out[s.Name()] = append(out[s.Name()], s)
		}
	}
	return out
}

func TestEveryDemoUserGetsAWeek(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	balanced := 0
	people := sandbox.People()
	for _, p := range people {
		m := w.mustGenerate(t, p.ID)
		must(t, m.Week.Validate())
		if m.Week.BalancedDays() == 7 {
			balanced++
		} else if len(m.Week.Reasons) == 0 {
			t.Errorf("%s is unbalanced and nothing says why", p.ID)
		}
		if m.Groceries.Lines() == 0 || len(m.Prep.Batches) == 0 {
			t.Errorf("%s: %d groceries, %d batches", p.ID, m.Groceries.Lines(), len(m.Prep.Batches))
		}
	}
	if balanced < 4 {
		t.Errorf("only %d weeks are balanced", balanced)
	}
	if _, err := w.Delivery.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range w.box.Mail.Messages() {
		got[m.To] = m.Subject
		parts, err := mailbox.Parse(m.Raw)
		must(t, err)
		if !strings.Contains(parts.Text, "GROCERIES") || !strings.Contains(parts.HTML, "Groceries") {
			t.Errorf("%s: the mail has no groceries", m.To)
		}
		if parts.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("%s: no one-click unsubscribe", m.To)
		}
	}
	if len(got) != len(people) {
		t.Errorf("mails to %v", got)
	}
}

// The trace of a generation is the one the design draws, statements, calls and mail
// included, and its components' times are the metric's and the log's.
func TestTraceMetricsAndLogTellTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	m := w.mustGenerate(t, kenji)
	if _, err := w.Delivery.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := w.named(m.TraceID)
	root := spans["generation"][0]
	for _, c := range metrics.Components {
		if len(spans[c]) != 1 || spans[c][0].Parent().SpanID() != root.SpanContext().SpanID() {
			t.Errorf("%s: %d spans, want one child of the root", c, len(spans[c]))
		}
	}
	for name, parent := range map[string]string{
		"sync recipes": "recipe_fetch", "tandoor recipe_list": "sync recipes", "fatsecret profile.get": "profile_fetch",
		"list_recipe_versions": "recipe_fetch", "get_constraints": "generation", "insert_plan": "generation",
		"send weekly_plan": "generation",
	} {
		if len(spans[name]) == 0 {
			t.Errorf("no span %q in the trace", name)
			continue
		}
		want := spans[parent][0].SpanContext().SpanID()
		if !slices.ContainsFunc(spans[name], func(s sdktrace.ReadOnlySpan) bool { return s.Parent().SpanID() == want }) {
			t.Errorf("%s is not a child of %s", name, parent)
		}
	}
	scopes := map[string]bool{}
	for _, list := range spans {
		for _, s := range list {
			scopes[s.InstrumentationScope().Name] = true
		}
	}
	for _, want := range []string{"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "github.com/exaring/otelpgx"} {
		if !scopes[want] {
			t.Errorf("no span of %s in the generation's trace", want)
		}
	}
	w.compareMetric(t, spans)
	w.compareLog(t, m, spans)
}

func (w *world) compareMetric(t *testing.T, spans map[string][]sdktrace.ReadOnlySpan) {
	t.Helper()
	var rm metricdata.ResourceMetrics
	must(t, w.reader.Collect(t.Context(), &rm))
	seen := 0
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			if m.Name != "generation_component_duration_seconds" {
				continue
			}
			for _, p := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				c, _ := p.Attributes.Value(metrics.KeyComponent)
				s := spans[c.AsString()][0]
				if took := s.EndTime().Sub(s.StartTime()).Seconds(); math.Abs(p.Sum-took) > 1e-9 || p.Count != 1 {
					t.Errorf("%s: metric %g (%d), span %g", c.AsString(), p.Sum, p.Count, took)
				}
				if len(p.Exemplars) != 1 || hex.EncodeToString(p.Exemplars[0].SpanID) != s.SpanContext().SpanID().String() {
					t.Errorf("%s: the exemplar is not the span", c.AsString())
				}
				seen++
			}
		}
	}
	if seen != len(metrics.Components) {
		t.Errorf("%d components measured", seen)
	}
}

func (w *world) compareLog(t *testing.T, m observe.Measured, spans map[string][]sdktrace.ReadOnlySpan) {
	t.Helper()
	for line := range strings.Lines(w.logs.String()) {
		var entry struct {
			Timestamp, Level, Message, Component string
			TraceID                              string             `json:"trace_id"`
			UserID                               string             `json:"user_id"`
			JobID                                *string            `json:"job_id"`
			Duration                             float64            `json:"duration_ms"`
			Timings                              map[string]float64 `json:"component_timings"`
		}
		must(t, json.Unmarshal([]byte(line), &entry))
		if entry.Timestamp == "" || entry.Level == "" || entry.Message == "" || entry.Component == "" || entry.JobID == nil {
			t.Errorf("a base field is missing: %s", line)
		}
		if entry.Message != "Generation completed" {
			continue
		}
		if entry.TraceID != m.TraceID || entry.UserID != kenji {
			t.Errorf("the completion line is of %s, %s", entry.TraceID, entry.UserID)
		}
		for _, c := range metrics.Components {
			s := spans[c][0]
			if want := float64(s.EndTime().Sub(s.StartTime()).Nanoseconds()) / 1e6; entry.Timings[c] != want {
				t.Errorf("%s: log %g ms, span %g ms", c, entry.Timings[c], want)
			}
		}
		return
	}
	t.Errorf("no completion line in %s", w.logs)
}

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
	n, err := w.Outbox.Pending(t.Context())
	must(t, err)
	if n != len(ids) {
		t.Errorf("%d plans and %d mails", len(ids), n)
	}
	return len(ids)
}

// A dead upstream is no reason for no plan: the pool of yesterday and the user's own
// figures serve, and the plan says so.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule faultswitch.Rule
		note string
	}{
		"tandoor down":          {faultswitch.Rule{Outage: true}, `(connection "` + sandbox.Connection + `") could not be reached`},
		"tandoor slow":          {faultswitch.Rule{LatencyMS: 5000}, "was too slow to say in time"},
		"tandoor answers HTML":  {faultswitch.Rule{Body: faultswitch.BodyHTML}, "were not taken over: status 200 with content type"},
		"tandoor answers 20MB":  {faultswitch.Rule{Body: faultswitch.BodyOversized}, ""}, // refused, or too slow
		"tandoor cuts off":      {faultswitch.Rule{Body: faultswitch.BodyMalformed}, "were not taken over: answer is not the JSON"},
		"tandoor 503":           {faultswitch.Rule{Status: 503}, "is starting, overloaded or down"},
		"tandoor refuses":       {faultswitch.Rule{Status: 403}, `refused the token of connection "` + sandbox.Connection + `": make a new one`},
		"tandoor's own failure": {faultswitch.Rule{Status: 500, Body: faultswitch.BodyHTML}, "were not taken over: Tandoor failed on this very request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{change: func(c *config.Config) { c.Generation.UpstreamTimeout = time.Second }})
			tc.rule.Upstream = "tandoor"
			w.fault(t, tc.rule)
			m := w.mustGenerate(t, kenji)
			if !m.Pool.Stale || !slices.ContainsFunc(m.Week.Notes, func(n string) bool {
				return strings.Contains(n, tc.note) && strings.Contains(n, "The recipes are those of")
			}) {
				t.Errorf("stale %t, notes %q; want %q", m.Pool.Stale, m.Week.Notes, tc.note)
			}
			if !strings.Contains(w.logs.String(), "Recipe pool is stale") {
				t.Error("no line says that the pool is stale")
			}
		})
	}
	t.Run("fatsecret down", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{})
		w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Outage: true})
		m := w.mustGenerate(t, kenji)
		if m.Week.TargetSource != "computed" {
			t.Errorf("targets are %s", m.Week.TargetSource)
		}
		if !strings.Contains(w.logs.String(), "Profile was not read") {
			t.Error("no line says that FatSecret did not answer")
		}
	})
}

// Nothing to plan with: one clear line, the right kind, and nothing half-stored.
func TestNothingToPlanWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule faultswitch.Rule
		kind fault.Kind
	}{
		"dead":   {faultswitch.Rule{Upstream: "tandoor", Outage: true}, fault.NetworkError},
		"html":   {faultswitch.Rule{Upstream: "tandoor", Body: faultswitch.BodyHTML}, fault.TandoorError},
		"20 MB":  {faultswitch.Rule{Upstream: "tandoor", Body: faultswitch.BodyOversized}, fault.TandoorError},
		"denied": {faultswitch.Rule{Upstream: "tandoor", Status: 403}, fault.Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{empty: true, change: func(c *config.Config) { // 20 MB take their time
				c.Generation.UpstreamTimeout, c.Generation.Timeout = time.Minute, 2*time.Minute
			}})
			w.fault(t, c.rule)
			_, err := w.generate(t, "user_lewis")
			if fault.KindOf(err) != c.kind || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %s: %v", fault.KindOf(err), err)
			}
			if n := w.plans(t); n != 0 {
				t.Errorf("%d plans were stored", n)
			}
			if s := w.sums(t); s["generation_failures_total"] != 1 || s["generation_attempts_total"] != 1 {
				t.Errorf("counted %d failures of %d attempts", s["generation_failures_total"], s["generation_attempts_total"])
			}
		})
	}
}

// A recipe with impossible figures is left out and listed; the others are planned.
func TestImpossibleNutritionIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	victims := pool[:3]
	for i, bad := range []any{-5.0, "NaN", 1e9} {
		must(t, w.box.Tandoor.Amend(int(victims[i].ID), func(detail map[string]any) {
			detail["properties"] = []any{}
			detail["food_properties"] = map[string]any{}
			detail["nutrition"] = map[string]any{"calories": 400.0, "proteins": bad, "fats": 10.0, "carbohydrates": 30.0}
		}))
	}
	m := w.mustGenerate(t, "user_lewis")
	for _, d := range m.Week.Days {
		for _, s := range d.Meals {
			if s != nil && (s.Recipe == victims[0].ID || s.Recipe == victims[1].ID || s.Recipe == victims[2].ID) {
				t.Errorf("recipe %d was planned", s.Recipe)
			}
		}
	}
	problems, err := w.Recipes.Problems(t.Context(), sandbox.Connection)
	must(t, err)
	for _, v := range victims {
		if !slices.ContainsFunc(problems, func(p recipesync.Problem) bool { return p.Recipe == v.ID }) {
			t.Errorf("recipe %d is not listed", v.ID)
		}
	}
}

// A user whose library of 1,000 recipes answers 80 ms a call gets the first plan.
func TestFreshUserWithALargeSlowLibrary(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	must(t, err)
	base := lib.Recipes
	for i := 0; len(lib.Recipes) < 1000; i++ {
		r := base[i%len(base)]
		r.Name = fmt.Sprintf("%s, version %d", r.Name, i/len(base)+2)
		lib.Recipes = append(lib.Recipes, r)
	}
	w := newWorld(t, options{sandbox: sandbox.Options{Library: lib}, empty: true, change: func(c *config.Config) {
		c.Generation.UpstreamTimeout = 500 * time.Millisecond // the default
	}})
	w.fault(t, faultswitch.Rule{Upstream: "tandoor", LatencyMS: 80})
	begin := time.Now()
	m := w.mustGenerate(t, "user_lewis")
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	t.Logf("import and first plan: %s; generation %s; %d recipes", time.Since(begin).Round(time.Millisecond), m.Total.Round(time.Millisecond), len(pool))
	if len(pool) < 990 || m.Week.Meals() != 21 {
		t.Errorf("%d recipes, %d meals", len(pool), m.Week.Meals())
	}
}

// An unreachable collector changes nothing about a generation and does not hold its end.
func TestDeadCollectorIsHarmless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Telemetry.OTLPEndpoint = "http://127.0.0.1:1" }})
	m := w.mustGenerate(t, "user_lewis")
	if m.Week.Meals() != 21 {
		t.Errorf("%d meals", m.Week.Meals())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	if err := w.Stop(ctx); err != nil || ctx.Err() != nil {
		t.Errorf("stop: %v, %v", err, ctx.Err())
	}
}

// Twelve recipes cannot fill a week.
func TestTooFewRecipesNamesTheRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{sandbox: sandbox.Options{Library: tandoortest.Small()}})
	_, err := w.generate(t, "user_lewis")
	if fault.KindOf(err) != fault.NotEnoughRecipes || !strings.Contains(err.Error(), "breakfast") {
		t.Errorf("got %v", err)
	}
	if n := w.plans(t); n != 0 {
		t.Errorf("%d plans were stored", n)
	}
}
