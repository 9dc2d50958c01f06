package planner_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// A process whose tables are loaded makes its first plan with the memory that its second takes; without, it
// takes eighty times as much. A process of its own makes it, since tables are loaded once.
func TestTheFirstPlanWaitsForNoTable(t *testing.T) {
	t.Parallel()
	const alone = "MEALPLANNER_TEST_ALONE"
	if os.Getenv(alone) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheFirstPlanWaitsForNoTable$")
		cmd.Env = append(os.Environ(), alone+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	planner.LoadTables()
	p := &ports{pool: recipe.Pool{Recipes: library(func(int) []string { return []string{"cooked rice", "lemon juice", "feta"} })}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.Allergens, p.in.User.Settings.Diets = []string{"nuts"}, []string{"vegetarian"}
	takes := func() uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if first, second := takes(), takes(); first > 2*second {
		t.Errorf("the first plan takes %d bytes, the second %d: a table was not loaded", first, second)
	}
}
