package tandoor

import (
	"encoding/json"
	"io"
	"net/url"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// maxFile bounds a recipe in a file, in bytes.
const maxFile = 4 << 20

// Read reads one recipe as Tandoor's API sends it. Its keywords and properties mean what they
// mean by default. What no recipe can be has kind [fault.InvalidInput].
func Read(from io.Reader) (recipe.Recipe, []Problem, error) {
	b, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err == nil && len(b) > maxFile {
		return recipe.Recipe{}, nil, fault.New(fault.InvalidInput, "recipe", "has more than %d bytes", maxFile)
	}
	var w wireRecipe
	if err == nil {
		err = json.Unmarshal(b, &w)
	}
	if err != nil {
		return recipe.Recipe{}, nil, fault.Wrap(fault.InvalidInput, "recipe", err)
	}
	conv := converter{properties: DefaultProperties(), keywords: DefaultKeywords(), ref: &Reference{}, page: func(recipe.ID) string { return new(url.URL).String() }}
	r, err := conv.recipe(w)
	return r, conv.problems, fault.Wrap(fault.InvalidInput, "recipe", err)
}
