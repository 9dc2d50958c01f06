package generate

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// The limits of counts, so that all misses of a week fit their part of a value.
const (
	MaxCounts = 100
	MaxCount  = 10_000
)

// CountOf says what a [Count] counts.
type CountOf string

// What counts count.
const (
	CountSlots   CountOf = "slots"   // slots with such a recipe
	CountRecipes CountOf = "recipes" // different recipes in them
)

// Count is an entry of counts (rule 11). Max is nil where there is no limit.
type Count struct {
	Name  string
	Tags  []string
	Meals []recipe.Meal
	Of    CountOf
	Min   int
	Max   *int
}

// counts reports whether the recipe is one that the count is about.
func (c *Count) counts(r *Recipe) bool {
	return slices.ContainsFunc(c.Tags, func(t string) bool { return slices.Contains(r.Tags, t) })
}

// missed is by how much n is out of the count's bounds.
func (c *Count) missed(n int) int { return c.missedBetween(n, n) }

// missedBetween is the least miss of a number from low to high.
func (c *Count) missedBetween(low, high int) int {
	missed := max(0, c.Min-high)
	if c.Max != nil {
		missed += max(0, low-*c.Max)
	}
	return missed
}

func (p *Problem) validateCounts() error {
	if len(p.Counts) > MaxCounts {
		return invalid("counts: more than %d", MaxCounts)
	}
	for i := range p.Counts {
		c, field := &p.Counts[i], fmt.Sprintf("counts[%d]", i)
		if err := validateMeals(field, c.Meals); err != nil {
			return err
		}
		switch {
		case c.Name == "":
			return invalid("%s.name: empty", field)
		case slices.ContainsFunc(p.Counts[:i], func(o Count) bool { return o.Name == c.Name }):
			return invalid("%s.name: %q is given twice", field, c.Name)
		case len(c.Tags) == 0:
			return invalid("%s.tags: empty", field)
		case c.Of != CountSlots && c.Of != CountRecipes:
			return invalid("%s.of: unknown: want slots or recipes", field)
		case c.Min < 0 || c.Min > MaxCount:
			return invalid("%s.min: must be from 0 to %d", field, MaxCount)
		case c.Max == nil:
		case *c.Max < 0 || *c.Max > MaxCount:
			return invalid("%s.max: must be from 0 to %d", field, MaxCount)
		case c.Min > *c.Max:
			return invalid("%s.min: larger than max", field)
		}
	}
	return nil
}
