package tandoor

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Bounds of what is believed of one serving. Above them a value was typed per
// recipe, per package, or in milligrams.
const (
	maxServingKcal  = 10_000
	maxServingGrams = 1_000
)

// valueError is a number that no dish can have.
type valueError struct {
	field string
	value float64
	bound float64
	unit  string
}

func (e *valueError) Error() string {
	return fmt.Sprintf("%s: %v %s is not between 0 and %v %s per serving", e.field, e.value, e.unit, e.bound, e.unit)
}

// values are the four nutrients of one serving, in kilocalories and grams.
type values [nutrients]number

// complete reports whether the three macros are there, from which the energy follows. Three
// zeros are a form that nobody filled in.
func (v values) complete() bool {
	some := false
	for _, n := range v[Protein:] {
		if !n.stated {
			return false
		}
		some = some || n.value != 0
	}
	return some
}

// The energy that is stated may differ by this share from the energy of the macros, and by this
// much in kilocalories, which roundings make of small servings. Fibre is counted among the
// carbohydrates by some and not by others, and has half their energy: so much of them may be it.
const (
	energySlack    = 0.15
	energyRounding = 15
	fibreShare     = 0.15
	fibreEnergy    = 2 // kcal/g
)

// energyDiffers reports whether energy is stated that the macros do not have, and what they have.
func (v values) energyDiffers() (kcal float64, differs bool) {
	kcal = 4*v[Protein].value + 9*v[Fat].value + 4*v[Carbs].value
	if e := v[Energy]; e.stated && e.value > 0 {
		fibre := fibreShare * fibreEnergy * v[Carbs].value
		differs = e.value < (kcal-fibre)*(1-energySlack)-energyRounding || e.value > (kcal+fibre)*(1+energySlack)+energyRounding
	}
	return kcal, differs
}

func (v values) macros() (nutrition.Macros, error) {
	var g [nutrients]nutrition.Mass
	for _, n := range []Nutrient{Protein, Fat, Carbs} {
		m, err := nutrition.FromGrams(v[n].value)
		if err != nil {
			return nutrition.Macros{}, fmt.Errorf("%s: %w", n, err)
		}
		g[n] = m
	}
	return nutrition.Macros{Protein: g[Protein], Fat: g[Fat], Carbs: g[Carbs]}, nil
}

// candidate is one property that may give a nutrient.
type candidate struct {
	field    string
	typ      wirePropertyType
	value    number // per serving, in the property's unit
	lower    bool   // known to be incomplete
	nutrient Nutrient
	rank     int
}

// macros finds a recipe's macros per serving: what was typed in, else what Tandoor
// computed and knows completely, else the old nutrition block.
func (c *converter) macros(w wireRecipe) (nutrition.Macros, recipe.NutritionSource, error) {
	for _, place := range []struct {
		source recipe.NutritionSource
		read   func(wireRecipe) (values, error)
	}{
		{recipe.Stated, c.stated},
		{recipe.Computed, c.computed},
		{recipe.Legacy, c.legacy},
	} {
		v, err := place.read(w)
		if err != nil {
			return nutrition.Macros{}, recipe.Unknown, err
		}
		if v.complete() {
			if kcal, differs := v.energyDiffers(); differs {
				c.report(w, Problem{Kind: EnergyDiffers, Field: string(place.source), Detail: fmt.Sprintf("states %.0f kcal a serving, and its protein, fat and carbohydrates have %.0f: the plan goes by the latter", v[Energy].value, kcal)})
			}
			m, err := v.macros()
			return m, place.source, err
		}
	}
	c.report(w, Problem{Kind: NoNutrition, Detail: "no place states protein, fat and carbohydrates together"})
	return nutrition.Macros{}, recipe.Unknown, nil
}

func (c *converter) stated(w wireRecipe) (values, error) {
	var list []candidate
	for _, p := range w.Properties {
		list = append(list, candidate{field: "properties[" + p.Type.Name + "]", typ: p.Type, value: p.Amount})
	}
	return c.choose(w, list)
}

func (c *converter) computed(w wireRecipe) (values, error) {
	servings := w.Servings.value
	if servings < 1 || len(w.FoodProperties) == 0 {
		return values{}, nil
	}
	embeds := slices.ContainsFunc(w.Steps, func(s wireStep) bool { return s.StepRecipe != nil })
	var list []candidate
	for key, p := range w.FoodProperties {
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			id = p.ID
		}
		typ, ok := c.ref.properties[id]
		if !ok {
			typ = wirePropertyType{ID: id, Name: p.Name, Unit: p.Unit, Order: p.Order}
		}
		lower := p.Missing || embeds // Tandoor leaves embedded recipes out of its sum
		for _, v := range p.FoodValues {
			// A line without a unit counts as nothing, and does not set missing_value.
			lower = lower || v.MissingUnit || !v.Value.stated || len(v.MissingConversion) > 0
		}
		p.Total.value /= servings
		list = append(list, candidate{field: "food_properties[" + typ.Name + "]", typ: typ, value: p.Total, lower: lower})
	}
	return c.choose(w, list)
}

func (c *converter) legacy(w wireRecipe) (values, error) {
	n := w.Nutrition
	if n == nil {
		return values{}, nil
	}
	v := values{Energy: n.Calories, Protein: n.Proteins, Fat: n.Fats, Carbs: n.Carbohydrates}
	for i, x := range v {
		if err := believable(Nutrient(i), "nutrition."+Nutrient(i).String(), x); err != nil {
			return values{}, err
		}
	}
	return v, nil
}

// choose picks for each nutrient the best recognised property that is whole.
func (c *converter) choose(w wireRecipe, list []candidate) (values, error) {
	var known []candidate
	for _, p := range list {
		var ok bool
		if p.nutrient, p.rank, ok = c.properties.match(p.typ); ok {
			known = append(known, p)
		}
	}
	slices.SortFunc(known, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.nutrient, b.nutrient), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.typ.Order, b.typ.Order), cmp.Compare(a.typ.ID, b.typ.ID))
	})
	var v values
	partial := false
	for _, p := range known {
		if v[p.nutrient].stated || !p.value.stated {
			continue
		}
		if p.lower {
			partial = partial || p.value.value > 0
			continue
		}
		factor, ok := unitFactor(p.nutrient, deref(p.typ.Unit))
		if !ok {
			c.report(w, Problem{Kind: BadUnit, Field: p.field, Detail: fmt.Sprintf("unit %q is not understood: use kcal or kJ for energy and g for the rest", deref(p.typ.Unit))})
			continue
		}
		p.value.value *= factor
		if err := believable(p.nutrient, p.field, p.value); err != nil {
			return values{}, err
		}
		v[p.nutrient] = p.value
	}
	if partial && !v.complete() {
		c.report(w, Problem{Kind: PartialNutrition, Field: "food_properties", Detail: "some foods lack a value, a unit or a conversion, so the sum is only a lower bound"})
	}
	return v, nil
}

func believable(n Nutrient, field string, v number) error {
	bound, unit := float64(maxServingGrams), "g"
	if n == Energy {
		bound, unit = maxServingKcal, "kcal"
	}
	if v.stated && (math.IsNaN(v.value) || v.value < 0 || v.value > bound) {
		return &valueError{field, v.value, bound, unit}
	}
	return nil
}
