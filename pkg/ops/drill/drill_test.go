package drill_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// site is an installation without a scheduler: its jobs wait for ever.
type site struct {
	*drill.Installation
	faults   *faultswitch.Switch
	lose     error // what is answered after a fault was set or a process stopped
	mu       sync.Mutex
	touched  bool
	disabled map[string]string // processes, and what was done to them
	asked    []string          // pages
}

func (s *site) Set(_ context.Context, r faultswitch.Rule) (string, error) {
	id, err := s.faults.Set(r)
	return id, errors.Join(err, s.lose)
}

func (s *site) Clear(_ context.Context, id string) error { return s.faults.Clear(id) }

func (s *site) disable(name, how string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled[name], s.touched = how, true
	return s.lose
}

func (s *site) enable(name, how string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disabled[name] != how {
		return fault.New(fault.Conflict, name, "is not %s", how)
	}
	delete(s.disabled, name)
	return nil
}

func (s *site) Freeze(_ context.Context, name string) error { return s.disable(name, "frozen") }
func (s *site) Thaw(_ context.Context, name string) error   { return s.enable(name, "frozen") }
func (s *site) Stop(_ context.Context, name string) error   { return s.disable(name, "stopped") }
func (s *site) Start(_ context.Context, name string) error  { return s.enable(name, "stopped") }

func newSite(t *testing.T) *site {
	t.Helper()
	pool := testpg.Pool(t)
	for _, sql := range []string{
		"insert into connections (id, url, token_sealed) values ('home', 'http://127.0.0.1:1', '')",
		`insert into users (id, email, name, connection_id, settings)
			select 'user_' || n, n || '@example.org', 'N', 'home', '{"locale": "de", "allergens": ["nuts"]}' from generate_series(10, 21) n`,
		`insert into plans (user_id, week_of, generation_id, status, optimal, data)
			select id, w, id || w, 'balanced', true, '{}' from users, unnest(array['2026-11-16', '2026-11-23']::date[]) w`,
		`insert into plan_meals (plan_id, user_id, date, meal, recipe_id, servings, source)
			select id, user_id, week_of + d, 'lunch', 7, 10000, 'chosen' from plans, generate_series(0, 6) d`,
		`insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, week_of)
			select user_id, 'weekly_plan', week_of::text, id || '@example.org', 'a@example.org', 's', 't', 'h', week_of from plans`,
		`insert into runtime_settings (name, value, set_by, expires_at) values ('jobs.concurrency', '7', 'ana', now() + interval '1 hour')`,
		`insert into api_budget (api, day, calls) values ('fatsecret', (now() at time zone 'utc')::date, 12)`,
		`insert into alert_heartbeat (last_beat) values (now())`,
		`update scheduled_jobs set status = 'failed', error_count = 3, last_error = 'why', retry_at = now() + interval '1 hour' where user_id = 'user_10'`,
		`update scheduled_jobs set enabled = false where user_id = 'user_11' and job_type = 'WeeklyGeneration'`,
	} {
		exec(t, pool, sql)
	}
	s := &site{faults: faultswitch.New(1, nil), disabled: map[string]string{}}
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // whoever has the token is signed in
		if r.URL.Path == "/sign-in/a-token" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s", Secure: true})
			http.Redirect(w, r, "/week", http.StatusSeeOther)
			return
		}
		if c, err := r.Cookie("session"); err != nil || c.Value != "s" || r.URL.Path != "/sign-out" && r.URL.Path != "/shopping/2026-11-23" {
			t.Errorf("a visitor asks for %s %s, %v", r.Method, r.URL.Path, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	}))
	t.Cleanup(pages.Close)
	s.Installation = &drill.Installation{
		DB: pool, Faults: s, Processes: s, OTLP: "http://127.0.0.1:1", Hastened: true,
		Import: func(context.Context) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.touched = true
			return errors.New("500")
		},
		WeekInForce: func(context.Context) (string, error) { return "2026-11-23", nil },
		Pages:       pages.URL + "/", SignIn: func(context.Context, string) (string, error) { return "a-token", nil },
	}
	return s
}

