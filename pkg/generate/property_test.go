package generate_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

func anyProblem(t *rapid.T) generate.Problem {
	n := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	return problems.New(rapid.Uint64().Draw(t, "seed"), problems.Shape{
		Breakfasts: n("breakfasts", 8, 14), Lunches: n("lunches", 3, 9), Dinners: n("dinners", 3, 9),
		Portions: rapid.Bool().Draw(t, "portions"), Both: 0.3, Used: 0.5, RotationDays: n("rotation", 0, 30),
		Locks: n("locks", 0, 4), Skips: n("skips", 0, 3), TravelDates: n("travel", 0, 1), AvoidRepeats: n("repeats", 0, 4),
		Tolerance: generate.Ratio(n("tolerance", 100, 2000)), PortionWeight: generate.Ratio(n("weight", 0, 1000)),
		Limits: n("limits", 0, 1), Counts: n("counts", 0, 1), Same: rapid.Bool().Draw(t, "same"), ByRecipe: rapid.Bool().Draw(t, "by recipe"),
	})
}

// plan solves a problem, and skips those few that take more than a second or so to prove: of an
// unproven week no property holds.
func plan(t *rapid.T, p generate.Problem) generate.Plan {
	r, err := generate.SolveWithin(p, 100_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Plan.Optimal {
		t.Skip("not proven")
	}
	return r.Plan
}

func anyPlan(t *rapid.T) (generate.Problem, generate.Plan) {
	p := anyProblem(t)
	first := plan(t, p)
	if first.Status == generate.Infeasible {
		t.Skip("infeasible")
	}
	return p, first
}

// worse reports whether b is worse than a by more than rounding.
func worse(a, b generate.Plan) bool {
	if a.Status == generate.Infeasible || b.Status == generate.Infeasible {
		return b.Status == generate.Infeasible && a.Status != generate.Infeasible
	}
	o := a.Objective
	o.Cost += 1e-9
	return o.Less(b.Objective)
}

func TestRemovingARecipeNeverImproves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyProblem(t)
		all := plan(t, p)
		gone := p.Recipes[rapid.IntRange(0, len(p.Recipes)-1).Draw(t, "recipe")].ID
		if slices.ContainsFunc(p.Locks, func(l generate.Lock) bool { return l.Recipe == gone }) {
			t.Skip("locked")
		}
		p.Recipes = slices.DeleteFunc(slices.Clone(p.Recipes), func(r generate.Recipe) bool { return r.ID == gone })
		if fewer := plan(t, p); worse(fewer, all) {
			t.Fatalf("without recipe %d %+v, with it %+v", gone, fewer.Objective, all.Objective)
		}
	})
}

// The larger pool is one for which the search tries a few pairs first, the smaller is not; no
// day can be in band.
func TestALargerPoolIsNeverWorseFarOffTheTarget(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= 25; seed++ {
		p := problems.New(seed, problems.Shape{Breakfasts: 9, Lunches: 29, Dinners: 29, Portions: true, Tolerance: 10})
		fewer := p
		fewer.Recipes = slices.Concat(p.Recipes[:36], p.Recipes[38:65])
		large, small := solve(t, p, generate.Options{}).Plan, solve(t, fewer, generate.Options{}).Plan
		if worse(small, large) {
			t.Errorf("seed %d: with all recipes %+v, with fewer %+v", seed, large.Objective, small.Objective)
		}
	}
}

func TestWideningTheBandNeverWorsens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyProblem(t)
		narrow := plan(t, p)
		p.Tolerance += generate.Ratio(rapid.IntRange(1, 2000).Draw(t, "wider"))
		if wide := plan(t, p); worse(narrow, wide) {
			t.Fatalf("wider %+v, narrower %+v", wide.Objective, narrow.Objective)
		}
	})
}

func TestALockedPlanPlannedAgainIsItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, first := anyPlan(t)
		date, meal := p.WeekOf+generate.Date(rapid.IntRange(0, 6).Draw(t, "day")), recipe.Meal(rapid.IntRange(0, 2).Draw(t, "meal"))
		p.Skips = append(slices.Clone(p.Skips), generate.Slot{Date: date, Meal: meal})
		p.Skips = slices.CompactFunc(p.Skips, func(a, b generate.Slot) bool { return a == b })
		if slices.Contains(p.Skips[:len(p.Skips)-1], p.Skips[len(p.Skips)-1]) {
			t.Skip("skipped already")
		}
		p.Locks = nil
		for _, d := range first.Days {
			for m, s := range d.Meals {
				slot := generate.Slot{Date: d.Date, Meal: recipe.Meal(m)}
				if s != nil && !slices.Contains(p.Skips, slot) {
					p.Locks = append(p.Locks, generate.Lock{Slot: slot, Recipe: s.Recipe, Servings: s.Servings})
				}
			}
		}
		again := plan(t, p)
		for i, d := range again.Days {
			for m, s := range d.Meals {
				want := first.Days[i].Meals[m]
				if s == nil {
					continue
				}
				if s.Recipe != want.Recipe || s.Servings != want.Servings || s.Source != generate.Locked {
					t.Fatalf("%s: %+v became %+v", d.Date, *want, *s)
				}
			}
		}
	})
}

func TestRegenerateKeepsTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, first := anyPlan(t)
		scope := generate.Scope{}
		if rapid.Bool().Draw(t, "part") {
			scope.Date = p.WeekOf + generate.Date(rapid.IntRange(0, 6).Draw(t, "day"))
			if rapid.Bool().Draw(t, "one meal") {
				m := recipe.Meal(rapid.IntRange(0, 2).Draw(t, "meal"))
				scope.Meal = &m
			}
		}
		next, err := generate.Regenerate(p, first, scope)
		if err != nil {
			t.Fatal(err)
		}
		again := plan(t, next)
		if again.Status == generate.Infeasible {
			t.Fatal("the old pick would have done")
		}
		if err := referee(next, again); err != nil {
			t.Fatal(err)
		}
		for i, d := range first.Days {
			for m, s := range d.Meals {
				inside := scope.Date == 0 || scope.Date == d.Date && (scope.Meal == nil || *scope.Meal == recipe.Meal(m))
				now := again.Days[i].Meals[m]
				if inside || s == nil {
					continue
				}
				if !reflect.DeepEqual([2]any{s.Recipe, s.Servings}, [2]any{now.Recipe, now.Servings}) {
					t.Fatalf("%s %s: %+v became %+v", d.Date, recipe.Meal(m), *s, *now)
				}
			}
		}
	})
}

// Explain ends its second search early; it must say what a whole one would.
func TestConstraintViolationIsWhatSolvingWithoutConstraintsSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyProblem(t)
		if rapid.Bool().Draw(t, "avoid") {
			p.AvoidTags = []string{"pork"}
		}
		plan(t, p)
		free := p
		free.Locks, free.Skips, free.TravelDates, free.AvoidTags, free.MinutesLimits = nil, nil, nil, nil, nil
		best := plan(t, free)
		r, err := generate.Solve(p, generate.Options{Explain: true})
		if err != nil {
			t.Fatal(err)
		}
		r.Plan.Objective.Cost -= 1e-9 // sums of the same deviations in another order
		want := best.Status != generate.Infeasible && (r.Plan.Status == generate.Infeasible || best.Objective.Less(r.Plan.Objective))
		if got := slices.Contains(r.Report.Conflicts, generate.ConstraintViolation); got != want {
			t.Fatalf("ConstraintViolation: %t; with %+v, without %+v", got, r.Plan.Objective, best.Objective)
		}
	})
}
