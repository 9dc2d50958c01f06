// Package insight says what a food diary tells about a day and about four weeks. It is
// honest: a day without a log is unknown, not zero, and eating too little is never praised.
// It gives no medical advice.
package insight

import (
	"cmp"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Eaten is what a diary holds for a date. Days without entries are absent, not zero; a day
// whose energy is 0 counts as one without entries.
type Eaten struct {
	Date   calendar.Date
	Energy nutrition.Energy // as the diary states it; may differ from the macros' (alcohol)
	Macros nutrition.Macros
	Meals  []recipe.Meal // with at least one entry; nil when unknown
}

// Nutrient is a line of the figures.
type Nutrient uint8

// The nutrients, in the order in which they are shown.
const (
	Energy Nutrient = iota
	Protein
	Fat
	Carbs
)

// String returns "energy", "protein", "fat" or "carbs".
func (n Nutrient) String() string { return [...]string{"energy", "protein", "fat", "carbs"}[n] }

// Unit returns "kcal" or "g".
func (n Nutrient) Unit() string {
	if n == Energy {
		return "kcal"
	}
	return "g"
}

// Amount is in ten-thousandths of a kilocalorie or of a gram, by the [Nutrient].
type Amount int64

// Float returns kilocalories or grams, for presentation.
func (a Amount) Float() float64 { return float64(a) / float64(nutrition.Gram) }

// Status places an amount against its target.
type Status uint8

// The statuses.
const (
	OnTrack Status = iota
	Under
	Over
)

// Row is one nutrient against its target.
type Row struct {
	Nutrient       Nutrient
	Actual, Target Amount
	Status         Status
}

// Difference is what is eaten above the target; below 0 it is what is missing.
func (r Row) Difference() Amount { return r.Actual - r.Target }

// The bands around the target, in per cent of it.
const (
	dayBand   = 10
	trendBand = 15
)

// fewestDays is how many logged days an average needs.
const fewestDays = 3

// rows compares energy and macros with the target.
func rows(e Eaten, target nutrition.Macros, band int64) []Row {
	out := []Row{
		{Nutrient: Energy, Actual: Amount(e.Energy), Target: Amount(target.Energy())},
		{Nutrient: Protein, Actual: Amount(e.Macros.Protein), Target: Amount(target.Protein)},
		{Nutrient: Fat, Actual: Amount(e.Macros.Fat), Target: Amount(target.Fat)},
		{Nutrient: Carbs, Actual: Amount(e.Macros.Carbs), Target: Amount(target.Carbs)},
	}
	for i, r := range out {
		switch off, allowed := int64(r.Difference())*100, int64(r.Target)*band; {
		case off < -allowed:
			out[i].Status = Under
		case off > allowed:
			out[i].Status = Over
		}
	}
	return out
}

func allOnTrack(rows []Row) bool {
	return !slices.ContainsFunc(rows, func(r Row) bool { return r.Status != OnTrack })
}

// logged returns the days from first to last that hold energy, by date. Of two logs of a
// date the fuller one counts.
func logged(days []Eaten, first, last calendar.Date) []Eaten {
	var out []Eaten
	for _, e := range days {
		if e.Date >= first && e.Date <= last && e.Energy > 0 {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Eaten) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(b.Energy, a.Energy), cmp.Compare(b.Macros.Protein, a.Macros.Protein),
			cmp.Compare(b.Macros.Fat, a.Macros.Fat), cmp.Compare(b.Macros.Carbs, a.Macros.Carbs))
	})
	return slices.CompactFunc(out, func(a, b Eaten) bool { return a.Date == b.Date })
}

// average of at least one day.
func average(days []Eaten) Eaten {
	var sum Eaten
	for _, d := range days {
		sum.Energy += d.Energy
		sum.Macros = sum.Macros.Add(d.Macros)
	}
	n := int64(len(days))
	per := func(m nutrition.Mass) nutrition.Mass { return m / nutrition.Mass(n) }
	return Eaten{
		Energy: sum.Energy / nutrition.Energy(n),
		Macros: nutrition.Macros{Protein: per(sum.Macros.Protein), Fat: per(sum.Macros.Fat), Carbs: per(sum.Macros.Carbs)},
	}
}