func exec(t *testing.T, db *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// state is what drills change, table by table.
func (s *site) state(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for table, sql := range map[string]string{
		"jobs":     "select to_jsonb(t) - 'updated_at' from scheduled_jobs t",
		"users":    "select to_jsonb(t) - 'updated_at' from users t",
		"settings": "select to_jsonb(t) from runtime_settings t",
		"plans":    "select to_jsonb(t) from plans t",
		"meals":    "select to_jsonb(t) from plan_meals t",
		"mails":    "select to_jsonb(t) from outbox t",
		"budget":   "select to_jsonb(t) from api_budget t",
	} {
		out[table] = s.text(t, "select coalesce(string_agg(x::text, e'\\n' order by x::text), '') from ("+sql+") q(x)")
	}
	for _, r := range s.faults.Rules() {
		out["faults"] += r.Upstream + "\n"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.disabled)) {
		out["processes"] += name + " is " + s.disabled[name] + "\n"
	}
	return out
}

// locks counts the tables that somebody keeps all others from.
func (s *site) locks(t *testing.T) (n int) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation is not null and database = (select oid from pg_database where datname = current_database())").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *site) same(t *testing.T, before map[string]string) {
	t.Helper()
	after := s.state(t)
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if after[k] != before[k] {
			t.Errorf("%s were\n%s\nand are\n%s", k, before[k], after[k])
		}
	}
	for deadline := time.Now().Add(5 * time.Second); s.locks(t) != 0; time.Sleep(20 * time.Millisecond) { // a session that was cut off ends a little later
		if time.Now().After(deadline) {
			t.Fatal("locks are held")
		}
	}
}

// drills are those that change something here: two only speak with the Collector, and one
// needs a disk of its own (disk_test.go).
func drills() []drill.Drill {
	return slices.DeleteFunc(slices.Clone(drill.Drills), func(d drill.Drill) bool {
		return slices.Contains([]string{"cardinality-overflow", "telemetry-lost", "disk-space-low"}, d.Name())
	})
}

func TestWhatADrillChangesComesBack(t *testing.T) {
	for _, d := range drills() {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			before := s.state(t)
			heal, err := d.Inject(t.Context(), s.Installation)
			if err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); !s.broken(t, before); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("nothing is broken")
				}
			}
			if err := heal(t.Context()); err != nil {
				t.Error(err)
			}
			s.same(t, before)
		})
	}
}

// broken reports whether anything differs. Locks are looked at first: the tables that the
// state is read from may be locked.
func (s *site) broken(t *testing.T, before map[string]string) bool {
	t.Helper()
	if s.locks(t) > 0 {
		return true
	}
	s.mu.Lock()
	touched := s.touched
	s.mu.Unlock()
	return touched || !maps.Equal(s.state(t), before)
}

func TestNothingStaysBrokenAfterAnError(t *testing.T) {
	lost := errors.New("the answer is lost")
	for _, d := range drills() {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.lose = lost
			before := s.state(t)
			heal, err := d.Inject(t.Context(), s.Installation)
			if err == nil { // it sets no fault at its beginning, or none outside
				err = heal(t.Context())
				if err != nil && !errors.Is(err, lost) {
					t.Error(err)
				}
			} else if !errors.Is(err, lost) {
				t.Error(err)
			}
			s.same(t, before)
		})
	}
}

func TestAnInterruptedInjectionIsHealed(t *testing.T) {
	for _, d := range drills() {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			before := s.state(t)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if heal, err := d.Inject(ctx, s.Installation); err == nil {
				if err := heal(t.Context()); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			s.same(t, before)
		})
	}
}

func (s *site) inject(t *testing.T, name string) drill.Heal {
	t.Helper()
	heal, err := lookup(t, name).Inject(t.Context(), s.Installation)
	if err != nil {
		t.Fatal(err)
	}
	return heal
}

