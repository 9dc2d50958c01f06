package app_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Down from Thursday noon to Monday 09:00, told from the end: the database's clock cannot
// be set, so the week is turned until it is Monday now. missedBy is how long ago the last
// time of each type was then.
var missedBy = map[schedule.Type]time.Duration{
	schedule.WeeklyTrends:     85 * time.Hour, // Thursday 20:00
	schedule.WeeklyGeneration: 75 * time.Hour, // Friday 06:00
	schedule.DailyAdvisor:     13 * time.Hour, // Sunday 20:00; the days before it were missed as well
	schedule.AutoSync:         time.Hour,      // every three hours
}

// down leaves the schedules as a service leaves them that ends on Thursday: what is due
// next was due long ago.
func down(t *testing.T, pool *pgxpool.Pool, store *postgres.Jobs) {
	t.Helper()
	rows, err := store.Schedules(t.Context(), postgres.Filter{})
	must(t, err)
	for _, r := range rows {
		kind, err := schedule.ParseType(r.JobType)
		must(t, err)
		zone, err := schedule.Zone(r.TimeZone)
		must(t, err)
		last := time.Now().Add(-missedBy[kind]).Truncate(time.Minute).In(zone)
		// On a Wednesday that is a Sunday, and the week that it was for is too far gone.
		for time.Since(last)+time.Hour > kind.CatchUp(onTheWall(last)) && kind == schedule.WeeklyGeneration {
			last = last.AddDate(0, 0, 1)
		}
		cron, next := fmt.Sprintf("%d %d * * %d", last.Minute(), last.Hour(), last.Weekday()), last
		switch kind {
		case schedule.DailyAdvisor: // Thursday's, Friday's, Saturday's and Sunday's were missed
			cron, next = fmt.Sprintf("%d %d * * *", last.Minute(), last.Hour()), last.AddDate(0, 0, -3)
		case schedule.AutoSync:
			cron, next = fmt.Sprintf("%d */3 * * *", last.Minute()), last.Add(-93*time.Hour)
		default:
		}
		_, err = pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, lead_seconds = 0, cron = $2, next_run_at = $3, created_at = now() - interval '60 days' where id = $1", r.ID, cron, next)
		must(t, err)
	}
}

// onTheWall is what a clock of t's zone shows, as if it were UTC.
func onTheWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// caughtUp waits until what was missed is made up for, and checks that each weekly job and
// each synchronisation ran once, for its last time, and no advisor did.
func (w *world) caughtUp(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	const idle = "select count(*) from scheduled_jobs where enabled and (river_job_id is not null or next_run_at is null or next_run_at <= now())"
	await(t, pool, 0, idle)
	must(t, w.box.Mail.Wait(t.Context(), len(sandbox.People())))
	await(t, pool, 0, "select count(*) from outbox where status = 'pending'")
	await(t, pool, 0, "select count(*) from job_executions where job_type = 'DailyAdvisor'")
	await(t, pool, 0, "select count(*) from outbox where email_type = 'daily_advisor'")
	await(t, pool, len(sandbox.People()), "select count(*) from plans")
	await(t, pool, len(sandbox.People()), "select count(distinct message_id) from outbox where email_type = 'weekly_plan' and status = 'sent'")
	await(t, pool, 0, `select count(*) from scheduled_jobs s where job_type <> 'DailyAdvisor'
		and 1 <> (select count(distinct river_job_id) from job_executions e where e.job_id = s.id and e.trigger_type = 'scheduled')`)
	var wrong string
	must(t, pool.QueryRow(t.Context(), "select coalesce(string_agg(id || ': ' || status || ', ' || coalesce(last_error, '-'), '; '), '') from scheduled_jobs where job_type <> 'DailyAdvisor' and status <> 'completed'").Scan(&wrong))
	if wrong != "" {
		t.Log(wrong)
	}
	await(t, pool, 0, "select count(*) from scheduled_jobs where job_type <> 'DailyAdvisor' and status <> 'completed'")
	// Each planned the week after the Friday that was missed, on the user's own calendar.
	await(t, pool, 0, `select count(*) from job_executions e join scheduled_jobs s on s.id = e.job_id
		where e.job_type = 'WeeklyGeneration' and (e.output ->> 'week_of')::date <> date_trunc('week', e.scheduled_for at time zone s.time_zone)::date + 7`)
}

// idle has the process look for work a few times, as it does by itself every second.
func (w *world) idle(t *testing.T) {
	t.Helper()
	for range 3 {
		n, err := w.Jobs.Tick(t.Context())
		must(t, err)
		if n != 0 {
			t.Errorf("%d jobs were queued", n)
		}
		_, err = w.Delivery.Drain(t.Context())
		must(t, err)
	}
}

