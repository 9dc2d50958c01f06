package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Reason is a kind of cause for leaving a recipe out.
type Reason string

// The reasons.
const (
	NoServings   Reason = "states no servings"
	Embedded     Reason = "embeds recipes that cannot be put in"
	NoNutrition  Reason = "has no nutrition, and none can be estimated"
	BadNutrition Reason = "has impossible nutrition"
	HasAllergen  Reason = "contains an allergen of the user's"
	BreaksDiet   Reason = "does not fit a diet of the user's"
	OldForm      Reason = "was stored by an older version"
	Unclassified Reason = "has ingredients whose allergens are unknown"
	NoOrigin     Reason = "has ingredients of which no diet is known"
	ForNoMeal    Reason = "is no meal"
)

// Reasons lists them.
var Reasons = []Reason{NoServings, Embedded, NoNutrition, BadNutrition, HasAllergen, BreaksDiet, OldForm, Unclassified, NoOrigin, ForNoMeal}

// rejection is why a recipe cannot be planned.
type rejection struct {
	reason Reason
	text   message.Text // continues "recipe 5 ..."
	foods  []string     // that the reason would go with
}

// gate admits recipes for one user and counts rejections.
type gate struct {
	avoid     allergen.Set
	allergens *allergen.Pool // nil: the user avoids none
	diets     []string
	leaves    diet.Set   // what the diets leave out
	origins   *diet.Pool // nil: the user keeps none

	total     int
	bounds    course.Bounds
	noFigures int
	noMeals   int
	gaps      []string       // names of recipes with incomplete lines
	blocked   int            // recipes with an unclassified ingredient
	blocking  map[string]int // number of recipes per unclassified ingredient
}

func newGate(s user.Settings, pool recipe.Pool) (*gate, error) {
	avoid, err := allergens(s.Allergens)
	if err != nil {
		return nil, err
	}
	leaves, err := diet.Leaves(s.Diets)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConstraints, "settings: diets", err)
	}
	bounds, err := s.Cooking.Bounds()
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConstraints, "settings: cooking", err)
	}
	g := &gate{bounds: bounds, avoid: avoid, diets: s.Diets, leaves: leaves, total: len(pool.Recipes)}
	if avoid != 0 {
		g.allergens = allergen.NewPool(pool.Recipes)
	}
	if leaves != 0 {
		g.origins = diet.NewPool(pool.Recipes)
	}
	return g, nil
}

// admit estimates missing figures and returns why a recipe cannot be planned, or nil.
func (g *gate) admit(r recipe.Recipe) (recipe.Recipe, *rejection) {
	if r.Servings <= 0 {
		return r, &rejection{NoServings, message.Textf("does not say how many servings it makes"), nil}
	}
	if len(r.Gaps) > 0 || len(r.Embeds) > 0 {
		g.gaps = append(g.gaps, r.Name)
		if len(r.Gaps) == 0 {
			return r, &rejection{Embedded, message.Textf("embeds recipes that were not put in"), nil}
		}
		return r, &rejection{Embedded, message.Textf("embeds %s", strings.Join(r.Gaps, "; ")), nil}
	}
	if r.Nutrition == recipe.Unknown || r.Nutrition == "" {
		est, ok := food.Estimate(r)
		if !ok {
			r.Nutrition = recipe.Unknown
			g.noFigures++
			return r, &rejection{NoNutrition, message.Textf("has no nutrition, and none can be estimated: %v", est.Refused), est.Unknown}
		}
		r.PerServing, r.Nutrition = est.PerServing, recipe.Estimated
	}
	if err := r.PerServing.Validate(); err != nil {
		g.noFigures++
		return r, &rejection{BadNutrition, message.Textf("has impossible nutrition (%v)", err.Error()), nil}
	}
	c := course.Of(r, g.bounds)
	if r.Meals = c.Meals; len(r.Meals) == 0 {
		g.noMeals++
		return r, &rejection{ForNoMeal, message.Textf("%v; a keyword breakfast, lunch or dinner makes it one", c.Why), nil}
	}
	return r, g.harms(r)
}