// text is what a query says in one value.
func (s *site) text(t *testing.T, sql string) string {
	t.Helper()
	var out string
	if err := s.DB.QueryRow(t.Context(), sql).Scan(&out); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func lookup(t *testing.T, name string) drill.Drill {
	t.Helper()
	d, err := drill.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHealingWaitsForJobsThatStillPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.state(t)
	heal := s.inject(t, "email-delivery-issues")
	exec(t, s.DB, "update scheduled_jobs set river_job_id = 1, status = 'running' where user_id = 'user_12' and job_type = 'WeeklyGeneration'")
	healed := make(chan error)
	go func() { healed <- heal(context.Background()) }()
	select {
	case err := <-healed:
		t.Fatalf("healed while a job works: %v", err)
	case <-time.After(700 * time.Millisecond):
	}
	exec(t, s.DB, `insert into plans (user_id, week_of, generation_id, status, optimal, data) values ('user_12', (date_trunc('week', now()) + interval '61 weeks')::date, 'late', 'balanced', true, '{}')`)
	exec(t, s.DB, `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body, week_of)
		select user_id, 'weekly_plan', 'late', 'late@example.org', 'a@example.org', 's', 't', 'h', week_of from plans where generation_id = 'late'`)
	exec(t, s.DB, "update scheduled_jobs set river_job_id = null, status = 'completed' where user_id = 'user_12' and job_type = 'WeeklyGeneration'")
	if err := <-healed; err != nil {
		t.Error(err)
	}
	s.same(t, before)
}

func TestJobsThatDoNotEndAreToldAndForgetTheDrill(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.state(t)
	heal := s.inject(t, "api-errors")
	exec(t, s.DB, "update scheduled_jobs set river_job_id = 1 where connection_id is not null") // paused
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := heal(ctx); err == nil {
		t.Error("nobody is told")
	}
	exec(t, s.DB, "update scheduled_jobs set river_job_id = null, status = 'scheduled' where connection_id is not null")
	s.same(t, before)
}

func TestARunThatWasDueDuringADrillIsDueAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exec(t, s.DB, "update scheduled_jobs set next_run_at = now() + interval '1 minute', last_occurrence = now()")
	before := s.state(t)
	heal := s.inject(t, "generation-slow")
	exec(t, s.DB, "update scheduled_jobs set next_run_at = next_run_at + interval '7 days', last_occurrence = last_occurrence + interval '7 days' where job_type = 'WeeklyGeneration'")
	if err := heal(t.Context()); err != nil {
		t.Error(err)
	}
	s.same(t, before)
}

// A run reads plans before it is measured. If the drill kept it from that, it would wait there,
// and be measured in the gap in which all of it fits.
func TestWhatSlowsGenerationsLetsThemRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	heal := s.inject(t, "generation-slow")
	defer func() {
		if err := heal(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); s.text(t, "select count(*)::text from pg_locks where relation = 'plans'::regclass and mode = 'ShareLock' and granted") == "0"; {
		if time.Now().After(deadline) {
			t.Fatal("nobody locks the table")
		}
	}
	exec(t, s.DB, "set local lock_timeout = '100ms'; select count(*) from plans")
}

func TestWhatPeopleChangeDuringADrillStays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	heal := s.inject(t, "generation-success-rate-low")
	exec(t, s.DB, `update users set settings = settings || '{"locale": "fr"}' where id = 'user_10'`)
	exec(t, s.DB, `update users set settings = jsonb_set(settings, '{allergens}', settings->'allergens' || '["mustard"]') where id = 'user_11'`)
	if err := heal(t.Context()); err != nil {
		t.Error(err)
	}
	if got := s.text(t, "select settings::text from users where id = 'user_10'"); got != `{"locale": "fr", "allergens": ["nuts"]}` {
		t.Error(got)
	}
	if got := s.text(t, "select settings::text from users where id = 'user_11'"); !strings.Contains(got, "mustard") {
		t.Errorf("an allergy is lost: %s", got)
	}

	heal = s.inject(t, "db-pool-saturated")
	exec(t, s.DB, "update runtime_settings set value = '3', set_by = 'bo' where name = 'jobs.concurrency'")
	exec(t, s.DB, "select pg_terminate_backend(l.pid) from pg_locks l where l.mode = 'AccessExclusiveLock' and l.relation = 'outbox'::regclass")
	if err := heal(t.Context()); err != nil {
		t.Errorf("after somebody ended the lock's session: %v", err)
	}
	if got := s.text(t, "select value || ' by ' || set_by from runtime_settings where name = 'jobs.concurrency'"); got != "3 by bo" {
		t.Error(got)
	}
}

func TestADrillThatCannotShowIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	exec(t, s.DB, "delete from users where id > 'user_14'")
	before := s.state(t)
	_, err := lookup(t, "db-pool-saturated").Inject(t.Context(), s.Installation)
	if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "takes 19 jobs") || !strings.Contains(err.Error(), "there are 10") {
		t.Errorf("%v", err)
	}
	s.same(t, before)
}

func TestAFaultThatEndsByItselfIsHeardOf(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.lose = fault.New(fault.InvalidInput, "standard input", "nobody is there")
	heard := make(chan error, 1)
	s.Failed = func(err error) { heard <- err }
	heal := s.inject(t, "availability-budget-burn-fast")
	var err error
	select {
	case err = <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody is told")
	}
	if herr := heal(t.Context()); !errors.Is(herr, err) {
		t.Errorf("told %v, healed with %v", err, herr)
	}
}
