package planner

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// begin is the first meal of a week to plan; from may be the zero slot.
func begin(week calendar.Date, from plan.Slot) plan.Slot {
	if first := (plan.Slot{Date: week}); from.Before(first) {
		return first
	}
	return from
}

// choose states the problem of a week from its first meal to plan on, solves it and explains the
// answer.
func choose(in Inputs, pool recipe.Pool, weightKG float64, first plan.Slot, effort int) (selection, error) {
	wished, week := in.Wishes.Skips, first.Date.Monday()
	in.Wishes.Skips = in.skips(week, nil, nil)
	in.Wishes.Locks = slices.DeleteFunc(slices.Clone(in.Wishes.Locks), func(l plan.Lock) bool { return l.Before(first) })
	for _, s := range plan.Slots(week) {
		if s.Before(first) && !in.Wishes.Skipped(s) {
			in.Wishes.Skips = append(in.Wishes.Skips, s)
		}
	}
	var absent []plan.Slot
	s, c, err := formulate(in, pool, weightKG, week, true)
	if err != nil {
		return selection{}, err
	}
	sel, err := s.solve(in, c, pool, effort)
	none := err
	for withoutBreakfast(err, sel) { // lunches and dinners are better than nothing
		for _, d := range sel.shortage.Dates {
			absent = append(absent, plan.Slot{Date: d, Meal: recipe.Breakfast})
		}
		s.problem.Skips = slices.Concat(in.Wishes.Skips, absent)
		sel, err = s.solve(in, c, pool, effort)
	}
	if err != nil {
		return sel, none
	}
	if in.Wishes.Skips = wished; len(absent) > 0 {
		sel.missing(in, absent)
	}
	if first != (plan.Slot{Date: week}) {
		sel.week.Begins = first
	}
	return sel, nil
}

// Plannable returns why a week without a plan cannot be planned with the present settings,
// wishes and recipes; nil if it can. Kinds of error: InvalidConstraints, NoRecipesAvailable,
// NotEnoughRecipes.
func Plannable(in Inputs, pool recipe.Pool, week calendar.Date) error {
	_, err := choose(in, pool, 0, plan.Slot{Date: week}, 1)
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
