package postgres_test

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// What a person asks of the database reads, and does nothing else: a read-only transaction alone
// would end sessions, take locks and run text that is put together.
func TestTableReadsAlone(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: testpg.URL(t), Pool: "debug", MaxConns: 1, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for statement, said := range map[string]string{
		"select pg_terminate_backend(pid) from pg_stat_activity":                                      "pg_terminate_backend may do more",
		"select PG_Cancel_Backend (0)":                                                                "pg_cancel_backend may do more",
		"select pg_catalog . \"pg_terminate_backend\" /* x */ (0)":                                    "pg_terminate_backend may do more",
		`select U&"pg_terminate\005fbackend"(0)`:                                                      "as they are",
		`select query_to_xml('select pg_term'||'inate_backend(0)', t,t,'') from (values (true)) v(t)`: "query_to_xml may do more",
		"do $$ begin execute 'select pg_termi' || 'nate_backend(0)'; end $$":                          "begins with one of",
		"-- x\ndo $$ begin end $$":                                                                    "begins with one of",
		"select pg_advisory_lock(1)":                                                                  "pg_advisory_lock may do more",
		"select pg_sleep(0)":                                                                          "pg_sleep may do more",
		"select set_config('role', 'postgres', false)":                                                "set_config may do more",
		"explain analyze select pg_notify('a', 'b')":                                                  "pg_notify may do more",
		"set role postgres":                                                                           "begins with one of",
		"listen x":                                                                                    "begins with one of",
		"":                                                                                            "begins with one of",
		"select 1; select 2":                                                                          "",
		"with d as (delete from users returning 1) select * from d":                                   "read-only",
		"select * from nowhere":                                                                       "nowhere",
	} {
		if _, _, err := postgres.Table(t.Context(), pool, statement, 10); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v, want %q", statement, err, said)
		}
	}
	for _, statement := range []string{
		"select count(*), max(clock_timestamp()), pg_size_pretty(pg_total_relation_size('users')) from users",
		"select pid, pg_blocking_pids(pid), left(query, 60) from pg_stat_activity where datname = current_database()",
		"  (select weekly_lead(settings) from users)", "Table plans", "values (1)", "show work_mem", "explain analyze select 1",
		"with w as (select date_trunc('week', now() at time zone 'utc') d) select regexp_replace(d::text, '\\s+', ' ', 'g') from w",
	} {
		if table, _, err := postgres.Table(t.Context(), pool, statement, 10); err != nil || len(table) == 0 {
			t.Errorf("%s: %q, %v", statement, table, err)
		}
	}
	// What [postgres.Table] calls harmless by its words must not be brought in by other ways.
	var hidden int
	if err := pool.QueryRow(t.Context(), `select (select count(*) from pg_operator o join pg_proc p on p.oid = o.oprcode where p.provolatile = 'v')
		+ (select count(*) from pg_cast c join pg_proc p on p.oid = c.castfunc where p.provolatile = 'v')
		+ (select count(*) from pg_type y join pg_proc p on p.oid = y.typinput where p.provolatile = 'v')`).Scan(&hidden); err != nil || hidden != 0 {
		t.Errorf("%d volatile operators, casts or types, %v", hidden, err)
	}
	var columns []string
	if err := pool.QueryRow(t.Context(), `select coalesce(array_agg(distinct a.attrelid::regclass || '.' || a.attname), '{}') from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.relkind in ('r', 'v') and (c.relnamespace = 'public'::regnamespace or c.relname ~ '^pg_(stat|locks)') and exists (select from pg_proc p where p.proname in (a.attname, c.relname) and p.provolatile = 'v' and p.proname <> 'pg_stat_statements')`).Scan(&columns); err != nil || len(columns) > 0 {
		t.Errorf("no one can ask for %v: %v", columns, err)
	}
}
