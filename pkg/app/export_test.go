package app

import "context"

// Probe asks every upstream once whether it is up.
func (a *App) Probe(ctx context.Context) {
	a.upstreams.probeTandoor(ctx)
	a.upstreams.probeFatSecret(ctx)
}

// Purge runs the purge at once.
func (a *App) Purge(ctx context.Context) error { return a.purge(ctx) }

// ReadGauges reads the gauges of the installation at once.
func (a *App) ReadGauges(ctx context.Context) { a.readGauges(ctx) }
