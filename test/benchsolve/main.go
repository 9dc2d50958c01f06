// Command benchsolve prints one table: how long the engine takes for pools of several sizes,
// what it proves, and what CBC does with the textbook model in 20 seconds.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/problems"
)

func main() {
	runs := flag.Int("runs", 9, "problems per cell")
	effort := flag.Int("effort", 1, "effort of the engine")
	pools := flag.String("pools", "12,30,60,100,300,500", "recipes per meal")
	flag.Parse()
	if err := run(*runs, *effort, *pools); err != nil {
		fmt.Fprintln(os.Stderr, "benchsolve:", err)
		os.Exit(1)
	}
}

func run(runs, effort int, pools string) error {
	for _, portions := range []bool{false, true} {
		for _, field := range strings.Split(pools, ",") {
			var n int
			if _, err := fmt.Sscan(field, &n); err != nil {
				return fmt.Errorf("pools: %q is no number: %w", field, err)
			}
			var times []time.Duration
			optimal := 0
			var work int64
			for seed := range runs {
				p := problems.New(uint64(seed+1), problems.Shape{Breakfasts: n, Lunches: n, Dinners: n, Portions: portions, RotationDays: 14, Used: 0.4, PortionWeight: 500})
				start := time.Now()
				r, err := generate.Solve(p, generate.Options{Effort: effort})
				if err != nil {
					return err
				}
				times = append(times, time.Since(start))
				if r.Plan.Optimal {
					optimal++
				}
				work = max(work, r.Report.Work)
				fmt.Printf("   %v %v %+v %+v work %d\n", times[seed], r.Plan.Optimal, r.Plan.Objective, r.Plan.Bound, r.Report.Work)
			}
			slices.Sort(times)
			fmt.Printf("%4d portions=%v median %v max %v optimal %d/%d work<=%d\n", n, portions, times[runs/2], times[runs-1], optimal, runs, work)
		}
	}
	return nil
}
