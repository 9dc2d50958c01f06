// Package recipesync keeps the recipe pool of each connection: filled when a library is
// connected, refreshed by changes, checked wholly once a day for deletions, and used at
// any age when the upstream does not answer.
package recipesync

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// Upstream is the recipe library's server.
type Upstream interface {
	// Fetch finds what changed since a time; known are the change times the caller has.
	// full looks at every recipe and finds deletions. On an error the result holds what
	// was found until then.
	Fetch(ctx context.Context, connection string, since time.Time, known map[recipe.ID]time.Time, full bool, progress Progress) (Found, error)
}

// Progress is told how many recipes are done. It may be nil.
type Progress func(done, total int)

// Found is what a fetch brought.
type Found struct {
	Changed  []recipe.Recipe
	Deleted  []recipe.ID // known before, and gone or refused now
	Problems []Problem
}

// Problem is something the library's owner should mend in a recipe.
type Problem struct {
	Recipe  recipe.ID
	Name    string
	Field   string
	Problem string
}

// State is when a connection was last asked for changes, and for everything; zero = never.
type State struct {
	Synced, Full time.Time
}

// Cache is the pool's copy in the database.
type Cache interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
	Versions(ctx context.Context, connection string) (map[recipe.ID]time.Time, State, error)
	// Apply stores what was found in one transaction. A zero at leaves the state alone:
	// the fetch was not complete.
	Apply(ctx context.Context, connection string, f Found, at time.Time, full bool) error
	Failed(ctx context.Context, connection string, cause error) error
}

// Settings bound the work.
type Settings struct {
	Timeout   time.Duration // of a refresh inside a generation
	FullEvery time.Duration // between looks at everything
	MaxAge    time.Duration // a pool younger than this is not asked for again inside a generation
}

// DefaultSettings are the monitoring document's 500 ms, and a day.
func DefaultSettings() Settings {
	return Settings{Timeout: 500 * time.Millisecond, FullEvery: 20 * time.Hour}
}

// Service keeps the pools. It implements [planner.Library].
type Service struct {
	upstream Upstream
	cache    Cache
	settings Settings
	now      func() time.Time
	filling  singleflight.Group // one first import per connection at a time
}

var _ planner.Library = (*Service)(nil)

// New returns the service.
func New(u Upstream, c Cache, s Settings, now func() time.Time) *Service {
	return &Service{upstream: u, cache: c, settings: s, now: now}
}

// Summary says what a refresh did.
type Summary struct {
	Changed, Deleted, Problems int
	Full                       bool
}

// Refresh asks the upstream for changes, for everything when that is due or wanted, and
// stores them. What arrived before a failure is stored too. Kinds: the upstream's,
// DatabaseError, NotFound.
func (s *Service) Refresh(ctx context.Context, connection string, full bool, progress Progress) (Summary, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return Summary{}, err
	}
	full = full || s.now().Sub(state.Full) >= s.settings.FullEvery
	return s.refresh(ctx, ctx, connection, known, state, full, progress)
}

// refresh fetches under one context and stores under another, which outlives it.
func (s *Service) refresh(fetch, store context.Context, connection string, known map[recipe.ID]time.Time, state State, full bool, progress Progress) (Summary, error) {
	at := s.now()
	found, err := s.upstream.Fetch(fetch, connection, state.Synced, known, full, progress)
	if err != nil {
		at = time.Time{}
	}
	if err == nil || len(found.Changed)+len(found.Problems) > 0 {
		if serr := s.cache.Apply(store, connection, found, at, full && err == nil); serr != nil {
			return Summary{}, errors.Join(serr, err)
		}
	}
	if err != nil {
		if ferr := s.cache.Failed(store, connection, err); ferr != nil {
			return Summary{}, errors.Join(ferr, err)
		}
		return Summary{}, err
	}
	return Summary{len(found.Changed), len(found.Deleted), len(found.Problems), full}, nil
}

// Ensure fills the pool of a connection that was never looked at wholly; it has no
// deadline of its own.
func (s *Service) Ensure(ctx context.Context, connection string, progress Progress) error {
	_, state, err := s.cache.Versions(ctx, connection)
	if err != nil || !state.Full.IsZero() {
		return err
	}
	_, err, _ = s.filling.Do(connection, func() (any, error) {
		_, err := s.Refresh(ctx, connection, true, progress)
		return nil, err
	})
	return err
}

// Recipes implements [planner.Library]: changes are fetched within the setting's
// timeout, the rest comes from the cache.
func (s *Service) Recipes(ctx context.Context, connection string) (planner.Pool, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return planner.Pool{}, err
	}
	pool := planner.Pool{FetchedAt: state.Synced}
	if s.now().Sub(state.Synced) >= s.settings.MaxAge {
		fetch, cancel := context.WithTimeout(ctx, s.settings.Timeout)
		_, err = s.refresh(fetch, ctx, connection, known, state, false, nil)
		cancel()
		switch {
		case err == nil:
			pool.FetchedAt = s.now()
		case fault.KindOf(err) == fault.DatabaseError, ctx.Err() != nil:
			return pool, err
		default:
			pool.Stale, pool.Cause = true, err
		}
	}
	if pool.Recipes, err = s.cache.Load(ctx, connection); err != nil {
		return pool, err
	}
	if len(pool.Recipes) == 0 && pool.Stale {
		return pool, pool.Cause
	}
	return pool, nil
}
