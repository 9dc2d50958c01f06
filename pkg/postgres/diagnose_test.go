package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// patient is a database with a reader, as a diagnosis has one, and two clients that get
// into each other's way.
type patient struct {
	*pgxpool.Pool
	url    string
	reader *postgres.Diagnosis
}

func newPatient(t *testing.T) patient {
	t.Helper()
	url := testpg.URL(t)
	open := func(name string, readOnly bool) *pgxpool.Pool {
		pool, err := postgres.Open(t.Context(), postgres.Options{URL: url, Pool: name, MaxConns: 6, ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	}
	p := patient{open("test", false), url, postgres.NewDiagnosis(open("diagnose", true))}
	p.exec(t, `insert into connections (id, url, token_sealed) values ('home', 'http://home', '')`)
	for _, u := range []string{"ana", "ben", "cem", "new"} {
		p.exec(t, `insert into users (id, email, name, connection_id, created_at) values ($1, $1 || '@example.org', $1, 'home', now() - interval '30 days')`, u)
	}
	return p
}

func (p patient) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := p.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// hold begins a transaction with the statement in a session of its own, whose name is blocker.
func (p patient) hold(t *testing.T, sql string) (release func()) {
	t.Helper()
	cfg, err := pgx.ParseConfig(p.url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["application_name"] = "blocker"
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, s := range []string{"begin", sql} {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.Exec(context.Background(), "rollback"); err != nil {
			t.Error(err)
		}
	}
}

// A table's lock and a row's: who holds it, for whom, and no literal of the statement.
func TestLockWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ hold, wait, statement string }{
		"table": {"lock table plans in access exclusive mode /* 'secret' */", "select count(*) from plans", "lock table plans in access exclusive mode /* ? */"},
		"row":   {"update users set name = 'Secret O''Hara', people = 2 where id = 'ana'", "update users set name = 'x' where id = 'ana'", "update users set name = ?, people = ? where id = ?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			if w, err := p.reader.LockWaits(t.Context()); err != nil || len(w) != 0 {
				t.Fatalf("nobody waits, and yet %v, %v", w, err)
			}
			want := map[string]int{"table": 2, "row": 1}[name] // the second waits for the first one's turn at the row
			release := p.hold(t, c.hold)
			done := make(chan error, 2)
			for range 2 {
				go func() { _, err := p.Exec(t.Context(), c.wait); done <- err }()
			}
			var w []diagnose.LockWait
			for deadline := time.Now().Add(10 * time.Second); (len(w) == 0 || w[0].Waiting < want) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				var err error
				if w, err = p.reader.LockWaits(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			release()
			if err := errors.Join(<-done, <-done); err != nil {
				t.Error(err)
			}
			table := map[string]string{"table": "plans", "row": "users"}[name]
			if len(w) != 1 || w[0].Table != table || w[0].Application != "blocker" || w[0].State != "idle in transaction" || w[0].PID == 0 || w[0].Waiting != want || w[0].Held <= 0 {
				t.Fatalf("lock waits: %+v", w)
			}
			if w[0].Statement != c.statement {
				t.Errorf("statement %q, want %q", w[0].Statement, c.statement)
			}
			if diff := cmp.Diff([]string{"mealplanner-test"}, w[0].Waiters); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A diagnosis changes nothing, and does not wait for the lock that it is to find.
func TestDiagnosisReadsOnly(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: p.url, Pool: "diagnose", MaxConns: 1, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "delete from users"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a diagnosis may delete: %v", err)
	}
	defer p.hold(t, "lock table plans in access exclusive mode")()
	begin := time.Now()
	if _, err := p.reader.Unbalanced(t.Context()); fault.KindOf(err) != fault.DatabaseError {
		t.Errorf("reading a locked table: %v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it waited for %s", took)
	}
}

func TestLongTransactions(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	release := p.hold(t, "select 'secret'")
	time.Sleep(20 * time.Millisecond)
	open, err := p.reader.LongTransactions(t.Context(), 10*time.Millisecond)
	if err != nil || len(open) != 1 || open[0].Application != "blocker" || open[0].Statement != "select ?" || open[0].Open < 10*time.Millisecond {
		t.Errorf("open transactions: %+v, %v", open, err)
	}
	release()
	if open, err = p.reader.LongTransactions(t.Context(), 10*time.Millisecond); err != nil || len(open) != 0 {
		t.Errorf("after its end: %+v, %v", open, err)
	}
}

// What failed and succeeded since is told from what did not; the end of a process is no
// failure.
func TestFailingJobs(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	attempt := func(job, status, kind string, ago time.Duration) {
		p.exec(t, `insert into job_executions (job_id, job_type, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, started_at, completed_at, error_type, error_message, trace_id)
			values ($1, 'DailyAdvisor', 1, 'manual', 1, $2, true, now(), now() - make_interval(secs => $4 + 1), now() - make_interval(secs => $4), nullif($3, ''), 'said ' || $3, 'trace')`,
			job, status, kind, ago.Seconds())
	}
	attempt("daily_advisor:ana", "failed", "TimeoutError", 5*time.Minute)
	attempt("daily_advisor:ana", "completed", "", 4*time.Minute)
	attempt("daily_advisor:ben", "failed", "TimeoutError", 10*time.Second)
	attempt("daily_advisor:cem", "failed", "Unauthorized", 3*time.Minute)
	attempt("daily_advisor:cem", "failed", "Canceled", time.Second)
	attempt("daily_advisor:cem", "failed", "Internal", time.Hour)
	got, err := p.reader.FailingJobs(t.Context(), 15*time.Minute, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].Last = time.Time{}
	}
	want := []diagnose.FailingJobs{
		{Type: "DailyAdvisor", ErrorType: "TimeoutError", Message: "said TimeoutError", Trace: "trace", Jobs: []string{"daily_advisor:ana", "daily_advisor:ben"}, Failed: 2, Recently: 1, Unrecovered: 1, Attempts: 4},
		{Type: "DailyAdvisor", ErrorType: "Unauthorized", Message: "said Unauthorized", Trace: "trace", Jobs: []string{"daily_advisor:cem"}, Failed: 1, Recently: 0, Unrecovered: 1, Attempts: 4},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUsersWithoutPlanAndBalance(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	plan := func(user, week, status string) {
		p.exec(t, `insert into plans (user_id, week_of, generation_id, status, optimal, data) values ($1, $2::text::date, 'g', $3, true, '{}')`, user, week, status)
	}
	monday := time.Now().UTC().AddDate(0, 0, -(int(time.Now().UTC().Weekday())+6)%7)
	week := monday.Format(time.DateOnly)
	plan("ana", week, "balanced")
	p.exec(t, "update scheduled_jobs set enabled = false where id = 'weekly_generation:ben'")
	p.exec(t, "update scheduled_jobs set status = 'failed', last_error = 'no recipes' where id = 'weekly_generation:cem'")
	p.exec(t, "update users set created_at = now() where id = 'new'") // whose run was never due
	got, err := p.reader.UsersWithoutPlan(t.Context(), week)
	want := []diagnose.Planless{{User: "ben", Status: "scheduled"}, {User: "cem", Status: "failed", LastError: "no recipes", Scheduled: true}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}

	for n, status := range []string{"balanced", "unbalanced", "unbalanced", "unbalanced"} {
		plan("ben", monday.AddDate(0, 0, 7*(n+1)).Format(time.DateOnly), status)
	}
	plan("ben", week, "unbalanced") // the fifth from the end does not count
	p.exec(t, `update users set settings = '{"targets": {}}' where id = 'ben'`)
	p.exec(t, `insert into week_constraints (user_id, week_of, data) select user_id, week_of, '{"skips": [{}]}' from plans where user_id = 'ben' order by week_of desc limit 2`)
	p.exec(t, `update plans set data = '{"week": {"days": [{}, {"missing": ["dinner"]}]}}' where user_id = 'ben' and week_of = $1::text::date`, monday.AddDate(0, 0, 7).Format(time.DateOnly))
	balance, err := p.reader.Unbalanced(t.Context())
	if diff := cmp.Diff([]diagnose.Unbalanced{{User: "ben", Plans: 4, Count: 3, Steered: 2, Lacking: 1, OwnTargets: true}, {User: "ana", Plans: 1}}, balance); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestRefusedMails(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	mail := func(user, status, said string, ago time.Duration) {
		p.exec(t, `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, status, last_error, created_at)
			values ($1, 'weekly_plan', $2, $1 || $2, '', '', '', '', $3, $4, now() - make_interval(secs => $5))`, user, ago.String(), status, said, ago.Seconds())
	}
	mail("ana", "failed", "550 no", 10*time.Second)
	mail("ben", "failed", "550 no", 10*time.Minute)
	mail("cem", "failed", "550 long ago", 2*time.Hour)
	mail("ana", "pending", "421 later", 3*time.Hour) // waits still
	mail("ben", "pending", "", time.Second)
	mail("cem", "sent", "421 later", time.Second)
	got, err := p.reader.RefusedMails(t.Context(), 15*time.Minute, time.Minute)
	for i := range got {
		got[i].Last = time.Time{}
	}
	want := []diagnose.RefusedMails{
		{Final: true, Message: "550 no", Types: []string{"weekly_plan"}, Count: 2, Recently: 1},
		{Message: "421 later", Types: []string{"weekly_plan"}, Count: 1, Recently: 1},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// Without the extension there are no statistics, which is no error.
func TestSlowStatementsWithoutTheExtension(t *testing.T) {
	t.Parallel()
	if got, err := newPatient(t).reader.SlowStatements(t.Context(), time.Millisecond); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}
