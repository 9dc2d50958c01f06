package generate

import (
	"cmp"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// batch is what the free slots of one alternating meal hold: a recipe, and with rule 12 the
// servings they share. 0 servings are free in each slot.
type batch struct {
	rec      int32
	servings nutrition.Servings
}

// mostBatches is how many batches of a meal are looked at, so that a table holds all pairs.
const mostBatches = 1000

// buildBatches lists the batches of each meal, with rule 12 those of natural portions first.
func (m *model) buildBatches() {
	grid := []nutrition.Servings{0}
	if m.problem.SamePortions {
		grid = slices.Clone(m.grid)
		slices.SortStableFunc(grid, func(a, b nutrition.Servings) int { return cmp.Compare(unnatural(a), unnatural(b)) })
	}
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		for _, servings := range grid {
			for _, rec := range m.eligible[meal] {
				m.batches[meal] = append(m.batches[meal], batch{rec, servings})
			}
		}
	}
}

// unnatural is how far servings are from one.
func unnatural(s nutrition.Servings) nutrition.Servings {
	return max(s-nutrition.OneServing, nutrition.OneServing-s)
}

// batchOptions turns the batches of a meal into options of a day with k slots.
func (m *model) batchOptions(meal recipe.Meal, k int) []option {
	out := make([]option, len(m.batches[meal]))
	for i, b := range m.batches[meal] {
		out[i] = option{rec: b.rec, chosen: true}
		if b.servings == 0 {
			out[i].points = m.points(b.rec, k)
			continue
		}
		p := m.point(b.rec, k, b.servings)
		p.penalty = m.penalty(b.servings)
		out[i].points = []point{p}
	}
	return out
}
