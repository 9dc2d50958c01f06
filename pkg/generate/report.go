package generate

import (
	"cmp"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Conflict is a type of conflict between the wishes and the library.
type Conflict string

// The conflicts, each at most once per run: the best week needs a repeated or a rotation
// breaking recipe; a day is out of band; without the user's locks, skips, travel dates, avoided
// tags and limits on minutes a better week exists, or one at all.
const (
	DuplicateRecipe     Conflict = "DuplicateRecipe"
	MacroImbalance      Conflict = "MacroImbalance"
	ConstraintViolation Conflict = "ConstraintViolation"
)

// Rejection counts the recipes that one filter removed.
type Rejection struct {
	Reason string
	Count  int
}

// Candidates says how a meal's pool came about. Rejected lists the filters in the order
// they apply, each recipe counted once; Quick of the Left recipes may be served on a travel date.
type Candidates struct {
	Meal     recipe.Meal
	Total    int
	Rejected []Rejection
	Left     int
	Quick    int
}

// WeeklyRemedy is the one further recipe that would bring the most days into band, the rest
// of the plan standing. Macro is the one that most often is out of band.
type WeeklyRemedy struct {
	Macro      string
	Meal       recipe.Meal
	PerServing nutrition.Macros
	Dates      []Date
}

// Report says how a result came about. Work is in the engine's units, Optimal as in the plan.
// Contradictions were seen before the search.
type Report struct {
	Candidates     [3]Candidates
	Conflicts      []Conflict
	Contradictions []Contradiction
	Remedy         *WeeklyRemedy
	Work           int64
	Optimal        bool
}

func (m *model) report(plan *Plan) Report {
	r := Report{Work: m.work.spent, Optimal: plan.Optimal, Contradictions: m.contradictions()}
	for meal := range recipe.Meals {
		r.Candidates[meal] = m.candidates(recipe.Meal(meal))
	}
	if plan.Objective.Repeats > 0 || plan.Objective.RotationDebt > 0 {
		r.Conflicts = append(r.Conflicts, DuplicateRecipe)
	}
	if plan.Objective.DaysOut > 0 {
		r.Conflicts = append(r.Conflicts, MacroImbalance)
		r.Remedy = m.weeklyRemedy(plan)
	}
	return r
}

func (m *model) candidates(meal recipe.Meal) Candidates {
	c := Candidates{Meal: meal, Total: len(m.problem.Recipes), Left: m.left[meal], Quick: m.leftQuick[meal]}
	for _, reason := range []string{OtherMeal, AvoidedTag, LockedBreakfast} {
		n := 0
		for i := range m.problem.Recipes {
			if m.problem.reject(&m.problem.Recipes[i], meal) == reason {
				n++
			}
		}
		c.Rejected = append(c.Rejected, Rejection{reason, n})
	}
	if len(m.problem.TravelDates) > 0 {
		c.Rejected = append(c.Rejected, Rejection{NotQuick, c.Left - c.Quick})
	}
	return c
}

// explain adds ConstraintViolation when the same problem without the user's constraints has
// a better week, as far as the work allowed shows one.
func (r *Report) explain(p *Problem, o Options, plan *Plan) {
	if len(p.Locks)+len(p.Skips)+len(p.TravelDates)+len(p.MinutesLimits) == 0 && !slices.ContainsFunc(p.Recipes, p.avoided) {
		return
	}
	free := *p
	free.Locks, free.Skips, free.TravelDates, free.AvoidTags, free.MinutesLimits = nil, nil, nil, nil, nil
	m := newModel(&free, o.Effort)
	if len(m.shortages()) > 0 {
		return
	}
	better := plan.Status == Infeasible || m.beats(plan.Objective)
	r.Work += m.work.spent
	if better {
		r.Conflicts = append(r.Conflicts, ConstraintViolation)
	}
}

// weeklyRemedy tries what each day out of band is missing, and the means of such needs, and
// counts the days that one recipe of that kind balances. A breakfast is served once a week,
// the recipe of an alternating meal on all its days.
func (m *model) weeklyRemedy(plan *Plan) *WeeklyRemedy {
	best := &WeeklyRemedy{Macro: m.bindingMacro(plan)}
	for meal := range recipe.Meals {
		for parity := range 2 {
			var out []*PlanDay
			for i := parity; i < len(plan.Days); i += 2 {
				d := &plan.Days[i]
				if s := d.Meals[meal]; !d.Balanced && s != nil && s.Source == Chosen {
					out = append(out, d)
				}
			}
			for _, per := range m.proposals(out, recipe.Meal(meal)) {
				dates := m.balancedBy(out, recipe.Meal(meal), per)
				if meal == int(recipe.Breakfast) {
					dates = dates[:min(1, len(dates))]
				}
				if len(dates) > len(best.Dates) {
					best.Meal, best.PerServing, best.Dates = recipe.Meal(meal), per, dates
				}
			}
		}
	}
	if len(best.Dates) == 0 {
		return m.travelRemedy(plan, best)
	}
	return best
}

// travelRemedy falls back on the remedy of a single day; without one, only the macro is known.
func (m *model) travelRemedy(plan *Plan, best *WeeklyRemedy) *WeeklyRemedy {
	for _, r := range plan.Reasons {
		if r.Remedy != nil {
			best.Meal, best.PerServing, best.Dates = r.Remedy.Meal, r.Remedy.PerServing, []Date{r.Date}
			break
		}
	}
	return best
}

// bindingMacro is the macro out of band on most days, then the one furthest out in all.
func (m *model) bindingMacro(plan *Plan) string {
	var days [3]int
	var far [3]float64
	for _, r := range plan.Reasons {
		if i := slices.Index(sliceOf(macroNames), r.Macro); i >= 0 {
			days[i]++
			far[i] += max(r.ShortGrams, -r.ShortGrams) / vector(m.problem.Target)[i].Grams()
		}
	}
	order := []int{0, 1, 2}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(days[b], days[a]), cmp.Compare(far[b], far[a]))
	})
	return macroNames[order[0]]
}

// proposals lists what each day is missing and the means of neighbouring needs.
func (m *model) proposals(days []*PlanDay, meal recipe.Meal) (out []nutrition.Macros) {
	for i := range days {
		var sum nutrition.Macros
		n := nutrition.Mass(0)
		for _, d := range days[i:] {
			per, _, ok := m.missing(d, meal)
			if !ok {
				continue
			}
			sum, n = sum.Add(per), n+1
			out = append(out, per, nutrition.Macros{Protein: sum.Protein / n, Fat: sum.Fat / n, Carbs: sum.Carbs / n})
		}
	}
	return out
}

// balancedBy lists the dates that a recipe with these values brings into band at some
// number of servings on the grid.
func (m *model) balancedBy(days []*PlanDay, meal recipe.Meal, per nutrition.Macros) (dates []Date) {
	for _, d := range days {
		rest := m.others(d, meal)
		if slices.ContainsFunc(m.grid, func(s nutrition.Servings) bool {
			return m.completes(rest, vector(per), s, d.Slots())
		}) {
			dates = append(dates, d.Date)
		}
	}
	return dates
}
