// Command benchsolve prints one table: how long the engine takes for pools of several sizes
// with and without portions, what it proves, and what CBC does with the textbook model of the
// first of the same problems. CBC minimises one weighted sum in place of the strict order, which
// is easier.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/test/kit/cbc"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

type settings struct {
	runs, effort, seconds int
	pools                 []int
	wishes                string
}

func main() {
	var s settings
	pools := flag.String("pools", "12,30,60,100,300,500", "recipes per meal, comma-separated")
	flag.IntVar(&s.runs, "runs", 9, "problems per cell")
	flag.IntVar(&s.effort, "effort", generate.DefaultEffort, "effort of the engine")
	flag.IntVar(&s.seconds, "cbc-seconds", 20, "time for CBC per cell; 0 leaves it out")
	flag.StringVar(&s.wishes, "wishes", "", "what the problems have of the contract's version 2: counts, batches or all")
	flag.Parse()
	err := s.parse(*pools)
	if err == nil {
		err = s.run(context.Background(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchsolve:", err)
		os.Exit(1)
	}
}

func (s *settings) parse(pools string) error {
	for field := range strings.SplitSeq(pools, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 7 || 3*n > generate.MaxRecipes {
			return fmt.Errorf("pools: %q is not a number from 7 to %d", field, generate.MaxRecipes/3)
		}
		s.pools = append(s.pools, n)
	}
	if !slices.Contains([]string{"", "counts", "batches", "all"}, s.wishes) {
		return fmt.Errorf("wishes: %q is not counts, batches or all", s.wishes)
	}
	if s.runs < 1 {
		return errors.New("runs: must be at least 1")
	}
	return nil
}

// goals are the medians aimed at on two cores, without wishes.
var goals = map[string]string{
	"30 false": "2ms", "30 true": "10ms", "100 true": "150ms", "500 false": "50ms", "500 true": "50ms",
}

func (s *settings) run(ctx context.Context, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "per meal\tportions\tmedian\tworst\tgoal\toptimal\tcost\tgap\tCBC")
	for _, portions := range []bool{false, true} {
		for _, n := range s.pools {
			row, err := s.cell(n, portions)
			if err != nil {
				return err
			}
			solver, err := s.solver(ctx, n, portions)
			if err != nil {
				return err
			}
			aim := goals[strings.TrimSpace(fmt.Sprintf("%d %t %s", n, portions, s.wishes))]
			fmt.Fprintf(w, "%d\t%v\t%v\t%v\t%s\t%d/%d\t%.3f\t%s\t%s\n", n, portions,
				row.median.Round(10*time.Microsecond), row.worst.Round(10*time.Microsecond), orDash(aim),
				row.optimal, s.runs, row.cost, percent(row.gap), solver)
		}
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func percent(gap float64) string { return fmt.Sprintf("%.0f %%", 100*gap) }

func (s *settings) problem(seed, n int, portions bool) generate.Problem {
	p := problems.New(uint64(seed), problems.Shape{
		Breakfasts: n, Lunches: n, Dinners: n, Portions: portions, Used: 0.4, RotationDays: 14, PortionWeight: 500,
	})
	p.SamePortions = s.wishes == "batches" || s.wishes == "all"
	if s.wishes == "counts" || s.wishes == "all" {
		p.Counts = counts
	}
	return p
}

var one = 1

// counts are what a cook may ask for; the last names breakfasts.
var counts = []generate.Count{
	{Name: "fish", Tags: []string{"fish"}, Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner}, Of: generate.CountSlots, Min: 2},
	{Name: "red meat", Tags: []string{"beef", "pork"}, Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner}, Of: generate.CountRecipes, Max: &one},
	{Name: "eggs", Tags: []string{"egg"}, Meals: recipe.Meals[:], Of: generate.CountSlots, Min: 3},
}

// cell is one pool's figures over all runs; cost and gap are means.
type cell struct {
	median, worst time.Duration
	optimal       int
	cost, gap     float64
}

func (s *settings) cell(n int, portions bool) (c cell, err error) {
	var times []time.Duration
	for seed := 1; seed <= s.runs; seed++ {
		p := s.problem(seed, n, portions)
		start := time.Now()
		r, err := generate.Solve(p, generate.Options{Effort: s.effort})
		times = append(times, time.Since(start))
		if err != nil {
			return c, fmt.Errorf("%d recipes per meal, seed %d: %w", n, seed, err)
		}
		if r.Plan.Optimal {
			c.optimal++
		}
		c.cost += r.Plan.Objective.Cost / float64(s.runs)
		if r.Plan.Objective.Cost > 0 {
			c.gap += (1 - r.Plan.Bound.Cost/r.Plan.Objective.Cost) / float64(s.runs)
		}
	}
	slices.Sort(times)
	c.median, c.worst = times[len(times)/2], times[len(times)-1]
	return c, nil
}

// weights stand in for the strict order: no week of these problems costs more than a day of debt.
var weights = cbc.Weights{cbc.DaysOut: 1e6, cbc.CountsMissed: 1e5, cbc.Repeats: 1e4, cbc.RotationDebt: 10, cbc.Cost: 1}

// solver says what CBC makes of the first problem: its time, or the gap it is left with.
func (s *settings) solver(ctx context.Context, n int, portions bool) (string, error) {
	if s.seconds == 0 || !cbc.Available() {
		return "-", nil
	}
	dir, err := os.MkdirTemp("", "benchsolve")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	// CBC looks at its clock between steps only, so it gets a little more before it is stopped.
	limit, cancel := context.WithTimeout(ctx, time.Duration(s.seconds+10)*time.Second)
	defer cancel()
	o, err := cbc.Solve(limit, dir, s.problem(1, n, portions), weights, cbc.NoLimits(), s.seconds)
	switch {
	case limit.Err() != nil && ctx.Err() == nil:
		return fmt.Sprintf("nothing in %d s", s.seconds), nil
	case err != nil:
		return "", err
	case o.Optimal:
		return o.Took.Round(10 * time.Millisecond).String(), nil
	case math.IsInf(o.Value, 1):
		return fmt.Sprintf("nothing in %d s", s.seconds), nil
	default:
		return "gap " + percent((o.Value-o.Bound)/o.Value), nil
	}
}
