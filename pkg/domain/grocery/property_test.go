package grocery_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

var units = []recipe.Unit{
	{},
	base("g"), base("kg"), base("ounce"), base("ml"), base("us_cup"), base("tbsp"), named("tsk"), named("clove"),
	named("can (400 g)"), named("pinch"), named("heaping tsp"),
}

// week draws dishes over a small store of foods, so that lines meet.
func week(t *rapid.T) []grocery.Dish {
	ingredient := rapid.Custom(func(t *rapid.T) recipe.Ingredient {
		id := rapid.Int64Range(1, 6).Draw(t, "food")
		f := recipe.Food{
			ID: id, Name: fmt.Sprint("food ", id), Plural: fmt.Sprint("foods ", id),
			Category: recipe.Category{Name: fmt.Sprint("aisle ", id%3), Order: int(id % 3)},
		}
		if id%2 == 0 {
			f.Conversions = []recipe.Conversion{{Amount: recipe.One, Unit: base("us_cup"), ToAmount: recipe.Amount(10_000 * id * 40), ToUnit: base("g")}}
		}
		return recipe.Ingredient{
			Food: f, Unit: rapid.SampledFrom(units).Draw(t, "unit"),
			Amount:   recipe.Amount(rapid.Int64Range(0, 300_000).Draw(t, "amount")),
			NoAmount: rapid.IntRange(0, 9).Draw(t, "to taste") == 0,
		}
	})
	var dishes []grocery.Dish
	for i := range rapid.IntRange(1, 21).Draw(t, "dishes") {
		id := rapid.IntRange(1, 8).Draw(t, "recipe")
		dishes = append(dishes, grocery.Dish{
			Date: monday + calendar.Date(i/3), Meal: recipe.Meals[i%3],
			Servings: nutrition.Servings(rapid.Int64Range(1, 16).Draw(t, "quarters") * 2500),
			Recipe: recipe.Recipe{
				ID: recipe.ID(id), Name: fmt.Sprint("recipe ", id), Servings: rapid.IntRange(1, 9).Draw(t, "yield"),
				Ingredients: rapid.SliceOfN(ingredient, 0, 8).Draw(t, "ingredients"),
			},
		})
	}
	return dishes
}

func lines(l grocery.List) map[int64]grocery.Line {
	out := map[int64]grocery.Line{}
	for _, s := range append(slices.Clone(l.Sections), grocery.Section{Lines: l.Pantry}) {
		for _, x := range s.Lines {
			out[x.Food] = x
		}
	}
	return out
}

func mustConsolidate(t *rapid.T, dishes []grocery.Dish) grocery.List {
	l, err := grocery.Consolidate(dishes, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// needs sums uses by food and unit, leaving out what is zero.
func needs(uses map[int64][]grocery.Use) map[string]string {
	sum := map[string]*big.Rat{}
	for food, list := range uses {
		for _, u := range list {
			for _, q := range u.Need {
				key := fmt.Sprint(food, " ", q.Unit)
				if sum[key] == nil {
					sum[key] = new(big.Rat)
				}
				sum[key].Add(sum[key], q.Amount)
			}
		}
	}
	out := map[string]string{}
	for k, v := range sum {
		if v.Sign() != 0 {
			out[k] = v.RatString()
		}
	}
	return out
}

func stated(l grocery.List) map[string]string {
	as := map[int64][]grocery.Use{}
	for food, line := range lines(l) {
		as[food] = []grocery.Use{{Need: line.Need}}
	}
	return needs(as)
}

// Taking the uses of one dish away leaves, exactly, the list of the other dishes.
func TestRemovingADishSubtractsExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dishes := week(t)
		gone := rapid.IntRange(0, len(dishes)-1).Draw(t, "gone")
		left := map[int64][]grocery.Use{}
		for food, line := range lines(mustConsolidate(t, dishes)) {
			for _, u := range line.Uses {
				if u.Date != dishes[gone].Date || u.Meal != dishes[gone].Meal {
					left[food] = append(left[food], u)
				}
			}
		}
		without := mustConsolidate(t, slices.Delete(slices.Clone(dishes), gone, gone+1))
		if got, want := needs(left), stated(without); !reflect.DeepEqual(got, want) {
			t.Fatalf("all minus one %v, without it %v", got, want)
		}
		for food, line := range lines(without) {
			if !reflect.DeepEqual(uses(t, line.Uses), uses(t, left[food])) {
				t.Fatalf("food %d: uses %v, want %v", food, left[food], line.Uses)
			}
		}
	})
}

func uses(t *rapid.T, u []grocery.Use) string {
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheOrderOfDishesDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dishes := week(t)
		want, err := json.Marshal(mustConsolidate(t, dishes))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(mustConsolidate(t, rapid.Permutation(dishes).Draw(t, "order")))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
		var back grocery.List
		if err := json.Unmarshal(want, &back); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(want) {
			t.Fatalf("stored and read back: %s (%v)", again, err)
		}
	})
}

