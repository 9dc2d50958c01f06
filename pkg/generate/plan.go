package generate

import (
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// The engine speaks of days and servings as plans do.
type (
	// Status says whether a day, or a week, meets its targets.
	Status = plan.Status
	// Source says why a recipe stands in a slot.
	Source = plan.Source
	// Slot is one meal of one day.
	Slot = plan.Slot
	// Lock is a serving that the user has chosen.
	Lock = plan.Lock
)

// What plans say of days and servings, and Infeasible: no selection satisfies the hard
// rules. Such a week is no plan.
const (
	Balanced   = plan.Balanced
	Unbalanced = plan.Unbalanced
	Infeasible = Status("infeasible")

	Chosen = plan.Chosen
	Locked = plan.Locked
	Travel = plan.Travel
)

// Serving is what one slot of a plan holds.
type Serving struct {
	Recipe   recipe.ID
	Servings nutrition.Servings
	Source   Source
}

// PlanDay is one day of a plan. Meals is indexed by meal; nil is a skipped slot.
type PlanDay struct {
	Date     Date
	Meals    [3]*Serving
	Actual   Totals
	Target   DayTarget
	Balanced bool
}

// Slots is the number of slots that are not skipped.
func (d *PlanDay) Slots() (n int) {
	for _, s := range d.Meals {
		if s != nil {
			n++
		}
	}
	return n
}

// Totals is an exact amount of each macro in 1e-8 g, the unit of a mass times servings.
type Totals struct{ Protein, Fat, Carbs int64 }

// TotalGram is one gram in the unit of [Totals].
const TotalGram = 100_000_000

// Kcal returns the energy in 1e-8 kcal by the general Atwater factors.
func (t Totals) Kcal() int64 { return 4*t.Protein + 9*t.Fat + 4*t.Carbs }

func (t Totals) vector() [3]int64 { return [3]int64{t.Protein, t.Fat, t.Carbs} }

// DayTarget is a day's target in grams: the daily target times slots/3, where slots are
// those not skipped.
type DayTarget struct{ Protein, Fat, Carbs float64 }

// Kcal returns the energy of the target by the general Atwater factors.
func (t DayTarget) Kcal() float64 {
	return float64(4*t.Protein) + float64(9*t.Fat) + float64(4*t.Carbs)
}

// Objective is the vector the contract minimises, in strict order. Cost is exact to 1e-9.
type Objective struct {
	DaysOut, CountsMissed, Repeats, RotationDebt int
	Cost                                         float64
}

// Reason codes of the contract.
const (
	MacroOutOfBand   = "macro_out_of_band"
	RecipeRepeated   = "recipe_repeated"
	RotationRelaxed  = "rotation_relaxed"
	CountMissed      = "count_missed"
	NotEnoughRecipes = "not_enough_recipes"
)

// Reason says why a plan is not what was asked for. Which fields are set depends on Code:
//
//   - macro_out_of_band: Date, Macro, ShortGrams (missing grams, negative when over) and,
//     where one exists, Remedy
//   - recipe_repeated: Date, Meal, Recipe
//   - rotation_relaxed: Date, Meal, Recipe, DaysMissing
//   - count_missed: Name, Have, Min, and Max if the count has one
//   - not_enough_recipes: Rule (the contract's number), Meals, Dates, Need, Have
type Reason struct {
	Code        string
	Date        Date
	Macro       string
	ShortGrams  float64
	Remedy      *Remedy
	Meal        recipe.Meal
	Recipe      recipe.ID
	DaysMissing int
	Rule        int
	Meals       []recipe.Meal
	Dates       []Date
	Need, Have  int
	Name        string
	Min         int
	Max         *int
}

// Remedy describes one further recipe for the meal with which the day would be in band,
// the other meals of the day staying as they are, at Servings servings of it.
type Remedy struct {
	Meal       recipe.Meal
	PerServing nutrition.Macros
	Servings   nutrition.Servings
}

// Plan is the answer to a [Problem]. Optimal is true only when no better selection exists;
// otherwise Bound is a proven lower bound in the objective's order. Counted says that the problem
// has counts, so that CountsMissed means something.
type Plan struct {
	Status    Status
	WeekOf    Date
	Days      []PlanDay
	Objective Objective
	Optimal   bool
	Bound     Objective
	Counted   bool
	Effort    int
	Reasons   []Reason
}
