package food_test

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

//go:embed testdata/byhand.txt
var byHand string

type handmade struct {
	name          string
	recipe        recipe.Recipe
	kcal, protein float64 // per serving
}

func handmadeRecipes(t *testing.T) []handmade {
	t.Helper()
	number := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	var out []handmade
	for l := range strings.Lines(byHand) {
		l = strings.TrimSpace(l)
		if head, ok := strings.CutPrefix(l, "= "); ok {
			servings, name, _ := strings.Cut(head, " ")
			out = append(out, handmade{name: name, recipe: recipe.Recipe{Name: name, Servings: int(number(servings))}})
			continue
		}
		f := strings.Split(l, "|")
		const columns = 7
		if strings.HasPrefix(l, "#") {
			continue
		} else if len(f) != columns {
			t.Fatal(l)
		}
		r := &out[len(out)-1]
		r.recipe.Ingredients = append(r.recipe.Ingredients, imported(number(f[0]), f[1], f[2], f[3]))
		share := number(f[4]) / 100 / float64(r.recipe.Servings)
		r.kcal += share * number(f[5])
		r.protein += share * number(f[6])
	}
	return out
}

// The estimate keeps to what recipes come to by hand, with weights and figures that were not taken from the tables.
func TestEstimateBesideTheHand(t *testing.T) {
	t.Parallel()
	var kcal, protein []float64
	for _, r := range handmadeRecipes(t) {
		got, ok := food.Estimate(r.recipe)
		if !ok {
			t.Errorf("%s: %v", r.name, got.Refused)
			continue
		}
		k, p := got.PerServing.Energy().Kcal()/r.kcal-1, got.PerServing.Protein.Grams()/r.protein-1
		t.Logf("%+5.1f %% kcal %+5.1f %% protein  %s (%.0f kcal by hand)", 100*k, 100*p, r.name, r.kcal)
		kcal, protein = append(kcal, math.Abs(k)), append(protein, math.Abs(p))
	}
	slices.Sort(kcal)
	slices.Sort(protein)
	at := func(of []float64, share float64) float64 { return 100 * of[int(share*float64(len(of)-1))] }
	t.Logf("%d recipes: kcal %.1f %% median, %.1f %% at the 90th percentile; protein %.1f %%, %.1f %%", len(kcal), at(kcal, 0.5), at(kcal, 0.9), at(protein, 0.5), at(protein, 0.9))
	if len(kcal) < 30 || at(kcal, 0.5) > 8 || at(kcal, 0.9) > 25 || at(protein, 0.5) > 12 {
		t.Error("want 30 recipes, kcal within 8 % in the median and 25 % at the 90th percentile, protein within 12 %")
	}
}
