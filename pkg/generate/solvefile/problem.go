// Package solvefile reads and writes problem.json and plan.json, as docs/solve-contract.md
// defines them. Reading is strict; writing gives the same bytes for the same value.
package solvefile

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// DecodeProblem reads a problem.json and validates it. Errors are of kind
// [fault.InvalidInput] and one line that begins with the path of the field.
func DecodeProblem(in io.Reader) (generate.Problem, error) {
	root, err := parse(in)
	if err != nil {
		return generate.Problem{}, err
	}
	f := open(&root, "week_of", "seed", "target", "tolerance", "rotation_days", "portions", "portion_weight",
		"recipes", "locks", "skips", "travel_dates", "quick_minutes", "avoid_tags", "avoid_repeats",
		"minutes_limits", "unknown_minutes", "counts", "batch_portions", "rotation_scope")
	p := generate.Problem{
		WeekOf:        f.date("week_of"),
		Seed:          f.seed("seed"),
		Target:        f.macros("target"),
		Tolerance:     generate.Ratio(f.decimal("tolerance", true)),
		RotationDays:  f.whole("rotation_days", true),
		Portions:      f.portions(),
		PortionWeight: generate.Ratio(f.decimal("portion_weight", false)),
		QuickMinutes:  f.whole("quick_minutes", true),
		Recipes:       f.recipes(),
		Locks:         f.locks(),
		Skips:         f.skips(),
		AvoidTags:     f.texts("avoid_tags", false),

		MinutesLimits:        f.minutesLimits(),
		RefuseUnknownMinutes: f.either("unknown_minutes", "allow", "refuse"),
		Counts:               f.counts(),
		SamePortions:         f.either("batch_portions", "free", "same"),
		RotateByRecipe:       f.either("rotation_scope", "meal", "recipe"),
	}
	f.each("travel_dates", false, func(_ int, n *node) { p.TravelDates = append(p.TravelDates, f.asDate(n)) })
	f.each("avoid_repeats", false, func(_ int, n *node) { p.AvoidRepeats = append(p.AvoidRepeats, f.asID(n)) })
	if f.err != nil {
		return generate.Problem{}, f.err
	}
	if err := p.Validate(); err != nil {
		return generate.Problem{}, err
	}
	return p, nil
}

func (f *fields) seed(name string) uint64 {
	n := f.get(name, number, true)
	if n == nil {
		return 0
	}
	v, err := strconv.ParseUint(string(n.value.(json.Number)), 10, 64)
	if err != nil {
		f.fail(n.path, "not an unsigned 64-bit number")
	}
	return v
}

func (f *fields) portions() (p generate.Portions) {
	n := f.get("portions", object, true)
	if n == nil {
		return p
	}
	g := open(n, "min", "max", "step")
	p.Min = nutrition.Servings(g.decimal("min", true))
	p.Max = nutrition.Servings(g.decimal("max", true))
	p.Step = nutrition.Servings(g.decimal("step", true))
	f.adopt(g)
	return p
}

func (f *fields) texts(name string, required bool) (out []string) {
	f.each(name, required, func(_ int, n *node) {
		s, ok := n.value.(string)
		if !ok {
			f.fail(n.path, "is %s, want a string", kindNames[n.kind])
		}
		out = append(out, s)
	})
	return out
}

func (f *fields) recipes() (out []generate.Recipe) {
	f.each("recipes", true, func(_ int, n *node) {
		g := open(n, "id", "name", "meals", "per_serving", "minutes", "tags", "last_used")
		r := generate.Recipe{
			ID:         g.id("id"),
			Name:       g.text("name"),
			PerServing: g.macros("per_serving"),
			Minutes:    g.whole("minutes", false),
			Tags:       g.texts("tags", false),
			LastUsed:   g.lastUsed(),
		}
		g.each("meals", true, func(_ int, n *node) {
			if m := g.asMeal(n); !slices.Contains(r.Meals, m) {
				r.Meals = append(r.Meals, m)
			}
		})
		f.adopt(g)
		out = append(out, r)
	})
	return out
}

func (f *fields) lastUsed() (out [3]generate.Date) {
	n := f.get("last_used", object, false)
	if n == nil {
		return out
	}
	g := open(n, "breakfast", "lunch", "dinner")
	for _, m := range recipe.Meals {
		if g.has(m.String()) {
			out[m] = g.date(m.String())
		}
	}
	f.adopt(g)
	return out
}

func (f *fields) locks() (out []generate.Lock) {
	f.each("locks", false, func(_ int, n *node) {
		g := open(n, "date", "meal", "recipe", "servings")
		l := generate.Lock{Slot: g.slot(), Recipe: g.id("recipe")}
		if g.has("servings") {
			if l.Servings = nutrition.Servings(g.decimal("servings", true)); l.Servings == 0 {
				g.fail(n.child("servings"), "must be above 0")
			}
		}
		f.adopt(g)
		out = append(out, l)
	})
	return out
}

func (f *fields) skips() (out []generate.Slot) {
	f.each("skips", false, func(_ int, n *node) {
		g := open(n, "date", "meal")
		out = append(out, g.slot())
		f.adopt(g)
	})
	return out
}

func (f *fields) slot() generate.Slot {
	return generate.Slot{Date: f.date("date"), Meal: f.meal("meal")}
}
