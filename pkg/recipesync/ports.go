package recipesync

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Upstream is the recipe library's server.
type Upstream interface {
	// Fetch finds changed and removed recipes. On an error the result holds those found so
	// far.
	Fetch(ctx context.Context, c recipe.Connection, ask Ask) (Found, error)
}

// Ask specifies a fetch.
type Ask struct {
	Since time.Time               // earlier changes are known
	Known map[recipe.ID]time.Time // the change times of the recipes in the pool, and of the refused
	Full  bool                    // check every recipe
	// Guard is called before any recipe is fetched, with the library's space and the known
	// recipes that are gone; its error aborts the fetch.
	Guard    func(space publish.Space, gone []recipe.ID) error
	Progress Progress
}

// Progress is called with the number of recipes done. It may be nil.
type Progress func(done, total int)

// Found is the result of a fetch.
type Found struct {
	Changed  []recipe.Recipe
	Deleted  []recipe.ID             // known before, and gone now
	Refused  map[recipe.ID]time.Time // unusable until they change: their change times
	Problems []Problem
	Space    publish.Space // that they are of; 0 = as before
}

// Problem is something the library's owner should fix in a recipe.
type Problem struct {
	Recipe  recipe.ID
	Name    string
	Field   string
	Problem string
}

// State is the sync state of a connection.
type State struct {
	Connection recipe.Connection
	// Synced and Full are the times of the last sync of changes and of the last full sync; zero = never.
	Synced, Full time.Time
	Refused      map[recipe.ID]time.Time
	Space        publish.Space // 0 = not seen yet
}

// Cache is the pool's copy in the database.
type Cache interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
	Versions(ctx context.Context, connection string) (map[recipe.ID]time.Time, State, error)
	// Apply stores the result of a fetch in one transaction. A zero at leaves the state
	// unchanged: the fetch was incomplete.
	Apply(ctx context.Context, connection string, f Found, at time.Time, full bool) error
	Failed(ctx context.Context, connection string, cause error) error
}
