// Package plan is a finished week: what is eaten when, how close each day comes to its
// target, and why. It is what is stored, mailed and shown; deciding it is package generate.
package plan

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Status says whether every day is in band.
type Status string

// The statuses of a stored plan. An infeasible week is not stored.
const (
	Balanced   Status = "balanced"
	Unbalanced Status = "unbalanced"
)

// Source says why a recipe stands in a slot.
type Source string

// The sources.
const (
	Chosen Source = "chosen"
	Locked Source = "locked"
	Travel Source = "travel"
)

// Week is a user's plan for the seven days from WeekOf, a Monday.
type Week struct {
	User         string           `json:"user"`
	WeekOf       calendar.Date    `json:"week_of"`
	GenerationID string           `json:"generation_id"`
	Status       Status           `json:"status"`
	Optimal      bool             `json:"optimal"` // proven: no better week exists with these recipes
	Target       nutrition.Macros `json:"target"`  // of a full day
	TargetSource targets.Source   `json:"target_source"`
	Mode         targets.Mode     `json:"mode,omitempty"`
	TolerancePct int              `json:"tolerance_pct"`
	People       int              `json:"people"`
	// Household is how many servings are cooked where a portion is one. 0, in plans of an older
	// version: as many as People.
	Household nutrition.Servings `json:"household,omitempty"`
	// Begins is the first meal that was to be planned: a running week's earlier ones stay empty. The
	// zero slot: all were.
	Begins Slot `json:"begins,omitzero"`
	// Again says that the library had too few breakfasts, and some come more than once.
	Again   bool           `json:"again,omitempty"`
	Days    [7]Day         `json:"days"`
	Reasons []Reason       `json:"reasons,omitempty"`
	Notes   []message.Text `json:"notes,omitempty"` // data quality and fallbacks, for the reader
}

// Unsafe reports whether the plan is being replaced, and may hold what must not be eaten.
func (w Week) Unsafe() bool {
	return slices.ContainsFunc(w.Notes, func(n message.Text) bool { return n.Is(OutdatedNote) })
}

// Cooked is how many servings are cooked for a meal: its portion for each who eats, and for
// each guest.
func (w Week) Cooked(s Serving) nutrition.Servings {
	household := w.Household
	if household == 0 {
		household = nutrition.Servings(w.People) * nutrition.OneServing
	}
	return s.Servings.Times(household + nutrition.Servings(s.Guests)*nutrition.OneServing)
}

// Version changes with everything that is said of the week.
func (w Week) Version() string {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(w) // a week has no values that JSON lacks, and a hash takes all
	return strconv.FormatUint(h.Sum64(), 16)
}

// GenerationID is the readable name of a run, the same for every attempt at it.
func GenerationID(userID string, week calendar.Date) string {
	return "gen_" + week.Week() + "_" + userID
}

// Plan is a week with what has to be bought and cooked for it.
type Plan struct {
	Week      Week         `json:"week"`
	Groceries grocery.List `json:"groceries"`
	Prep      prep.List    `json:"prep"`
}

// Day is one date with its meals; an empty slot is nil.
type Day struct {
	Date     calendar.Date    `json:"date"`
	Meals    [3]*Serving      `json:"meals"`             // indexed by recipe.Meal
	Missing  []recipe.Meal    `json:"missing,omitempty"` // empty because nothing fits, not because they were skipped
	Actual   nutrition.Macros `json:"actual"`
	Target   nutrition.Macros `json:"target"` // scaled to the slots that are not skipped
	Balanced bool             `json:"balanced"`
}

// Serving is one slot of the plan.
type Serving struct {
	Recipe     recipe.ID          `json:"recipe"`
	Name       string             `json:"name"`
	Servings   nutrition.Servings `json:"servings"`
	Source     Source             `json:"source"`
	Minutes    int                `json:"minutes,omitempty"` // 0 = unknown
	PerServing nutrition.Macros   `json:"per_serving"`
	Estimated  bool               `json:"estimated,omitempty"` // macros from the USDA table, not from the recipe
	Guests     int                `json:"guests,omitempty"`    // who eat a portion besides the household
}

