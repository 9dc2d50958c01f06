package tandoor

import (
	"fmt"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// ProblemKind says what is wrong with a recipe. The set is closed.
type ProblemKind string

// The kinds of problems. Those that make a recipe unfit are refused: see [Problem].
const (
	BadValue         ProblemKind = "bad_value"         // NaN, negative or absurd; refused
	Unreadable       ProblemKind = "unreadable"        // Tandoor cannot show it, or not as promised; refused
	NoServings       ProblemKind = "no_servings"       // servings is 0: nothing can be divided by it
	NoNutrition      ProblemKind = "no_nutrition"      // none of the three places has all three macros
	PartialNutrition ProblemKind = "partial_nutrition" // computed values are a lower bound only
	EnergyDiffers    ProblemKind = "energy_differs"    // stated energy is not that of the macros
	BadUnit          ProblemKind = "bad_unit"          // a property in a unit that is neither kcal, kJ nor g
	NoMealKeyword    ProblemKind = "no_meal_keyword"   // counts as lunch and dinner
	OwnRecipe        ProblemKind = "own_recipe"        // a food that is itself a recipe stays one line
	MissingStep      ProblemKind = "missing_step"      // an embedded recipe cannot be seen, or is the recipe itself
	NoFood           ProblemKind = "no_food"           // a line that is no header and names no food
)

// Problem is something its owner should mend in Tandoor. Refused recipes are left out
// of the result; a pool that holds an older version of one should drop it.
type Problem struct {
	Recipe  recipe.ID   `json:"recipe"`
	Name    string      `json:"name"`
	Kind    ProblemKind `json:"kind"`
	Field   string      `json:"field,omitempty"` // where in the recipe, e.g. "properties[Protein]"
	Detail  string      `json:"detail"`
	Refused bool        `json:"refused,omitempty"`
}

// String renders the problem as one line.
func (p Problem) String() string {
	at := ""
	if p.Field != "" {
		at = p.Field + ": "
	}
	return fmt.Sprintf("recipe %d %q: %s%s", p.Recipe, p.Name, at, p.Detail)
}
