package generate

import (
	"fmt"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// DaysPerWeek is the length of a plan.
const DaysPerWeek = 7

// The limits within which no sum or product of the engine can overflow.
const (
	MaxRecipes       = 20_000
	MaxMinutes       = 100_000
	MaxRotationDays  = 100_000
	MaxPortionValues = 400                        // size of the serving grid
	MaxServing       = 100 * nutrition.OneServing // of the grid and of a lock
	MaxPerServing    = 100_000 * nutrition.Gram   // of one macro in one serving, and of a target
	MaxRatio         = 100 * RatioOne             // of the tolerance and the portion weight
)

// Ratio is a dimensionless number in ten-thousandths.
type Ratio int64

// RatioOne is the ratio 1.
const RatioOne Ratio = 10_000

// Recipe is what the engine needs to know of a dish. LastUsed is indexed by meal; 0 means never.
// Minutes 0 means unknown, hence never quick.
type Recipe struct {
	ID         recipe.ID
	Name       string
	Meals      []recipe.Meal
	PerServing nutrition.Macros
	Minutes    int
	Tags       []string
	LastUsed   [3]Date
}

// Suits reports whether the recipe lists the meal.
func (r *Recipe) Suits(m recipe.Meal) bool { return slices.Contains(r.Meals, m) }

// Portions is the grid of servings a free slot may take: Min, Min+Step, ... up to and
// including Max where it lies on the grid.
type Portions struct{ Min, Max, Step nutrition.Servings }

// Values lists the grid in ascending order. The grid must be valid.
func (p Portions) Values() []nutrition.Servings {
	out := make([]nutrition.Servings, 0, (p.Max-p.Min)/p.Step+1)
	for s := p.Min; s <= p.Max; s += p.Step {
		out = append(out, s)
	}
	return out
}

// Problem is one weekly selection problem; docs/solve-contract.md defines its fields, under
// their names in problem.json. WeekOf is a Monday.
type Problem struct {
	WeekOf        Date
	Seed          uint64
	Target        nutrition.Macros
	Tolerance     Ratio
	RotationDays  int
	Portions      Portions
	PortionWeight Ratio
	Recipes       []Recipe
	Locks         []Lock
	Skips         []Slot
	TravelDates   []Date
	QuickMinutes  int
	AvoidTags     []string
	AvoidRepeats  []recipe.ID

	MinutesLimits        []MinutesLimit
	RefuseUnknownMinutes bool // unknown_minutes is refuse
	Counts               []Count
	SamePortions         bool // batch_portions is same
	RotateByRecipe       bool // rotation_scope is recipe
}

// Day returns the i-th date of the week, from 0.
func (p *Problem) Day(i int) Date { return p.WeekOf + Date(i) }

func (p *Problem) contains(d Date) bool { return d >= p.WeekOf && d < p.WeekOf+DaysPerWeek }

func invalid(format string, args ...any) error {
	return fault.New(fault.InvalidInput, "", format, args...)
}

// Validate applies rule 3 of docs/solve-contract.md and the limits of this package. The error is
// one line of kind [fault.InvalidInput] that begins with the field's path.
func (p *Problem) Validate() error {
	if p.WeekOf <= 0 || p.WeekOf.Weekday() != time.Monday {
		return invalid("week_of: %s is not a Monday", p.WeekOf)
	}
	for _, check := range []func() error{
		p.validateNumbers, p.validateRecipes, p.validateDates, p.validateLocks, p.validateMinutesLimits, p.validateCounts,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// macroNames are the names of the macros in the contract's files, in the order of vector.
var macroNames = [3]string{"protein_g", "fat_g", "carbs_g"}

func vector(m nutrition.Macros) [3]nutrition.Mass {
	return [3]nutrition.Mass{m.Protein, m.Fat, m.Carbs}
}

func (p *Problem) validateNumbers() error {
	for i, t := range vector(p.Target) {
		switch {
		case t <= 0:
			return invalid("target.%s: must be above 0", macroNames[i])
		case t > MaxPerServing:
			return invalid("target.%s: larger than %d g", macroNames[i], MaxPerServing/nutrition.Gram)
		}
	}
	for _, r := range []struct {
		field    string
		value    int64
		min, max int64
	}{
		{"tolerance", int64(p.Tolerance), 0, int64(MaxRatio)},
		{"portion_weight", int64(p.PortionWeight), 0, int64(MaxRatio)},
	} {
		if r.value < r.min || r.value > r.max {
			return invalid("%s: must be from 0 to %d", r.field, r.max/int64(RatioOne))
		}
	}
	if p.RotationDays < 0 || p.RotationDays > MaxRotationDays {
		return invalid("rotation_days: must be from 0 to %d", MaxRotationDays)
	}
	if p.QuickMinutes < 0 || p.QuickMinutes > MaxMinutes {
		return invalid("quick_minutes: must be from 0 to %d", MaxMinutes)
	}
	q := p.Portions
	switch {
	case q.Min <= 0:
		return invalid("portions.min: must be above 0")
	case q.Step <= 0:
		return invalid("portions.step: must be above 0")
	case q.Max > MaxServing:
		return invalid("portions.max: larger than %s", MaxServing)
	case q.Min > q.Max:
		return invalid("portions.min: larger than portions.max")
	case (q.Max-q.Min)/q.Step+1 > MaxPortionValues:
		return invalid("portions.step: more than %d values from min to max", MaxPortionValues)
	}
	return nil
}

func (p *Problem) validateRecipes() error {
	if len(p.Recipes) > MaxRecipes {
		return invalid("recipes: more than %d", MaxRecipes)
	}
	seen := make(map[recipe.ID]bool, len(p.Recipes))
	for i := range p.Recipes {
		r := &p.Recipes[i]
		if seen[r.ID] {
			return invalid("recipes[%d].id: %d is listed twice", i, r.ID)
		}
		seen[r.ID] = true
		for m, v := range vector(r.PerServing) {
			if v < 0 || v > MaxPerServing {
				return invalid("recipes[%d].per_serving.%s: must be from 0 to %d", i, macroNames[m], MaxPerServing/nutrition.Gram)
			}
		}
		if r.Minutes < 0 || r.Minutes > MaxMinutes {
			return invalid("recipes[%d].minutes: must be from 0 to %d", i, MaxMinutes)
		}
		for j, m := range r.Meals {
			if m > recipe.Dinner {
				return invalid("recipes[%d].meals[%d]: unknown meal", i, j)
			}
		}
	}
	return nil
}

func (p *Problem) validateDates() error {
	skipped := make(map[Slot]bool, len(p.Skips))
	for i, s := range p.Skips {
		if err := p.validateSlot(fmt.Sprintf("skips[%d]", i), s); err != nil {
			return err
		}
		if skipped[s] {
			return invalid("skips[%d]: %s %s is skipped twice", i, s.Date, s.Meal)
		}
		skipped[s] = true
	}
	for i, d := range p.TravelDates {
		if !p.contains(d) {
			return invalid("travel_dates[%d]: %s is outside the week of %s", i, d, p.WeekOf)
		}
		if slices.Contains(p.TravelDates[:i], d) {
			return invalid("travel_dates[%d]: %s is listed twice", i, d)
		}
	}
	return nil
}

func (p *Problem) validateSlot(field string, s Slot) error {
	if s.Meal > recipe.Dinner {
		return invalid("%s.meal: unknown meal", field)
	}
	if !p.contains(s.Date) {
		return invalid("%s.date: %s is outside the week of %s", field, s.Date, p.WeekOf)
	}
	return nil
}

func (p *Problem) validateLocks() error {
	known := make(map[recipe.ID]bool, len(p.Recipes))
	for i := range p.Recipes {
		known[p.Recipes[i].ID] = true
	}
	locked := make(map[Slot]bool, len(p.Locks))
	breakfasts := make(map[recipe.ID]bool)
	for i, l := range p.Locks {
		field := fmt.Sprintf("locks[%d]", i)
		if err := p.validateSlot(field, l.Slot); err != nil {
			return err
		}
		switch {
		case !known[l.Recipe]:
			return invalid("%s.recipe: no recipe %d", field, l.Recipe)
		case locked[l.Slot]:
			return invalid("%s: %s %s is locked twice", field, l.Date, l.Meal)
		case slices.Contains(p.Skips, l.Slot):
			return invalid("%s: %s %s is skipped", field, l.Date, l.Meal)
		case l.Servings < 0:
			return invalid("%s.servings: must be above 0", field)
		case l.Servings > MaxServing:
			return invalid("%s.servings: larger than %s", field, MaxServing)
		case l.Meal == recipe.Breakfast && breakfasts[l.Recipe]:
			return invalid("%s.recipe: %d is locked for two breakfasts", field, l.Recipe)
		}
		locked[l.Slot] = true
		breakfasts[l.Recipe] = breakfasts[l.Recipe] || l.Meal == recipe.Breakfast
	}
	return nil
}