// Reason explains a day out of band, a repeat or a relaxed rotation.
type Reason struct {
	Code        string            `json:"code"`
	Date        calendar.Date     `json:"date,omitzero"` // 0: of the whole week
	Meal        string            `json:"meal,omitempty"`
	Macro       string            `json:"macro,omitempty"`
	Recipe      recipe.ID         `json:"recipe,omitempty"`
	DaysMissing int               `json:"days_missing,omitempty"`
	Short       nutrition.Mass    `json:"short,omitempty"` // below 0 = too much
	RemedyMeal  string            `json:"remedy_meal,omitempty"`
	Remedy      *nutrition.Macros `json:"remedy,omitempty"` // per serving of a recipe that would help
	Rule        string            `json:"rule,omitempty"`   // of the user's, about what to eat how often
	Have        int               `json:"have,omitempty"`   // what the week has of it
}

// Goal is the target of what is eaten on a day. A skipped meal is left out of it; what was over when
// the week was planned was eaten, and is not.
func (w Week) Goal(d Day) nutrition.Macros {
	if d.Date == w.Begins.Date && w.Begins.Meal > recipe.Breakfast {
		return w.Target
	}
	return d.Target
}

// Meals counts the filled slots.
func (w Week) Meals() int {
	n := 0
	for _, d := range w.Days {
		for _, s := range d.Meals {
			if s != nil {
				n++
			}
		}
	}
	return n
}

// PlannedDays counts the days that have meals, or should have.
func (w Week) PlannedDays() int {
	n := 0
	for _, d := range w.Days {
		if d.Planned() {
			n++
		}
	}
	return n
}

// BalancedDays counts those of them that are in band.
func (w Week) BalancedDays() int {
	n := 0
	for _, d := range w.Days {
		if d.Planned() && d.Balanced {
			n++
		}
	}
	return n
}

// At is what a slot of the week holds; nil: nothing.
func (w Week) At(s Slot) *Serving { return w.Days[s.Date-w.WeekOf].Meals[s.Meal] }

// Missing reports whether the slot is empty because nothing fits.
func (w Week) Missing(s Slot) bool {
	return slices.Contains(w.Days[s.Date-w.WeekOf].Missing, s.Meal)
}

// Sum computes the day's figures and verdict from its meals; full is the target of a day
// with every meal. A missing meal counts as one that should be eaten.
func (d *Day) Sum(full nutrition.Macros, tolerancePct int) {
	d.Actual = nutrition.Macros{}
	filled := nutrition.Mass(len(d.Missing))
	for _, s := range d.Meals {
		if s != nil {
			d.Actual = d.Actual.Add(s.PerServing.Scale(s.Servings))
			filled++
		}
	}
	d.Target = nutrition.Macros{Protein: full.Protein * filled / 3, Fat: full.Fat * filled / 3, Carbs: full.Carbs * filled / 3}
	d.Balanced = InBand(d.Actual, d.Target, tolerancePct)
}

// InBand reports whether |actual - target| <= target x pct / 100 for every macro,
// exactly. Masses must lie within [nutrition.MaxMass].
func InBand(actual, target nutrition.Macros, pct int) bool {
	in := func(a, t nutrition.Mass) bool { return abs(int64(a-t))*100 <= int64(t)*int64(pct) }
	return in(actual.Protein, target.Protein) && in(actual.Fat, target.Fat) && in(actual.Carbs, target.Carbs)
}

// bandSlack is the most that rounding three servings and a target to 0.1 mg can move a sum.
const bandSlack = 4

// Planned reports whether the day has meals, or should have: a day that is skipped whole has
// none and counts for nothing.
func (d Day) Planned() bool { return d.Meals != [3]*Serving{} || len(d.Missing) > 0 }

func abs(n int64) int64 { return max(n, -n) }
