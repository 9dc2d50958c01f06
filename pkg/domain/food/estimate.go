package food

import (
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Estimation is what a recipe's ingredients come to by the USDA's table.
type Estimation struct {
	PerServing nutrition.Macros
	// MatchedMass is the mass of the lines whose food and weight are known, TotalMass
	// that of all lines. Foods that hold no macros (water, salt) count in neither: a litre of
	// water must not make up for unknown solids.
	MatchedMass, TotalMass nutrition.Mass
	Unmatched              []string // names of the lines that are not in PerServing
}

// Estimate computes the macros of a serving from the ingredients. Lines without an amount
// ("to taste") count nothing. It refuses (false) when the recipe states no servings, when
// less than 90 % of the mass is matched, and when a line might be heavy without our
// knowing: its weight cannot be told although its food is no seasoning. The weight of an
// unmatched line that states a volume is taken as the most any food could weigh.
func Estimate(r recipe.Recipe) (Estimation, bool) {
	var (
		est   Estimation
		sum   [3]int64 // of mass x content per 100 g
		heavy bool
	)
	for _, i := range r.Ingredients {
		if i.NoAmount {
			continue
		}
		f, ok := Of(i.Food)
		m, weighed := Weigh(i, f)
		switch {
		case ok && f.Known() && weighed && m <= nutrition.MaxMass:
			sum[0] += int64(f.Per100g.Protein) * int64(m)
			sum[1] += int64(f.Per100g.Fat) * int64(m)
			sum[2] += int64(f.Per100g.Carbs) * int64(m)
			if f.Per100g != (nutrition.Macros{}) {
				est.MatchedMass += m
				est.TotalMass += m
			}
			continue
		case ok && f.Seasoning() && !weighed:
			continue
		}
		est.Unmatched = append(est.Unmatched, i.Food.Name)
		if !weighed {
			m, weighed = Bound(i)
		}
		heavy = heavy || !weighed || m > nutrition.MaxMass
		est.TotalMass += m
	}
	if r.Servings <= 0 || heavy || est.MatchedMass == 0 || est.TotalMass > nutrition.MaxMass ||
		10*est.MatchedMass < 9*est.TotalMass {
		return est, false
	}
	perServing := func(sum int64) nutrition.Mass {
		return nutrition.Mass(mulDiv(sum, 1, 100*int64(nutrition.Gram)*int64(r.Servings)))
	}
	est.PerServing = nutrition.Macros{Protein: perServing(sum[0]), Fat: perServing(sum[1]), Carbs: perServing(sum[2])}
	return est, true
}
