package grocery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
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
	l, err := grocery.Consolidate(dishes, nil)
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

// anywhere is a list whose aisles do not matter.
func anywhere(l grocery.List) grocery.List {
	all := grocery.Section{Name: grocery.OtherSection}
	for _, s := range l.Sections {
		all.Lines = append(all.Lines, s.Lines...)
	}
	slices.SortFunc(all.Lines, func(a, b grocery.Line) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if l.Sections = nil; len(all.Lines) > 0 {
		l.Sections = []grocery.Section{all}
	}
	return l
}

func TestPitfalls(t *testing.T) {
	t.Parallel()
	in := func(a float64, u recipe.Unit, f recipe.Food) recipe.Ingredient {
		return recipe.Ingredient{Food: f, Unit: u, Amount: amount(a)}
	}
	note := func(text string, f recipe.Food) recipe.Ingredient { return recipe.Ingredient{Food: f, Note: text} }
	with := func(f recipe.Food, c ...recipe.Conversion) recipe.Food {
		f.Conversions = c
		return f
	}
	conv := func(a float64, u recipe.Unit, b float64, v recipe.Unit) recipe.Conversion {
		return recipe.Conversion{Amount: amount(a), Unit: u, ToAmount: amount(b), ToUnit: v}
	}
	food := func(id int64, name, plural, aisle string) recipe.Food {
		return recipe.Food{ID: id, Name: name, Plural: plural, Category: recipe.Category{Name: aisle}}
	}
	none := recipe.Unit{}
	egg, onion, lemon := food(2, "egg", "eggs", ""), food(3, "onion", "onions", ""), food(4, "lemon", "lemons", "")
	milk, butter, peanutButter := food(5, "milk", "", ""), food(6, "butter", "", ""), food(7, "peanut butter", "", "")
	garlic, powder := food(8, "garlic", "", ""), food(9, "garlic powder", "", "Spices")
	tomato, oliveOil, salt, water := food(10, "tomato", "tomatoes", ""), food(11, "olive oil", "", ""), food(12, "salt", "", ""), food(13, "water", "", "")
	cumin, rice, cookedRice := food(14, "cumin", "", "Herbs & Spices"), food(15, "rice", "", ""), food(16, "cooked rice", "", "")
	seasoning, cream := food(17, "21 Seasoning", "", "Spices"), food(18, "cream", "", "")
	zoblat := recipe.Food{ID: 21, Name: "zoblat"} // that no table has
	onHand := recipe.Food{ID: 19, Name: "honey", OnHand: true}
	ignored := recipe.Food{ID: 20, Name: "ice", IgnoreShopping: true}
	cup, g, tbsp, tsp := base("us_cup"), base("g"), base("tbsp"), base("tsp")
	flourCup := with(flour, conv(1, cup, 125, g))
	for _, c := range []struct {
		name string
		in   []recipe.Ingredient
		want string
	}{
		{"three thirds of a cup are a cup", []recipe.Ingredient{in(.3333, cup, zoblat), in(.3333, cup, zoblat), in(.3333, cup, zoblat)}, "Other: zoblat=1 cup [1 cup];"},
		{"two thirds cut off and a third", []recipe.Ingredient{in(.6666, cup, zoblat), in(.3333, cup, zoblat)}, "Other: zoblat=1 cup [1 cup];"},
		{"two thirds rounded and a third", []recipe.Ingredient{in(.6667, cup, zoblat), in(.3333, cup, zoblat)}, "Other: zoblat=1 cup [1 cup];"},
		{"seven sevenths", []recipe.Ingredient{in(.1429, g, flour), in(.8571, g, flour)}, "Other: flour=1 g [1 g];"},
		{"a third of a litre typed as 0.33 is 330 ml", []recipe.Ingredient{in(.33, base("l"), milk)}, "Other: milk=350 ml [330 ml];"},
		{"mass and volume without a factor stay apart", []recipe.Ingredient{in(300, g, zoblat), in(1, cup, zoblat)}, "Other: zoblat=300 g + 1 cup [300 g + 1 cup];"},
		{"mass and volume with the user's own factor", []recipe.Ingredient{in(300, g, flourCup), in(1, cup, flourCup)}, "Other: flour=≈ 430 g [≈ 425 g];"},
		{"a conversion alone derives nothing", []recipe.Ingredient{in(2, cup, with(zoblat, conv(1, cup, 125, g)))}, "Other: zoblat=2 cups [2 cups];"},
		{"conversion in two steps", []recipe.Ingredient{
			in(100, g, with(garlic, conv(1, named("head"), 10, named("clove")), conv(1, named("clove"), 5, g))), in(1, named("head"), garlic),
		}, "Other: garlic=≈ 150 g [≈ 150 g];"},
		{"conversion read backwards", []recipe.Ingredient{in(1, cup, with(flour, conv(250, g, 2, cup))), in(300, g, flour)}, "Other: flour=≈ 430 g [≈ 425 g];"},
		{"conversion of another measuring system", []recipe.Ingredient{in(100, base("ml"), with(milk, conv(1, base("pound"), 453.5924, base("ml")))), in(1, base("kg"), milk)}, "Other: milk=≈ 1.15 l [≈ 1.1 l];"},
		{"a conversion of nothing is no conversion", []recipe.Ingredient{in(1, cup, with(zoblat, conv(0, cup, 125, g))), in(300, g, zoblat)}, "Other: zoblat=300 g + 1 cup [300 g + 1 cup];"},
		{"pieces and grams by conversion", []recipe.Ingredient{in(2, none, with(onion, conv(1, none, 110, g))), in(500, g, onion)}, "Other: onions=≈ 720 g [≈ 720 g];"},
		{"us, metric and imperial cups", []recipe.Ingredient{in(1, cup, milk), in(1, named("metric cup"), milk), in(1, named("imperial cup"), milk)}, "Other: milk=800 ml [770.72 ml];"},
		{"us and imperial pint", []recipe.Ingredient{in(1, base("pint"), milk), in(1, base("imperial_pint"), milk)}, "Other: milk=1.05 l [1.04 l];"},
		{"imperial pint by itself", []recipe.Ingredient{in(1.5, base("imperial_pint"), milk)}, "Other: milk=1½ imperial pints [1½ imperial pints];"},
		{"us and imperial fluid ounce", []recipe.Ingredient{in(1, base("fluid_ounce"), milk), in(1, base("imperial_fluid_ounce"), milk)}, "Other: milk=60 ml [57.99 ml];"},
		{"ounce is a mass", []recipe.Ingredient{in(4, named("oz"), butter)}, "Other: butter=4 oz [4 oz];"},
		{"fluid ounce is a volume", []recipe.Ingredient{in(4, named("fl. oz"), milk), in(4, named("oz"), milk)}, "Other: milk=≈ 230 ml [≈ 228.39 ml];"},
		{"ounces make pounds", []recipe.Ingredient{in(12, base("ounce"), butter), in(1, base("pound"), butter)}, "Other: butter=1¾ lb [1¾ lb];"},
		{"ounces and grams", []recipe.Ingredient{in(4, base("ounce"), butter), in(100, g, butter)}, "Other: butter=215 g [213.4 g];"},
		{"T and t", []recipe.Ingredient{in(1, named("T"), cumin), in(3, named("t"), cumin)}, "Other: cumin=2 tbsp [2 tbsp];"},
		{"t alone", []recipe.Ingredient{in(1, named("t"), cumin)}, "(cumin=1 tsp [1 tsp])"},
		{"dl and cl", []recipe.Ingredient{in(1.5, named("dl"), milk), in(5, named("cl"), milk)}, "Other: milk=200 ml [200 ml];"},
		{"msk and tsk", []recipe.Ingredient{in(1, named("msk"), cumin), in(3, named("tsk"), cumin)}, "Other: cumin=2 tbsp [2 tbsp];"},
		{"EL and TL", []recipe.Ingredient{in(2, named("EL"), milk), in(2, named("TL"), milk)}, "Other: milk=40 ml [40 ml];"},
		{"stick of butter", []recipe.Ingredient{in(1, named("stick"), butter), in(100, g, butter)}, "Other: butter=≈ 215 g [≈ 213 g];"},
		{"sticks of butter alone", []recipe.Ingredient{in(1.5, named("sticks"), butter)}, "Other: butter=2 sticks [1½ sticks];"},
		{"a stick of peanut butter weighs nobody knows what", []recipe.Ingredient{in(1, named("stick"), peanutButter), in(100, g, peanutButter)}, "Other: peanut butter=100 g + 1 stick [100 g + 1 stick];"},
		{"pinch and dash go to the pantry", []recipe.Ingredient{in(1, named("pinch"), cumin), in(2, named("dashes"), cumin)}, "(cumin=2 dashes + 1 pinch [2 dashes + 1 pinch])"},
		{"pinch in spoons by conversion", []recipe.Ingredient{in(8, named("pinch"), with(cumin, conv(16, named("pinch"), 1, tsp))), in(2.5, tbsp, cumin)}, "Other: cumin=≈ 3 tbsp [≈ 2⅔ tbsp];"},
		{"heaping is about right only", []recipe.Ingredient{in(5, named("heaping tbsp"), milk)}, "Other: milk=≈ 80 ml [≈ 73.93 ml];"},
		{"cloves and garlic powder", []recipe.Ingredient{in(2, named("cloves"), garlic), in(2, tbsp, powder)}, "Other: garlic=2 cloves [2 cloves]; garlic powder=2 tbsp [2 tbsp];"},
		{"butter and peanut butter", []recipe.Ingredient{in(10, g, butter), in(10, g, peanutButter)}, "Other: butter=10 g [10 g]; peanut butter=10 g [10 g];"},
		{"dry and cooked rice", []recipe.Ingredient{in(100, g, rice), in(100, g, cookedRice)}, "Other: rice=≈ 140 g [≈ 135.71 g];"},
		{"plural and case of units", []recipe.Ingredient{in(1, named("Slice"), rice), in(2, named("slices"), rice)}, "Other: rice=3 slices [3 slices];"},
		{"a dozen counts pieces", []recipe.Ingredient{in(2, named("dozen"), egg), in(3, none, egg)}, "Other: eggs=27 [27];"},
		{"a size counts pieces", []recipe.Ingredient{in(2, named("large"), egg), in(3, none, egg)}, "Other: eggs=5 [5];"},
		{"a unit in another language", []recipe.Ingredient{in(2, named("Zehe(n)"), garlic), in(1, named("clove"), garlic)}, "Other: garlic=3 cloves [3 cloves];"},
		{"a unit nobody knows", []recipe.Ingredient{in(1, recipe.Unit{Name: "Knubbel", Plural: "Knubbel"}, garlic), in(1, named("knubbel"), garlic)}, "Other: garlic=2 Knubbel [2 Knubbel];"},
		{"no unit is a piece", []recipe.Ingredient{in(1, none, egg), in(1.5, named("piece"), egg)}, "Other: eggs=3 [2½];"},
		{"one is singular", []recipe.Ingredient{in(.5, none, egg)}, "Other: egg=1 [½];"},
		{"no amount", []recipe.Ingredient{{Food: cumin, NoAmount: true, Amount: recipe.One}}, "(cumin= [])"},
		{"amount 0 is no amount", []recipe.Ingredient{in(0, none, cumin)}, "(cumin= [])"},
		{"an amount and a bit more", []recipe.Ingredient{{Food: flour, NoAmount: true}, in(100, g, flour)}, "Other: flour=100 g [100 g];"},
		{"the same food twice in one recipe", []recipe.Ingredient{in(100, g, butter), in(50, g, butter)}, "Other: butter=150 g [150 g];"},
		{"water weighs a gram per millilitre", []recipe.Ingredient{in(100, g, water), in(2, base("l"), water)}, "(water=≈ 2.1 l [≈ 2.1 l])"},
		{"milk weighs more", []recipe.Ingredient{in(500, g, milk), in(2, base("l"), milk)}, "Other: milk=≈ 2.5 l [≈ 2.49 l];"},
		{"salt is looked for at home", []recipe.Ingredient{in(50, g, salt)}, "(salt=50 g [50 g])"},
		{"a spoon of oil is looked for at home", []recipe.Ingredient{in(1, tbsp, oliveOil)}, "(olive oil=1 tbsp [1 tbsp])"},
		{"three spoons of oil are bought", []recipe.Ingredient{in(3, tbsp, oliveOil)}, "Other: olive oil=3 tbsp [3 tbsp];"},
		{"four spoons of oil are millilitres", []recipe.Ingredient{in(4, tbsp, oliveOil)}, "Other: olive oil=60 ml [59.15 ml];"},
		{"a spoon of cream is millilitres", []recipe.Ingredient{in(1, tbsp, cream)}, "Other: cream=20 ml [14.79 ml];"},
		{"on hand", []recipe.Ingredient{in(200, g, onHand)}, "(honey=200 g [200 g])"},
		{"never shopped for", []recipe.Ingredient{in(200, g, ignored)}, ""},
		{"a can that says what it holds", []recipe.Ingredient{in(2, named("can (400 g)"), tomato)}, "Other: tomatoes=2 cans (400 g) [2 cans (400 g)];"},
		{"cans with their size in the note", []recipe.Ingredient{{Food: tomato, Unit: named("cans"), Amount: amount(2), Note: "400 g"}, in(300, g, tomato)}, "Other: tomatoes=≈ 1.1 kg [≈ 1.1 kg];"},
		{"cans of two sizes", []recipe.Ingredient{in(1, named("400 g can"), tomato), in(1, named("tin (240g)"), tomato)}, "Other: tomatoes=1 can (240 g) + 1 can (400 g) [1 can (240 g) + 1 can (400 g)];"},
		{"a note beside cans that is no size", []recipe.Ingredient{{Food: tomato, Unit: named("can"), Amount: amount(1), Note: "peeled"}}, "Other: tomato=1 can [1 can];"},
		{"amount in the note: mixed number", []recipe.Ingredient{note("1½ cups, sifted", zoblat)}, "Other: zoblat=1½ cups [1½ cups];"},
		{"amount in the note: 1 1/2", []recipe.Ingredient{note("1 1/2 cups zoblat", zoblat)}, "Other: zoblat=1½ cups [1½ cups];"},
		{"amount in the note: range", []recipe.Ingredient{note("2–3 eggs", egg)}, "Other: eggs=3 [3];"},
		{"amount in the note: decimal comma", []recipe.Ingredient{note("1,5 dl", milk)}, "Other: milk=150 ml [150 ml];"},
		{"amount in the note: juice of", []recipe.Ingredient{note("juice of 2 lemons", lemon), in(1, none, lemon)}, "Other: lemons=3 [3];"},
		{"amount in the note: cans", []recipe.Ingredient{note("2 (400 g) cans tomatoes", tomato)}, "Other: tomatoes=2 cans (400 g) [2 cans (400 g)];"},
		{"amount in the note: heaping", []recipe.Ingredient{note("5 heaping tbsp", milk)}, "Other: milk=≈ 80 ml [≈ 73.93 ml];"},
		{"a number in the note that is no amount", []recipe.Ingredient{note("2 cm cubes", rice)}, "Other: rice=for dish [];"},
		{"flour is weighed by the table", []recipe.Ingredient{in(2, cup, flour)}, "Other: flour=≈ 260 g [≈ 250.78 g];"},
		{"unless the user does", []recipe.Ingredient{in(2, cup, flourCup)}, "Other: flour=≈ 250 g [≈ 250 g];"},
		{"spoons of spices stay spoons", []recipe.Ingredient{in(2, tbsp, cumin)}, "Other: cumin=2 tbsp [2 tbsp];"},
		{"a cup of them is weighed", []recipe.Ingredient{in(1, cup, cumin)}, "Other: cumin=≈ 105 g [≈ 101.73 g];"},
		{"pieces and what they weigh", []recipe.Ingredient{in(2, none, onion), in(500, g, onion), in(.5, cup, onion)}, "Other: onions=≈ 810 g [≈ 800.44 g];"},
		{"cloves and heads", []recipe.Ingredient{in(2, named("heads"), garlic), in(3, named("cloves"), garlic)}, "Other: garlic=≈ 30 cloves [≈ 29⅔ cloves];"},
		{"cloves that the name counts", []recipe.Ingredient{in(3, none, food(22, "garlic cloves", "", "")), in(1, named("clove"), garlic)}, "Other: garlic=4 cloves [4 cloves];"},
		{"cloves by themselves", []recipe.Ingredient{in(3, none, food(22, "garlic cloves", "", ""))}, "Other: garlic cloves=3 [3];"},
		{"an amount in the name", []recipe.Ingredient{in(0, none, food(23, "3 Knoblauchzehen", "", "")), in(1, named("clove"), garlic)}, "Other: garlic=4 cloves [4 cloves];"},
		{"paprika by the piece and by the spoon", []recipe.Ingredient{in(2, none, food(26, "Paprika", "", "")), in(1, tsp, food(26, "Paprika", "", ""))}, "Other: Paprika=2 [2]; (Paprika=1 tsp [1 tsp])"},
		{"a line that was torn", []recipe.Ingredient{in(4, named("salmon"), food(24, "steaks", "", ""))}, "Other: salmon steaks=4 [4];"},
		{"a package that was torn", []recipe.Ingredient{in(1, named("(8"), food(25, "oz) package cream cheese", "", ""))}, "Other: cream cheese=1 packet (8 oz) [1 packet (8 oz)];"},
		{"cans are not weighed", []recipe.Ingredient{in(2, named("cans"), tomato), in(300, g, tomato)}, "Other: tomatoes=300 g + 2 cans [300 g + 2 cans];"},
		{"a note about another food", []recipe.Ingredient{note("or 2 shallots", onion)}, "Other: onion=for dish [];"},
		{"a name that starts with a number", []recipe.Ingredient{note("21 Seasoning", seasoning)}, "(21 Seasoning= [])"},
		{"the note of a stated amount is left alone", []recipe.Ingredient{{Food: egg, Amount: amount(2), Note: "3 eggs if small"}}, "Other: eggs=2 [2];"},
		{"no amount beats the note", []recipe.Ingredient{{Food: egg, NoAmount: true, Note: "3 eggs"}}, "Other: egg=for dish [];"},
		{"rounding to 5 g", []recipe.Ingredient{in(241, g, rice)}, "Other: rice=245 g [241 g];"},
		{"rounding below 5 g", []recipe.Ingredient{in(2.2, g, rice)}, "Other: rice=3 g [2.2 g];"},
		{"rounding to 10 g", []recipe.Ingredient{in(251, g, rice)}, "Other: rice=260 g [251 g];"},
		{"rounding up to a kilogram", []recipe.Ingredient{in(999, g, rice)}, "Other: rice=1 kg [999 g];"},
		{"rounding to 50 g", []recipe.Ingredient{in(1001, g, rice)}, "Other: rice=1.05 kg [1 kg];"},
		{"nothing to round", []recipe.Ingredient{in(250, g, rice)}, "Other: rice=250 g [250 g];"},
		{"rounding to 10 ml", []recipe.Ingredient{in(241, base("ml"), milk)}, "Other: milk=250 ml [241 ml];"},
		{"rounding to 50 ml", []recipe.Ingredient{in(251, base("ml"), milk)}, "Other: milk=300 ml [251 ml];"},
		{"litres", []recipe.Ingredient{in(1.26, base("l"), milk)}, "Other: milk=1.3 l [1.26 l];"},
		{"cups round up to what a measuring cup has", []recipe.Ingredient{in(1.3, cup, milk)}, "Other: milk=1⅓ cups [1.3 cups];"},
		{"cloves are whole", []recipe.Ingredient{in(1.25, named("clove"), garlic)}, "Other: garlic=2 cloves [1¼ cloves];"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := flat(anywhere(consolidate(t, once(of(c.in...))))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Every base unit of Tandoor sums with its own kind at the factor its definition gives.
func TestBaseUnits(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string]string{
		"g": "1 g", "kg": "1 kg", "ounce": "28.35 g", "pound": "453.59 g", "ml": "1 ml", "l": "1 l",
		"fluid_ounce": "29.57 ml", "pint": "473.18 ml", "quart": "946.35 ml", "gallon": "3.79 l", "tbsp": "14.79 ml", "tsp": "4.93 ml", "us_cup": "236.59 ml",
		"imperial_fluid_ounce": "28.41 ml", "imperial_pint": "568.26 ml", "imperial_quart": "1.14 l", "imperial_gallon": "4.55 l", "imperial_tbsp": "17.76 ml", "imperial_tsp": "5.92 ml",
	} {
		zero := "ml"
		if strings.HasSuffix(want, "g") {
			zero = "g"
		}
		// A trace of the metric unit makes the sum metric without changing what is shown.
		l := consolidate(t, once(of(
			recipe.Ingredient{Food: recipe.Food{ID: 1, Name: "zoblat"}, Amount: recipe.One, Unit: recipe.Unit{Name: "x", Base: unit}},
			recipe.Ingredient{Food: recipe.Food{ID: 1, Name: "zoblat"}, Amount: 1, Unit: base(zero)})))
		if got := l.Sections[0].Lines[0].Exact; got != want {
			t.Errorf("1 %s = %s, want %s", unit, got, want)
		}
	}
}

func TestScalesOnceByServings(t *testing.T) {
	t.Parallel()
	r := recipe.Recipe{ID: 1, Name: "stew", Servings: 6, Ingredients: []recipe.Ingredient{{Food: flour, Amount: amount(1), Unit: base("kg")}}}
	a := grocery.Dish{Date: monday, Meal: recipe.Lunch, Recipe: r, Servings: nutrition.OneServing * 3 / 2}
	b := a
	b.Date, b.Servings = monday+1, 3*nutrition.OneServing
	line := consolidate(t, b, a).Sections[0].Lines[0]
	if line.Exact != "750 g" || len(line.Uses) != 2 || line.Uses[0].Amount != "0.25 kg" || line.Uses[1].Amount != "0.5 kg" || line.Uses[0].Date != monday {
		t.Errorf("got %+v", line)
	}
}

func TestSectionsFollowTheSupermarket(t *testing.T) {
	t.Parallel()
	at := func(id int64, name, aisle string, order int) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{ID: id, Name: name, Category: recipe.Category{Name: aisle, Order: order}}, Amount: recipe.One}
	}
	got := flat(consolidate(t, once(of(at(1, "z", "Dairy", 2), at(2, "b", "", 0), at(3, "Y", "Dairy", 2), at(4, "c", "Unplaced", 0), at(5, "d", "Produce", 1), at(6, "e", "Also unplaced", 0)))))
	if want := "Produce: d=1 [1]; Dairy: Y=1 [1]; z=1 [1]; Also unplaced: e=1 [1]; Unplaced: c=1 [1]; Other: b=1 [1];"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Where the library has no categories, ours serve; and one food is one line, whatever an import
// called it.
func TestLibrariesThatNobodyTidied(t *testing.T) {
	t.Parallel()
	at := func(id int64, a float64, unit, name string) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{ID: id, Name: name}, Unit: recipe.Unit{Name: unit}, Amount: amount(a)}
	}
	got := flat(consolidate(t, once(of(
		at(1, 2, "", "eggs"), at(2, 1, "", "large egg"), at(3, 100, "g", "white sugar"), at(4, 50, "g", "Sugar"), at(5, 1, "", "finely chopped onion"),
		at(6, 1, "", "Zwiebeln"), at(7, 200, "g", "frozen spinach"), at(8, 300, "g", "spinach"), at(9, 1, "", "zoblat"),
	))))
	const want = "Produce: spinach=300 g [300 g]; Zwiebeln=2 [2]; Dairy: eggs=3 [3]; Baking: Sugar=150 g [150 g]; Frozen: frozen spinach=200 g [200 g]; Other: zoblat=1 [1];"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestErrorsNameRecipeAndFood(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]recipe.Recipe{
		"no servings":  {ID: 7, Name: "Pancakes", Ingredients: []recipe.Ingredient{{Food: flour, Amount: 1}}},
		"negative":     {ID: 7, Name: "Pancakes", Servings: 1, Ingredients: []recipe.Ingredient{{Food: flour, Amount: -1}}},
		"absurd count": {ID: 7, Name: "Pancakes", Servings: 1, Ingredients: []recipe.Ingredient{{Food: flour, Amount: amount(10_001)}}},
		"absurd":       {ID: 7, Name: "Pancakes", Servings: 1, Ingredients: []recipe.Ingredient{{Food: flour, Amount: amount(101), Unit: base("kg")}}},
	} {
		_, err := grocery.Consolidate([]grocery.Dish{once(r)}, nil)
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), `recipe 7 "Pancakes"`) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no servings" && !strings.Contains(err.Error(), "flour") {
			t.Errorf("%s does not name the food: %v", name, err)
		}
	}
}

// What nobody pours is never bought in millilitres, whatever recipes measure it with, and
// whether or not the table knows its density.
func TestNoSolidInMillilitres(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"yeast", "pasilla chile", "cinnamon", "flour", "parmesan", "chow mein noodles"} {
		l := consolidate(t, once(of(
			recipe.Ingredient{Food: recipe.Food{ID: 1, Name: name}, Amount: 7 * recipe.One, Unit: recipe.Unit{Name: "tsp"}},
			recipe.Ingredient{Food: recipe.Food{ID: 1, Name: name}, Amount: 5 * recipe.One, Unit: recipe.Unit{Name: "EL"}})))
		lines := l.Pantry
		for _, s := range l.Sections {
			lines = append(lines, s.Lines...)
		}
		if len(lines) != 1 || strings.HasSuffix(lines[0].Buy, "ml") || !strings.HasSuffix(lines[0].Buy, " g") {
			t.Errorf("%s: %+v", name, lines)
		}
	}
}
