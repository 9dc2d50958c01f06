package food_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

var (
	gram  = recipe.Unit{ID: 1, Name: "g", Base: "g"}
	ml    = recipe.Unit{ID: 2, Name: "ml", Base: "ml"}
	tbsp  = recipe.Unit{ID: 3, Name: "tbsp", Base: "tbsp"}
	clove = recipe.Unit{ID: 4, Name: "clove", Plural: "cloves"}
	tub   = recipe.Unit{ID: 5, Name: "tub"}
)

func line(amount float64, u recipe.Unit, name string) recipe.Ingredient {
	return recipe.Ingredient{Food: recipe.Food{Name: name}, Unit: u, Amount: recipe.Amount(amount * float64(recipe.One))}
}

func TestWeigh(t *testing.T) {
	t.Parallel()
	with := func(i recipe.Ingredient, c ...recipe.Conversion) recipe.Ingredient {
		i.Food.Conversions = c
		return i
	}
	conv := func(a float64, u recipe.Unit, b float64, v recipe.Unit) recipe.Conversion {
		return recipe.Conversion{
			Amount: recipe.Amount(a * float64(recipe.One)), Unit: u, ToAmount: recipe.Amount(b * float64(recipe.One)), ToUnit: v,
		}
	}
	for _, c := range []struct {
		name string
		line recipe.Ingredient
		want float64 // grams; -1 = cannot be told
	}{
		{"grams of anything", line(12.5, gram, "unheard-of"), 12.5},
		{"pounds are exact", line(2, recipe.Unit{Base: "pound"}, "onion"), 907.1847},
		{"ounces are exact", line(1, recipe.Unit{Base: "ounce"}, "onion"), 28.3495},
		{"a unit known by name", line(1, recipe.Unit{Name: "Ounces"}, "onion"), 28.3495},
		{"millilitres by our density", line(200, ml, "milk"), 206},
		{"a spoon by our density", line(1, tbsp, "olive oil"), 13.5003}, // 14.7868 ml x 0.913
		{"cloves", line(2, clove, "garlic"), 6},
		{"a unit in the plural", line(2, recipe.Unit{Name: "cloves"}, "garlic"), 6},
		{"pieces", line(3, recipe.Unit{}, "egg"), 150},
		{"pieces with a name", line(0.5, recipe.Unit{Name: "pieces"}, "avocado"), 75},
		{"a size the USDA measured", line(1, recipe.Unit{Name: "small"}, "apple"), 150},
		{"a piece nobody weighed", line(1, recipe.Unit{}, "rice"), -1},
		{"a volume without density", line(100, ml, "pork chop"), -1},
		{"an unknown unit", line(1, tub, "greek yogurt"), -1},
		{"the user's conversion", with(line(2, tub, "greek yogurt"), conv(1, tub, 150, gram)), 300},
		{"the user's conversion, backwards", with(line(2, tub, "greek yogurt"), conv(150, gram, 1, tub)), 300},
		{"the user's wins over ours", with(line(1, clove, "garlic"), conv(1, clove, 5, gram)), 5},
		{"the user's density", with(line(2, tbsp, "unheard-of"), conv(100, ml, 80, gram)), 23.6588}, // 29.5735 ml x 0.8
		{"through the user's volume and our density", with(line(1, tub, "milk"), conv(1, tub, 500, ml)), 515},
		{"a conversion of another unit", with(line(1, clove, "garlic"), conv(1, tub, 5, gram)), 3},
		{"a conversion of nothing", with(line(1, tub, "garlic"), conv(0, tub, 5, gram)), -1},
		{"no amount", recipe.Ingredient{Food: recipe.Food{Name: "egg"}, NoAmount: true}, -1},
		{"zero", line(0, gram, "egg"), -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, _ := food.Of(c.line.Food)
			m, ok := food.Weigh(c.line, f)
			if c.want < 0 {
				if ok {
					t.Errorf("got %s", m)
				}
				return
			}
			if want := nutrition.Mass(c.want*10_000 + 0.5); !ok || m != want {
				t.Errorf("got %v g, %v; want %v g", m.Grams(), ok, c.want)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	without := func(name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name}, NoAmount: true}
	}
	taste := recipe.Ingredient{Food: recipe.Food{Name: "salt"}, NoAmount: true}
	pinch := recipe.Ingredient{Food: recipe.Food{Name: "paprika"}, Unit: recipe.Unit{Name: "pinch"}, Amount: recipe.One}
	numbered := line(100, gram, "whatever it is called")
	numbered.Food.FDC = 1123
	for _, c := range []struct {
		name      string
		servings  int
		lines     []recipe.Ingredient
		ok        bool
		want      nutrition.Macros
		unmatched []string
	}{
		{
			// 100 g of raw egg: 12.56 P, 9.51 F, 0.72 C. 50 g of rolled oats: half of 13.15, 6.52, 67.7.
			name: "by hand", servings: 2, lines: []recipe.Ingredient{line(2, recipe.Unit{}, "Eggs"), line(50, gram, "rolled oats"), taste}, ok: true,
			want: nutrition.Macros{Protein: 95_675, Fat: 63_850, Carbs: 172_850},
		},
		{name: "by number", servings: 1, lines: []recipe.Ingredient{numbered}, ok: true, want: nutrition.Macros{Protein: 125_600, Fat: 95_100, Carbs: 7_200}},
		{
			// Half a gram of paprika: 14.14 P, 12.89 F, 53.99 C in 100 g.
			name: "a pinch of a spice is half a gram", servings: 1, lines: []recipe.Ingredient{numbered, pinch}, ok: true,
			want: nutrition.Macros{Protein: 126_307, Fat: 95_745, Carbs: 9_900},
		},
		{
			name: "a tenth of the energy may be unknown", servings: 1, lines: []recipe.Ingredient{numbered, line(3.4, gram, "unheard-of")}, ok: true,
			want: nutrition.Macros{Protein: 125_600, Fat: 95_100, Carbs: 7_200}, unmatched: []string{"unheard-of"},
		},
		{name: "more than a tenth may not", servings: 1, lines: []recipe.Ingredient{numbered, line(3.5, gram, "unheard-of")}, unmatched: []string{"unheard-of"}},
		{
			name: "two millilitres of the unknown are at most 3 g", servings: 1, lines: []recipe.Ingredient{numbered, line(2, ml, "unheard-of")}, ok: true,
			want: nutrition.Macros{Protein: 125_600, Fat: 95_100, Carbs: 7_200}, unmatched: []string{"unheard-of"},
		},
		{name: "one of the unknown may be heavy", servings: 1, lines: []recipe.Ingredient{numbered, line(1, recipe.Unit{}, "unheard-of")}, unmatched: []string{"unheard-of"}},
		{name: "a known food of unknown weight may be heavy", servings: 1, lines: []recipe.Ingredient{numbered, line(1, tub, "rice")}, unmatched: []string{"rice"}},
		{name: "an amount of zero is none", servings: 1, lines: []recipe.Ingredient{numbered, line(0, gram, "rice")}, unmatched: []string{"rice"}},
		{name: "rice has an amount", servings: 1, lines: []recipe.Ingredient{numbered, without("rice")}, unmatched: []string{"rice"}},
		{name: "oil to fry in is 10 g a serving", servings: 2, lines: []recipe.Ingredient{numbered, without("olive oil, for frying")}, ok: true, want: nutrition.Macros{Protein: 62_800, Fat: 147_550, Carbs: 3_600}},
		{name: "oil for the tin is 2 g a serving", servings: 1, lines: []recipe.Ingredient{numbered, without("olive oil for greasing the pan")}, ok: true, want: nutrition.Macros{Protein: 125_600, Fat: 115_100, Carbs: 7_200}},
		{name: "of a pan full of oil a tenth of the food's weight", servings: 1, lines: []recipe.Ingredient{numbered, line(1000, gram, "olive oil for frying")}, ok: true, want: nutrition.Macros{Protein: 125_600, Fat: 195_100, Carbs: 7_200}},
		{name: "a herb without an amount", servings: 1, lines: []recipe.Ingredient{numbered, without("fresh parsley"), without("lemon wedges for garnish")}, ok: true, want: nutrition.Macros{Protein: 125_600, Fat: 95_100, Carbs: 7_200}},
		{name: "a heading", servings: 1, lines: []recipe.Ingredient{without("For the zoblat:"), numbered, without("wooden skewers")}, ok: true, want: nutrition.Macros{Protein: 125_600, Fat: 95_100, Carbs: 7_200}},
		{name: "broth makes up for nothing", servings: 1, lines: []recipe.Ingredient{line(1000, gram, "chicken broth"), line(120, gram, "unheard-of")}, unmatched: []string{"unheard-of"}},
		{name: "bones are not eaten", servings: 1, lines: []recipe.Ingredient{line(100, gram, "chicken wings")}, ok: true, want: nutrition.Macros{Protein: 94_608, Fat: 71_064}},
		{name: "over 5 MJ a serving", servings: 1, lines: []recipe.Ingredient{line(900, gram, "rice")}},
		{name: "over 3 kg a serving", servings: 1, lines: []recipe.Ingredient{line(3001, gram, "tomato")}},
		{name: "a food without figures", servings: 1, lines: []recipe.Ingredient{numbered, line(50, gram, "pesto")}, unmatched: []string{"pesto"}},
		{name: "water makes up for nothing", servings: 1, lines: []recipe.Ingredient{numbered, line(1000, ml, "water"), line(12, gram, "unheard-of")}, unmatched: []string{"unheard-of"}},
		{name: "no servings", servings: 0, lines: []recipe.Ingredient{numbered}},
		{name: "no ingredients", servings: 1},
		{name: "only water", servings: 1, lines: []recipe.Ingredient{line(1000, ml, "water")}},
		{name: "absurd", servings: 1, lines: []recipe.Ingredient{line(900_000, recipe.Unit{Base: "gallon"}, "milk")}, unmatched: []string{"milk"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := food.Estimate(recipe.Recipe{Servings: c.servings, Ingredients: c.lines})
			if ok != c.ok || got.PerServing != c.want || !slices.Equal(got.Unmatched, c.unmatched) {
				t.Errorf("got %v, %+v", ok, got)
			}
			if got.MatchedMass > got.TotalMass {
				t.Errorf("matched %s of %s", got.MatchedMass, got.TotalMass)
			}
		})
	}
}

func anyRecipe(t *rapid.T) recipe.Recipe {
	all := food.All()
	r := recipe.Recipe{Servings: rapid.IntRange(1, 12).Draw(t, "servings")}
	for range rapid.IntRange(1, 12).Draw(t, "lines") {
		f := rapid.SampledFrom(all).Draw(t, "food")
		u := rapid.SampledFrom([]recipe.Unit{gram, gram, gram, gram, gram, gram, gram, ml, tbsp, clove, {}}).Draw(t, "unit")
		r.Ingredients = append(r.Ingredients, recipe.Ingredient{
			Food: recipe.Food{Name: f.Name}, Unit: u, Amount: recipe.Amount(rapid.Int64Range(1, 5_000_000).Draw(t, "amount")),
		})
	}
	return r
}

// A k-fold recipe holds k times as much: up to the rounding of each weight (0.05 mg a
// line and conversion, k-fold) and of the sums.
func TestEstimateScales(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecipe(t)
		k := rapid.Int64Range(2, 9).Draw(t, "k")
		big := r
		big.Ingredients = slices.Clone(r.Ingredients)
		for i := range big.Ingredients {
			big.Ingredients[i].Amount *= recipe.Amount(k)
			if food.Resolve(big.Ingredients[i]).Food.Name != food.Resolve(r.Ingredients[i]).Food.Name {
				return // a pound of paprika is bell peppers
			}
		}
		a, okA := food.Estimate(r)
		b, okB := food.Estimate(big)
		near := func(x, y nutrition.Mass, slack int64) bool { return max(x-y, y-x) <= nutrition.Mass(slack) }
		if a.TotalMass > nutrition.MaxMass/nutrition.Mass(k) || a.TotalMass < nutrition.Gram {
			return // the larger one is absurd and refused, or rounding is all there is of the smaller one
		}
		slack := k + int64(len(r.Ingredients))*(k+1)
		if !near(b.TotalMass, a.TotalMass*nutrition.Mass(k), slack) || !slices.Equal(a.Unmatched, b.Unmatched) {
			t.Fatalf("masses %d and %d, unmatched %q and %q", a.TotalMass, b.TotalMass, a.Unmatched, b.Unmatched)
		}
		if okA != okB {
			if strings.Contains(b.Refused.String(), "a serving would") {
				return // the larger one is no serving
			}
			if margin := 10*a.MatchedMass - 9*a.TotalMass; max(margin, -margin) > nutrition.Mass(20*slack) {
				t.Fatalf("refused at one size only: %+v and %+v", a, b)
			}
			return
		}
		for _, m := range [][2]nutrition.Mass{
			{a.PerServing.Protein, b.PerServing.Protein}, {a.PerServing.Fat, b.PerServing.Fat}, {a.PerServing.Carbs, b.PerServing.Carbs},
		} {
			if !near(m[1], m[0]*nutrition.Mass(k), slack) {
				t.Fatalf("%d x %d is not %d", k, m[0], m[1])
			}
		}
	})
}