// What all the dishes ask of a food, in grams, is what its line asks for.
func TestMassIsPreserved(t *testing.T) {
	t.Parallel()
	perUnit := map[string]*big.Rat{"g": big.NewRat(1, 1), "kg": big.NewRat(1000, 1), "ounce": big.NewRat(28_349_523_125, 1_000_000_000), "can (400 g)": big.NewRat(400, 1)}
	rapid.Check(t, func(t *rapid.T) {
		dishes := week(t)
		want := map[int64]*big.Rat{}
		for _, d := range dishes {
			for i, in := range d.Recipe.Ingredients {
				key := in.Unit.Base
				if key == "" {
					key = in.Unit.Name
				}
				f := perUnit[key]
				if f == nil || in.NoAmount {
					continue
				}
				// Amounts that stand for a third or the like are settled by the snapping's own test.
				d.Recipe.Ingredients[i].Amount = in.Amount / 100 * 100
				m := big.NewRat(int64(in.Amount/100)*int64(d.Servings), 100*int64(nutrition.OneServing)*int64(d.Recipe.Servings))
				if want[in.Food.ID] == nil {
					want[in.Food.ID] = new(big.Rat)
				}
				want[in.Food.ID].Add(want[in.Food.ID], m.Mul(m, f))
			}
		}
		for food, line := range lines(mustConsolidate(t, dishes)) {
			got := new(big.Rat)
			for _, q := range line.Need {
				if f := perUnit[q.Unit]; f != nil {
					got.Add(got, new(big.Rat).Mul(q.Amount, f))
				}
			}
			if w := want[food]; w != nil && got.Cmp(w) != 0 || w == nil && got.Sign() != 0 {
				t.Fatalf("food %d: %s g on the list, %s g in the dishes", food, got.RatString(), w)
			}
		}
	})
}

// Four decimals of any fraction with a denominator of the kitchen are that fraction.
func TestSnapping(t *testing.T) {
	t.Parallel()
	for _, den := range []int64{2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 16} {
		for num := int64(1); num < 3*den; num++ {
			rounded := recipe.Amount((num*10_000 + den/2) / den)
			for _, a := range []recipe.Amount{rounded, recipe.Amount(num * 10_000 / den)} {
				l := consolidate(t, once(of(recipe.Ingredient{Food: flour, Amount: a, Unit: base("kg")})))
				if got := l.Sections[0].Lines[0].Need[0].Amount; got.Cmp(big.NewRat(num, den)) != 0 {
					t.Errorf("%d/%d arrives as %v and is read as %s", num, den, a.Float(), got)
				}
			}
		}
	}
	for _, plain := range []recipe.Amount{3300, 6700, 1400, 3334, 3332, 10_001, 9999, 1} {
		l := consolidate(t, once(of(recipe.Ingredient{Food: flour, Amount: plain, Unit: base("kg")})))
		if got := l.Sections[0].Lines[0].Need[0].Amount; got.Cmp(big.NewRat(int64(plain), 10_000)) != 0 {
			t.Errorf("%v is read as %s", plain.Float(), got)
		}
	}
}

// Whatever foods of the table recipes name, in whatever language and unit: no food stands twice
// on the list, and what is not poured is not measured by volume once its density is known.
func TestNoFoodTwiceAndNoSolidByVolume(t *testing.T) {
	t.Parallel()
	foods := food.All()
	all := append(slices.Clone(units), named("dl"), named("EL"), named("Tasse"), base("l"), base("fluid_ounce"), base("pint"))
	rapid.Check(t, func(t *rapid.T) {
		var r recipe.Recipe
		r.ID, r.Name, r.Servings = 1, "dish", 1
		for range rapid.IntRange(1, 30).Draw(t, "lines") {
			f := foods[rapid.IntRange(0, len(foods)-1).Draw(t, "food")]
			names := append(slices.Clone(f.Aliases), f.Name, "finely chopped "+f.Name)
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{
				Food:   recipe.Food{ID: rapid.Int64Range(1, 1<<40).Draw(t, "id"), Name: rapid.SampledFrom(names).Draw(t, "name")},
				Amount: recipe.Amount(rapid.Int64Range(0, 500_000).Draw(t, "amount")), Unit: rapid.SampledFrom(all).Draw(t, "unit"),
			})
		}
		seen := map[string]string{}
		l := mustConsolidate(t, []grocery.Dish{once(r)})
		for _, s := range append(l.Sections, grocery.Section{Lines: l.Pantry}) {
			for _, line := range s.Lines {
				key, ok := food.Same(line.Name)
				if !ok {
					continue
				}
				if other, twice := seen[key]; twice {
					t.Fatalf("%q and %q are both %s", other, line.Name, key)
				}
				seen[key] = line.Name
				f, _ := food.Lookup(key)
				for word := range strings.FieldsSeq(line.Buy) {
					switch word {
					case "ml", "l", "cup", "cups", "pint", "pints", "fl":
						if !f.Pours() && f.Density > 0 {
							t.Fatalf("%s: %s", line.Name, line.Buy)
						}
					}
				}
			}
		}
	})
}
