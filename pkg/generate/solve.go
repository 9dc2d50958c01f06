package generate

import (
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// MaxEffort bounds [Options.Effort].
const MaxEffort = 1_000_000

// Options steer a run.
type Options struct {
	// Effort scales the work allowed before an unproven answer is returned; 0 means
	// [DefaultEffort].
	Effort int
	// Explain also finds out whether the user's own constraints removed the better week,
	// for the conflicts of the [Report]; it about doubles the work.
	Explain bool
}

// Result is a plan with what is known of its making.
type Result struct {
	Plan   Plan
	Report Report
}

// Err returns an error of kind [fault.NotEnoughRecipes] naming the smallest shortage when
// the week is infeasible, else nil. An unbalanced week is no error.
func (r *Result) Err() error {
	if r.Plan.Status != Infeasible {
		return nil
	}
	return fault.New(fault.NotEnoughRecipes, "generate: select the week", "%s; what helps: more recipes that say they are for it, fewer allergens, dislikes and tags to avoid, or fewer meals to plan", r.Plan.Reasons[0])
}

// Solve finds the best week as docs/solve-contract.md orders weeks. Errors are of kind [fault.InvalidInput];
// an infeasible week is a result, see [Result.Err]. The same problem and options give the
// same result on every machine.
func Solve(p Problem, o Options) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if o.Effort == 0 {
		o.Effort = DefaultEffort
	}
	if o.Effort < 1 || o.Effort > MaxEffort {
		return nil, invalid("effort: must be from 1 to %d", MaxEffort)
	}
	return newModel(&p, o.Effort).solve(o)
}

func (m *model) solve(o Options) (*Result, error) {
	p := m.problem
	out := &Result{Plan: Plan{WeekOf: p.WeekOf, Effort: o.Effort}}
	if shortages := m.shortages(); len(shortages) > 0 {
		out.Plan.Status, out.Plan.Optimal, out.Plan.Reasons = Infeasible, true, shortages
	} else if err := m.fill(&out.Plan); err != nil {
		return nil, err
	}
	out.Report = m.report(&out.Plan)
	if o.Explain {
		out.Report.explain(p, o, &out.Plan)
	}
	return out, nil
}

// fill searches a feasible model, first among the weeks all of whose days are in band as
// far as each can be, then among all.
func (m *model) fill(plan *Plan) error {
	s := newSearch(m, false)
	proven, bound := s.run()
	if !s.best.found {
		m.work.budget += m.work.spent
		s = newSearch(m, true)
		proven, bound = s.run()
	}
	if !s.best.found {
		if proven {
			return fault.New(fault.Internal, "generate: select the week", "no week found although the hard rules can be satisfied")
		}
		if err := s.settle(); err != nil {
			return err
		}
	}
	if m.trimmed {
		proven, bound = false, value{}
	}
	plan.Days = s.days()
	plan.Objective, plan.Counted = m.price(plan.Days), m.tally != nil
	plan.Optimal = proven
	plan.Bound = plan.Objective
	if !proven {
		if b := m.objective(bound); b.Less(plan.Objective) {
			plan.Bound = b
		}
	}
	plan.Status = Balanced
	if plan.Objective.DaysOut > 0 {
		plan.Status = Unbalanced
	}
	plan.Reasons = m.reasons(plan)
	return s.check(plan.Objective)
}

// check compares the search's own value of the week with what its meals add up to.
func (s *search) check(o Objective) error {
	counted := s.best.value.split()
	counted.Cost = float64(s.best.value.cost) / float64(int64(1)<<s.scale)
	off := math.Abs(counted.Cost - o.Cost)
	if off > 1e-6*max(1, counted.Cost) {
		return fault.New(fault.Internal, "generate: check the week", "search counted %+v, the meals give %+v", counted, o)
	}
	if counted.Cost = o.Cost; counted != o {
		return fault.New(fault.Internal, "generate: check the week", "search counted %+v, the meals give %+v", counted, o)
	}
	return nil
}

// settle takes any week that satisfies the hard rules, for when the work was spent before
// one was found.
func (s *search) settle() error {
	choices := s.choices()
	picks, ok := satisfy(choices)
	if !ok {
		return fault.New(fault.Internal, "generate: select the week", "no selection although no rule is violated")
	}
	pick := func(meal recipe.Meal, day int) int32 {
		for i := range choices {
			if choices[i].meal == meal && slices.Contains(choices[i].days, day) {
				return picks[i]
			}
		}
		return noRecipe
	}
	s.best = solution{found: true}
	for i, side := range s.sides {
		p := &pair{lunch: noArgument, dinner: noArgument}
		for j, d := range side.days {
			n := i + 2*j
			if d.class.varies[recipe.Lunch] {
				p.lunch = side.batchOf(recipe.Lunch, pick(recipe.Lunch, n))
			}
			if d.class.varies[recipe.Dinner] {
				p.dinner = side.batchOf(recipe.Dinner, pick(recipe.Dinner, n))
			}
			if d.counts[recipe.Breakfast] != nil {
				want := pick(recipe.Breakfast, n)
				s.best.breakfasts[n] = int32(slices.IndexFunc(d.class.options[recipe.Breakfast], func(o option) bool { return o.rec == want }))
			}
		}
		s.best.sides[i] = p
	}
	for n := range s.best.breakfasts {
		s.best.travel[n] = anyShare
		s.best.value = s.best.value.add(s.dayValue(n))
	}
	s.best.value.counts += missUnit * int64(s.missed(s.days()))
	return nil
}

// dayValue is the value of one day of the best week, with the counts of its date.
func (s *search) dayValue(n int) value {
	d, p, b := &s.model.days[n], s.best.sides[n%2], int(s.best.breakfasts[n])
	_, v := d.class.resolve(int(p.lunch), int(p.dinner), b, int(s.best.travel[n]))
	for meal, i := range [3]int{b, int(p.lunch), int(p.dinner)} {
		if d.counts[meal] != nil {
			v.counts += d.counts[meal][i]
		}
	}
	return v
}

// days turns the best week into a plan's days.
func (s *search) days() []PlanDay {
	out := make([]PlanDay, DaysPerWeek)
	for n := range out {
		d, p := &s.model.days[n], s.best.sides[n%2]
		out[n].Date = d.date
		r, _ := d.class.resolve(int(p.lunch), int(p.dinner), int(s.best.breakfasts[n]), int(s.best.travel[n]))
		for meal, kind := range d.kinds {
			if kind == skippedSlot {
				continue
			}
			source := Chosen
			switch kind {
			case lockedSlot:
				source = Locked
			case travelSlot:
				source = Travel
			case skippedSlot, freeSlot:
			}
			out[n].Meals[meal] = &Serving{s.problem.Recipes[r.option[meal].rec].ID, r.point[meal].servings, source}
		}
	}
	return out
}
