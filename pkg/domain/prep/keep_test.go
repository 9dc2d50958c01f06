package prep_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// with is a dish that holds 100 g a serving of each food.
func with(day int, m recipe.Meal, id recipe.ID, foods ...string) grocery.Dish {
	d := dish(day, m, id)
	d.Recipe.Servings = 1
	for _, f := range foods {
		d.Recipe.Ingredients = append(d.Recipe.Ingredients, recipe.Ingredient{Food: recipe.Food{Name: f}, Amount: 100 * recipe.One, Unit: recipe.Unit{Base: "g"}})
	}
	return d
}

// How long a dish keeps is told by its most perishable food; what nobody knows keeps no longer.
func TestADishKeepsAsLongAsItsFoods(t *testing.T) {
	t.Parallel()
	for foods, want := range map[string]int{
		"lentils,carrot,onion": 4, "chicken breast,carrot": 3, "salmon": 3, "beef": 3, "eggs,spinach": 3, "rice,black beans": 3, "gekochter Reis": 3, "pasta,tomato": 4,
		"zoblat,carrot": 3, "Hähnchenbrust": 3, "canned chicken,carrot": 3, "spam": 3, "anchovy,tomato": 3, "fish finger": 3, "frozen meatballs": 3,
	} {
		list := prep.Plan([]grocery.Dish{with(0, recipe.Lunch, 1, strings.Split(foods, ",")...), with(2, recipe.Lunch, 1, strings.Split(foods, ",")...)})
		if got := list.Batches[0].Keeps(); got != want {
			t.Errorf("%s keeps %d days, want %d", foods, got, want)
		}
	}
	if (prep.Batch{}).Keeps() != 3 {
		t.Error("plans of old are taken to keep longest")
	}
}

func said(list []message.Text) string {
	var out []string
	for _, s := range list {
		out = append(out, s.In(message.English))
	}
	return strings.Join(out, " ")
}

// Cooked on Monday, eaten on Wednesday from the fridge and on Friday from the freezer.
func TestWhatIsSaidOfABatch(t *testing.T) {
	t.Parallel()
	list := prep.Plan([]grocery.Dish{with(0, recipe.Lunch, 1, "chicken breast"), with(2, recipe.Lunch, 1, "chicken breast"), with(4, recipe.Lunch, 1, "chicken breast"), with(1, recipe.Dinner, 2, "carrot"), with(5, recipe.Dinner, 2, "carrot")})
	b := list.Batches[0]
	for at, want := range map[string]string{
		said(b.Storage()):           "Chill what is left within two hours, a big pot in small portions; it keeps for 3 days. Freeze what is for Friday lunch, which is too long for the fridge; thaw it there from the evening before.",
		said(b.Serving(b.Eaten[0])): "",
		said(b.Serving(b.Eaten[1])): "It is in the fridge, where it keeps until Thursday. Reheat it at most once, until it steams all through.",
		said(b.Serving(b.Eaten[2])): "It is in the freezer: it would have kept until Thursday in the fridge. Thaw it there from Thursday evening. Reheat it at most once, until it steams all through.",
	} {
		if at != want {
			t.Errorf("got  %s\nwant %s", at, want)
		}
	}
	if got := said(list.Batches[1].Storage()); strings.Contains(got, "Freeze") || !strings.Contains(got, "4 days") {
		t.Errorf("carrots from Tuesday to Saturday: %s", got)
	}
	for day, want := range map[calendar.Date]int{monday + 2: 0, monday + 3: 1, monday + 4: 0} {
		if got := list.Thawing(day); len(got) != want {
			t.Errorf("on %v %v thaws", day, got)
		}
	}
}

// No portion is eaten beyond what is safe without the batch saying that it is frozen, and the day
// before saying that it thaws.
func TestNothingIsEatenTooOldUnlessFrozen(t *testing.T) {
	t.Parallel()
	foods := []string{"chicken breast", "salmon", "eggs", "rice", "lentils", "carrot", "zoblat"}
	rapid.Check(t, func(t *rapid.T) {
		of := map[int]string{}
		var dishes []grocery.Dish
		for day := range 7 {
			for _, m := range recipe.Meals {
				id := rapid.IntRange(1, 5).Draw(t, "recipe")
				if of[id] == "" {
					of[id] = rapid.SampledFrom(foods).Draw(t, "food")
				}
				dishes = append(dishes, with(day, m, recipe.ID(id), of[id]))
			}
		}
		list := prep.Plan(dishes)
		for _, b := range list.Batches {
			text := said(b.Storage())
			for _, e := range b.Eaten {
				age := int(e.Date - b.Cook)
				limit := 3
				if f := of[int(b.Recipe)]; f == "lentils" || f == "carrot" {
					limit = 4
				}
				slot := e.Date.Weekday().String() + " " + e.Meal.String()
				frozen := strings.Contains(text, "Freeze") && strings.Contains(text, slot)
				if frozen != (age > limit) || b.Freezes(e) != frozen {
					t.Fatalf("%s, %d days old on %s: %s", b.Name, age, slot, text)
				}
				if age > 0 && text == "" || age == 0 && len(b.Serving(e)) > 0 {
					t.Fatalf("%s, %d days old: %q", b.Name, age, text)
				}
				thaws := false
				for _, p := range list.Thawing(e.Date - 1) {
					thaws = thaws || p.Eaten == e && p.Name == b.Name
				}
				if thaws != frozen {
					t.Fatalf("%s for %s: frozen %t, thaws %t", b.Name, slot, frozen, thaws)
				}
			}
		}
	})
}
