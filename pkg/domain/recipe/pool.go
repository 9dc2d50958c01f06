package recipe

import "time"

// Pool is a connection's recipes.
type Pool struct {
	Recipes []Recipe
	// FetchedAt is when the upstream last confirmed the pool; Stale says that this was
	// not during this run, Cause why.
	FetchedAt time.Time
	Stale     bool
	Cause     error
}
