package tandoortest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Tandoor's base units, in grams and millilitres.
var (
	weights = map[string]float64{"g": 1, "kg": 1000, "ounce": 28.3495, "pound": 453.592}
	volumes = map[string]float64{
		"ml": 1, "l": 1000, "fluid_ounce": 29.5735, "pint": 473.176, "quart": 946.353, "gallon": 3785.41,
		"tbsp": 14.7868, "tsp": 4.92892, "us_cup": 236.588,
		"imperial_fluid_ounce": 28.4131, "imperial_pint": 568.261, "imperial_quart": 1136.52,
		"imperial_gallon": 4546.09, "imperial_tbsp": 17.7582, "imperial_tsp": 5.91939,
	}
)

func baseFactor(base string) float64 {
	if f, ok := weights[base]; ok {
		return f
	}
	return volumes[base]
}

// convert returns the amount of an ingredient in another unit, the way Tandoor finds it:
// at most one of the user's conversions, then one between base units of the same kind.
func (s *store) convert(in ingredient, to int) (float64, bool) {
	type quantity struct {
		amount float64
		unit   int
	}
	ways := []quantity{{in.amount, in.unit}}
	for _, c := range s.conversions {
		if c.food != 0 && c.food != in.food {
			continue
		}
		switch in.unit {
		case c.unit:
			ways = append(ways, quantity{in.amount * c.toAmount / c.amount, c.toUnit})
		case c.toUnit:
			ways = append(ways, quantity{in.amount * c.amount / c.toAmount, c.unit})
		}
	}
	for _, w := range ways {
		if w.unit == to {
			return w.amount, true
		}
	}
	target := s.unit(to)
	for _, w := range ways {
		u := s.unit(w.unit)
		if u == nil || target == nil || u.base == "" || target.base == "" {
			continue
		}
		_, w1 := weights[u.base]
		_, w2 := weights[target.base]
		if w1 == w2 {
			return w.amount * baseFactor(u.base) / baseFactor(target.base), true
		}
	}
	return 0, false
}

// foodProperties computes Tandoor's food_properties: one entry per property type of the
// space, for the whole recipe, without embedded recipes.
func (s *store) foodProperties(r *recipeRow) map[string]any {
	hidden := s.hiddenFoods(r)
	out := map[string]any{}
	for i, t := range s.types {
		id := i + 1
		total, missing := 0.0, false
		foods := map[string]any{}
		for _, st := range r.steps {
			for _, in := range st.ingredients {
				f := s.food(in.food)
				if f == nil {
					continue
				}
				v, flags := s.contribution(in, f, id, hidden)
				key := strconv.Itoa(f.id)
				if old, ok := foods[key].(map[string]any); ok && v != nil {
					if before, ok := old["value"].(float64); ok {
						*v += before
						total -= before
					}
				}
				entry := map[string]any{"id": f.id, "food": map[string]any{"id": f.id, "name": f.name}, "value": nil}
				if v != nil {
					entry["value"] = *v
					total += *v
				}
				for k, flag := range flags {
					if k == "missing" {
						missing = true
					} else {
						entry[k] = flag
					}
				}
				foods[key] = entry
			}
		}
		out[strconv.Itoa(id)] = map[string]any{
			"id": id, "name": t.Name, "description": nil, "unit": t.Unit, "order": i,
			"total_value": round4(total), "missing_value": missing, "food_values": foods,
		}
	}
	return out
}

// contribution is what one line adds to a property: nil when that is not known.
func (s *store) contribution(in ingredient, f *food, typ int, hidden []int) (*float64, map[string]any) {
	nothing := new(float64)
	if in.amount == 0 || in.noAmount {
		return nothing, nil
	}
	amount, has := f.props[typ]
	has = has && !slices.Contains(hidden, f.id)
	switch {
	case f.propsUnit == 0 || f.propsAmount == 0:
		return nil, map[string]any{"missing": true}
	case in.unit == 0: // Tandoor flags the line but not the total
		return nothing, map[string]any{"missing_unit": true}
	case !has:
		return nil, map[string]any{"missing": true}
	}
	in2, ok := s.convert(in, f.propsUnit)
	if !ok {
		from, to := s.unit(in.unit), s.unit(f.propsUnit)
		return nil, map[string]any{"missing": true, "missing_conversion": map[string]any{
			"base_unit":      map[string]any{"id": from.id, "name": from.name},
			"converted_unit": map[string]any{"id": to.id, "name": to.name},
		}}
	}
	v := in2 / f.propsAmount * amount
	return &v, nil
}

// hiddenFoods are those the recipe's mode treats as foods without properties.
func (s *store) hiddenFoods(r *recipeRow) []int {
	var all []int
	for _, st := range r.steps {
		for _, in := range st.ingredients {
			if in.food != 0 && !in.noAmount {
				all = append(all, in.food)
			}
		}
	}
	switch {
	case r.mode == ModeNone || r.mode == ModeLegacy:
		return all
	case r.mode == ModeMissing && len(all) > 0:
		return all[len(all)-1:]
	default:
		return nil
	}
}

func (s *store) perServing(r *recipeRow) (Values, error) {
	if r.servings < 1 {
		return Values{}, errors.New("servings is 0")
	}
	open := *r
	open.mode = ModeFoodProperties
	var v Values
	into := map[string]*float64{"kcal": &v.Kcal, "protein": &v.Protein, "fat": &v.Fat, "carbs": &v.Carbs}
	for i, p := range s.types {
		dst, ok := into[p.Of]
		if !ok {
			continue
		}
		for _, st := range open.steps {
			for _, in := range st.ingredients {
				f := s.food(in.food)
				if f == nil {
					continue
				}
				x, flags := s.contribution(in, f, i+1, nil)
				if x == nil || len(flags) > 0 {
					return Values{}, fmt.Errorf("%s of %q cannot be computed", p.Name, f.name)
				}
				*dst += *x
			}
		}
		*dst = round4(*dst / float64(r.servings))
	}
	return v, nil
}

func round4(v float64) float64 { return math.Round(v*10_000) / 10_000 }
