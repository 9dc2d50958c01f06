package alerting_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
)

// machinery is what the responses work on.
type machinery struct {
	retried        string // the job type
	ids            []string
	err            error
	probed         string // the API
	answer, silent []string
}

func (m *machinery) RetryTransient(_ context.Context, jobType string) ([]string, error) {
	m.retried = jobType
	return m.ids, m.err
}

func (m *machinery) RefreshLibraries(context.Context) ([]string, error) { return m.ids, m.err }

func (m *machinery) Probe(_ context.Context, api string) (answered, silent []string) {
	m.probed = api
	return m.answer, m.silent
}

func TestResponsesSayWhatTheyDid(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.DatabaseError, "test", "down")
	many := strings.Fields(strings.Repeat("x ", 23))
	for name, c := range map[string]struct {
		action alerting.Action
		m      machinery
		n      int
		detail string
		kind   fault.Kind
	}{
		"jobs run again":          {alerting.RetryJobs, machinery{ids: []string{"a", "b"}}, 2, "will run again: a, b", ""},
		"a long list is cut":      {alerting.RetryJobs, machinery{ids: many}, 23, "will run again: x" + strings.Repeat(", x", 19) + " and 3 more", ""},
		"nothing to run":          {alerting.RetryJobs, machinery{}, 0, "", ""},
		"no database":             {alerting.RetryJobs, machinery{err: down}, 0, "", fault.DatabaseError},
		"libraries are refreshed": {alerting.RefreshRecipes, machinery{ids: []string{"home"}}, 1, "will run now: home", ""},
		"upstreams answer":        {alerting.ProbeUpstreams, machinery{answer: []string{"tandoor", "fatsecret"}}, 2, "answers: tandoor, fatsecret", ""},
		"one is silent":           {alerting.ProbeUpstreams, machinery{answer: []string{"tandoor"}, silent: []string{"fatsecret"}}, 0, "", fault.Unavailable},
		"pools are reset":         {alerting.ResetConnections, machinery{}, 1, "pools with new connections: api", ""},
		"an unknown action":       {"dance", machinery{}, 0, "", fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := c.m
			r := alerting.NewResponses(&m, &m, func() []string { return []string{"api"} })
			n, detail, err := r.Act(t.Context(), c.action, alerting.Alert{Labels: map[string]string{"job_type": "AutoSync", "api": "fatsecret"}})
			if n != c.n || detail != c.detail || (c.kind == "") != (err == nil) || err != nil && fault.KindOf(err) != c.kind {
				t.Errorf("%d, %q, %v", n, detail, err)
			}
			if c.action == alerting.RetryJobs && m.retried != "AutoSync" || c.action == alerting.ProbeUpstreams && m.probed != "fatsecret" {
				t.Errorf("the alert's labels are not heeded: %+v", m)
			}
		})
	}
}
