package recipesync

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// refreshing is one refresh of a connection.
type refreshing struct {
	pool         map[recipe.ID]time.Time
	state        State
	full, accept bool
	progress     Progress
	space        publish.Space // the library's
}

// A pool that is large enough loses at most a fifth at a time without [Service.Accept].
const (
	smallPool = 20
	lossShare = 5
)

func (r *refreshing) guard(space publish.Space, gone []recipe.ID) error {
	r.space = space
	if was := r.state.Space; was.ID != 0 && was.ID != space.ID && !r.accept {
		return publish.SpaceChanged(r.state.Connection.ID, was, space)
	}
	return r.loss(gone, "are no longer there")
}

// loss refuses a sync that would remove too much of the pool.
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
	return fault.New(fault.Conflict, "connection "+r.state.Connection.ID,
		"%d of %d recipes %s (space %q of Tandoor): nothing was changed here. If that is right, run `mealplanner import --connection %s --accept-changes`",
		n, len(r.pool), why, r.space.Name, r.state.Connection.ID)
}

// refresh fetches under one context and stores under another, which outlives it.
func (s *Service) refresh(fetch, store context.Context, r refreshing) (Summary, error) {
	at := s.now()
	ask := Ask{Since: r.state.Synced, Known: maps.Clone(r.state.Refused), Full: r.full, Guard: r.guard, Progress: r.progress}
	if ask.Known == nil {
		ask.Known = map[recipe.ID]time.Time{}
	}
	maps.Copy(ask.Known, r.pool)
	found, err := s.upstream.Fetch(fetch, r.state.Connection, ask)
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
		if serr := s.cache.Apply(store, r.state.Connection.ID, found, at, r.full && err == nil); serr != nil {
			return Summary{}, errors.Join(serr, err)
		}
	}
	if err != nil {
		if ferr := s.cache.Failed(store, r.state.Connection.ID, err); ferr != nil {
			return Summary{}, errors.Join(ferr, err)
		}
		return Summary{}, err
	}
	return Summary{len(found.Changed), len(found.Deleted), len(found.Problems), r.full}, nil
}
