package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
)

// as is the same database for another role.
func as(t *testing.T, database, role string) string {
	t.Helper()
	u, err := url.Parse(database)
	must(t, err)
	u.User = url.User(role)
	return u.String()
}

// rolesServer starts a PostgreSQL whose roles nobody else has, and makes ours with
// postgres/roles.sql, twice: what exists stays.
func rolesServer(t *testing.T) (superuser string) {
	t.Helper()
	server, err := pglocal.Start(t.Context(), pglocal.Options{})
	must(t, err)
	t.Cleanup(func() { _ = server.Stop(t.Context()) })
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	must(t, err)
	_, err = conn.Exec(t.Context(), "create database meal_planner")
	must(t, err)
	must(t, conn.Close(t.Context()))
	superuser = server.URL("meal_planner")
	secrets := t.TempDir()
	for _, role := range []string{"meal_planner", "meal_planner_api", "meal_planner_scheduler", "grafana"} {
		must(t, os.WriteFile(filepath.Join(secrets, role), []byte("it's "+role+"\n"), 0o600))
	}
	bin, err := pglocal.FindClients()
	must(t, err)
	for range 2 {
		out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "psql"), "--no-psqlrc", "--quiet", "--set=secrets="+secrets, "--file=../../postgres/roles.sql", superuser).CombinedOutput()
		if err != nil {
			t.Fatalf("roles.sql: %v\n%s", err, out)
		}
	}
	return superuser
}

