package postgres

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

var (
	word = lazyregexp.New(`[a-z0-9_$]+`)
	verb = lazyregexp.New(`^[\s(]*([a-z]+)`)
)

// reading are the statements that [Table] runs. DO and EXECUTE would run text that is put
// together out of its sight.
var reading = []string{"select", "with", "values", "table", "show", "explain"}

// harmless are functions that count as volatile, or come with an extension, and change nothing.
var harmless = []string{
	"clock_timestamp", "gen_random_uuid", "random", "timeofday",
	"pg_column_size", "pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size", "pg_database_size", "pg_tablespace_size",
	"pg_blocking_pids", "pg_is_in_recovery", "pg_current_wal_lsn", "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp",
	"pg_stat_statements",
}

// acts returns a function of the statement that might do more than read, "" for none. In a
// read-only transaction the server still runs functions: those that end sessions, take locks,
// reload settings, or run text of their own. All of these are volatile or an extension's. Every
// word counts as a name, wherever it stands: this may refuse too much, never too little.
func acts(ctx context.Context, tx pgx.Tx, statement string) (name string, err error) {
	words := slices.DeleteFunc(word().FindAllString(statement, -1), func(w string) bool { return slices.Contains(harmless, w) })
	err = tx.QueryRow(ctx, `select coalesce(min(p.proname), '') from pg_catalog.pg_proc p where p.proname = any($1::text[])
		and (p.provolatile = 'v' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
			or exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))`, words).Scan(&name)
	return name, failed("debug sql", err)
}

// refused is why a statement is not run, nil if it reads alone.
func refused(ctx context.Context, tx pgx.Tx, statement string) error {
	const op = "debug sql"
	s := strings.ToLower(statement)
	if m := verb().FindStringSubmatch(s); m == nil || !slices.Contains(reading, m[1]) {
		return fault.New(fault.InvalidInput, op, "a statement begins with one of %s", strings.Join(reading, ", "))
	}
	if strings.Contains(s, `u&"`) {
		return fault.New(fault.InvalidInput, op, `names are written as they are, without U&"..."`)
	}
	name, err := acts(ctx, tx, s)
	if err == nil && name != "" {
		return fault.New(fault.InvalidInput, op, "%s may do more than read: psql runs it", name)
	}
	return err
}

// Table runs one statement that reads and returns a header and at most most rows, as the server
// writes them; more says whether there were others. Kind InvalidInput: the statement does more
// than read, or the server refused it.
func Table(ctx context.Context, pool *pgxpool.Pool, statement string, most int) (table [][]string, more bool, err error) {
	const op = "debug sql"
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, false, fault.Wrap(fault.DatabaseError, op, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := refused(ctx, tx, statement); err != nil {
		return nil, false, err
	}
	rows, err := tx.Query(ctx, statement, pgx.QueryResultFormats{pgx.TextFormatCode})
	if err != nil {
		return nil, false, fault.Wrap(fault.InvalidInput, op, err)
	}
	defer rows.Close()
	var header []string
	for _, f := range rows.FieldDescriptions() {
		header = append(header, f.Name)
	}
	table = [][]string{header}
	for rows.Next() {
		if len(table) > most {
			return table, true, nil
		}
		line := make([]string, len(header))
		for i, v := range rows.RawValues() {
			line[i] = string(v)
		}
		table = append(table, line)
	}
	return table, false, fault.Wrap(fault.InvalidInput, op, rows.Err())
}
