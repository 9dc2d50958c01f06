package alerting_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
)

// ports are what a responder works with, in memory. log is what it did, in order.
type ports struct {
	log  []string
	seen map[string]bool // actions begun, by firing
	acks map[string][]string

	results map[alerting.Action]outcome
	fail    map[string]error // by call
}

type outcome struct {
	n      int
	detail string
	err    error
}

func (p *ports) did(format string, args ...any) { p.log = append(p.log, fmt.Sprintf(format, args...)) }

func (p *ports) Act(_ context.Context, action alerting.Action, a alerting.Alert) (int, string, error) {
	p.did("%s for %s", action, a.Labels["api"])
	r := p.results[action]
	return r.n, r.detail, r.err
}

func (p *ports) BeginResponse(_ context.Context, a alerting.Alert, action alerting.Action) (int64, bool, error) {
	key := fmt.Sprint(a.Name(), a.Status, a.StartsAt, action)
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	fresh := !p.seen[key]
	p.seen[key] = true
	return int64(len(p.seen)), fresh, p.fail["begin "+string(action)]
}

func (p *ports) FinishResponse(ctx context.Context, id int64, r alerting.Result, detail string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.did("%d: %s, %s", id, r, detail)
	return p.fail["finish"]
}

func (p *ports) Acknowledgements(_ context.Context, labels map[string]string) ([]string, error) {
	return p.acks[fmt.Sprint(labels)], p.fail["acknowledgements"]
}

func (p *ports) EndAcknowledgement(_ context.Context, silence string) error {
	p.did("end %s", silence)
	return p.fail["end"]
}

func (p *ports) Expire(_ context.Context, id string) error {
	p.did("expire %s", id)
	return p.fail["expire "+id]
}

func (p *ports) responder() *alerting.Responder { return alerting.NewResponder(p, p, p) }

func alert(s alerting.Status, name string) alerting.Alert {
	return alerting.Alert{Status: s, Labels: map[string]string{"alertname": name, "api": "tandoor", "severity": "critical"}}
}

func TestAlertsAreAnsweredByTheirActionsInOrder(t *testing.T) {
	t.Parallel()
	const (
		retry, probe = alerting.RetryJobs, alerting.ProbeUpstreams
		sync, reset  = alerting.RefreshRecipes, alerting.ResetConnections
	)
	used := map[alerting.Action]bool{}
	for _, c := range []struct {
		status  alerting.Status
		alert   string
		actions []alerting.Action
	}{
		{alerting.Firing, "WeeklyGenerationIncomplete", []alerting.Action{sync, retry}},
		{alerting.Firing, "WeeklyGenerationMissing", []alerting.Action{retry}},
		{alerting.Firing, "GenerationSuccessRateLow", []alerting.Action{sync, retry}},
		{alerting.Firing, "SchedulerJobFailureRateHigh", []alerting.Action{retry}},
		{alerting.Firing, "SchedulerRetryRateHigh", []alerting.Action{probe}},
		{alerting.Firing, "ExternalAPIDown", []alerting.Action{probe}},
		{alerting.Firing, "APIErrorRateHigh", []alerting.Action{probe}},
		{alerting.Firing, "APIErrorBudgetBurn", []alerting.Action{probe}},
		{alerting.Firing, "GenerationEngineSlow", []alerting.Action{probe}},
		{alerting.Firing, "GenerationLatencySLOMissed", []alerting.Action{probe}},
		{alerting.Firing, "MacroBalanceRateLow", []alerting.Action{sync}},
		{alerting.Firing, "DatabaseConnectionPoolSaturated", []alerting.Action{reset}},
		{alerting.Firing, "DatabaseConnectionPoolHigh", []alerting.Action{reset}},
		{alerting.Firing, "ServiceDown", []alerting.Action{reset}},
		{alerting.Firing, "EmailDeliveryRateLow", nil}, // nothing that the service may do by itself
		{alerting.Resolved, "ExternalAPIDown", []alerting.Action{sync, retry}},
		{alerting.Resolved, "ServiceDown", nil},
		{alerting.Resolved, "WeeklyGenerationIncomplete", nil},
	} {
		p := &ports{results: map[alerting.Action]outcome{}}
		var want []string
		for i, a := range c.actions {
			used[a] = true
			p.results[a] = outcome{n: 1, detail: "all of it"}
			want = append(want, fmt.Sprintf("%s for tandoor", a), fmt.Sprintf("%d: done, all of it", i+1))
		}
		if err := p.responder().Respond(t.Context(), alert(c.status, c.alert)); err != nil {
			t.Errorf("%s %s: %v", c.alert, c.status, err)
		}
		if d := cmp.Diff(want, p.log); d != "" {
			t.Errorf("%s %s: %s", c.alert, c.status, d)
		}
	}
	if got := slices.Sorted(maps.Keys(used)); !slices.Equal(got, slices.Sorted(slices.Values(alerting.Actions))) {
		t.Errorf("used are %v of %v", got, alerting.Actions)
	}
}

func TestActionsAreRecordedAsTheyEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome outcome
		want    string
	}{
		"done":          {outcome{n: 3, detail: "three jobs"}, "1: done, three jobs"},
		"nothing to do": {outcome{detail: "no job failed"}, "1: nothing_to_do, no job failed"},
		"failed":        {outcome{n: 1, detail: "one", err: errors.New("no answer")}, "1: failed, no answer"},
	} {
		p := &ports{results: map[alerting.Action]outcome{alerting.ProbeUpstreams: c.outcome}}
		if err := p.responder().Respond(t.Context(), alert(alerting.Firing, "ExternalAPIDown")); err != nil {
			t.Errorf("%s: an action's end is no error: %v", name, err)
		}
		if got := p.log[len(p.log)-1]; got != c.want {
			t.Errorf("%s: recorded %q, want %q", name, got, c.want)
		}
	}
}

func TestAnActionIsRecordedThoughTheNotificationIsGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := &ports{}
	act := func() { cancel() }
	r := alerting.NewResponder(actor(act), p, nil)
	if err := r.Respond(ctx, alert(alerting.Firing, "ServiceDown")); err != nil {
		t.Error(err)
	}
	if want := []string{"1: done, "}; !slices.Equal(p.log, want) {
		t.Errorf("recorded %q", p.log)
	}
}

type actor func()

func (a actor) Act(context.Context, alerting.Action, alerting.Alert) (int, string, error) {
	a()
	return 1, "", nil
}

func TestARepeatedNotificationDoesNothing(t *testing.T) {
	t.Parallel()
	p := &ports{}
	a := alert(alerting.Firing, "ExternalAPIDown")
	r := p.responder()
	for range 3 {
		if err := r.Respond(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.log) != 2 {
		t.Errorf("three notifications of one firing: %q", p.log)
	}
	a.StartsAt = a.StartsAt.AddDate(0, 0, 1)
	if err := r.Respond(t.Context(), a); err != nil || len(p.log) != 4 {
		t.Errorf("another firing: %q, %v", p.log, err)
	}
}

func TestTheCopyForATierAsksForNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []alerting.Status{alerting.Firing, alerting.Resolved} {
		a := alert(s, "ExternalAPIDown")
		a.Labels["tier"] = "2"
		p := &ports{acks: map[string][]string{fmt.Sprint(alert(s, "ExternalAPIDown").Labels): {"s1"}}}
		if err := p.responder().Respond(t.Context(), a); err != nil || len(p.log) > 0 {
			t.Errorf("%s: %q, %v", s, p.log, err)
		}
	}
}

func TestOneActionsStoreFailureKeepsTheNotificationAndTheOtherActions(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.DatabaseError, "begin", "gone")
	p := &ports{fail: map[string]error{"begin refresh_recipes": down}, results: map[alerting.Action]outcome{alerting.RetryJobs: {n: 1}}}
	if err := p.responder().Respond(t.Context(), alert(alerting.Firing, "GenerationSuccessRateLow")); !errors.Is(err, down) {
		t.Errorf("the notification counts as answered: %v", err)
	}
	if want := []string{"retry_jobs for tandoor", "2: done, "}; !slices.Equal(p.log, want) {
		t.Errorf("did %q, want %q", p.log, want)
	}
	p = &ports{fail: map[string]error{"finish": down}}
	if err := p.responder().Respond(t.Context(), alert(alerting.Firing, "ServiceDown")); !errors.Is(err, down) {
		t.Errorf("an end that is not recorded: %v", err)
	}
}

func TestAcknowledgementsEndWithTheirAlert(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.NetworkError, "alertmanager", "refused")
	lost := fault.New(fault.DatabaseError, "end", "gone")
	resolved, firing := alert(alerting.Resolved, "ServiceDown"), alert(alerting.Firing, "EmailDeliveryRateLow")
	acks := map[string][]string{fmt.Sprint(resolved.Labels): {"s1", "s2"}, fmt.Sprint(firing.Labels): {"s3"}}
	for name, c := range map[string]struct {
		alert    alerting.Alert
		fail     map[string]error
		silences bool
		want     []string
		kind     fault.Kind
	}{
		"each ends, the silence before its record":     {resolved, nil, true, []string{"expire s1", "end s1", "expire s2", "end s2"}, ""},
		"one whose alert still fires stays":            {firing, nil, true, nil, ""},
		"one that Alertmanager keeps stays on record":  {resolved, map[string]error{"expire s1": down}, true, []string{"expire s1"}, fault.Unavailable},
		"one that cannot be taken off comes again":     {resolved, map[string]error{"end": lost}, true, []string{"expire s1", "end s1"}, fault.DatabaseError},
		"without Alertmanager nothing ends":            {resolved, nil, false, nil, ""},
		"a database that does not answer is an error":  {resolved, map[string]error{"acknowledgements": lost}, true, nil, fault.DatabaseError},
		"and without Alertmanager it is an error also": {resolved, map[string]error{"acknowledgements": lost}, false, nil, fault.DatabaseError},
	} {
		p := &ports{acks: acks, fail: c.fail}
		r := p.responder()
		if !c.silences {
			r = alerting.NewResponder(p, p, nil)
		}
		err := r.Respond(t.Context(), c.alert)
		if fault.KindOf(err) != c.kind {
			t.Errorf("%s: error %v, want kind %q", name, err, c.kind)
		}
		if !slices.Equal(p.log, c.want) {
			t.Errorf("%s: did %q, want %q", name, p.log, c.want)
		}
	}
}
