package planner

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Report says what a user can plan from a library, and what keeps recipes out.
type Report struct {
	Recipes int                 `json:"recipes"`  // in the library
	Usable  map[recipe.Meal]int `json:"usable"`   // of them, by meal
	LeftOut []LeftOut           `json:"left_out"` // by reason, the most frequent first
	Unknown []UnknownFood       `json:"unknown"`  // the foods whose answer would free most recipes first

	Dishes []Dish `json:"-"` // all of the library, by name
}

// Dish is a recipe of the library as the next plan would find it.
type Dish struct {
	ID        recipe.ID
	Name      string
	Meals     []recipe.Meal // it may be planned for; none where it is left out
	Kcal      float64       // a serving has; 0: not known
	Estimated bool          // from the tables, not the recipe
	Reason    Reason        // why it is left out; "": it can be planned
	Said      message.Text  // the same, continuing its name
}

// dishOf says how a gate found a recipe.
func dishOf(r recipe.Recipe, why *rejection) Dish {
	d := Dish{ID: r.ID, Name: r.Name}
	if r.Nutrition != recipe.Unknown && r.Nutrition != "" && r.PerServing.Validate() == nil {
		d.Kcal, d.Estimated = r.PerServing.Energy().Kcal(), r.Nutrition == recipe.Estimated
	}
	if why != nil {
		d.Reason, d.Said = why.reason, why.text
		return d
	}
	d.Meals = r.Meals
	return d
}

// LeftOut is a reason with the recipes that it keeps out.
type LeftOut struct {
	Reason  Reason     `json:"reason"`
	Recipes []Rejected `json:"recipes"`
}

// Rejected is a recipe that is left out.
type Rejected struct {
	ID   recipe.ID `json:"id"`
	Name string    `json:"name"`
	Why  string    `json:"why"` // continues its name

	Said message.Text `json:"-"` // the same
}

// UnknownFood is an ingredient that the tables do not know.
type UnknownFood struct {
	Name    string `json:"food"`
	Recipes int    `json:"recipes"` // that are left out for it, among others
	Frees   int    `json:"frees"`   // that are left out for it alone
}

// Explain reports on a pool as the next plan of the user would find it.
func Explain(u user.User, pool recipe.Pool) (Report, error) {
	g, err := newGate(u.Settings, pool)
	if err != nil {
		return Report{}, err
	}
	out := Report{Recipes: len(pool.Recipes), Usable: map[recipe.Meal]int{}, LeftOut: []LeftOut{}, Unknown: []UnknownFood{}}
	by := map[Reason][]Rejected{}
	unknown := map[string]UnknownFood{}
	for _, r := range pool.Recipes {
		admitted, why := g.admit(r)
		out.Dishes = append(out.Dishes, dishOf(admitted, why))
		if why == nil {
			for _, m := range admitted.Meals {
				out.Usable[m]++
			}
			continue
		}
		by[why.reason] = append(by[why.reason], Rejected{r.ID, r.Name, why.text.String(), why.text})
		for _, name := range slices.Compact(slices.Sorted(slices.Values(why.foods))) {
			f := unknown[name]
			f.Name = name
			f.Recipes++
			if len(why.foods) == 1 {
				f.Frees++
			}
			unknown[name] = f
		}
	}
	for reason, recipes := range by {
		out.LeftOut = append(out.LeftOut, LeftOut{reason, recipes})
	}
	slices.SortFunc(out.LeftOut, func(a, b LeftOut) int {
		return cmp.Or(len(b.Recipes)-len(a.Recipes), cmp.Compare(a.Reason, b.Reason))
	})
	out.Unknown = slices.SortedFunc(maps.Values(unknown), func(a, b UnknownFood) int {
		return cmp.Or(b.Frees-a.Frees, b.Recipes-a.Recipes, cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(out.Dishes, func(a, b Dish) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	if out.Unknown == nil {
		out.Unknown = []UnknownFood{}
	}
	return out, nil
}

// Named are the dishes whose names hold a text, in any case.
func Named(dishes []Dish, text string) []Dish {
	text = strings.ToLower(strings.TrimSpace(text))
	return slices.DeleteFunc(slices.Clone(dishes), func(d Dish) bool { return !strings.Contains(strings.ToLower(d.Name), text) })
}
