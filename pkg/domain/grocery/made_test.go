package grocery_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// What is made in the kitchen stands with what one buys for it.
func TestMadeInTheKitchen(t *testing.T) {
	t.Parallel()
	in := func(a float64, unit, name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{ID: int64(len(name)), Name: name}, Unit: named(unit), Amount: amount(a)}
	}
	none := func(name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name}, NoAmount: true}
	}
	for _, c := range []struct {
		name    string
		in      []recipe.Ingredient
		staples []string
		want    string
	}{
		{"juice beside lemons", []recipe.Ingredient{in(80, "ml", "lemon juice"), in(1, "", "lemon")}, nil, "Other: lemon=≈ 3 [≈ 2.83];"},
		{"juice alone", []recipe.Ingredient{in(80, "ml", "lemon juice")}, nil, "Other: lemons=≈ 2 [≈ 1.83];"},
		{"the same lemons give juice and zest", []recipe.Ingredient{in(2, "", "lemon juice"), in(1, "", "lemon zest"), in(1, "", "lemon")}, nil, "Other: lemon=3 [3];"},
		{"more zest than juice", []recipe.Ingredient{in(1, "", "lemon juice"), in(3, "", "lemon zest")}, nil, "Other: lemons=3 [3];"},
		{"whites and yolks of the same eggs", []recipe.Ingredient{in(3, "", "egg whites"), in(2, "", "egg yolks"), in(2, "", "eggs")}, nil, "Other: eggs=5 [5];"},
		{"boiled eggs are eggs of their own", []recipe.Ingredient{in(2, "", "hard-boiled eggs"), in(2, "", "egg whites")}, nil, "Other: eggs=4 [4];"},
		{"cooked rice is rice", []recipe.Ingredient{in(280, "g", "cooked rice"), in(100, "g", "rice")}, nil, "Other: rice=≈ 200 g [≈ 200 g];"},
		{"cups of cooked quinoa", []recipe.Ingredient{in(2, "us_cup", "cooked quinoa")}, nil, "Other: quinoa=≈ 125 g [≈ 123.03 g];"},
		{"a kind of rice is one line", []recipe.Ingredient{in(280, "g", "cooked sushi rice"), in(200, "g", "sushi rice")}, nil, "Other: sushi rice=≈ 300 g [≈ 300 g];"},
		{"cooked kinds keep their name", []recipe.Ingredient{in(280, "g", "cooked basmati")}, nil, "Other: basmati=≈ 100 g [≈ 100 g];"},
		{"dried peel is bought so", []recipe.Ingredient{in(2, "tbsp", "dried lemon peel")}, nil, "Other: dried lemon peel=≈ 15 g [≈ 12.13 g];"},
		{"in German", []recipe.Ingredient{in(280, "g", "gekochter Reis"), in(2, "EL", "Zitronensaft")}, nil, "Other: Reis=≈ 100 g [≈ 100 g]; Zitrone=≈ 1 [≈ 0.69];"},
		{"without an amount", []recipe.Ingredient{none("lemon juice")}, nil, "Other: lemon=for dish [];"},
		{"bottled juice is bought so", []recipe.Ingredient{in(80, "ml", "bottled lemon juice")}, nil, "Other: bottled lemon juice=80 ml [80 ml];"},
		{"a bottle of it, too", []recipe.Ingredient{in(1, "bottle", "lemon juice"), in(1, "", "lemon")}, nil, "Other: lemon=1 [1]; lemon juice=1 bottle [1 bottle];"},
		{"juice that is always at home", []recipe.Ingredient{in(80, "ml", "lemon juice"), in(1, "", "lemon")}, []string{"lemon juice"}, "Other: lemon=1 [1]; lemon juice=80 ml [80 ml];"},
		{"lemons that are always at home", []recipe.Ingredient{in(500, "ml", "lemon juice")}, []string{"lemons"}, "Other: lemon juice=500 ml [500 ml];"},
		{"rice that is always at home", []recipe.Ingredient{in(280, "g", "cooked rice")}, []string{"rice"}, "Other: rice=≈ 100 g [≈ 100 g];"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := grocery.Consolidate([]grocery.Dish{once(of(c.in...))}, c.staples)
			if err != nil {
				t.Fatal(err)
			}
			if got := flat(anywhere(l)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	l := consolidate(t, once(of(in(80, "ml", "lemon juice"), in(1, "", "lemon"), in(560, "g", "cooked rice"))))
	if u := l.Sections[0].Lines[0].Uses[0]; u.Amount != "1 + 80 ml (lemon juice)" {
		t.Errorf("what the recipe asks for: %q", u.Amount)
	}
	if !grocery.Covers(l.Sections[0].Lines[0].Need, []grocery.Quantity{{Amount: big.NewRat(28, 10)}}) {
		t.Error("lemons for the juice do not cover lemons")
	}
}

// What the library has on hand keeps its food: of eggs at home some are boiled, but of a lemon at home
// nobody presses half a litre.
func TestMadeOfWhatIsOnHand(t *testing.T) {
	t.Parallel()
	home := func(id int64, name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{ID: id, Name: name, OnHand: true}, Amount: 2 * recipe.One}
	}
	for name, c := range map[string]struct {
		home, made recipe.Ingredient
		want       string
	}{
		"boiled eggs":  {home(17, "free-range eggs"), recipe.Ingredient{Food: recipe.Food{ID: 3, Name: "hard-boiled eggs"}, Amount: 2 * recipe.One}, "17 free-range eggs 4 home;"},
		"lemon juice":  {home(18, "lemons"), recipe.Ingredient{Food: recipe.Food{ID: 4, Name: "lemon juice"}, Unit: named("ml"), Amount: 500 * recipe.One}, "4 lemon juice 500 ml buy; 18 lemons 2 home;"},
		"cooked pasta": {home(19, "pasta"), recipe.Ingredient{Food: recipe.Food{ID: 5, Name: "cooked pasta"}, Unit: named("g"), Amount: 235 * recipe.One}, "19 pasta ≈ 100 g + 2 home;"},
	} {
		for _, in := range [][]recipe.Ingredient{{c.home, c.made}, {c.made, c.home}} {
			l := consolidate(t, once(of(in...)))
			var lines []string
			for _, s := range l.Sections {
				for _, line := range s.Lines {
					lines = append(lines, fmt.Sprintf("%d %s %s buy;", line.Food, line.Name, line.Buy))
				}
			}
			for _, line := range l.Pantry {
				lines = append(lines, fmt.Sprintf("%d %s %s home;", line.Food, line.Name, line.Buy))
			}
			if got := strings.Join(lines, " "); got != c.want {
				t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
	}
}

// What a dish asks for reads as its recipe, unless nobody could weigh it so.
func TestUsesAreRounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		amount float64
		unit   string
		want   string
	}{
		"grams": {262.5, "g", "270 g"}, "fewer": {218.75, "g", "220 g"}, "whole ones": {203, "g", "203 g"}, "of a kilogram": {1.5, "kg", "1.5 kg"},
		"millilitres": {82.5, "ml", "90 ml"}, "drops": {2.5, "ml", "3 ml"}, "cups": {1.5, "us_cup", "1½ cups"}, "pieces": {0.75, "", "¾"},
	} {
		l := anywhere(consolidate(t, once(of(recipe.Ingredient{Food: recipe.Food{ID: 1, Name: "milk"}, Unit: named(c.unit), Amount: amount(c.amount)}))))
		if u := l.Sections[0].Lines[0].Uses[0]; u.Amount != c.want {
			t.Errorf("%s: %q, want %q", name, u.Amount, c.want)
		}
	}
}

// Nothing that a dish asks for is lost, halved or bought twice when it is bought as something else: of
// each part there is enough, and no more than for all parts one after the other.
func TestMadeFoodsAreBoughtInFull(t *testing.T) {
	t.Parallel()
	lemon, juice, zest, rice, cooked := 0, 1, 2, 3, 4
	names := []string{"lemon", "lemon juice", "lemon zest", "rice", "cooked rice"}
	units := [][]string{{""}, {"", "g", "ml", "tbsp"}, {"", "g"}, {"g", "kg"}, {"g", "ml", "us_cup"}}
	rapid.Check(t, func(t *rapid.T) {
		var dishes []grocery.Dish
		asked := make([]*big.Rat, len(names)) // in pieces of lemon, in grams of rice
		for i := range asked {
			asked[i] = new(big.Rat)
		}
		for range rapid.IntRange(1, 6).Draw(t, "dishes") {
			d := once(recipe.Recipe{ID: recipe.ID(len(dishes) + 1), Name: "dish", Servings: rapid.IntRange(1, 4).Draw(t, "yield")})
			for range rapid.IntRange(1, 6).Draw(t, "lines") {
				n := rapid.IntRange(0, len(names)-1).Draw(t, "food")
				in := recipe.Ingredient{
					Food: recipe.Food{ID: int64(n + 1), Name: names[n]}, Amount: recipe.One * recipe.Amount(rapid.IntRange(1, 90).Draw(t, "amount")),
					Unit: named(rapid.SampledFrom(units[n]).Draw(t, "unit")),
				}
				d.Recipe.Ingredients = append(d.Recipe.Ingredients, in)
				f, _ := food.Lookup(names[n])
				weight, ok := food.Weigh(in, f)
				if !ok {
					t.Fatalf("%v cannot be weighed", in)
				}
				each := map[int]*big.Rat{lemon: big.NewRat(84, 1), juice: big.NewRat(45, 1), zest: big.NewRat(6, 1), rice: big.NewRat(1, 1), cooked: big.NewRat(28, 10)}[n]
				share := big.NewRat(int64(weight), 10_000*int64(d.Recipe.Servings))
				asked[n].Add(asked[n], share.Quo(share, each))
			}
			dishes = append(dishes, d)
		}
		got := map[string]*big.Rat{}
		var all []string
		l := mustConsolidate(t, dishes)
		for _, s := range append(slices.Clone(l.Sections), grocery.Section{Lines: l.Pantry}) {
			for _, line := range s.Lines {
				all = append(all, line.Name)
				for _, q := range grocery.Wanted(line.Need) {
					if q.Unit != "" && q.Unit != "g" && q.Unit != "kg" {
						t.Fatalf("%s in %q", line.Name, q.Unit)
					}
					if q.Unit == "kg" {
						q.Amount.Mul(q.Amount, big.NewRat(1000, 1))
					}
					key := strings.TrimSuffix(strings.TrimPrefix(line.Name, "white "), "s")
					if got[key] == nil {
						got[key] = new(big.Rat)
					}
					got[key].Add(got[key], q.Amount)
				}
			}
		}
		if len(all) > 2 {
			t.Fatalf("a food stands twice: %q", all)
		}
		near := func(name string, want *big.Rat) {
			have := orZero(got[name])
			off := new(big.Rat).Sub(have, want)
			if off.Abs(off); off.Cmp(new(big.Rat).Mul(want, big.NewRat(1, 1000))) > 0 {
				t.Fatalf("%s: %s to buy, %s asked for", name, have.FloatString(4), want.FloatString(4))
			}
		}
		part := asked[juice]
		if asked[zest].Cmp(part) > 0 {
			part = asked[zest]
		}
		near("lemon", new(big.Rat).Add(asked[lemon], part))
		near("rice", new(big.Rat).Add(asked[rice], asked[cooked]))
		stored, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back grocery.List
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(stored) {
			t.Fatalf("stored and read back: %s (%v)", again, err)
		}
	})
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}
