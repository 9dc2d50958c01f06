package problems

import (
	"fmt"
	"math/rand/v2"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// demand adds what version 2 of the contract knows. It has a sequence of its own, so that the
// problem is the same otherwise.
func demand(seed uint64, p *generate.Problem, s Shape) {
	r := rand.New(rand.NewPCG(seed, 0x636f6f6b))
	for i := range p.Recipes {
		if of := &p.Recipes[i]; s.Anytime > 0 && of.Meals[0] == recipe.Breakfast && r.Float64() < s.Anytime {
			of.Meals = append(of.Meals, recipe.Lunch)
		}
	}
	for range s.Limits {
		p.MinutesLimits = append(p.MinutesLimits, generate.MinutesLimit{
			Dates: dates(r, p), Meals: meals(r), Minutes: []int{5, 10, 15, 20, 25, 30, 40}[r.IntN(7)],
		})
	}
	p.RefuseUnknownMinutes, p.SamePortions, p.RotateByRecipe = s.RefuseUnknown, s.Same, s.ByRecipe
	for i := range s.Counts {
		c := generate.Count{Name: fmt.Sprintf("count %d", i+1), Meals: meals(r), Of: generate.CountSlots}
		for _, j := range r.Perm(len(tags))[:1+r.IntN(3)] {
			c.Tags = append(c.Tags, tags[j])
		}
		if r.IntN(2) == 0 {
			c.Of = generate.CountRecipes
		}
		kind := r.IntN(3)
		if kind != 0 {
			c.Min = r.IntN(6)
		}
		if kind != 1 {
			most := c.Min + r.IntN(3)
			c.Max = &most
		}
		p.Counts = append(p.Counts, c)
	}
}

func dates(r *rand.Rand, p *generate.Problem) (out []generate.Date) {
	for _, i := range r.Perm(generate.DaysPerWeek)[:1+r.IntN(generate.DaysPerWeek)] {
		out = append(out, p.Day(i))
	}
	return out
}

func meals(r *rand.Rand) (out []recipe.Meal) {
	for _, i := range r.Perm(len(recipe.Meals))[:1+r.IntN(len(recipe.Meals))] {
		out = append(out, recipe.Meal(i))
	}
	return out
}
