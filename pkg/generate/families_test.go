package generate_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

// family is a kind of generated problem, small enough for [bruteForce].
type family struct {
	name  string
	shape func(r *rand.Rand) problems.Shape
}

func small(r *rand.Rand) problems.Shape {
	return problems.Shape{Breakfasts: 7 + r.IntN(3), Lunches: 2 + r.IntN(3), Dinners: 2 + r.IntN(3), Tolerance: generate.Ratio(300 * (1 + r.IntN(8)))}
}

// demanding is small with a grid of few portions.
func demanding(r *rand.Rand) problems.Shape {
	s := small(r)
	half := nutrition.OneServing / 2
	s.Grid = generate.Portions{Min: half, Max: half * nutrition.Servings(2+r.IntN(3)), Step: half}
	s.PortionWeight, s.Both = generate.Ratio(250*r.IntN(3)), 0.3
	s.Locks, s.Skips, s.TravelDates, s.AvoidRepeats = r.IntN(4), r.IntN(3), r.IntN(3), r.IntN(4)
	return s
}

var families = []family{
	{"plain", small},
	{"portions", func(r *rand.Rand) problems.Shape {
		s := small(r)
		s.Portions, s.PortionWeight = true, generate.Ratio(250*r.IntN(4))
		return s
	}},
	{"overlap", func(r *rand.Rand) problems.Shape {
		s := small(r)
		s.Both, s.Portions = 0.6, r.IntN(4) == 0
		s.TravelDates = r.IntN(2)
		return s
	}},
	{"everything", func(r *rand.Rand) problems.Shape {
		s := small(r)
		s.Lunches, s.Dinners = 4+r.IntN(2), 4
		s.Breakfasts = 8 + r.IntN(2)
		s.Both, s.Used, s.RotationDays = 0.4, 0.7, 5+r.IntN(30)
		s.Locks, s.Skips, s.TravelDates = 1+r.IntN(5), 1+r.IntN(4), r.IntN(3)
		s.AvoidTags, s.AvoidRepeats = r.IntN(2), r.IntN(6)
		s.Portions, s.PortionWeight = r.IntN(2) == 0, generate.Ratio(500*r.IntN(2))
		return s
	}},
	{"regenerated", func(r *rand.Rand) problems.Shape {
		s := small(r)
		s.Lunches, s.Dinners = 3+r.IntN(3), 3+r.IntN(2)
		s.Locks, s.Both, s.AvoidRepeats, s.Portions = 10+r.IntN(11), 0.3, 3, true
		s.Breakfasts = 9
		return s
	}},
	{"scarce", func(r *rand.Rand) problems.Shape {
		s := small(r)
		s.Breakfasts, s.Lunches, s.Dinners = 6+r.IntN(3), 1+r.IntN(3), 1+r.IntN(3)
		s.Both, s.AvoidTags, s.TravelDates, s.Locks = 0.8, r.IntN(3), r.IntN(3), r.IntN(6)
		return s
	}},
	{"minutes limits", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Breakfasts, s.Lunches, s.Dinners = 8+r.IntN(3), 3+r.IntN(4), 3+r.IntN(4)
		s.Limits, s.RefuseUnknown, s.AvoidTags = 1+r.IntN(3), r.IntN(3) == 0, r.IntN(2)
		return s
	}},
	{"counts", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Lunches, s.Dinners, s.Counts = 3+r.IntN(2), 3+r.IntN(2), 1+r.IntN(4)
		s.Used, s.RotationDays = 0.8, 5+r.IntN(40)
		if s.Counts == 1 {
			s.Anytime, s.TravelDates = 0.3, 0
		}
		return s
	}},
	{"counts of a few", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Breakfasts, s.Lunches, s.Dinners, s.Both, s.Grid = 9, 3, 3, 0.8, generate.Portions{}
		s.Counts, s.TravelDates, s.Locks = 2+r.IntN(2), r.IntN(4), r.IntN(8)
		return s
	}},
	{"same portions", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Lunches, s.Dinners, s.Same = 2+r.IntN(2), 2+r.IntN(2), true
		return s
	}},
	{"rotation by recipe", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Both, s.Used, s.RotationDays, s.ByRecipe = 0.8, 0.7, 5+r.IntN(40), true
		return s
	}},
	{"all demands", func(r *rand.Rand) problems.Shape {
		s := demanding(r)
		s.Lunches, s.Dinners, s.Both = 3, 3, 0.5
		s.Used, s.RotationDays, s.ByRecipe, s.Same = 0.6, 5+r.IntN(30), true, true
		s.Limits, s.RefuseUnknown, s.Counts, s.AvoidTags = r.IntN(2)+1, r.IntN(4) == 0, 1+r.IntN(3), r.IntN(2)
		return s
	}},
}