// The owner migrates; the api and the scheduler do their work, and no more than that.
func TestLimitedRoles(t *testing.T) {
	t.Parallel()
	superuser := rolesServer(t)
	quiet := slog.New(slog.DiscardHandler)
	owner, err := postgres.Open(t.Context(), postgres.Options{URL: as(t, superuser, "meal_planner"), Pool: "owner", MaxConns: 4})
	must(t, err)
	t.Cleanup(owner.Close)
	for range 2 {
		_, err = postgres.Migrate(t.Context(), owner, quiet)
		must(t, err)
	}
	// The roles wait with a schema that is up to date.
	for _, role := range []string{"meal_planner_api", "meal_planner_scheduler"} {
		pool, err := postgres.Open(t.Context(), postgres.Options{URL: as(t, superuser, role), Pool: role, MaxConns: 2})
		must(t, err)
		t.Cleanup(pool.Close)
		if n, err := postgres.Pending(t.Context(), pool); err != nil || n != 0 {
			t.Errorf("%s: %d migrations are missing, %v", role, n, err)
		}
		if _, err := postgres.Migrate(t.Context(), pool, quiet); err != nil {
			t.Errorf("%s: a migration with nothing to do: %v", role, err)
		}
		if owns, err := postgres.OwnsQueue(t.Context(), pool); err != nil || owns {
			t.Errorf("%s owns the queue: %v, %v", role, owns, err)
		}
		mayNot(t, superuser, role, pool)
	}
	var reads int
	grafana, err := pgx.Connect(t.Context(), as(t, superuser, "grafana"))
	must(t, err)
	must(t, grafana.QueryRow(t.Context(), "select count(*) from grafana.job_execution_history").Scan(&reads))
	if err := grafana.QueryRow(t.Context(), "select count(*) from users").Scan(&reads); err == nil {
		t.Error("grafana reads the users")
	}
	must(t, grafana.Close(t.Context()))

	limited := newWorld(t, options{database: as(t, superuser, "meal_planner_api"), role: app.Tool})
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := limited.Backup(t.Context(), file, func(string) {}); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "the role that owns the database") {
		t.Errorf("a backup by a limited role: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a backup: %v", err)
	}

	// A whole generation: the api's process adds users and plans, the scheduler's runs a job and sends the mails.
	api := newWorld(t, options{database: as(t, superuser, "meal_planner_api"), role: app.API, change: func(c *config.Config) { c.Alerts.Token = "a-token-of-sixteen" }})
	api.populate(t, options{})
	must(t, api.Start(t.Context()))
	api.mustGenerate(t, kenji)
	scheduler := newWorld(t, options{database: as(t, superuser, "meal_planner_scheduler"), role: app.Scheduler, change: func(c *config.Config) {
		c.SMTP, c.FatSecret = api.cfg.SMTP, api.cfg.FatSecret
	}})
	must(t, scheduler.Start(t.Context()))
	_, err = owner.Exec(t.Context(), "update scheduled_jobs set enabled = true, status = 'pending' where id in ('weekly_generation:user_lewis', 'auto_sync:connection:sandbox')")
	must(t, err)
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var waiting, sent, done int
		must(t, owner.QueryRow(t.Context(), `select (select count(*) from outbox where status = 'pending'), (select count(*) from outbox where status = 'sent'),
			(select count(*) from job_executions where status = 'completed')`).Scan(&waiting, &sent, &done))
		if waiting == 0 && sent >= 2 && done >= 2 {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d mails wait, %d are sent, %d jobs done\n%s", waiting, sent, done, scheduler.logs.String())
		}
	}
	for name, w := range map[string]*world{"api": api, "scheduler": scheduler} {
		for line := range bytes.Lines([]byte(w.logs.String())) {
			if bytes.Contains(line, []byte("permission denied")) || bytes.Contains(line, []byte("must be owner")) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// mayNot tries what a role must not do, and the one thing that it may do to others' sessions.
func mayNot(t *testing.T, superuser, role string, pool *pgxpool.Pool) {
	t.Helper()
	for _, statement := range []string{
		"create table x (i int)", "create temporary table x (i int)", "create schema x", "drop table users", "truncate users", "alter table users add column x int",
		"create index on users (email)", "reindex index river_job_kind", "drop trigger user_scheduled on users", "alter table users disable trigger all",
		"delete from goose_db_version", "insert into river_migration (line, version) values ('x', 1)",
		"create role x", "alter role meal_planner_api superuser", "set role meal_planner", "grant meal_planner to meal_planner_api",
		"copy users to program 'cat'", "select pg_read_file('/etc/passwd')", "select * from pg_authid", "create extension hstore", "alter system set work_mem = '1GB'",
	} {
		if tag, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s may: %s (%s)", role, statement, tag)
		}
	}
	_, err := pool.Exec(t.Context(), "grant select on users to grafana") // a warning that nothing was granted
	must(t, err)
	// Of the other's sessions it sees the statements and may end them: diagnose and mitigate need it.
	var ended bool
	busy, err := pgx.Connect(t.Context(), as(t, superuser, "meal_planner_scheduler")+"&application_name=busy")
	must(t, err)
	_, err = busy.Exec(t.Context(), "select 'something to see'")
	must(t, err)
	must(t, pool.QueryRow(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'busy' and query like '%something%'").Scan(&ended))
	_ = busy.Close(t.Context())
	if !ended {
		t.Errorf("%s cannot end another session", role)
	}
}

// An installation with one role goes on with it.
func TestOneRole(t *testing.T) {
	t.Parallel()
	server, err := pglocal.Start(t.Context(), pglocal.Options{})
	must(t, err)
	t.Cleanup(func() { _ = server.Stop(t.Context()) })
	conn, err := pgx.Connect(t.Context(), server.URL("postgres"))
	must(t, err)
	for _, statement := range []string{"create role alone login", "create database meals owner alone"} {
		_, err = conn.Exec(t.Context(), statement)
		must(t, err)
	}
	must(t, conn.Close(t.Context()))
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: as(t, server.URL("meals"), "alone"), Pool: "alone", MaxConns: 4})
	must(t, err)
	t.Cleanup(pool.Close)
	_, err = postgres.Migrate(t.Context(), pool, slog.New(slog.DiscardHandler))
	must(t, err)
	if owns, err := postgres.OwnsQueue(t.Context(), pool); err != nil || !owns {
		t.Errorf("owns the queue: %v, %v", owns, err)
	}
	if _, err := pool.Exec(t.Context(), "insert into api_budget (api, day, calls) values ('x', current_date, 1)"); err != nil {
		t.Error(err)
	}
}
