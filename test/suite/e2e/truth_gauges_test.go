//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/program"
)

func (w *world) checkAvailability(t *testing.T, want float64) {
	t.Helper()
	eventually(t, fmt.Sprintf(`api_availability{api="tandoor"} is %g`, want), 2*time.Minute, func() bool {
		got, err := w.stack.Ports.Metrics().Query(t.Context(), `api_availability{api="tandoor"}`)
		must(t, err)
		return len(got) == 1 && got[0].Value == want
	})
}

func (w *world) checkGauges(t *testing.T) {
	tb := &table{t: t}
	defer tb.print()
	all := func(name string, truth map[string]float64) {
		measured := w.gauge(t, name)
		if !slices.Equal(slices.Sorted(maps.Keys(truth)), slices.Sorted(maps.Keys(measured))) {
			t.Errorf("%s has the labels %v, want %v", name, slices.Sorted(maps.Keys(measured)), slices.Sorted(maps.Keys(truth)))
		}
		for k, v := range truth {
			tb.row(name+"{"+k+"}", v, measured[k], 1e-3)
		}
	}
	time.Sleep(16 * time.Second) // the gauges' values may be 15 s old
	balance := map[string]float64{}
	for _, p := range sandbox.People() {
		balance[p.ID] = 0
	}
	maps.Copy(balance, w.rows(t, `select user_id, avg((status = 'balanced')::int)::float8 from
		(select *, row_number() over (partition by user_id order by week_of desc) n from plans) x where n <= 4 group by 1`))
	all("generation_macro_balance_success_rate", balance)
	rate := map[string]float64{}
	for _, emailType := range metrics.EmailTypes {
		rate[emailType] = 1
	}
	maps.Copy(rate, w.rows(t, "select email_type, avg((status = 'sent' and bounced_at is null)::int)::float8 from outbox where status <> 'pending' group by 1"))
	all("email_delivery_success_rate", rate)
	budget := w.rows(t, "select api, calls::float8 / 5000 from api_budget where day = (now() at time zone 'utc')::date")
	if budget["fatsecret"] == 0 { // midnight was just now
		budget["fatsecret"] = 0
	}
	all("api_daily_budget_usage", budget)
	all("weekly_generation_last_success_timestamp_seconds", w.rows(t, "select '', extract(epoch from max(created_at))::float8 from plans"))
	all("service_up", map[string]float64{
		"meal-planner-api": indicator(httpStatus(t, "http://"+w.api.Addr+"/readyz") == 200), "meal-planner-scheduler": indicator(httpStatus(t, "http://"+w.sched.Addr+"/readyz") == 200),
	})
	tb.row("lowest service_up since the start", 1, w.value(t, "min(min_over_time(service_up[1h]))"), 0) // no zero that nobody measured
	success, current, streak := w.weeks(t)
	all("weekly_generation_success_all_users", success)
	all("weekly_generation_current_week", current)
	all("weekly_generation_success_streak_weeks", map[string]float64{"": streak})
	w.jobGauges(t, tb, all)
}

// gauge is the value of a gauge by its labels.
func (w *world) gauge(t *testing.T, name string) map[string]float64 {
	t.Helper()
	got, err := w.stack.Ports.Metrics().Query(t.Context(), name)
	must(t, err)
	d, _ := metrics.Lookup(name)
	out := map[string]float64{}
	for _, s := range got {
		labels := make([]string, len(d.Keys))
		for i, k := range d.Keys {
			labels[i] = s.Labels[string(k)]
		}
		out[strings.Join(labels, " ")] = s.Value
	}
	return out
}

// weeks computes the week gauges from users, plans and a calendar, without the program's
// code.
func (w *world) weeks(t *testing.T) (success, current map[string]float64, streak float64) {
	t.Helper()
	plans := w.rows(t, "select user_id || ' ' || week_of, 1::float8 from plans")
	now := time.Now()
	monday := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 14-(int(now.UTC().Weekday())+6)%7)
	success, current = map[string]float64{}, map[string]float64{}
	unbroken, newest := true, true
	for i := range 4 {
		week := monday.AddDate(0, 0, -7*i)
		due, late, missing := 0, false, false
		for _, p := range sandbox.People() {
			loc, err := time.LoadLocation(p.TimeZone)
			must(t, err)
			friday := week.AddDate(0, 0, -3)
			run := time.Date(friday.Year(), friday.Month(), friday.Day(), 6, 0, 0, 0, loc)
			if now.Before(run) || run.Before(now.AddDate(0, 0, -30)) {
				continue
			}
			due++
			if plans[p.ID+" "+week.Format(time.DateOnly)] == 0 {
				missing = true
				late = late || now.Sub(run) > 30*time.Minute
			}
		}
		if due == 0 {
			continue
		}
		if len(success) < 2 {
			name := week.Format(time.DateOnly)
			success[name], current[name] = indicator(!late), indicator(len(current) == 0)
		}
		beingMade := newest && missing && !late
		newest = false
		if !beingMade {
			if unbroken = unbroken && !missing; unbroken {
				streak++
			}
		}
	}
	return success, current, streak
}

// checkPoolUsage holds three requests up in the database and looks for three connections.
func (w *world) checkPoolUsage(t *testing.T) {
	tx, err := w.db.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "lock table plans in access exclusive mode")
	must(t, err)
	link := w.tool.Links.Plan("user_lewis", nextWeek(t, "user_lewis"))
	for range 3 {
		go func() {
			resp, err := http.Get("http://" + w.api.Addr + link[strings.Index(link, "/plan/"):]) // ends with the lock
			if err == nil {
				_ = resp.Body.Close()
			}
		}()
	}
	waiting := "select application_name, count(*)::float8 / 20 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'mealplanner-api' group by 1"
	eventually(t, "three requests wait for the lock", 2*time.Minute, func() bool { return w.rows(t, waiting)["mealplanner-api"] == .15 })
	time.Sleep(3 * time.Second)
	tb := &table{t: t}
	tb.row("database_connection_pool_usage{api}", w.rows(t, waiting)["mealplanner-api"], w.value(t, `database_connection_pool_usage{pool="api", job="mealplanner/meal-planner-api"}`), 0)
	must(t, tx.Rollback(t.Context()))
	eventually(t, "the pool is idle again", 2*time.Minute, func() bool {
		return w.value(t, `database_connection_pool_usage{pool="api", job="mealplanner/meal-planner-api"}`) == 0
	})
	tb.print()
}

// checkServiceUp takes the database away from the roles.
func (w *world) checkServiceUp(t *testing.T) {
	w.db.Close()
	must(t, w.pg.Stop(context.Background()))
	eventually(t, "both roles say that they are down", 2*time.Minute, func() bool {
		got, err := w.stack.Ports.Metrics().Query(t.Context(), `service_up{job!="mealplanner/meal-planner"}`)
		must(t, err)
		return len(got) == 2 && got[0].Value == 0 && got[1].Value == 0
	})
	for _, p := range []*program.Role{w.api, w.sched} {
		if httpStatus(t, "http://"+p.Addr+"/readyz") != http.StatusServiceUnavailable {
			t.Error("a role without a database says that it is ready")
		}
	}
}

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