// compareWithBruteForce solves one generated problem both ways. The plan goes through its
// file, so that the referee judges what a reader would see.
func compareWithBruteForce(t *testing.T, f family, seed uint64) generate.Status {
	t.Helper()
	p := problems.New(seed, f.shape(rand.New(rand.NewPCG(seed, 7))))
	want := newBruteForce(p).solve()
	result, err := generate.Solve(p, generate.Options{})
	if err != nil {
		t.Fatalf("%s seed %d: %v", f.name, seed, err)
	}
	plan := result.Plan
	if want.impossible || plan.Status == generate.Infeasible {
		if !want.impossible || plan.Status != generate.Infeasible || len(plan.Reasons) == 0 {
			t.Fatalf("%s seed %d: status %s with reasons %v, brute force says impossible %v", f.name, seed, plan.Status, plan.Reasons, want.impossible)
		}
		blamesRule10(t, p, plan.Reasons)
		return plan.Status
	}
	if err := referee(p, throughFile(t, plan)); err != nil {
		t.Fatalf("%s seed %d: %v", f.name, seed, err)
	}
	got := plan.Objective
	if !plan.Optimal || got.DaysOut != want.out || got.CountsMissed != want.missed || got.Repeats != want.repeats || got.RotationDebt != want.debt || math.Abs(got.Cost-want.cost) > 1e-7 {
		t.Fatalf("%s seed %d: %+v optimal %v, brute force finds %+v", f.name, seed, got, plan.Optimal, want)
	}
	return plan.Status
}

// blamesRule10 fails unless the reasons name rule 10 where the week is possible without it.
func blamesRule10(t *testing.T, p generate.Problem, reasons []generate.Reason) {
	t.Helper()
	p.MinutesLimits = nil
	if newBruteForce(p).solve().impossible {
		return
	}
	for _, r := range reasons {
		if r.Rule != 10 {
			t.Fatalf("seed %d: %+v, but the week is possible without limits", p.Seed, r)
		}
	}
}

func throughFile(t *testing.T, plan generate.Plan) generate.Plan {
	t.Helper()
	var file bytes.Buffer
	if err := solvefile.EncodePlan(&file, plan); err != nil {
		t.Fatal(err)
	}
	back, err := solvefile.DecodePlan(&file)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// againstBruteForce runs the seeds first, first+1, ... of every family.
func againstBruteForce(t *testing.T, first uint64, each int) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for _, f := range families {
		for i := range each {
			status := compareWithBruteForce(t, f, first+uint64(i))
			counts[string(status)]++
		}
		t.Logf("%s: seeds %d to %d agree", f.name, first, first+uint64(each)-1)
	}
	t.Log(fmt.Sprint(counts))
	return counts
}

func TestSampleAgainstBruteForce(t *testing.T) {
	t.Parallel()
	againstBruteForce(t, 1, 7)
}

// With room for few patterns of a pair, days are divided only once both pairs are known; the
// weeks are as good.
func TestDividingDaysLateMakesNoDifference(t *testing.T) {
	t.Parallel()
	missed := 0
	for _, f := range families {
		for seed := uint64(1); seed <= 6; seed++ {
			p := problems.New(seed, f.shape(rand.New(rand.NewPCG(seed, 7))))
			if len(p.Counts) == 0 {
				continue
			}
			want := solve(t, p, generate.Options{}).Plan
			missed += want.Objective.CountsMissed
			for _, patterns := range []int{8, 40} {
				r, err := generate.SolveDividing(p, patterns)
				if err != nil {
					t.Fatalf("%s seed %d: %v", f.name, seed, err)
				}
				got := r.Plan.Objective
				if off := got.Cost - want.Objective.Cost; math.Abs(off) < 1e-9 {
					got.Cost = want.Objective.Cost
				}
				if got != want.Objective || r.Plan.Optimal != want.Optimal {
					t.Errorf("%s seed %d: with %d patterns %+v, without %+v", f.name, seed, patterns, got, want.Objective)
				}
			}
		}
	}
	if missed < 10 {
		t.Errorf("only %d counts missed: nothing is at stake", missed)
	}
}

// However little work is allowed, the plan keeps the rules, and the optimum lies between
// its bound and its objective.
func TestBoundsAreHonestOnAnyBudget(t *testing.T) {
	t.Parallel()
	unproven := 0
	for _, f := range families {
		for seed := uint64(300); seed < 312; seed++ {
			unproven += honest(t, f, seed)
		}
	}
	if unproven < 50 {
		t.Errorf("only %d unproven answers: the budgets are too large to test anything", unproven)
	}
}

// above reports whether a is above b by more than rounding.
func above(a, b generate.Objective) bool {
	b.Cost += 1e-9
	return b.Less(a)
}

func honest(t *testing.T, f family, seed uint64) (unproven int) {
	t.Helper()
	p := problems.New(seed, f.shape(rand.New(rand.NewPCG(seed, 7))))
	best, err := generate.Solve(p, generate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	optimum := best.Plan.Objective
	for _, budget := range []int64{0, 1, 30, 300, 1000, 3000, 10_000} {
		r, err := generate.SolveWithin(p, budget)
		if err != nil {
			t.Fatalf("%s seed %d budget %d: %v", f.name, seed, budget, err)
		}
		if r.Plan.Status == generate.Infeasible || best.Plan.Status == generate.Infeasible {
			if r.Plan.Status != best.Plan.Status {
				t.Fatalf("%s seed %d budget %d: %s, in truth %s", f.name, seed, budget, r.Plan.Status, best.Plan.Status)
			}
			continue
		}
		if err := referee(p, r.Plan); err != nil {
			t.Fatalf("%s seed %d budget %d: %v", f.name, seed, budget, err)
		}
		o := r.Plan.Objective
		o.Cost += 1e-9
		if o.Less(optimum) || above(r.Plan.Bound, optimum) {
			t.Fatalf("%s seed %d budget %d: optimum %+v is not between %+v and %+v", f.name, seed, budget, optimum, r.Plan.Bound, r.Plan.Objective)
		}
		if !r.Plan.Optimal {
			unproven++
		}
	}
	return unproven
}
