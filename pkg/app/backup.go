package app

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/backup"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Backup writes the database into a new file. It refuses if MEALPLANNER_KEY opens none of
// the stored tokens: the backup would then name a useless key.
func (s *Services) Backup(ctx context.Context, file string, progress func(table string)) (backup.Manifest, error) {
	server, err := backup.NewServer(s.opts.Config.Database.URL)
	if err != nil {
		return backup.Manifest{}, err
	}
	state, err := postgres.Inspect(ctx, s.pool())
	if err != nil {
		return backup.Manifest{}, err
	}
	if state.Schema == 0 {
		return backup.Manifest{}, fault.New(fault.InvalidConfig, "backup", "DATABASE_URL names a database without our schema: there is nothing to back up")
	}
	if err := s.checkKey(ctx); err != nil {
		return backup.Manifest{}, err
	}
	return server.Write(ctx, file, backup.Source{
		Manifest: backup.Manifest{
			Made: state.Clock.UTC(), Program: s.opts.Version, Schema: state.Schema, Key: string(s.ring.InUse()), PostgreSQL: state.Server,
		},
		Leave: postgres.LeftOut,
	}, progress)
}

// checkKey opens the libraries' tokens.
func (s *Services) checkKey(ctx context.Context) error {
	connections, err := s.Users.Connections(ctx)
	if err != nil {
		return err
	}
	for _, c := range connections {
		if _, err := s.ring.Open(c.Sealed, keyring.Connections.Context(c.ID)); err == nil {
			return nil
		}
	}
	if len(connections) == 0 {
		return nil
	}
	return fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", "opens none of the %d stored tokens of recipe libraries: it is not this database's key", len(connections))
}

// RestoreOptions configure [Restore].
type RestoreOptions struct {
	Config config.Config
	File   string
	// Replace allows a database that is not empty; its contents are lost.
	Replace  bool
	Log      *slog.Logger
	Progress func(table string)
}

// Restored reports what was restored.
type Restored struct {
	backup.Manifest
	Users    int
	Unsent   int // mails that were waiting; they will not be sent
	Migrated int // migrations applied afterwards
}

// Restore loads a backup into the database and migrates its schema. It makes every check
// before it changes anything.
func Restore(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	const op = "restore"
	if err := o.Config.Check(); err != nil {
		return Restored{}, err
	}
	ring, err := seal.ParseRing(o.Config.Security.Key)
	if err != nil {
		return Restored{}, err
	}
	archive, err := backup.Open(o.File)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = archive.Close() }() // opened for reading only
	known, err := postgres.KnownSchema()
	switch {
	case err != nil:
		return Restored{}, err
	case archive.Schema > known:
		return Restored{}, fault.New(fault.InvalidConfig, op, "the backup's schema is version %d, made by mealplanner %s; this program knows version %d: restore with that program or a newer one", archive.Schema, archive.Program, known)
	case !ring.Holds(seal.ID(archive.Key)):
		return Restored{}, fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", "lacks key %s, which sealed the backup's tokens: give the key that the installation had", archive.Key)
	}
	server, err := backup.NewServer(o.Config.Database.URL)
	if err != nil {
		return Restored{}, err
	}
	pool, err := postgres.Open(ctx, postgres.Options{URL: o.Config.Database.URL.Reveal(), Pool: "restore", MaxConns: 2})
	if err != nil {
		return Restored{}, err
	}
	defer pool.Close()
	state, err := inspect(ctx, pool)
	switch {
	case err != nil:
		return Restored{}, err
	case len(state.Connected) > 0:
		return Restored{}, fault.New(fault.Conflict, op, "%s is connected to the database: stop the api, the scheduler and other commands first", strings.Join(state.Connected, ", "))
	case state.Tables > 0 && !o.Replace:
		return Restored{}, fault.New(fault.Conflict, op, "the database is not empty: it has %d tables, and %d users in them. Restore into an empty one, or with --replace, which deletes all that is there", state.Tables, state.Users)
	}
	around := backup.Around{After: postgres.SettleStatements}
	if state.Tables > 0 {
		around.Before = postgres.ClearStatements
	}
	if err := server.Restore(ctx, archive, around, o.Progress); err != nil {
		return Restored{}, err
	}
	applied, err := postgres.Migrate(ctx, pool, o.Log)
	if err != nil {
		return Restored{}, err
	}
	if state, err = postgres.Inspect(ctx, pool); err != nil {
		return Restored{}, err
	}
	unsent, err := postgres.Settled(ctx, pool)
	return Restored{Manifest: archive.Manifest, Users: state.Users, Unsent: unsent, Migrated: len(applied)}, err
}

// inspect looks at the database once the connections of programs that have just ended are gone,
// which takes the server a moment.
func inspect(ctx context.Context, pool *pgxpool.Pool) (postgres.State, error) {
	const looks, between = 20, 100 * time.Millisecond
	again := time.NewTicker(between)
	defer again.Stop()
	for n := 1; ; n++ {
		state, err := postgres.Inspect(ctx, pool)
		if err != nil || len(state.Connected) == 0 || n == looks {
			return state, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return state, fault.Wrap(fault.Canceled, "restore", ctx.Err())
		}
	}
}
