package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// stated are the figures that a source gives for a serving.
type stated struct {
	Kcal    float64 `json:"kcal"`
	Protein float64 `json:"protein_g"`
	Fat     float64 `json:"fat_g"`
	Carbs   float64 `json:"carbs_g"`
	Serving string  `json:"serving"` // what the source calls a serving: "1 slice", "185 g"
}

// against is an estimate beside stated figures.
type against struct {
	off  float64
	kind string // of contradiction; empty: none is seen
}

// The ways in which figures contradict their recipe.
const (
	tooLittle = "less energy, protein, fat or carbohydrate than two of its ingredients hold"
	tooMuch   = "more energy than all ingredients hold, the richest counted twice"
	otherMass = "for a serving of a weight in grams that is no share of the recipe"
	sameShare = "all four figures off by one factor: another number of servings"
)

// contradiction says how the stated figures contradict the recipe that they stand with.
func (d dish) contradiction(r recipe.Recipe, est food.Estimation) string {
	s := d.Stated
	lines := contents(r)
	switch {
	case s.less(lines):
		return tooLittle
	case s.elsewhere(est.TotalMass.Grams()):
		return otherMass
	case s.factor(est.PerServing):
		return sameShare
	case s.Kcal > allTwice(lines):
		return tooMuch
	default:
		return ""
	}
}

// contents are what the lines of a recipe hold, per serving.
func contents(r recipe.Recipe) []nutrition.Macros {
	var out []nutrition.Macros
	for _, i := range r.Ingredients {
		one := r
		one.Ingredients = []recipe.Ingredient{i}
		if est, ok := food.Estimate(one); ok {
			out = append(out, est.PerServing)
		}
	}
	return out
}

// exceeded reports whether two ingredients alone hold more energy, or more protein, than is
// stated of the whole: by a tenth, and by more than rounding.
func (d dish) exceeded(r recipe.Recipe) bool {
	s := stated{Kcal: d.Stated.Kcal, Protein: d.Stated.Protein}
	return s.less(contents(r))
}

// less is [dish.exceeded] for all figures that are stated; of protein, which is often left out,
// also where none is.
func (s stated) less(lines []nutrition.Macros) bool {
	two := func(of func(nutrition.Macros) float64) float64 {
		var list []float64
		for _, l := range lines {
			list = append(list, of(l))
		}
		slices.Sort(list)
		sum := 0.0
		for _, v := range list[max(0, len(list)-2):] {
			sum += v
		}
		return sum
	}
	const tenth, grams = 1.1, 2
	over := func(known bool, whole float64, of func(nutrition.Macros) float64) bool {
		return known && two(of) > tenth*whole+grams
	}
	return two(kcal) > tenth*s.Kcal || over(true, s.Protein, protein) || over(s.Fat > 0, s.Fat, fat) || over(s.Carbs > 0, s.Carbs, carbs)
}

func kcal(m nutrition.Macros) float64    { return m.Energy().Kcal() }
func protein(m nutrition.Macros) float64 { return m.Protein.Grams() }
func fat(m nutrition.Macros) float64     { return m.Fat.Grams() }
func carbs(m nutrition.Macros) float64   { return m.Carbs.Grams() }

// allTwice is the energy of all lines, with the richest counted twice.
func allTwice(lines []nutrition.Macros) float64 {
	var sum, most float64
	for _, l := range lines {
		sum, most = sum+kcal(l), max(most, kcal(l))
	}
	return sum + most
}

var weight = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?(g|grams?|ml)\b`)

// elsewhere reports whether a serving is said to weigh less than half of a share of the raw
// ingredients, or more than one and a half; what weighs less than a spoon was meant as a number.
func (s stated) elsewhere(share float64) bool {
	m := weight.FindStringSubmatch(s.Serving)
	if m == nil || share <= 0 {
		return false
	}
	grams, err := strconv.ParseFloat(m[1], 64)
	const spoon, least, most = 15, 0.5, 1.5
	return err == nil && grams >= spoon && (grams < least*share || grams > most*share)
}

// factor reports whether protein, fat and carbohydrate are off by what the energy is off by: the
// lines are read right, and the serving is another.
func (s stated) factor(est nutrition.Macros) bool {
	off := kcal(est) / s.Kcal
	const quarter, within, grams = 0.25, 0.1, 2
	if math.Abs(off-1) <= quarter || s.Fat == 0 || s.Carbs == 0 {
		return false
	}
	same := func(of, is float64) bool { return math.Abs(is-of*off) <= max(within*of*off, grams) }
	return same(s.Protein, protein(est)) && same(s.Fat, fat(est)) && same(s.Carbs, carbs(est))
}

// contradicted prints how many figures contradict their recipes, how, and how far estimates are
// off beside the others.
func (t tally) contradicted() {
	const quarter = 0.25
	line := func(what string, list []float64) {
		slices.Sort(list)
		far := len(list) - len(slices.DeleteFunc(slices.Clone(list), func(v float64) bool { return v > quarter }))
		fmt.Printf("  %4d, %3d of them off by more than a quarter, median %5.1f %%, 90th percentile %5.1f %%: %s\n",
			len(list), far, 100*at(list, 0.5), 100*at(list, 0.9), what)
	}
	for _, k := range []string{tooLittle, otherMass, sameShare, tooMuch, ""} {
		var of []float64
		for _, a := range t.against {
			if a.kind == k {
				of = append(of, a.off)
			}
		}
		if k == "" {
			k = "none of these"
		}
		if len(of) > 0 {
			line(k, of)
		}
	}
}
