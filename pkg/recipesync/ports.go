package recipesync

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// Upstream is the recipe library's server.
type Upstream interface {
	// Fetch finds what changed and what is gone. On an error the result holds what was found
	// until then.
	Fetch(ctx context.Context, c recipe.Connection, ask Ask) (Found, error)
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
	Connection recipe.Connection
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
