package app

import "context"

// ReadGauges reads the gauges of the installation, which the leader does by itself every
// 15 seconds.
func (a *App) ReadGauges(ctx context.Context) { a.readGauges(ctx) }

// Probe asks every upstream once whether it is up.
func (a *App) Probe(ctx context.Context) {
	a.upstreams.probeTandoor(ctx)
	a.upstreams.probeFatSecret(ctx)
}