// An estimate never holds more macros than food.
func TestEstimateIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecipe(t)
		e, ok := food.Estimate(r)
		if !ok {
			return
		}
		var total nutrition.Mass // of what counts as water too
		for _, i := range r.Ingredients {
			total += food.Resolve(i).Mass
		}
		sum := e.PerServing.Protein + e.PerServing.Fat + e.PerServing.Carbs
		if e.PerServing.Validate() != nil || int64(sum)*int64(r.Servings)*100 > 102*int64(total)+1000 {
			t.Fatalf("%+v of %d servings", e, r.Servings)
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	r := recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{
		line(600, gram, "lean beef mince"), line(320, gram, "spaghetti"), line(2, recipe.Unit{Name: "tins"}, "chopped tomatoes"),
		line(2, recipe.Unit{}, "onions"), line(2, recipe.Unit{}, "carrots"), line(2, tbsp, "olive oil"), line(60, gram, "parmesan"),
	}}
	if _, ok := food.Estimate(r); !ok {
		b.Fatal("refused")
	}
	b.ReportAllocs()
	for b.Loop() {
		food.Estimate(r)
	}
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		food.Lookup("Red  Onions")
	}
}

// Of "1 (1.5 fluid ounce) jigger vodka" an importer makes the unit "(1.5".
func TestTornContainers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount           recipe.Amount
		unit, name, note string
		food             string
		grams            int64
	}{
		{1, "(1.5", "fluid ounce) jigger vodka", "", "vodka", 41},
		{2, "(1", "liter) bottles ginger ale", "", "ginger ale", 2000},
		{2, "(8", "ounce) packages cream cheese", "", "cream cheese", 453},
		{3, "(6", "ounce) skinless", "boneless chicken breast halves", "chicken breast", 510},
		{1, "", "egg", "beaten with 2 tbsp cold water", "egg", 50},
	} {
		got := food.Resolve(recipe.Ingredient{Amount: c.amount * recipe.One, Unit: recipe.Unit{Name: c.unit}, Food: recipe.Food{Name: c.name}, Note: c.note})
		if got.Food.Name != c.food || int64(got.Mass/nutrition.Gram) != c.grams {
			t.Errorf("%+v: got %v of %s", c, got.Mass, got.Food.Name)
		}
	}
}
