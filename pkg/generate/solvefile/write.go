package solvefile

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// The files in the contract's order of fields.
type planFile struct {
	Status    generate.Status `json:"status"`
	WeekOf    string          `json:"week_of"`
	Days      []dayFile       `json:"days"`
	Objective *objectiveFile  `json:"objective,omitempty"`
	Optimal   bool            `json:"optimal"`
	Bound     *objectiveFile  `json:"bound,omitempty"`
	Effort    int             `json:"effort"`
	Reasons   []any           `json:"reasons"`
}

type dayFile struct {
	Date     string      `json:"date"`
	Meals    mealsFile   `json:"meals"`
	Actual   amountsFile `json:"actual"`
	Target   amountsFile `json:"target"`
	Balanced bool        `json:"balanced"`
}

type mealsFile struct {
	Breakfast *servingFile `json:"breakfast,omitempty"`
	Lunch     *servingFile `json:"lunch,omitempty"`
	Dinner    *servingFile `json:"dinner,omitempty"`
}

type servingFile struct {
	Recipe   recipe.ID       `json:"recipe"`
	Servings json.Number     `json:"servings"`
	Source   generate.Source `json:"source"`
}

type amountsFile struct {
	Protein json.Number `json:"protein_g"`
	Fat     json.Number `json:"fat_g"`
	Carbs   json.Number `json:"carbs_g"`
	Kcal    json.Number `json:"kcal,omitempty"`
}

type objectiveFile struct {
	DaysOut      int         `json:"days_out"`
	CountsMissed *int        `json:"counts_missed,omitempty"`
	Repeats      int         `json:"repeats"`
	RotationDebt int         `json:"rotation_debt"`
	Cost         json.Number `json:"cost"`
}

type outOfBandFile struct {
	Code   string      `json:"code"`
	Date   string      `json:"date"`
	Macro  string      `json:"macro"`
	Short  json.Number `json:"short_g"`
	Remedy *remedyFile `json:"remedy,omitempty"`
}

type remedyFile struct {
	Meal       recipe.Meal `json:"meal"`
	PerServing amountsFile `json:"per_serving"`
}

type slotReasonFile struct {
	Code        string      `json:"code"`
	Date        string      `json:"date"`
	Meal        recipe.Meal `json:"meal"`
	Recipe      recipe.ID   `json:"recipe"`
	DaysMissing *int        `json:"days_missing,omitempty"`
}

type countMissedFile struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Have int    `json:"have"`
	Min  int    `json:"min"`
	Max  *int   `json:"max,omitempty"`
}

type shortageFile struct {
	Code  string        `json:"code"`
	Rule  int           `json:"rule"`
	Meals []recipe.Meal `json:"meals"`
	Dates []string      `json:"dates"`
	Need  int           `json:"need"`
	Have  int           `json:"have"`
}

// EncodePlan writes a plan.json with a final newline.
func EncodePlan(out io.Writer, p generate.Plan) error {
	f := planFile{
		Status: p.Status, WeekOf: p.WeekOf.String(), Days: []dayFile{}, Optimal: p.Optimal, Effort: p.Effort, Reasons: []any{},
	}
	for i := range p.Days {
		f.Days = append(f.Days, dayOf(&p.Days[i]))
	}
	if p.Status != generate.Infeasible {
		f.Objective, f.Bound = objectiveOf(p.Objective, p.Counted), objectiveOf(p.Bound, p.Counted)
	}
	for _, r := range p.Reasons {
		f.Reasons = append(f.Reasons, reasonOf(r))
	}
	return encode(out, f)
}

func encode(out io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fault.Wrap(fault.Internal, "encode the file", err)
	}
	if _, err := out.Write(append(data, '\n')); err != nil {
		return fault.Wrap(fault.Internal, "write the file", err)
	}
	return nil
}

func dayOf(d *generate.PlanDay) dayFile {
	f := dayFile{Date: d.Date.String(), Balanced: d.Balanced}
	for meal, to := range []**servingFile{&f.Meals.Breakfast, &f.Meals.Lunch, &f.Meals.Dinner} {
		if s := d.Meals[meal]; s != nil {
			*to = &servingFile{s.Recipe, ratio(int64(s.Servings)), s.Source}
		}
	}
	a := d.Actual
	f.Actual = amountsFile{exact(a.Protein), exact(a.Fat), exact(a.Carbs), exact(a.Kcal())}
	g := d.Target
	f.Target = amountsFile{rounded(g.Protein), rounded(g.Fat), rounded(g.Carbs), rounded(g.Kcal())}
	return f
}

func objectiveOf(o generate.Objective, counted bool) *objectiveFile {
	f := &objectiveFile{DaysOut: o.DaysOut, Repeats: o.Repeats, RotationDebt: o.RotationDebt, Cost: rounded(o.Cost)}
	if counted {
		f.CountsMissed = &o.CountsMissed
	}
	return f
}

func reasonOf(r generate.Reason) any {
	switch r.Code {
	case generate.MacroOutOfBand:
		f := outOfBandFile{Code: r.Code, Date: r.Date.String(), Macro: r.Macro, Short: rounded(r.ShortGrams)}
		if r.Remedy != nil {
			f.Remedy = &remedyFile{r.Remedy.Meal, macrosOf(r.Remedy.PerServing)}
		}
		return f
	case generate.CountMissed:
		return countMissedFile{Code: r.Code, Name: r.Name, Have: r.Have, Min: r.Min, Max: r.Max}
	case generate.NotEnoughRecipes:
		f := shortageFile{Code: r.Code, Rule: r.Rule, Meals: r.Meals, Need: r.Need, Have: r.Have, Dates: []string{}}
		for _, d := range r.Dates {
			f.Dates = append(f.Dates, d.String())
		}
		return f
	default:
		f := slotReasonFile{Code: r.Code, Date: r.Date.String(), Meal: r.Meal, Recipe: r.Recipe}
		if r.Code == generate.RotationRelaxed {
			f.DaysMissing = &r.DaysMissing
		}
		return f
	}
}

func macrosOf(m nutrition.Macros) amountsFile {
	return amountsFile{Protein: ratio(int64(m.Protein)), Fat: ratio(int64(m.Fat)), Carbs: ratio(int64(m.Carbs))}
}

// ratio renders ten-thousandths, exact a count of 1e-8, each as the shortest decimal.
func ratio(v int64) json.Number { return decimal(v, 10_000, 4) }
func exact(v int64) json.Number { return decimal(v, generate.TotalGram, 8) }

func decimal(v, one int64, digits int) json.Number {
	whole, part := strconv.FormatInt(v/one, 10), v%one
	if part == 0 {
		return json.Number(whole)
	}
	fraction := strconv.FormatInt(one+part, 10)[1:]
	for fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return json.Number(whole + "." + fraction[:min(digits, len(fraction))])
}

// rounded renders nine decimals at most.
func rounded(v float64) json.Number {
	v = math.Round(v*1e9) / 1e9
	if v == 0 {
		return "0"
	}
	return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
}
