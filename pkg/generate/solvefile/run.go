package solvefile

import (
	"io"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Run reads a problem, solves it and writes the plan. exit is the process's exit code: 0
// balanced, 4 unbalanced, 3 infeasible (the plan is written all the same), 2 invalid input
// with an error of one line.
func Run(in io.Reader, out io.Writer, effort int) (exit int, err error) {
	if effort < 1 {
		return fault.ExitUsage, invalid("effort", "must be at least 1")
	}
	problem, err := DecodeProblem(in)
	if err != nil {
		return fault.ExitCode(err), err
	}
	result, err := generate.Solve(problem, generate.Options{Effort: effort})
	if err != nil {
		return fault.ExitCode(err), err
	}
	if err := EncodePlan(out, result.Plan); err != nil {
		return fault.ExitCode(err), err
	}
	switch result.Plan.Status {
	case generate.Unbalanced:
		return fault.ExitUnbalanced, nil
	default:
		err := result.Err()
		return fault.ExitCode(err), err
	}
}
