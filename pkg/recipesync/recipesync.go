// Package recipesync keeps the recipe pool of each connection: filled when a library is
// connected, refreshed by changes, checked in full once a day for deletions, and used at
// any age when the upstream does not answer.
package recipesync

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Settings are the limits and intervals of a refresh.
type Settings struct {
	Timeout   time.Duration // of a refresh inside a generation
	FullEvery time.Duration // between full syncs
	MaxAge    time.Duration // a generation reuses a younger pool without asking the upstream
}

// DefaultSettings are the upstream limit of docs/thresholds.md, and nearly a day between full
// syncs, so that a daily one is due on time.
func DefaultSettings() Settings {
	return Settings{Timeout: 500 * time.Millisecond, FullEvery: 20 * time.Hour}
}

// Service keeps the pools. It implements [planner.Library].
type Service struct {
	upstream Upstream
	cache    Cache
	settings Settings
	now      func() time.Time
	filling  fillings
	filled   sync.Map // connections whose pools are known to be filled
}

var _ planner.Library = (*Service)(nil)

// New returns the service.
func New(u Upstream, c Cache, s Settings, now func() time.Time) *Service {
	return &Service{upstream: u, cache: c, settings: s, now: now}
}

// Summary is the result of a refresh.
type Summary struct {
	Changed, Deleted, Problems int
	Full                       bool
}

// Refresh fetches changes from the upstream, or everything if a full sync is due or wanted,
// and stores them, including those that arrived before a failure. Kinds: the upstream's,
// DatabaseError, NotFound, and Conflict if the library shows another space or would lose
// more than a fifth of its recipes: then nothing changes until [Service.Accept].
func (s *Service) Refresh(ctx context.Context, connection string, full bool, progress Progress) (Summary, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return Summary{}, err
	}
	full = full || s.now().Sub(state.Full) >= s.settings.FullEvery
	return s.refresh(ctx, ctx, refreshing{pool: known, state: state, full: full, progress: progress})
}

// Accept makes a full sync and accepts the library as it is: another space, lost recipes.
// Kinds as [Service.Refresh].
func (s *Service) Accept(ctx context.Context, connection string, progress Progress) (Summary, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return Summary{}, err
	}
	return s.refresh(ctx, ctx, refreshing{pool: known, state: state, full: true, accept: true, progress: progress})
}

// Ensure fills the pool of a connection without a full import; it has no deadline of its own.
// Concurrent callers share one import, which one caller's cancellation does not end.
// A pool known to be filled is not checked again until [Service.Recipes] finds it empty.
func (s *Service) Ensure(ctx context.Context, connection string, progress Progress) error {
	if _, ok := s.filled.Load(connection); ok {
		return nil
	}
	_, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return err
	}
	if !state.Full.IsZero() {
		s.filled.Store(connection, true)
		return nil
	}
	return s.filling.do(ctx, connection, func(ctx context.Context) error {
		_, err := s.Refresh(ctx, connection, true, progress)
		return err
	})
}

// Recipes implements [planner.Library]: changes are fetched within the setting's
// timeout, the rest comes from the cache.
func (s *Service) Recipes(ctx context.Context, connection string) (recipe.Pool, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return recipe.Pool{}, err
	}
	if state.Full.IsZero() { // never imported, or removed and re-added
		s.filled.Delete(connection)
	}
	pool := recipe.Pool{FetchedAt: state.Synced}
	if s.now().Sub(state.Synced) >= s.settings.MaxAge {
		fetch, cancel := context.WithTimeout(ctx, s.settings.Timeout)
		_, err = s.refresh(fetch, ctx, refreshing{pool: known, state: state})
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
