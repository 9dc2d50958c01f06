package postgres

import (
	"slices"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// maxDecoded bounds the recipes kept in memory: some 50 MB at 5 kB each.
const maxDecoded = 10_000

// decodedRecipe is a row of the table. Version is the number of the transaction that wrote
// the row, so a write by whatever process changes it.
type decodedRecipe struct {
	version string
	recipe  recipe.Recipe
}

// decodedRecipes keeps the decoded recipes of the connections used last. A connection's
// map is never changed once it is here, only replaced.
type decodedRecipes struct {
	most int // recipes in all

	mu     sync.Mutex
	by     map[string]map[recipe.ID]decodedRecipe
	recent []string // connections, the one used last at the end
	count  int
}

func newDecodedRecipes(most int) *decodedRecipes {
	return &decodedRecipes{most: most, by: map[string]map[recipe.ID]decodedRecipe{}}
}

// of returns the connection's cached recipes, for reading only.
func (c *decodedRecipes) of(connection string) map[recipe.ID]decodedRecipe {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.by[connection]
	if ok {
		c.use(connection)
	}
	return kept
}

// keep replaces the connection's cached recipes, and evicts the least recently used
// connections until there is room. Recipes that do not fit even then are not cached.
func (c *decodedRecipes) keep(connection string, recipes map[recipe.ID]decodedRecipe) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(connection)
	if len(recipes) > c.most {
		return
	}
	for c.count+len(recipes) > c.most {
		c.drop(c.recent[0])
	}
	c.by[connection] = recipes
	c.count += len(recipes)
	c.use(connection)
}

func (c *decodedRecipes) drop(connection string) {
	c.count -= len(c.by[connection])
	delete(c.by, connection)
	c.recent = slices.DeleteFunc(c.recent, func(id string) bool { return id == connection })
}

func (c *decodedRecipes) use(connection string) {
	c.recent = append(slices.DeleteFunc(c.recent, func(id string) bool { return id == connection }), connection)
}
