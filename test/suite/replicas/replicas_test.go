//go:build replicas

package replicas

import (
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/test/kit/program"
)

const (
	killEvery = 5 * time.Second
	most      = 6 * time.Minute // for everybody's plan
)

// thresholds are those of docs/thresholds.md, p95 from scheduled to started.
var thresholds = map[schedule.Priority]time.Duration{
	schedule.Critical: 5 * time.Second, schedule.High: 30 * time.Second, schedule.Medium: time.Minute, schedule.Low: 5 * time.Minute,
}

// Two thousand weekly runs become due within a minute while one of three scheduler
// processes is killed every five seconds and started again: everybody has one plan and one
// mail, and no job is left. Then, with nobody killed, the next week of all two thousand is
// due in the same moment: that is how fast they are.
func TestReplicas(t *testing.T) {
	w := newWorld(t)
	live := make([]*program.Role, replicas)
	restart := func(env ...string) {
		for i, r := range live {
			if r != nil {
				must(t, r.End(syscall.SIGTERM))
			}
			live[i] = w.spawn(t, env...)
		}
	}
	restart()
	t.Cleanup(func() {
		for _, r := range live {
			if err := r.End(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
	})
	// With a library that takes its time, a kill finds jobs at work.
	slow, err := w.box.Faults.Set(faultswitch.Rule{Upstream: "tandoor", LatencyMS: 200})
	must(t, err)
	week := (calendar.On(time.Now()).Monday() + 7).Time()
	w.schedule(t, week, time.Minute)
	kills := w.killUntilPlanned(t, live, week)
	eventually(t, "every run is over, every mail sent", 3*time.Minute, func() bool { return w.left(t) == 0 })
	w.check(t, week)
	_, copies := w.mails(week)
	if copies > kills {
		t.Errorf("%d copies of mails, and %d kills", copies, kills)
	}
	_, together := w.speed(t, 0)
	say("%d users due within a minute, %d kills: %d plans, %d mails, %d copies of mails; at most %d jobs at a time (limit %d)", users, kills, users, users, copies, together, replicas*limit)
	rescued, cut := w.count(t, "select count(*) from river_job where attempt > 1"), w.count(t, "select count(*) from job_executions where error_type = 'Canceled'")
	say("  %d jobs were taken from dead processes, %d of them at work; the slowest of these was done %d s after its first attempt began", rescued, cut,
		w.count(t, `select coalesce(max(extract(epoch from b.completed_at - a.started_at)), 0)::int from job_executions a join job_executions b using (river_job_id)
			where a.error_type = 'Canceled' and b.final`))
	if cut == 0 {
		t.Error("no kill found a job at work: nothing is shown")
	}
	for _, p := range w.waits(t, 0) {
		say("  %-8s from scheduled to started: p50 %8s  p95 %8s  max %8s  (target: p95 %s)", p.Priority, p.P50, p.P95, p.Max, thresholds[p.Priority])
		if p.P95 > thresholds[p.Priority] {
			t.Errorf("%s: p95 %s is above %s", p.Priority, p.P95, thresholds[p.Priority])
		}
	}
	if n := w.count(t, "select count(*) from job_executions where status = 'failed' and error_type <> 'Canceled'"); n > 0 {
		t.Errorf("%d attempts failed for another reason than a kill", n)
	}

	must(t, w.box.Faults.Clear(slow))
	restart("GENERATION_POOL_MAX_AGE=1h") // everybody cooks from one library: it is asked once
	next := week.AddDate(0, 0, 7)
	before := w.count(t, "select max(id) from job_executions")
	w.schedule(t, next, 0)
	eventually(t, "everybody's second plan", most, func() bool {
		return w.count(t, "select count(*) from plans where week_of = $1", next) == users && w.left(t) == 0
	})
	w.check(t, next)
	if n := w.count(t, "select count(*) from job_executions where id > $1 and (attempt_number > 1 or status <> 'completed')", before); n > 0 {
		t.Errorf("%d attempts failed though nobody was killed", n)
	}
	if _, n := w.mails(next); n > 0 {
		t.Errorf("%d copies of mails though nobody was killed", n)
	}
	perSecond, atMost := w.speed(t, before)
	say("%d users due in the same moment, no kills: %.0f jobs a second; at most %d jobs at a time (limit %d)", users, perSecond, atMost, replicas*limit)
	if alone > 0 {
		say("  that is %.2f of what River alone does when there is nothing to do", perSecond/alone)
	}
	for _, p := range w.waits(t, before) {
		// So many have to be done first, whoever does them: those of this priority and above.
		queue := float64(users/4*int(p.Priority)) / perSecond
		limit := max(thresholds[p.Priority], time.Duration(1.5*queue*float64(time.Second)))
		say("  %-8s from scheduled to started: p50 %8s  p95 %8s  max %8s  (target: p95 %s; this queue takes %.1f s)", p.Priority, p.P50, p.P95, p.Max, thresholds[p.Priority], queue)
		if p.P95 > limit {
			t.Errorf("%s: p95 %s is above %s", p.Priority, p.P95, limit)
		}
	}
}

// killUntilPlanned kills one process after the other until everybody has a plan.
func (w *world) killUntilPlanned(t *testing.T, live []*program.Role, week time.Time) (kills int) {
	t.Helper()
	begin, next := time.Now(), time.Now().Add(killEvery)
	for {
		planned := w.count(t, "select count(*) from plans where week_of = $1", week)
		if planned == users {
			return kills
		}
		if time.Since(begin) > most {
			t.Fatalf("%d of %d users planned after %s and %d kills", planned, users, most, kills)
		}
		if time.Now().After(next) {
			i := rand.IntN(len(live))
			must(t, live[i].End(syscall.SIGKILL))
			live[i] = w.spawn(t)
			kills++
			next = next.Add(killEvery)
			t.Logf("%3.0f s: %d planned, %d running, or in a dead process's hands, %d killed", time.Since(begin).Seconds(), planned,
				w.count(t, "select count(*) from river_job where state = 'running'"), kills)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// left counts what is still to be done.
func (w *world) left(t *testing.T) int {
	t.Helper()
	return w.count(t, `select (select count(*) from scheduled_jobs where enabled and (river_job_id is not null or next_run_at <= now()))
		+ (select count(*) from outbox where status = 'pending') + (select count(*) from job_executions where status = 'running')`)
}

// check compares what there is of a week with what has to be.
func (w *world) check(t *testing.T, week time.Time) {
	t.Helper()
	period := week.Format(time.DateOnly)
	for what, sql := range map[string]string{
		"users with a plan":               "select count(distinct user_id) from plans where week_of = $1::date",
		"plans":                           "select count(*) from plans where week_of = $1::date",
		"mails sent":                      "select count(*) from outbox where period = $1 and status = 'sent'",
		"users with a completed last run": "select count(distinct user_id) from job_executions where final and status = 'completed' and output ->> 'week_of' = $1",
		"schedules at rest":               "select count(*) from scheduled_jobs where enabled and status = 'completed' and river_job_id is null and parameters ->> 'week' = $1",
		"Message-IDs":                     "select count(distinct message_id) from outbox where period = $1",
	} {
		if n := w.count(t, sql, period); n != users {
			t.Errorf("%s: %d %s, want %d", period, n, what, users)
		}
	}
	if ids, _ := w.mails(week); ids != users {
		t.Errorf("%s: %d Message-IDs arrived, want %d", period, ids, users)
	}
}

// mails counts the distinct mails that arrived about a week, and the copies of them.
func (w *world) mails(week time.Time) (ids, copies int) {
	for _, m := range w.box.Mail.Messages() {
		if !strings.HasPrefix(m.MessageID, "weekly-plan."+week.Format(time.DateOnly)+".") {
			continue
		}
		if m.Copy == 1 {
			ids++
		} else {
			copies++
		}
	}
	return ids, copies
}

// wait is how long the jobs of a priority waited from their time to their first attempt.
type wait struct {
	Priority      schedule.Priority
	P50, P95, Max time.Duration
}

// waits reads them from the attempts after a row of job_executions.
func (w *world) waits(t *testing.T, after int) (out []wait) {
	t.Helper()
	rows, err := w.db.Query(t.Context(), `
		select s.priority, percentile_disc(array[0.5, 0.95, 1]) within group (order by extract(epoch from e.started_at - e.scheduled_for)::float8)
		from (select distinct on (river_job_id) * from job_executions where id > $1 order by river_job_id, id) e
		join scheduled_jobs s on s.id = e.job_id
		group by s.priority`, after)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var (
			name string
			at   []float64
		)
		must(t, rows.Scan(&name, &at))
		p, err := schedule.ParsePriority(name)
		must(t, err)
		s := func(i int) time.Duration { return time.Duration(at[i] * float64(time.Second)).Round(time.Millisecond) }
		out = append(out, wait{p, s(0), s(1), s(2)})
	}
	must(t, rows.Err())
	slices.SortFunc(out, func(a, b wait) int { return int(a.Priority - b.Priority) })
	return out
}

// speed returns how many jobs a second were completed after a row of job_executions, from
// the first that began to the last that ended, and how many of them worked at the same
// time at most.
func (w *world) speed(t *testing.T, after int) (perSecond float64, together int) {
	t.Helper()
	must(t, w.db.QueryRow(t.Context(), `
		with done as (select * from job_executions where id > $1 and status = 'completed'),
		step as (select started_at as at, 1 as n from done union all select completed_at, -1 from done)
		select (select count(*) / extract(epoch from max(completed_at) - min(started_at)) from done)::float8,
		       (select max(n) from (select sum(n) over (order by at, n) as n from step) s)::int`, after).Scan(&perSecond, &together))
	if together > replicas*limit {
		t.Errorf("%d jobs at the same time, the limit is %d", together, replicas*limit)
	}
	return perSecond, together
}
