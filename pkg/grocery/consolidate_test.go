package grocery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/grocery"
	"github.com/mealplanner/mealplanner/pkg/nutrition"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

const monday calendar.Date = 739_950

func amount(f float64) recipe.Amount { return recipe.Amount(f*float64(recipe.One) + 0.5) }

func base(b string) recipe.Unit { return recipe.Unit{Name: b, Base: b} }

func named(n string) recipe.Unit { return recipe.Unit{Name: n} }

// of is a recipe for one serving.
func of(in ...recipe.Ingredient) recipe.Recipe {
	return recipe.Recipe{ID: 1, Name: "dish", Servings: 1, Ingredients: in}
}

func once(r recipe.Recipe) grocery.Dish {
	return grocery.Dish{Date: monday, Meal: recipe.Dinner, Recipe: r, Servings: nutrition.OneServing}
}

var flour = recipe.Food{ID: 1, Name: "flour"}

func consolidate(t *testing.T, dishes ...grocery.Dish) grocery.List {
	t.Helper()
	l, err := grocery.Consolidate(dishes)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// flat renders a list as one string: sections, lines, pantry last.
func flat(l grocery.List) string {
	var b strings.Builder
	for _, s := range l.Sections {
		fmt.Fprintf(&b, "%s: ", s.Name)
		for _, x := range s.Lines {
			fmt.Fprintf(&b, "%s=%s [%s]; ", x.Name, x.Buy, x.Exact)
		}
	}
	for _, x := range l.Pantry {
		fmt.Fprintf(&b, "(%s=%s [%s]) ", x.Name, x.Buy, x.Exact)
	}
	return strings.TrimSpace(b.String())
}

func TestPitfalls(t *testing.T) {
	t.Parallel()
	in := func(a float64, u recipe.Unit, f recipe.Food) recipe.Ingredient {
		return recipe.Ingredient{Food: f, Unit: u, Amount: amount(a)}
	}
	cupIs := recipe.Food{ID: 1, Name: "flour", Conversions: []recipe.Conversion{{Amount: recipe.One, Unit: base("us_cup"), ToAmount: 125 * recipe.One, ToUnit: base("g")}}}
	for _, c := range []struct {
		name string
		in   []recipe.Ingredient
		want string
	}{
		{"three thirds of a cup are a cup", []recipe.Ingredient{in(.3333, base("us_cup"), flour), in(.3333, base("us_cup"), flour), in(.3333, base("us_cup"), flour)}, "Other: flour=1 cup [1 cup];"},
		{"mass and volume without a factor stay apart", []recipe.Ingredient{in(300, base("g"), flour), in(1, base("us_cup"), flour)}, "Other: flour=300 g + 1 cup [300 g + 1 cup];"},
		{"mass and volume with the user's own factor", []recipe.Ingredient{in(300, base("g"), cupIs), in(1, base("us_cup"), cupIs)}, "Other: flour=≈ 430 g [≈ 425 g];"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := flat(consolidate(t, once(of(c.in...)))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestErrorsNameRecipeAndFood(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]recipe.Recipe{
		"no servings": {ID: 7, Name: "Pancakes", Ingredients: []recipe.Ingredient{{Food: flour, Amount: 1}}},
		"negative":    {ID: 7, Name: "Pancakes", Servings: 1, Ingredients: []recipe.Ingredient{{Food: flour, Amount: -1}}},
		"absurd":      {ID: 7, Name: "Pancakes", Servings: 1, Ingredients: []recipe.Ingredient{{Food: flour, Amount: amount(101), Unit: base("kg")}}},
	} {
		_, err := grocery.Consolidate([]grocery.Dish{once(r)})
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), `recipe 7 "Pancakes"`) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no servings" && !strings.Contains(err.Error(), "flour") {
			t.Errorf("%s does not name the food: %v", name, err)
		}
	}
}
