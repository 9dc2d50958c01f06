package app_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// mails returns the delivered mails of a user whose subject or body match.
func (w *world) mails(user string) []string {
	var out []string
	for _, m := range w.box.Mail.Messages() {
		if strings.HasPrefix(m.To, user+"@") {
			out = append(out, string(m.Raw))
		}
	}
	return out
}

// keepers are how many of the demo's people keep a diary.
const keepers = 2

// Thursday's trends reach everybody once, with figures for those whose diary is connected;
// the evening's advice reaches those alone.
func TestAdviceAndTrends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	people := len(sandbox.People())
	w.due(t, pool, schedule.DailyAdvisor)
	w.due(t, pool, schedule.WeeklyTrends)
	await(t, pool, people+keepers, "select count(*) from job_executions where status = 'completed' and output ->> 'email_sent' = 'true'")
	must(t, w.box.Mail.Wait(t.Context(), people+keepers))
	kenji, lewis := strings.Join(w.mails("kenji"), "\n"), strings.Join(w.mails("lewis"), "\n")
	for name, c := range map[string]struct {
		mails, want string
		absent      bool
	}{
		"attribution":            {kenji, "fatsecret", false},
		"chart":                  {kenji, "Content-Type: image/png", false},
		"no attribution, lewis":  {lewis, "Nutrition data from fatsecret", true},
		"no chart without diary": {lewis, "image/png", true},
		"reads replies or not":   {kenji, "Reply-To", true}, // no inbox is configured here
	} {
		if strings.Contains(c.mails, c.want) == c.absent {
			t.Errorf("%s: %q is there: %t", name, c.want, !c.absent)
		}
	}
	w.due(t, pool, schedule.DailyAdvisor)
	await(t, pool, keepers, "select count(*) from job_executions where status = 'completed' and output ->> 'skipped' = 'mailed before'")
	await(t, pool, 2*(people-keepers), "select count(*) from job_executions where status = 'completed' and output ->> 'skipped' = 'no diary is connected'")
	if n := len(w.box.Mail.Messages()); n != people+keepers {
		t.Errorf("%d mails of %d", n, people+keepers)
	}
	w.counted(t, map[string]int64{"email_delivery_success_total": int64(people + keepers)})
}

// FatSecret's answers at 20:00 or not: today's diary comes from the last synchronisation
// when FatSecret is down, and nobody is told a zero.
func TestAdviceWhileFatSecretIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	w.due(t, pool, schedule.AutoSync)
	await(t, pool, 2, "select count(*) from fatsecret_cache where kind like 'diary/%'")
	defer w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Path: "food_entries.get.v2", Status: 503})()
	w.due(t, pool, schedule.DailyAdvisor)
	await(t, pool, keepers, "select count(*) from job_executions where status = 'completed' and output ->> 'email_sent' = 'true'")
	must(t, w.box.Mail.Wait(t.Context(), keepers))
	if mail := strings.Join(w.mails("kenji"), ""); !strings.Contains(mail, "kcal") {
		t.Errorf("the advice has no figures:\n%s", mail)
	}
}

// What FatSecret answered is nowhere a day later: not in a table, a mail that is kept, a
// job's output or a line of the log.
func TestDiaryFiguresAreGoneAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	for _, kind := range schedule.Types {
		w.due(t, pool, kind)
	}
	await(t, pool, 0, "select count(*) from scheduled_jobs where river_job_id is not null or completed_at is null")
	await(t, pool, 0, "select count(*) from outbox where status = 'pending'")
	planted := append(energies(t, pool), "Sandbox porridge", "Sandbox lentil bowl", "Sandbox chicken plate", weight("71.4"), weight("63.2"))
	if len(planted) < 10 {
		t.Fatalf("only %v", planted)
	}
	before := search(t, pool, planted)
	if len(before) < 5 {
		t.Errorf("a search before finds only %v of %v", before, planted)
	}
	for _, p := range planted[len(planted)-2:] {
		if !slices.ContainsFunc(before, func(f string) bool { return strings.HasSuffix(f, ": "+p) }) {
			t.Errorf("a search before does not find %s", p)
		}
	}
	for _, stmt := range []string{
		"update outbox set created_at = created_at - interval '24 hours'", "update fatsecret_cache set fetched_at = fetched_at - interval '24 hours'",
	} {
		_, err := pool.Exec(t.Context(), stmt)
		must(t, err)
	}
	must(t, w.Purge(t.Context()))
	if found := search(t, pool, planted); len(found) > 0 {
		t.Errorf("a day later: %v", found)
	}
	for _, p := range planted {
		if regexp.MustCompile(p).MatchString(w.logs.String()) {
			t.Errorf("the log holds %q", p)
		}
	}
	await(t, pool, len(sandbox.People())+keepers, "select count(*) from outbox where email_type <> 'weekly_plan' and status = 'sent'")
	await(t, pool, 4, "select count(*) from outbox where text_body = '' and html_body = '' and subject = ''")
}

// energies are the eaten energies in mails of diaries that no plan mail holds by chance.
func energies(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `select distinct m[1] from outbox o, regexp_matches(o.text_body, '([0-9],[0-9]{3} kcal) (?:of|\(|·)', 'g') m
		where o.diary and not exists (select from outbox p where p.email_type = 'weekly_plan' and p.text_body like '%' || m[1] || '%')`)
	must(t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var f string
		must(t, rows.Scan(&f))
		out = append(out, f)
	}
	must(t, rows.Err())
	return out
}

// weight is a pattern of a body weight; the figure alone could be a duration's.
func weight(kg string) string {
	kg = regexp.QuoteMeta(kg)
	return "(?i)weight[^0-9]{0,20}" + kg + "|" + kg + " ?kg"
}

// search looks for patterns in every row of every table.
func search(t *testing.T, pool *pgxpool.Pool, patterns []string) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "select schemaname || '.' || tablename from pg_tables where schemaname = 'public' order by 1")
	must(t, err)
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	var found []string
	for _, table := range tables {
		for _, p := range patterns {
			ours := table == "public.recipes" || table == "public.plans" // full of figures of their own
			if ours && strings.ContainsAny(p, "0123456789") {
				continue
			}
			var n int
			must(t, pool.QueryRow(t.Context(), fmt.Sprintf("select count(*) from %s x where x::text ~ $1", table), p).Scan(&n))
			if n > 0 {
				found = append(found, table+": "+p)
			}
		}
	}
	return found
}

// The trends feed the plan of the next morning, which says that they propose something and changes
// nothing by itself.
func TestTrendsFeedTheNextPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: time.Now})
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), "insert into fatsecret_cache (user_id, kind, data, fetched_at) values ('user_kenji', 'trends', '\"REGENERATE WEEK WITH HIGH PROTEIN\"', now())")
	must(t, err)
	m, err := w.Generate(t.Context(), planner.Request{User: "user_kenji", Week: week}, nil)
	must(t, err)
	if notes := message.Joined(m.Week.Notes...).String(); !strings.Contains(notes, "propose a change") || m.Week.Mode != "" {
		t.Errorf("mode %q, notes: %s", m.Week.Mode, notes)
	}
}