// harms returns why the user must not eat a recipe, or nil.
func (g *gate) harms(r recipe.Recipe) *rejection {
	if g.allergens == nil && g.origins == nil {
		return nil
	}
	var unclassified, unplaced []string
	if g.allergens != nil {
		var contains allergen.Set
		if contains, unclassified = g.allergens.Of(r); contains&g.avoid != 0 {
			return &rejection{HasAllergen, message.Textf("contains %v", message.Words(strings.Split((contains&g.avoid).String(), ", "))), nil}
		}
	}
	if g.origins != nil {
		var brings diet.Set
		if brings, unplaced = g.origins.Of(r); brings&g.leaves != 0 {
			return &rejection{BreaksDiet, message.Textf("is not %v: %v", message.Words(diet.Breaks(brings, g.diets)), g.because(r, brings&g.leaves)), nil}
		}
	}
	switch {
	case r.Outdated:
		g.block(nil)
		return &rejection{OldForm, message.Textf("was stored by an older version, and its ingredients are not known before the next import"), nil}
	case len(unclassified) > 0:
		g.block(unclassified)
		return &rejection{Unclassified, message.Textf("has unclassified ingredients: %s", strings.Join(unclassified, ", ")), unclassified}
	case len(unplaced) > 0:
		g.block(unplaced)
		return &rejection{NoOrigin, message.Textf("has ingredients of which no diet is known: %s", strings.Join(unplaced, ", ")), unplaced}
	}
	return nil
}

// because names the foods that bring what the diets leave out.
func (g *gate) because(r recipe.Recipe, brings diet.Set) message.Text {
	if foods := g.origins.Bringing(r, brings); len(foods) > 0 {
		return message.Textf("%s", strings.Join(foods, ", "))
	}
	return message.Textf("its name, keywords or steps speak of %v", brings)
}

func (g *gate) block(by []string) {
	g.blocked++
	if g.blocking == nil {
		g.blocking = map[string]int{}
	}
	for _, n := range by {
		g.blocking[n]++
	}
}

// namesShown is how many names a note lists.
const namesShown = 10

func (g *gate) notes() []message.Text {
	var out []message.Text
	if g.noFigures > 0 {
		out = append(out, message.Counted(g.noFigures, "%d recipe was left out because the nutrition is unknown.", "%d recipes were left out because the nutrition is unknown."))
	}
	if g.noMeals > 0 {
		out = append(out, message.Counted(g.noMeals, "%d recipe was left out because it is no meal: a sweet, a drink, a sauce, a bread, or too little.", "%d recipes were left out because they are no meals: sweets, drinks, sauces, breads, or too little."))
	}
	if n := len(g.gaps); n > 0 {
		out = append(out, message.Counted(n, "%d recipe was left out because of embedded recipes that cannot be seen, or that embed themselves: %s.", "%d recipes were left out because of embedded recipes that cannot be seen, or that embed themselves: %s.", some(g.gaps)))
	}
	if text := g.blockedBy(); !text.Empty() {
		out = append(out, text)
	}
	return out
}

// blockedBy says how many recipes unclassified ingredients keep out, and which.
func (g *gate) blockedBy() message.Text {
	if g.blocked == 0 {
		return message.Text{}
	}
	names := slices.SortedFunc(maps.Keys(g.blocking), func(a, b string) int {
		return cmp.Or(cmp.Compare(g.blocking[b], g.blocking[a]), cmp.Compare(a, b))
	})
	switch len(names) {
	case 0:
		return message.Textf("%d of %d recipes were left out because their ingredients are not known before the next import.", g.blocked, g.total)
	case 1:
		return message.Textf("%d of %d recipes were left out because this ingredient is unknown: %s.", g.blocked, g.total, some(names))
	default:
		return message.Textf("%d of %d recipes were left out because these %d ingredients are unknown: %s.", g.blocked, g.total, len(names), some(names))
	}
}

// some lists the first names in at most one line.
func some(names []string) string {
	out := make([]string, 0, namesShown+1)
	for _, n := range names[:min(len(names), namesShown)] {
		if r := []rune(n); len(r) > 60 {
			n = string(r[:59]) + "…"
		}
		out = append(out, strconv.Quote(n))
	}
	if more := len(names) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

func allergens(names []string) (allergen.Set, error) {
	var set allergen.Set
	for _, n := range names {
		s, err := allergen.Parse(n)
		if err != nil {
			return 0, fault.Wrap(fault.InvalidConstraints, "settings: allergens", err)
		}
		set |= s
	}
	return set, nil
}
