package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
)

type backupCmd struct {
	File string `arg:"" help:"File to write; it must not exist."`
	settings
}

// Run writes the database into a file.
func (c *backupCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		m, err := a.Backup(ctx, c.File, std.table)
		if err != nil {
			return err
		}
		printf(std.out, "%s: %.1f MB, schema %d, PostgreSQL %s\n", c.File, float64(m.Bytes)/1e6, m.Schema, m.PostgreSQL)
		printf(std.out, "It is of use only with MEALPLANNER_KEY, which is not in it (%s): keep the key in another place.\n", m.Key)
		return nil
	})
}

type restoreCmd struct {
	File    string `arg:"" help:"Backup to restore."`
	Replace bool   `help:"Delete everything in the database first; otherwise it must be empty."`
	settings
}

// Run brings a backup into the database.
func (c *restoreCmd) Run(ctx context.Context, std *streams) error {
	r, err := app.Restore(ctx, app.RestoreOptions{
		Config: c.Config, File: c.File, Replace: c.Replace, Log: slog.New(slog.DiscardHandler), Progress: std.table,
	})
	if err != nil {
		return err
	}
	printf(std.out, "restored the backup of %s: %s, schema %d, %s applied\n", r.Made.Format(time.RFC3339), counted(r.Users, "user"), r.Schema, counted(r.Migrated, "migration"))
	if r.Unsent > 0 {
		printf(std.out, "not sent: %s that waited then, and may have been sent since: see `mealplanner mail queue --failed`, send one with `mealplanner mail send`\n", counted(r.Unsent, "mail"))
	}
	printLine(std.out, "Now start the service; `mealplanner doctor` looks at the rest.")
	return nil
}

// table shows progress.
func (s *streams) table(name string) {
	printf(s.err, "  %s\n", strings.TrimPrefix(name, "public."))
}
