package recipesync_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	now   = time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)
	home  = publish.Space{ID: 1, Name: "home"}
	other = publish.Space{ID: 2, Name: "other"}
	down  = fault.New(fault.Unavailable, "tandoor", "503")
	gone  = fault.New(fault.DatabaseError, "postgres", "gone")
)

// world is a connection with its library and its pool, in memory.
type world struct {
	mu      sync.Mutex
	fetch   func(context.Context, recipesync.Ask) (recipesync.Found, error)
	asked   []recipesync.Ask
	looked  int // at the versions
	recipes map[recipe.ID]recipe.Recipe
	state   recipesync.State
	applied []applied
	failed  []error
	fail    map[string]error // by call
}

type applied struct {
	found recipesync.Found
	at    time.Time
	full  bool
}

// newWorld has a pool of recipes 1 to n, which was asked for everything an hour ago. Its
// library shows its space and nothing new.
func newWorld(n int) *world {
	w := &world{recipes: map[recipe.ID]recipe.Recipe{}, state: recipesync.State{Connection: recipe.Connection{ID: "home"}, Space: home}}
	if n > 0 {
		w.state.Synced, w.state.Full = now.Add(-time.Hour), now.Add(-time.Hour)
	}
	for i := range n {
		w.recipes[recipe.ID(i+1)] = recipe.Recipe{ID: recipe.ID(i + 1), UpdatedAt: now.AddDate(0, -1, 0)}
	}
	w.brings(recipesync.Found{}, home)
	return w
}

// brings lets a fetch guard what it found, as the library's client does, and return it.
func (w *world) brings(f recipesync.Found, space publish.Space) {
	w.fetch = func(_ context.Context, ask recipesync.Ask) (recipesync.Found, error) {
		if err := ask.Guard(space, f.Deleted); err != nil {
			return recipesync.Found{}, err
		}
		return f, nil
	}
}

// breaks lets a fetch end with an error after it found something.
func (w *world) breaks(f recipesync.Found, err error) {
	w.fetch = func(_ context.Context, ask recipesync.Ask) (recipesync.Found, error) {
		if gerr := ask.Guard(home, f.Deleted); gerr != nil {
			return recipesync.Found{}, gerr
		}
		return f, err
	}
}

func (w *world) service() *recipesync.Service {
	return recipesync.New(w, w, recipesync.DefaultSettings(), func() time.Time { return now })
}

func (w *world) Fetch(ctx context.Context, c recipe.Connection, ask recipesync.Ask) (recipesync.Found, error) {
	if c.ID != "home" {
		return recipesync.Found{}, fault.New(fault.NotFound, "connection", "%s", c.ID)
	}
	w.mu.Lock()
	w.asked = append(w.asked, ask)
	w.mu.Unlock()
	return w.fetch(ctx, ask)
}

func (w *world) Load(context.Context, string) ([]recipe.Recipe, error) {
	return slices.SortedFunc(maps.Values(w.recipes), func(a, b recipe.Recipe) int { return int(a.ID - b.ID) }), w.fail["load"]
}

func (w *world) Versions(context.Context, string) (map[recipe.ID]time.Time, recipesync.State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked++
	out := map[recipe.ID]time.Time{}
	for id, r := range w.recipes {
		out[id] = r.UpdatedAt
	}
	return out, w.state, w.fail["versions"]
}

func (w *world) Apply(ctx context.Context, _ string, f recipesync.Found, at time.Time, full bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.fail["apply"]; err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied = append(w.applied, applied{f, at, full})
	for _, r := range f.Changed {
		w.recipes[r.ID] = r
	}
	for _, id := range f.Deleted {
		delete(w.recipes, id)
	}
	if !at.IsZero() {
		w.state.Synced, w.state.Refused = at, f.Refused
	}
	if full {
		w.state.Full = at
	}
	return nil
}

func (w *world) Failed(_ context.Context, _ string, cause error) error {
	w.failed = append(w.failed, cause)
	return w.fail["failed"]
}

// ids are the recipes from first to last.
func ids(first, last recipe.ID) []recipe.ID {
	var out []recipe.ID
	for id := first; id <= last; id++ {
		out = append(out, id)
	}
	return out
}

// refusing are the recipes from first to last as refused.
func refusing(first, last recipe.ID) map[recipe.ID]time.Time {
	out := map[recipe.ID]time.Time{}
	for _, id := range ids(first, last) {
		out[id] = now
	}
	return out
}