// A service that was down from Thursday to Monday makes up for each missed weekly run
// once, sends no advice of past evenings, and has nothing to do when it starts again.
func TestDowntimeFromThursdayToMonday(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now})
	pool := w.pool(t)
	down(t, pool, w.JobStore)
	must(t, w.Start(t.Context()))
	w.caughtUp(t, pool)
	must(t, w.Stop(t.Context()))

	var before int
	must(t, pool.QueryRow(t.Context(), "select count(*) from job_executions").Scan(&before))
	mails := len(w.box.Mail.Messages())
	again := newWorld(t, options{now: time.Now, database: w.cfg.Database.URL.Reveal()})
	must(t, again.Start(t.Context()))
	again.idle(t)
	await(t, pool, before, "select count(*) from job_executions")
	if n := len(w.box.Mail.Messages()) + len(again.box.Mail.Messages()); n != mails {
		t.Errorf("%d mails after the second start, %d before", n, mails)
	}
}

// Three processes that start at once after the same weekend do it once all the same.
func TestThreeProcessesAfterDowntime(t *testing.T) {
	t.Parallel()
	first := newWorld(t, options{now: time.Now})
	pool := first.pool(t)
	down(t, pool, first.JobStore)
	worlds := []*world{first}
	for range 2 {
		w := newWorld(t, options{
			now: time.Now, database: first.cfg.Database.URL.Reveal(),
			change: func(c *config.Config) { c.SMTP, c.FatSecret = first.cfg.SMTP, first.cfg.FatSecret }, // one world outside
		})
		worlds = append(worlds, w)
	}
	var wg sync.WaitGroup
	for _, w := range worlds {
		wg.Go(func() {
			if err := w.Start(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first.caughtUp(t, pool)
	for _, w := range worlds {
		w.idle(t)
	}
	for _, m := range first.box.Mail.Messages() {
		if m.Copy > 1 {
			t.Errorf("%s arrived again", m.MessageID)
		}
	}
	await(t, pool, 0, "select count(*) from job_executions where attempt_number > 1")
}

// A week with users in Auckland, Berlin and Los Angeles, whose Fridays begin 21 hours
// apart: the alert's gauge is never 0 while each plan is there five minutes after its
// user's 06:00, and it is when one of them is late by 31 minutes.
func TestZonesDoNotRaiseTheAlert(t *testing.T) {
	t.Parallel()
	zones := []string{"Pacific/Auckland", "Europe/Berlin", "America/Los_Angeles"}
	people := slices.Clone(sandbox.People()[:len(zones)])
	for i := range people {
		people[i].TimeZone = zones[i]
	}
	friday := calendar.On(time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC))
	var now time.Time
	w := newWorld(t, options{people: people, empty: true, now: func() time.Time { return now }})
	pool := w.pool(t)
	store := func(user string, week calendar.Date) {
		_, err := pool.Exec(t.Context(), "insert into plans (user_id, week_of, generation_id, status, optimal, data) values ($1, $2, '', 'balanced', true, '{}')", user, week.Time())
		must(t, err)
	}
	for name, c := range map[string]struct {
		late map[string]time.Duration // by zone; else five minutes
		want string
	}{
		"everybody in time":           {nil, "[]"},
		"Auckland late by 31 minutes": {map[string]time.Duration{"Pacific/Auckland": 31 * time.Minute}, "[2026-11-26 17:31]"},
		"Berlin late by 31 minutes":   {map[string]time.Duration{"Europe/Berlin": 31 * time.Minute}, "[2026-11-27 05:31]"},
		"Los Angeles, by 31 minutes":  {map[string]time.Duration{"America/Los_Angeles": 31 * time.Minute}, "[2026-11-27 14:31]"},
	} {
		_, err := pool.Exec(t.Context(), "delete from plans")
		must(t, err)
		_, err = pool.Exec(t.Context(), "update users set created_at = '2026-11-19'")
		must(t, err)
		ready := map[string]time.Time{} // when each user's plan is stored
		for _, p := range people {
			store(p.ID, friday.Monday()) // of the week before
			loc, err := p.Location()
			must(t, err)
			lag, ok := c.late[p.TimeZone]
			if !ok {
				lag = 5 * time.Minute
			}
			ready[p.ID] = time.Date(2026, 11, 27, 6, 0, 0, 0, loc).Add(lag)
		}
		var zero []string
		steps := 0
		// Nine days from Tuesday on, every ten minutes, one minute past.
		for now = time.Date(2026, 11, 24, 0, 1, 0, 0, time.UTC); now.Before(time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)); now = now.Add(10 * time.Minute) {
			readings, err := w.ReadWeeks(t.Context())
			must(t, err)
			for _, monday := range []calendar.Date{friday.Monday(), friday.Monday() + 7} {
				week := metrics.Week(monday.String())
				if !slices.Contains(readings, metrics.WeeklyGenerationCurrentWeek.At(1, week)) {
					continue
				}
				steps++
				if slices.Contains(readings, metrics.WeeklyGenerationSuccessAllUsers.At(0, week)) {
					zero = append(zero, now.Format("2006-01-02 15:04"))
				}
			}
			for user, at := range ready {
				if !at.After(now) {
					store(user, friday.Monday()+7)
					delete(ready, user)
				}
			}
		}
		if fmt.Sprint(zero) != c.want || steps != 9*24*6 {
			t.Errorf("%s: 0 at %v, want %s; %d steps", name, zero, c.want, steps)
		}
	}
}
