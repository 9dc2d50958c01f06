package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

// Many runs for one week store one plan and one mail.
func TestSaveIsExactlyOncePerUserAndWeek(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	plans := postgres.NewPlans(pool, noTrace)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		wins int
	)
	for range 8 {
		wg.Go(func() {
			saved, err := plans.Save(t.Context(), draft())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if saved {
				wins++
			}
		})
	}
	wg.Wait()
	if wins != 1 {
		t.Errorf("%d runs stored the plan", wins)
	}
	for table, want := range map[string]int{"plans": 1, "plan_meals": 7, "outbox": 1} {
		var n int
		if err := pool.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d rows, want %d (%v)", table, n, want, err)
		}
	}
	in, err := plans.Inputs(t.Context(), "user_ana", monday+7)
	if err != nil {
		t.Fatal(err)
	}
	if got := in.LastUsed[10][recipe.Dinner]; got != monday+6 {
		t.Errorf("dinner 10 was last used on %s", got)
	}
	if in.Existing != nil {
		t.Error("the next week has a plan")
	}
	if in, err = plans.Inputs(t.Context(), "user_ana", monday); err != nil || in.Existing == nil || in.Existing.Week.Days[6].Meals[2].Name != "Dal" {
		t.Errorf("the stored plan came back as %+v, %v", in.Existing, err)
	}
}

func TestSaveStoresNothingWhenAPartFails(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	plans := postgres.NewPlans(pool, noTrace)
	d := draft()
	d.Week.Days[3].Meals[2].Servings = -1 // breaks a check on plan_meals
	if _, err := plans.Save(t.Context(), d); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	for _, table := range []string{"plans", "plan_meals", "outbox"} {
		var n int
		if err := pool.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: %d rows (%v)", table, n, err)
		}
	}
}

// A week's run is due on each user's own Friday morning; only those whose run was due
// and who were there before it are missed.
func TestDueWeeks(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	users, plans := postgres.NewUsers(pool), postgres.NewPlans(pool, noTrace)
	for id, zone := range map[string]string{"user_a": "Pacific/Auckland", "user_b": "Europe/Berlin", "user_l": "America/Los_Angeles", "user_new": "Europe/Berlin", "user_off": "Europe/Berlin"} {
		u := ana()
		u.ID, u.TimeZone, u.Enabled = id, zone, id != "user_off"
		if err := users.Add(t.Context(), u, nil); err != nil {
			t.Fatal(err)
		}
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("delete from users where id = 'user_ana'")
	exec("update users set created_at = '2026-01-01'")
	exec("update users set created_at = '2026-11-27 08:00+01' where id = 'user_new'")
	for _, u := range []string{"user_a", "user_b", "user_l"} {
		exec("insert into plans (user_id, week_of, generation_id, status, optimal, data) values ($1, '2026-11-23', 'x', 'balanced', true, '{}')", u)
	}
	exec("insert into plans (user_id, week_of, generation_id, status, optimal, data) values ('user_a', '2026-11-30', 'x', 'balanced', true, '{}')")
	for name, c := range map[string]struct{ now, want string }{
		"nobody's Friday yet":     {"2026-11-26T16:59:00Z", "[{2026-11-23 0 0}]"},
		"Friday in Auckland":      {"2026-11-26T17:00:00Z", "[{2026-11-30 0 0} {2026-11-23 0 0}]"},
		"Friday in Berlin":        {"2026-11-27T05:00:00Z", "[{2026-11-30 1 0} {2026-11-23 0 0}]"},
		"half an hour later":      {"2026-11-27T05:30:00Z", "[{2026-11-30 1 0} {2026-11-23 0 0}]"},
		"Berlin's plan is late":   {"2026-11-27T05:31:00Z", "[{2026-11-30 1 1} {2026-11-23 0 0}]"},
		"Friday in Los Angeles":   {"2026-11-27T14:00:00Z", "[{2026-11-30 2 1} {2026-11-23 0 0}]"},
		"so is that of the third": {"2026-11-27T14:31:00Z", "[{2026-11-30 2 2} {2026-11-23 0 0}]"},
	} {
		at, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plans.DueWeeks(t.Context(), []calendar.Date{monday, monday - 7}, at, 30*time.Minute)
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
}

// Two functions of the schema say when a user's week is planned; both agree with the
// settings, for every day and hour, from the first moment and after every change.
func TestPlanTime(t *testing.T) {
	t.Parallel()
	pool := withAna(t)
	users := postgres.NewUsers(pool)
	check := func(u user.User) {
		t.Helper()
		day, hour := u.Settings.PlanTime()
		var cron string
		var lead float64
		err := pool.QueryRow(t.Context(), "select s.cron, extract(epoch from weekly_lead(u.settings))::float8 from users u join scheduled_jobs s on s.user_id = u.id where u.id = $1 and s.job_type = 'WeeklyGeneration'", u.ID).Scan(&cron, &lead)
		days := (7-int(day))%7 + 1 // to the next Monday: 1 from a Sunday, 7 from a Monday
		if want := float64(days*24-hour) * 3600; err != nil || cron != fmt.Sprintf("0 %d * * %d", hour, day) || lead != want {
			t.Errorf("%s at %d: cron %q, lead %.0f s, want %.0f, %v", day, hour, cron, lead, want, err)
		}
	}
	check(ana())
	for _, day := range user.Weekdays {
		for _, hour := range []int{0, 6, 23} {
			u, err := users.Change(t.Context(), "user_ana", func(u *user.User) error {
				u.Settings.PlanDay, u.Settings.PlanHour = day, hour
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			check(u)
		}
	}
	u := ana()
	u.ID, u.Settings.PlanDay, u.Settings.PlanHour = "user_sunday", "sunday", 18
	if err := users.Add(t.Context(), u, nil); err != nil {
		t.Fatal(err)
	}
	check(u)
}
