package cbc

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Outcome is what CBC says. Bound is its lower bound when it gave up for lack of time; Value
// is infinite when it had found nothing.
type Outcome struct {
	Value, Bound float64
	Optimal      bool
	Infeasible   bool
	Took         time.Duration
}

// Available reports whether the solver is installed.
func Available() bool {
	_, err := exec.LookPath("cbc")
	return err == nil
}

// Solve minimises the weighted goals within the limits, for at most so many seconds. dir is
// where the files go.
func Solve(ctx context.Context, dir string, p generate.Problem, w Weights, limits Limits, seconds int) (Outcome, error) {
	var lp bytes.Buffer
	if err := Write(&lp, p, w, limits); err != nil {
		return Outcome{}, err
	}
	model, solution := filepath.Join(dir, "week.lp"), filepath.Join(dir, "week.sol")
	if err := os.WriteFile(model, lp.Bytes(), 0o600); err != nil {
		return Outcome{}, err
	}
	start := time.Now()
	cmd := exec.CommandContext(ctx, "cbc", model, "-seconds", strconv.Itoa(seconds), "-timeMode", "elapsed",
		"-ratioGap", "0", "-allowableGap", "1e-9", "-integerTolerance", "1e-9", "-primalTolerance", "1e-9", "-solve", "-solution", solution)
	log, err := cmd.CombinedOutput()
	if err != nil {
		return Outcome{}, fmt.Errorf("run cbc: %w: %s", err, log)
	}
	out, err := read(solution, string(log))
	out.Took = time.Since(start)
	return out, err
}

var lowerBound = regexp.MustCompile(`(?m)^Lower bound:\s+(\S+)`)

func read(solution, log string) (Outcome, error) {
	f, err := os.Open(solution)
	if err != nil {
		return Outcome{}, fmt.Errorf("read cbc's solution: %w: %s", err, log)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	if !in.Scan() {
		return Outcome{}, fmt.Errorf("read cbc's solution: empty: %s", log)
	}
	first := in.Text()
	out := Outcome{Value: math.Inf(1)}
	if _, text, ok := strings.Cut(first, "objective value"); ok {
		if out.Value, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
			return Outcome{}, fmt.Errorf("read cbc's solution: %q: %w", first, err)
		}
	}
	switch {
	case strings.HasPrefix(first, "Optimal"):
		out.Optimal, out.Bound = true, out.Value
	case strings.HasPrefix(first, "Infeasible"), strings.HasPrefix(first, "Integer infeasible"):
		out.Infeasible, out.Value = true, math.Inf(1)
	default:
		if m := lowerBound.FindStringSubmatch(log); m != nil {
			if out.Bound, err = strconv.ParseFloat(m[1], 64); err != nil {
				return Outcome{}, fmt.Errorf("read cbc's bound: %q: %w", m[1], err)
			}
		}
		if strings.Contains(first, "no integer solution") {
			out.Value = math.Inf(1)
		}
	}
	return out, nil
}

// Lexicographic minimises the goals in the contract's order, each with the earlier ones
// held at their least. ok is false when the hard rules cannot be met or time ran out.
func Lexicographic(ctx context.Context, dir string, p generate.Problem, seconds int) (o generate.Objective, feasible bool, err error) {
	limits := NoLimits()
	var least [goals]float64
	for g := range goals {
		var w Weights
		w[g] = 1
		out, err := Solve(ctx, dir, p, w, limits, seconds)
		if err != nil {
			return o, false, err
		}
		if out.Infeasible {
			return o, false, nil
		}
		if !out.Optimal {
			return o, false, fmt.Errorf("cbc needs more than %d s for goal %d", seconds, g)
		}
		least[g] = out.Value
		limits[g] = math.Round(out.Value)
	}
	return generate.Objective{
		DaysOut: int(limits[DaysOut]), CountsMissed: int(limits[CountsMissed]), Repeats: int(limits[Repeats]), RotationDebt: int(limits[RotationDebt]), Cost: least[Cost],
	}, true, nil
}
