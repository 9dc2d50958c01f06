package planner

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// choose states the problem, solves it and explains the answer.
func choose(in Inputs, pool recipe.Pool, weightKG float64, week calendar.Date, effort int) (selection, error) {
	wished := in.Wishes.Skips
	in.Wishes.Skips = in.skips(week, nil, nil)
	var absent []plan.Slot
	s, c, err := formulate(in, pool, weightKG, week, true)
	if err != nil {
		return selection{}, err
	}
	sel, err := s.solve(in, c, pool, effort)
	first := err
	for withoutBreakfast(err, sel) { // lunches and dinners are better than nothing
		for _, d := range sel.shortage.Dates {
			absent = append(absent, plan.Slot{Date: d, Meal: recipe.Breakfast})
		}
		s.problem.Skips = slices.Concat(in.Wishes.Skips, absent)
		sel, err = s.solve(in, c, pool, effort)
	}
	if err != nil {
		return sel, first
	}
	if in.Wishes.Skips = wished; len(absent) > 0 {
		sel.missing(in, absent)
	}
	return sel, nil
}

// Plannable returns why a week without a plan cannot be planned with the present settings,
// wishes and recipes; nil if it can. Kinds of error: InvalidConstraints, NoRecipesAvailable,
// NotEnoughRecipes.
func Plannable(in Inputs, pool recipe.Pool, week calendar.Date) error {
	_, err := choose(in, pool, 0, week, 1)
	return err
}

func (s task) once(in Inputs, c candidateSet, pool recipe.Pool, effort int) (selection, error) {
	sol, err := generate.Solve(s.problem, generate.Options{Effort: effort, Explain: true})
	if err != nil {
		return selection{}, err
	}
	sel := selection{recipes: c.recipes, work: sol.Report.Work}
	for m, cand := range sol.Report.Candidates {
		sel.candidates[m] = cand.Left
	}
	for _, x := range sol.Report.Conflicts {
		sel.conflicts = append(sel.conflicts, string(x))
	}
	if err := sol.Err(); err != nil {
		sel.shortage = sol.Plan.Reasons[0]
		return sel, c.explain(err)
	}
	sel.week = toWeek(in, c, sol.Plan, s.target, s.source)
	sel.week.Invite(in.Wishes.Guests)
	sel.week.Notes = slices.Concat(remedy(sol.Report.Remedy), contradicting(sol.Report.Contradictions, s.problem.Counts), notes(in, pool, s.source, sel.week), c.notes)
	repeated(&sel.week)
	return sel, nil
}
