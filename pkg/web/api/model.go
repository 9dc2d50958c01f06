package api

import (
	"math"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Figures are energy and macronutrients.
type Figures struct {
	Energy  float64 `json:"energy_kcal" doc:"Kilocalories." example:"2003"`
	Protein float64 `json:"protein_g" doc:"Grams of protein." example:"150"`
	Fat     float64 `json:"fat_g" doc:"Grams of fat." example:"67"`
	Carbs   float64 `json:"carbs_g" doc:"Grams of carbohydrate." example:"200"`
}

// tenth rounds for presentation.
func tenth(f float64) float64 { return math.Round(f*10) / 10 }

func figures(m nutrition.Macros) Figures {
	return Figures{tenth(m.Energy().Kcal()), tenth(m.Protein.Grams()), tenth(m.Fat.Grams()), tenth(m.Carbs.Grams())}
}

// Week is a planned week.
type Week struct {
	Week      string   `json:"week" format:"date" doc:"Its Monday." example:"2026-11-30"`
	Version   string   `json:"version" doc:"Changes with everything that this tells of the week; If-Match takes it in quotation marks." example:"5d41402abc4b2a76"`
	Status    string   `json:"status" enum:"balanced,unbalanced" doc:"balanced: every day is in its band."`
	Optimal   bool     `json:"optimal" doc:"Proven: no better week exists with these recipes."`
	Target    Figures  `json:"target" doc:"Of a full day."`
	Tolerance int      `json:"tolerance_pct" doc:"How far from the target the band reaches." example:"10"`
	People    int      `json:"people" doc:"For how many groceries are bought." example:"2"`
	Outdated  bool     `json:"outdated" doc:"The settings changed, and the meals are being checked: do not cook from it now."`
	Notes     []string `json:"notes" doc:"Data quality and fallbacks, for people."`
	Days      []Day    `json:"days" doc:"Monday to Sunday."`
}

// Day is a day of a week.
type Day struct {
	Date   string  `json:"date" format:"date" example:"2026-11-30"`
	In     bool    `json:"in_band" doc:"Every macro is within the band."`
	Actual Figures `json:"actual" doc:"The sum of its meals."`
	Target Figures `json:"target" doc:"The day's target: a third for each meal that is not skipped."`
	Meals  []Meal  `json:"meals" doc:"Breakfast, lunch and dinner."`
}

// Meal is a meal of a day.
type Meal struct {
	Meal  string `json:"meal" enum:"breakfast,lunch,dinner"`
	State string `json:"state" enum:"planned,locked,travel,skipped,missing" doc:"planned: may change when the week is replanned; locked: kept; travel: a quick dish of a travel day; skipped: nothing is wanted; missing: nothing fits."`
	Dish  *Dish  `json:"dish,omitempty" doc:"What is eaten; left out when it is skipped or missing."`
}

// Dish is what is eaten.
type Dish struct {
	Recipe    int64   `json:"recipe" doc:"The recipe's number in the library." example:"42"`
	Name      string  `json:"name" example:"Lentil soup"`
	Portion   float64 `json:"portion" doc:"Servings of the recipe." example:"1.25"`
	Minutes   int     `json:"minutes,omitempty" doc:"From start to table; left out when it is not known." example:"35"`
	Figures   Figures `json:"figures" doc:"Of the portion."`
	Estimated bool    `json:"estimated" doc:"The figures come from the USDA table, not from the recipe."`
	Cooked    string  `json:"cooked_on" format:"date" doc:"When it is cooked: an earlier day for what is left of a batch." example:"2026-11-30"`
	Guests    int     `json:"guests,omitempty" doc:"Who eat a portion besides the household." example:"2"`
	Servings  float64 `json:"cooked_servings" doc:"How many servings are cooked then, for everybody and every meal of the batch." example:"4"`
}

func weekView(p plan.Plan) Week {
	w := p.Week
	out := Week{
		Week: w.WeekOf.String(), Version: w.Version(), Status: string(w.Status), Optimal: w.Optimal, Target: figures(w.Target), Tolerance: w.TolerancePct, People: w.People,
		Outdated: w.Unsafe(), Notes: said(w.Notes), Days: []Day{},
	}
	for _, d := range w.Days {
		out.Days = append(out.Days, dayView(p, d))
	}
	return out
}

func dayView(p plan.Plan, d plan.Day) Day {
	out := Day{Date: d.Date.String(), In: d.Balanced, Actual: figures(d.Actual), Target: figures(d.Target), Meals: []Meal{}}
	for m, sv := range d.Meals {
		out.Meals = append(out.Meals, mealView(p, d, recipe.Meals[m], sv))
	}
	return out
}

func mealView(p plan.Plan, d plan.Day, meal recipe.Meal, sv *plan.Serving) Meal {
	out := Meal{Meal: meal.String(), State: "skipped"}
	switch {
	case slices.Contains(d.Missing, meal):
		out.State = "missing"
	case sv == nil:
	case sv.Source == plan.Chosen:
		out.State = "planned"
	default:
		out.State = string(sv.Source)
	}
	if sv == nil {
		return out
	}
	cooked, servings := d.Date, p.Week.Cooked(*sv)
	if b := batch(p, plan.Slot{Date: d.Date, Meal: meal}, sv.Recipe); b != nil {
		cooked, servings = b.Cook, b.Servings
	}
	out.Dish = dishView(*sv, cooked, servings)
	return out
}

func dishView(sv plan.Serving, cooked calendar.Date, servings nutrition.Servings) *Dish {
	return &Dish{
		Recipe: int64(sv.Recipe), Name: sv.Name, Portion: sv.Servings.Float(), Minutes: sv.Minutes, Figures: figures(sv.PerServing.Scale(sv.Servings)), Estimated: sv.Estimated,
		Guests: sv.Guests, Cooked: cooked.String(), Servings: servings.Float(),
	}
}

// batch is the cooking that feeds a meal; nil: none is known.
func batch(p plan.Plan, s plan.Slot, id recipe.ID) *prep.Batch {
	for i, b := range p.Prep.Batches {
		if b.Recipe == id && slices.Contains(b.Eaten, prep.Eaten{Date: s.Date, Meal: s.Meal}) {
			return &p.Prep.Batches[i]
		}
	}
	return nil
}

// list is never null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// timeOf is a time as the API writes it; nil stays nil.
func timeOf(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// said are messages in English, as everything that programs get.
func said(texts []message.Text) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = t.String()
	}
	return out
}
