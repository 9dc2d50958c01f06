//go:build drill

package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// planted are the alerts that no drill makes fire. Their runbooks are followed over rows
// (calendar) and samples (TestAvailabilityOfDays) that were put in.
var planted = []alert.Alert{
	alert.WeeklyGenerationMissing, alert.WeeklySLOMissed, alert.WeeklyStreakBroken, alert.JobThroughputLow,
	alert.AvailabilityBudgetBurnSlow, alert.AvailabilitySLOMissed,
}

func books(t *testing.T) map[string]runbook.Runbook {
	t.Helper()
	all, err := runbook.All(runbooks.Files)
	must(t, err)
	return all
}

// calmWithin is for a loaded machine, on which statements really are slow for a while.
const calmWithin = 3 * time.Minute

// inHealth runs every command of every runbook: each ends, no step finds what it looks for.
// The diagnosis finds nothing, five times.
func (w *world) inHealth(t *testing.T) {
	for range 5 {
		var out string
		var err error
		if !w.eventually(t.Context(), calmWithin, func() bool {
			_, out, err = w.command(t.Context(), "diagnose")
			return err == nil && strings.HasPrefix(out, "no cause found\n") && !strings.Contains(out, "not asked")
		}) {
			t.Errorf("a diagnosis without a fault: %v\n%s", err, out)
		}
	}
	for slug, r := range books(t) {
		for _, s := range slices.Concat(r.Diagnosis, r.Mitigation, r.Looks) {
			if w.leaveOut(t, r, s) {
				continue
			}
			var out string
			if !w.eventually(t.Context(), calmWithin, func() bool {
				var code int
				var err error
				if code, out, err = w.command(t.Context(), s.Args...); err != nil || code != 0 {
					t.Errorf("%s: %s: exit %d, %v\n%s", slug, s.Command, code, err, out)
				}
				return s.Expect == nil || !s.Matches(out)
			}) {
				t.Errorf("%s: %s finds %s without a fault:\n%s", slug, s.Command, s.Expect, out)
			}
		}
	}
}

// follow runs the commands of a runbook while its alert fires; each finds what it looks
// for, if not at once then within some seconds.
func (w *world) follow(t *testing.T, r runbook.Runbook) {
	t.Helper()
	for _, s := range append(slices.Clone(r.Diagnosis), r.Mitigation...) {
		if w.leaveOut(t, r, s) {
			continue
		}
		var out string
		if !w.eventually(t.Context(), time.Minute, func() bool {
			_, out, _ = w.command(t.Context(), s.Args...) // what does not answer may be the fault
			return s.Matches(out)
		}) {
			t.Errorf("%s: %s does not find %s:\n%s", r.Slug, s.Command, s.Expect, out)
		}
	}
}

// leaveOut reports whether a runbook's step asks a Loki that there is none of; it then has
// to say so.
func (w *world) leaveOut(t *testing.T, r runbook.Runbook, s runbook.Step) bool {
	t.Helper()
	if !strings.Contains(s.Command, "debug logql") || !stacktest.LeftOut(t, w.Stack, "runbook "+r.Slug+", its log query") {
		return false
	}
	if code, out, err := w.command(t.Context(), s.Args...); err != nil || code == 0 || !strings.Contains(out, "LOKI_URL is empty") {
		t.Errorf("%s: %s: exit %d, %v\n%s", r.Slug, s.Command, code, err, out)
	}
	return true
}

// calendar follows the runbooks of the alerts that speak of weeks: what they look for is
// put into the tables, and taken out again.
func (w *world) calendar(t *testing.T) {
	all := books(t)
	ctx := t.Context()
	// From Friday on, the week before the one in force is this week, and not the last.
	inForce, err := w.Ports.Metrics().WeekInForce(ctx)
	must(t, err)
	for _, c := range []struct {
		alerts        []alert.Alert
		plant, remove []string
	}{
		{
			[]alert.Alert{alert.WeeklyGenerationMissing},
			[]string{"update plans set created_at = created_at - interval '8 days'"},
			[]string{"update plans set created_at = created_at + interval '8 days'"},
		},
		{
			[]alert.Alert{alert.WeeklySLOMissed, alert.WeeklyStreakBroken},
			[]string{
				fmt.Sprintf(`create table kept as select * from plans where user_id = (select min(user_id) from plans)
					and week_of in (date_trunc('week', now())::date - 7, '%s'::date - 7)`, inForce),
				"delete from plans where id in (select id from kept)",
			},
			[]string{"insert into plans overriding system value select * from kept", "drop table kept"},
		},
		{
			[]alert.Alert{alert.JobThroughputLow},
			[]string{
				`insert into job_executions (job_id, job_type, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, started_at, completed_at)
				select 'weekly_trends:user_10', 'WeeklyTrends', 900000 + n, 'scheduled', 1, 'completed', true, now() - n * interval '1 day', now() - n * interval '1 day', now() - n * interval '1 day' from generate_series(9, 33) n`,
				"insert into runtime_settings (name, value, set_by, reason, expires_at) values ('jobs.WeeklyTrends.paused', 'true', 'drill', '', now() + interval '10 minutes')",
			},
			[]string{"delete from job_executions where river_job_id > 900000", "delete from runtime_settings where set_by = 'drill'"},
		},
	} {
		for _, sql := range c.plant {
			_, err := w.in.DB.Exec(ctx, sql)
			must(t, err)
		}
		for _, a := range c.alerts {
			w.followCalendar(t, all[a.Runbook()])
		}
		for _, sql := range c.remove {
			_, err := w.in.DB.Exec(context.WithoutCancel(ctx), sql)
			must(t, err)
		}
	}
}

// followCalendar leaves out whether the alert fires, which takes days.
func (w *world) followCalendar(t *testing.T, r runbook.Runbook) {
	t.Helper()
	r.Diagnosis = slices.DeleteFunc(slices.Clone(r.Diagnosis), func(s runbook.Step) bool { return strings.Contains(s.Command, "ALERTS{") })
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(time.Second) { // the leader reads tables every 15 s
		if _, out, _ := w.command(t.Context(), r.Diagnosis[len(r.Diagnosis)-1].Args...); r.Diagnosis[len(r.Diagnosis)-1].Matches(out) {
			break
		}
	}
	w.follow(t, r)
}
