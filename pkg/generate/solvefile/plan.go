package solvefile

import (
	"encoding/json"
	"io"
	"math/big"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// DecodePlan reads a plan.json as [EncodePlan] writes it. It checks the form only: whether
// the numbers follow from the meals is for the reader to recompute. Errors are of kind
// [fault.InvalidInput] and name the field.
func DecodePlan(in io.Reader) (generate.Plan, error) {
	root, err := parse(in)
	if err != nil {
		return generate.Plan{}, err
	}
	f := open(&root, "status", "week_of", "days", "objective", "optimal", "bound", "effort", "reasons")
	p := generate.Plan{Status: generate.Status(f.text("status")), WeekOf: f.date("week_of"), Effort: f.whole("effort", true), Optimal: f.flag("optimal")}
	switch p.Status {
	case generate.Balanced, generate.Unbalanced:
		p.Objective, p.Counted = f.objective("objective")
		p.Bound, _ = f.objective("bound")
	case generate.Infeasible:
	default:
		f.fail("status", "unknown: want balanced, unbalanced or infeasible")
	}
	f.each("days", true, func(_ int, n *node) { p.Days = append(p.Days, f.day(n)) })
	f.each("reasons", true, func(_ int, n *node) { p.Reasons = append(p.Reasons, f.reason(n)) })
	if f.err != nil {
		return generate.Plan{}, f.err
	}
	return p, nil
}

func (f *fields) flag(name string) bool {
	n := f.get(name, boolean, true)
	return n != nil && n.value.(bool)
}

func (f *fields) float(name string) float64 {
	n := f.get(name, number, true)
	if n == nil {
		return 0
	}
	v, err := n.value.(json.Number).Float64()
	if err != nil {
		f.fail(n.path, "not a finite number")
	}
	return v
}

// objective reads an objective and says whether it is that of a problem with counts.
func (f *fields) objective(name string) (o generate.Objective, counted bool) {
	n := f.get(name, object, true)
	if n == nil {
		return o, false
	}
	g := open(n, "days_out", "counts_missed", "repeats", "rotation_debt", "cost")
	counted = g.has("counts_missed")
	o = generate.Objective{
		DaysOut: g.whole("days_out", true), CountsMissed: g.whole("counts_missed", false), Repeats: g.whole("repeats", true),
		RotationDebt: g.whole("rotation_debt", true), Cost: g.float("cost"),
	}
	f.adopt(g)
	return o, counted
}

func (f *fields) day(n *node) generate.PlanDay {
	g := open(n, "date", "meals", "actual", "target", "balanced")
	d := generate.PlanDay{Date: g.date("date"), Balanced: g.flag("balanced")}
	if meals := g.get("meals", object, true); meals != nil {
		h := open(meals, "breakfast", "lunch", "dinner")
		for _, m := range recipe.Meals {
			if s := h.get(m.String(), object, false); s != nil {
				d.Meals[m] = h.serving(s)
			}
		}
		g.adopt(h)
	}
	if a := g.get("actual", object, true); a != nil {
		h := open(a, "protein_g", "fat_g", "carbs_g", "kcal")
		d.Actual = generate.Totals{Protein: h.total("protein_g"), Fat: h.total("fat_g"), Carbs: h.total("carbs_g")}
		if h.total("kcal") != d.Actual.Kcal() {
			h.fail(a.child("kcal"), "is not 4 P + 9 F + 4 C")
		}
		g.adopt(h)
	}
	if t := g.get("target", object, true); t != nil {
		h := open(t, "protein_g", "fat_g", "carbs_g", "kcal")
		h.float("kcal")
		d.Target = generate.DayTarget{Protein: h.float("protein_g"), Fat: h.float("fat_g"), Carbs: h.float("carbs_g")}
		g.adopt(h)
	}
	f.adopt(g)
	return d
}

// total reads grams with up to eight decimals, exactly.
func (f *fields) total(name string) int64 {
	n := f.get(name, number, true)
	if n == nil {
		return 0
	}
	s := string(n.value.(json.Number))
	r, ok := new(big.Rat), len(s) <= 40 && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c == 'e' || c == 'E' })
	if ok {
		r, ok = r.SetString(s)
	}
	if ok {
		r.Mul(r, big.NewRat(generate.TotalGram, 1))
	}
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		f.fail(n.path, "not an amount with up to 8 decimals")
		return 0
	}
	return r.Num().Int64()
}

func (f *fields) serving(n *node) *generate.Serving {
	g := open(n, "recipe", "servings", "source")
	s := &generate.Serving{
		Recipe: g.id("recipe"), Servings: nutrition.Servings(g.decimal("servings", true)), Source: generate.Source(g.text("source")),
	}
	if !slices.Contains([]generate.Source{generate.Chosen, generate.Locked, generate.Travel}, s.Source) {
		g.fail(n.child("source"), "unknown: want chosen, locked or travel")
	}
	f.adopt(g)
	return s
}

func (f *fields) reason(n *node) generate.Reason {
	var r generate.Reason
	var g *fields
	code := ""
	if c := n.member("code"); c != nil {
		code, _ = c.value.(string)
	}
	switch code {
	case generate.MacroOutOfBand:
		g = open(n, "code", "date", "macro", "short_g", "remedy")
		r = generate.Reason{Date: g.date("date"), Macro: g.text("macro"), ShortGrams: g.float("short_g"), Remedy: g.remedy()}
	case generate.NotEnoughRecipes:
		g = open(n, "code", "rule", "meals", "dates", "need", "have")
		r = generate.Reason{Rule: g.whole("rule", true), Need: g.whole("need", true), Have: g.whole("have", true)}
		g.each("meals", true, func(_ int, n *node) { r.Meals = append(r.Meals, g.asMeal(n)) })
		g.each("dates", true, func(_ int, n *node) { r.Dates = append(r.Dates, g.asDate(n)) })
	case generate.RecipeRepeated:
		g = open(n, "code", "date", "meal", "recipe")
		s := g.slot()
		r = generate.Reason{Date: s.Date, Meal: s.Meal, Recipe: g.id("recipe")}
	case generate.RotationRelaxed:
		g = open(n, "code", "date", "meal", "recipe", "days_missing")
		s := g.slot()
		r = generate.Reason{Date: s.Date, Meal: s.Meal, Recipe: g.id("recipe"), DaysMissing: g.whole("days_missing", true)}
	case generate.CountMissed:
		g = open(n, "code", "name", "have", "min", "max")
		r = generate.Reason{Name: g.text("name"), Have: g.whole("have", true), Min: g.whole("min", true)}
		if g.has("max") {
			most := g.whole("max", true)
			r.Max = &most
		}
	default:
		f.fail(n.child("code"), "unknown reason")
		return r
	}
	r.Code = code
	f.adopt(g)
	return r
}

func (f *fields) remedy() *generate.Remedy {
	n := f.get("remedy", object, false)
	if n == nil {
		return nil
	}
	g := open(n, "meal", "per_serving")
	r := &generate.Remedy{Meal: g.meal("meal"), PerServing: g.macros("per_serving")}
	f.adopt(g)
	return r
}
