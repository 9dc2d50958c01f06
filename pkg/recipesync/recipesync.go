// Package recipesync keeps the recipe pool of each connection: filled when a library is
// connected, refreshed by changes, checked in full once a day for deletions, and used at
// any age when the upstream does not answer.
package recipesync

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Upstream is the recipe library's server.
type Upstream interface {
	// Fetch finds what changed and what is gone. On an error the result holds what was found
	// until then.
	Fetch(ctx context.Context, connection string, ask Ask) (Found, error)
}

// Ask is what a fetch is for.
type Ask struct {
	Since time.Time               // changes before it are known
	Known map[recipe.ID]time.Time // the change times of the recipes in the pool, and of the refused
	Full  bool                    // look at every recipe
	// Guard is told which space the library shows and which of the known recipes are gone,
	// before any recipe is fetched; its error ends the fetch.
	Guard    func(space publish.Space, gone []recipe.ID) error
	Progress Progress
}

// Progress is told how many recipes are done. It may be nil.
type Progress func(done, total int)

// Found is what a fetch brought.
type Found struct {
	Changed  []recipe.Recipe
	Deleted  []recipe.ID             // known before, and gone now
	Refused  map[recipe.ID]time.Time // cannot be used until they change: their change times
	Problems []Problem
	Space    publish.Space // that they are of; 0 = as before
}

// Problem is something the library's owner should mend in a recipe.
type Problem struct {
	Recipe  recipe.ID
	Name    string
	Field   string
	Problem string
}

// State is what is known of a connection.
type State struct {
	// Synced and Full are when it was last asked for changes, and for everything; zero = never.
	Synced, Full time.Time
	Refused      map[recipe.ID]time.Time
	Space        publish.Space // 0 = not seen yet
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

// DefaultSettings are the limit of an upstream in docs/thresholds.md, and nearly a day, so that
// a daily look at everything is due in time.
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
// DatabaseError, NotFound, and Conflict when the library shows another space, or would lose
// more than a fifth of its recipes: then nothing is changed until [Service.Accept].
func (s *Service) Refresh(ctx context.Context, connection string, full bool, progress Progress) (Summary, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return Summary{}, err
	}
	full = full || s.now().Sub(state.Full) >= s.settings.FullEvery
	return s.refresh(ctx, ctx, refreshing{connection: connection, pool: known, state: state, full: full, progress: progress})
}

// Accept looks at everything and takes it as it is: another space, recipes lost. Kinds as
// [Service.Refresh].
func (s *Service) Accept(ctx context.Context, connection string, progress Progress) (Summary, error) {
	known, state, err := s.cache.Versions(ctx, connection)
	if err != nil {
		return Summary{}, err
	}
	return s.refresh(ctx, ctx, refreshing{connection: connection, pool: known, state: state, full: true, accept: true, progress: progress})
}

// refreshing is one refresh of a connection.
type refreshing struct {
	connection   string
	pool         map[recipe.ID]time.Time
	state        State
	full, accept bool
	progress     Progress
	space        publish.Space // the library's
}

// A pool that is large enough loses at most a fifth at a time without anybody's word.
const (
	smallPool = 20
	lossShare = 5
)

func (r *refreshing) guard(space publish.Space, gone []recipe.ID) error {
	r.space = space
	if was := r.state.Space; was.ID != 0 && was.ID != space.ID && !r.accept {
		return publish.SpaceChanged(r.connection, was, space)
	}
	return r.loss(gone, "are no longer there")
}

// loss refuses to lose too much of the pool.
func (r *refreshing) loss(ids []recipe.ID, why string) error {
	n := 0
	for _, id := range ids {
		if _, have := r.pool[id]; have {
			n++
		}
	}
	if r.accept || len(r.pool) < smallPool || n*lossShare <= len(r.pool) {
		return nil
	}
	return fault.New(fault.Conflict, "connection "+r.connection,
		"%d of %d recipes %s (space %q of Tandoor): nothing was changed here. If that is right, run `mealplanner import --connection %s --accept-changes`",
		n, len(r.pool), why, r.space.Name, r.connection)
}

// refresh fetches under one context and stores under another, which outlives it.
func (s *Service) refresh(fetch, store context.Context, r refreshing) (Summary, error) {
	at := s.now()
	ask := Ask{Since: r.state.Synced, Known: maps.Clone(r.state.Refused), Full: r.full, Guard: r.guard, Progress: r.progress}
	if ask.Known == nil {
		ask.Known = map[recipe.ID]time.Time{}
	}
	maps.Copy(ask.Known, r.pool)
	found, err := s.upstream.Fetch(fetch, r.connection, ask)
	if lost := r.loss(slices.AppendSeq(slices.Clone(found.Deleted), maps.Keys(found.Refused)), "are no longer there or cannot be used"); lost != nil {
		found, err = Found{}, errors.Join(lost, err)
	}
	if err != nil {
		at = time.Time{}
	}
	if r.space != r.state.Space && err == nil {
		found.Space = r.space
	}
	if err == nil || len(found.Changed)+len(found.Problems) > 0 {
		if serr := s.cache.Apply(store, r.connection, found, at, r.full && err == nil); serr != nil {
			return Summary{}, errors.Join(serr, err)
		}
	}
	if err != nil {
		if ferr := s.cache.Failed(store, r.connection, err); ferr != nil {
			return Summary{}, errors.Join(ferr, err)
		}
		return Summary{}, err
	}
	return Summary{len(found.Changed), len(found.Deleted), len(found.Problems), r.full}, nil
}

// Ensure fills the pool of a connection without a full import; it has no deadline of its own.
// Callers at the same time share one import, which no caller's end takes from the others.
func (s *Service) Ensure(ctx context.Context, connection string, progress Progress) error {
	_, state, err := s.cache.Versions(ctx, connection)
	if err != nil || !state.Full.IsZero() {
		return err
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
	pool := recipe.Pool{FetchedAt: state.Synced}
	if s.now().Sub(state.Synced) >= s.settings.MaxAge {
		fetch, cancel := context.WithTimeout(ctx, s.settings.Timeout)
		_, err = s.refresh(fetch, ctx, refreshing{connection: connection, pool: known, state: state})
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
