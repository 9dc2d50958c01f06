//go:build oracle

package generate_test

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/cbc"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

func TestAgainstCBC(t *testing.T) {
	if !cbc.Available() {
		if os.Getenv("CI") == "true" {
			t.Fatal("cbc is not installed: apt-get install coinor-cbc")
		}
		t.Skip("cbc is not installed: apt-get install coinor-cbc")
	}
	for seed := uint64(1); seed <= 21; seed++ {
		s := small(rand.New(rand.NewPCG(seed, 9)))
		s.Locks, s.Skips, s.TravelDates, s.AvoidRepeats = int(seed%4), int(seed%3), int(seed%2), int(seed%5)
		s.Lunches, s.Dinners = 4, 4
		s.Used, s.RotationDays, s.Both = 0.5, 20, 0.3
		if seed%2 == 0 {
			half := nutrition.OneServing / 2
			s.Grid, s.PortionWeight = generate.Portions{Min: half, Max: 3 * half, Step: half}, 500
			s.Breakfasts, s.Lunches, s.Dinners, s.Locks, s.Skips = 8, 3, 3, 9, 1
		}
		if seed > 10 { // without portions, which take CBC minutes
			if seed%2 == 0 {
				continue
			}
			s.Limits, s.Counts, s.ByRecipe, s.Same = int(seed%2), 1+int(seed%3), seed%3 == 0, seed%4 < 2
		}
		p := problems.New(seed, s)
		want, feasible, err := cbc.Lexicographic(t.Context(), t.TempDir(), p, 60)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := generate.Solve(p, generate.Options{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		o := got.Plan.Objective
		if feasible != (got.Plan.Status != generate.Infeasible) || feasible && (o.DaysOut != want.DaysOut || o.CountsMissed != want.CountsMissed || o.Repeats != want.Repeats ||
			o.RotationDebt != want.RotationDebt || math.Abs(o.Cost-want.Cost) > 1e-5) {
			t.Errorf("seed %d: %s %+v, cbc finds %+v, feasible %v", seed, got.Plan.Status, o, want, feasible)
		}
		t.Logf("seed %d: %s %+v", seed, got.Plan.Status, o)
	}
}
