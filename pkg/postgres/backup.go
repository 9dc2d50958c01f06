package postgres

import (
	"context"
	_ "embed" // for the statements of a restore
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// The statements around a restore, within its transaction.
var (
	// ClearStatements drop the database's contents.
	//go:embed restore/clear.sql
	ClearStatements string
	// SettleStatements prevent effects that happened since the backup from being repeated.
	//go:embed restore/settle.sql
	SettleStatements string
)

// LeftOut are tables whose rows stay out of a backup: FatSecret's content may be kept for 24
// hours, and is fetched again; processes report again which keys they hold.
var LeftOut = []string{"public.fatsecret_cache", "public.key_holders"}

// KnownSchema is the version of the schema that this program works with.
func KnownSchema() (int64, error) {
	const op = "database: migrations"
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		return 0, fault.New(fault.Internal, op, "%d files, %v", len(files), err)
	}
	v, err := goose.NumericComponent(files[len(files)-1])
	if err != nil {
		return 0, fault.Wrap(fault.Internal, op, err)
	}
	return v, nil
}

// State is what a backup has to know of a database.
type State struct {
	Schema    int64     // version; 0: not this program's, or empty
	Tables    int       // without those of extensions
	Users     int       // 0 where there is no such table
	Server    string    // version of PostgreSQL
	Connected []string  // processes of this program that work with it, by application_name
	Clock     time.Time // of the database
}

// Inspect examines a database that may be empty or belong to another program.
func Inspect(ctx context.Context, pool *pgxpool.Pool) (s State, err error) {
	const op = "database: inspect"
	var ours, users bool
	err = pool.QueryRow(ctx, `select current_setting('server_version'), clock_timestamp(), to_regclass('public.goose_db_version') is not null, to_regclass('public.users') is not null,
		(select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		 where n.nspname !~ '^(pg_|information_schema$)' and c.relkind in ('r', 'p', 'v', 'm')
		   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')),
		(select coalesce(array_agg(distinct application_name order by application_name), '{}') from pg_stat_activity
		 where datname = current_database() and application_name ~ '^mealplanner[- ](api|scheduler|queue|leader)$')`,
	).Scan(&s.Server, &s.Clock, &ours, &users, &s.Tables, &s.Connected)
	if err == nil && ours {
		err = pool.QueryRow(ctx, "select coalesce(max(version_id), 0) from public.goose_db_version where is_applied").Scan(&s.Schema)
	}
	if err == nil && users {
		err = pool.QueryRow(ctx, "select count(*) from public.users").Scan(&s.Users)
	}
	return s, failed(op, err)
}

// Settled counts the mails that the last restore kept from being sent.
func Settled(ctx context.Context, pool *pgxpool.Pool) (n int, err error) {
	err = pool.QueryRow(ctx, "select count(*) from public.outbox where status = 'failed' and last_error like 'waited when the backup was made that was restored%'").Scan(&n)
	return n, failed("database: mails not sent", err)
}
