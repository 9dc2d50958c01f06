package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
)

// drain is how long a stopping role may finish what it has begun.
const drain = 25 * time.Second

type (
	serveCmd     struct{ settings }
	apiCmd       struct{ settings }
	schedulerCmd struct{ settings }
	migrateCmd   struct{ settings }
	versionCmd   struct{}
)

// Run runs both roles until a signal comes.
func (c *serveCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.serve(ctx, std, now, app.Serve)
}

// Run runs the api role until a signal comes.
func (c *apiCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.serve(ctx, std, now, app.API)
}

// Run runs the scheduler role until a signal comes.
func (c *schedulerCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.serve(ctx, std, now, app.Scheduler)
}

func (s settings) serve(ctx context.Context, std *streams, now func() time.Time, role app.Role) error {
	a, err := app.New(ctx, app.Options{
		Config: s.Config, Role: role, Version: version, Log: std.out, LogLevel: slog.LevelInfo, Now: now,
	})
	if err != nil {
		return err
	}
	log := a.Services().Log
	for _, d := range s.Doubts() {
		log.Warn("Mail configuration will not work", "component", string(role), "cure", d)
	}
	for _, m := range config.Misspelt(os.Environ()) {
		log.Warn("Variable has no effect", "component", string(role), "cure", m)
	}
	err = a.Start(ctx)
	if err == nil {
		<-ctx.Done()
		log.Info("Stopping", "component", string(role))
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(err, a.Stop(stop))
}

// Run applies the migrations that are missing.
func (c *migrateCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		applied, err := a.Migrate(ctx)
		if err != nil {
			return err
		}
		printf(std.out, "%s applied; the schema is up to date\n", counted(len(applied), "migration"))
		return nil
	})
}

// Run prints the version.
func (*versionCmd) Run(std *streams) error {
	_, err := io.WriteString(std.out, version+"\n")
	return err
}
