package mailer_test

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// monday is 30 November 2026, week 49.
const monday calendar.Date = 739_950

// links are the addresses a production mail carries, in length and form.
type links struct{}

const token = "eyJwIjoicGxhbiIsInUiOiJ1c2VyX2xld2lzIiwidyI6IjIwMjYtMTEtMzAifQ.dGhpcy1pcy1hLTMyLWJ5dGUtc2lnbmF0dXJlLWZvcg"

func (links) Deletion(userID string) string { return "https://meals.example.com/delete/" + userID }

func (links) SignIn(token string) string     { return "https://meals.example.com/sign-in/" + token }
func (links) Invitation(token string) string { return "https://meals.example.com/invitation/" + token }

func (links) Library(userID string) string { return "https://meals.example.com/library/" + userID }

func (links) Plan(userID string, week calendar.Date) string {
	return fmt.Sprintf("https://meals.example.org/plan/%s/%s?t=%s&x=1", userID, week, token)
}

func (links) Unsubscribe(userID, emailType string) string {
	return fmt.Sprintf("https://meals.example.org/unsubscribe/%s/%s?t=%s", userID, emailType, token)
}

func (links) Command(userID string, week calendar.Date, line string) string {
	return fmt.Sprintf("https://meals.example.org/do/%s/%s/%s?t=%s", userID, week, url.PathEscape(line), token)
}

func newRenderer(t *testing.T) *mailer.Renderer {
	t.Helper()
	r, err := mailer.NewRenderer(links{}, "meals.example.org")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func grams(p, f, c nutrition.Mass) nutrition.Macros {
	return nutrition.Macros{Protein: p * nutrition.Gram, Fat: f * nutrition.Gram, Carbs: c * nutrition.Gram}
}

// food is one ingredient for a recipe of two servings; a plural follows the name after a bar.
func food(id int64, names, aisle string, order int, amount recipe.Amount, unit string) recipe.Ingredient {
	name, plural, _ := strings.Cut(names, "|")
	return recipe.Ingredient{
		Food:   recipe.Food{ID: id, Name: name, Plural: plural, Category: recipe.Category{Name: aisle, Order: order}},
		Amount: amount * recipe.One, Unit: recipe.Unit{Name: unit},
	}
}

// kitchen is a small library.
type kitchen map[recipe.ID]recipe.Recipe

func (k kitchen) add(id recipe.ID, name string, minutes int, per nutrition.Macros, in ...recipe.Ingredient) {
	k[id] = recipe.Recipe{ID: id, Name: name, Servings: 2, WorkingMinutes: minutes, PerServing: per, Nutrition: recipe.Stated, Ingredients: in}
}

// serve plans a recipe for one serving.
func (k kitchen) serve(id recipe.ID, change ...func(*plan.Serving)) *plan.Serving {
	r := k[id]
	s := &plan.Serving{Recipe: id, Name: r.Name, Servings: nutrition.OneServing, Source: plan.Chosen, Minutes: r.Minutes(), PerServing: r.PerServing}
	for _, c := range change {
		c(s)
	}
	return s
}

func portions(n nutrition.Servings) func(*plan.Serving) {
	return func(s *plan.Serving) { s.Servings = n * nutrition.OneServing / 4 }
}

func source(src plan.Source) func(*plan.Serving) {
	return func(s *plan.Serving) { s.Source = src }
}

func estimated(s *plan.Serving) { s.Estimated = true }

// stored sums the week up as the planner would, and checks it.
func (k kitchen) stored(t *testing.T, u user.User, w plan.Week) plan.Plan {
	t.Helper()
	w.User, w.WeekOf, w.People, w.TolerancePct, w.Status = u.ID, monday, u.People, 10, plan.Balanced
	var dishes []grocery.Dish
	for i := range w.Days {
		d := &w.Days[i]
		d.Date = monday + calendar.Date(i)
		var filled nutrition.Mass
		for m, s := range d.Meals {
			if s == nil {
				continue
			}
			filled++
			d.Actual = d.Actual.Add(s.PerServing.Scale(s.Servings))
			dishes = append(dishes, grocery.Dish{Date: d.Date, Meal: recipe.Meals[m], Recipe: k[s.Recipe], Servings: s.Servings * nutrition.Servings(u.People)})
		}
		d.Target = nutrition.Macros{Protein: w.Target.Protein * filled / 3, Fat: w.Target.Fat * filled / 3, Carbs: w.Target.Carbs * filled / 3}
		d.Balanced = plan.InBand(d.Actual, d.Target, w.TolerancePct)
		if !d.Balanced {
			w.Status = plan.Unbalanced
		}
	}
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	list, err := grocery.Consolidate(dishes, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Plan{Week: w, Groceries: list, Prep: prep.Plan(dishes)}
}

func someone(name string, people int) user.User {
	u := user.User{ID: "user_lewis", Name: name, Email: "lewis@example.org", TimeZone: "Europe/Berlin", Enabled: true, People: people, Connection: "c", Settings: user.DefaultSettings()}
	u.Settings.TrackClicks = true
	return u
}

// Names that try to break out of the page or to break the layout.
const (
	scriptName = `<script>alert("x")</script> & "Ben's" Chili`
	longName   = "Slow-roasted_Mediterranean_aubergine-and-chickpea_casserole_without_any_space_in_its_name_that_a_line_could_break_at_whatsoever"
	rtlName    = "شوربة عدس مع ليمون"
	emojiName  = "Ramen 🍜 mit Ei 🥚👩‍🍳"
)

// richWeek has every kind of day and meal there is.
func richWeek(t *testing.T) (user.User, plan.Plan) {
	t.Helper()
	k := kitchen{}
	produce, dairy := "Produce & <Herbs>", "Dairy"
	k.add(1, "Porridge with berries", 10, grams(35, 15, 60), food(1, "rolled oats", "Dry goods", 3, 160, "g"), food(2, "milk", dairy, 2, 4, "dl"), food(3, "blueberry|blueberries", produce, 1, 150, "g"))
	k.add(2, scriptName, 35, grams(60, 25, 70), food(4, `tin "tomato" <b>`, "Tins", 4, 2, "can (400 g)"), food(5, "onion|onions", produce, 1, 2, ""), food(6, "salt", "", 0, 1, "tsp"))
	k.add(3, longName, 125, grams(55, 27, 70), food(7, "aubergine|aubergines", produce, 1, 3, ""), food(8, longName, "", 0, 300, "g"))
	k.add(4, rtlName, 30, grams(58, 26, 72), food(9, "red lentil|red lentils", "Dry goods", 3, 300, "g"), food(10, "lemon|lemons", produce, 1, 1, ""))
	k.add(5, emojiName, 45, grams(56, 28, 68), food(11, "ramen noodles", "Dry goods", 3, 200, "g"), food(12, "egg 🥚|eggs 🥚", dairy, 2, 2, ""))
	k.add(6, "Scrambled eggs on rye", 15, grams(36, 16, 58), food(12, "egg 🥚|eggs 🥚", dairy, 2, 5, ""), food(13, "rye bread", "Bakery", 5, 4, "slices"))
	k.add(7, "Cottage cheese bowl", 5, grams(37, 14, 61), food(14, "cottage cheese", dairy, 2, 500, "g"))
	k.add(8, "Bircher muesli", 0, grams(34, 15, 62), food(1, "rolled oats", "Dry goods", 3, 120, "g"), food(2, "milk", dairy, 2, 1, "cup"))
	k.add(9, "Buttermilk pancakes", 25, grams(20, 30, 110), food(15, "flour", "Dry goods", 3, 2, "cups"), food(16, "olive oil", "Oils", 6, 1, "tbsp"))
	k.add(10, "Tofu scramble", 20, grams(38, 15, 57), food(17, "tofu", "Chilled", 7, 400, "g"))
	k.add(11, "Travel wrap", 12, grams(57, 26, 71), food(18, "tortilla|tortillas", "Bakery", 5, 4, ""))
	k.add(12, "Yoghurt with walnuts", 5, grams(33, 16, 61), food(19, "walnut|walnuts", "Dry goods", 3, 60, "g"), food(20, "cinnamon", "Spices", 8, 1, "pinch"))
	w := plan.Week{Target: grams(150, 67, 200), TargetSource: targets.Computed, Mode: targets.HighProtein, Optimal: true}
	w.Days = [7]plan.Day{
		{Meals: [3]*plan.Serving{k.serve(1), k.serve(2), k.serve(3)}},
		{Meals: [3]*plan.Serving{k.serve(9), k.serve(4), k.serve(3)}},
		{Meals: [3]*plan.Serving{k.serve(6), k.serve(2, source(plan.Locked)), k.serve(5, estimated)}},
		{Meals: [3]*plan.Serving{k.serve(7, source(plan.Travel)), k.serve(11, source(plan.Travel)), k.serve(11, source(plan.Travel))}},
		{Meals: [3]*plan.Serving{nil, k.serve(4, portions(3)), k.serve(5, portions(6), estimated)}},
		{},
		{Meals: [3]*plan.Serving{k.serve(10), k.serve(2), k.serve(5, estimated)}},
	}
	remedy := grams(45, 8, 40)
	w.Reasons = []plan.Reason{
		{Code: "macro_out_of_band", Date: monday + 1, Macro: "protein_g", Short: 10 * nutrition.Gram, RemedyMeal: "breakfast", Remedy: &remedy},
		{Code: "macro_out_of_band", Date: monday + 1, Macro: "carbs_g", Short: -30 * nutrition.Gram},
		{Code: "recipe_repeated", Date: monday + 2, Meal: "dinner"},
		{Code: "rotation_relaxed", Date: monday + 6, Meal: "dinner", DaysMissing: 12},
	}
	w.Notes = []message.Text{message.Textf(`1 recipe has estimated nutrition, computed from its ingredients with the USDA table.`), message.Textf(`Traces ("may contain") are beyond what we can see.`)}
	u := someone(`Lewis <b>"Lou"</b> O'Hara & Söhne`, 3)
	return u, k.stored(t, u, w)
}

// demoWeek is an ordinary, fully balanced week.
func demoWeek(t *testing.T) (user.User, plan.Plan) {
	t.Helper()
	k := kitchen{}
	for i, b := range []string{"Porridge with blueberries", "Scrambled eggs on rye", "Cottage cheese with peach", "Bircher muesli", "Tofu scramble", "Skyr bowl with walnuts", "Buckwheat pancakes"} {
		id := recipe.ID(i + 1)
		k.add(id, b, 5+5*(i%4), grams(36+nutrition.Mass(i%3), 16, 56+nutrition.Mass(i)), food(int64(i+1), strings.ToLower(strings.Fields(b)[0]), "Breakfast", 3, 160, "g"))
	}
	k.add(20, "Chicken and lentil salad", 25, grams(58, 24, 70), food(20, "chicken breast", "Meat & fish", 2, 400, "g"), food(21, "green lentil|green lentils", "Dry goods", 4, 150, "g"), food(22, "red onion|red onions", "Produce", 1, 1, ""))
	k.add(21, "Salmon with new potatoes", 35, grams(55, 27, 68), food(23, "salmon fillet", "Meat & fish", 2, 300, "g"), food(24, "new potato|new potatoes", "Produce", 1, 600, "g"), food(25, "dill", "Produce", 1, 1, "bunch"))
	k.add(22, "Turkey chili", 50, grams(57, 25, 72), food(26, "minced turkey", "Meat & fish", 2, 400, "g"), food(27, "kidney beans", "Tins", 5, 2, "can (400 g)"), food(28, "tomato|tomatoes", "Produce", 1, 500, "g"))
	k.add(23, "Spinach frittata", 30, grams(56, 26, 70), food(29, "egg|eggs", "Dairy", 6, 8, ""), food(30, "spinach", "Produce", 1, 300, "g"), food(31, "olive oil", "Oils", 7, 1, "tbsp"), food(32, "salt", "", 0, 1, "pinch"))
	w := plan.Week{Target: grams(150, 67, 200), TargetSource: targets.Computed, Optimal: true}
	for i := range w.Days {
		lunch, dinner := recipe.ID(20+i%2), recipe.ID(22+i%2)
		w.Days[i].Meals = [3]*plan.Serving{k.serve(recipe.ID(i + 1)), k.serve(lunch), k.serve(dinner)}
	}
	w.Days[2].Meals[2].Source = plan.Locked
	u := someone("Lewis", 1)
	return u, k.stored(t, u, w)
}

// largestWeek has 21 names and 90 groceries of the length given, and every kind of remark.
func largestWeek(t *testing.T, nameLength int) (user.User, plan.Plan) {
	t.Helper()
	name := func(kind string, i int) string {
		s := fmt.Sprintf("%s %d & ", kind, i)
		return s + strings.Repeat("long name ", nameLength/10+1)[:max(nameLength-len(s), 0)]
	}
	k := kitchen{}
	for i := range 21 {
		var in []recipe.Ingredient
		for f := i * 90 / 21; f < (i+1)*90/21; f++ {
			in = append(in, food(int64(f+1), name("food", f), name("aisle", f%12), f%12+1, 1234, "g"))
		}
		k.add(recipe.ID(i+1), name("dish", i), 125, grams(50, 22, 66), in...)
	}
	w := plan.Week{Target: grams(190, 67, 200), TargetSource: targets.Computed, Mode: targets.HighProtein}
	remedy := grams(45, 8, 40)
	for i := range w.Days {
		for m := range w.Days[i].Meals {
			w.Days[i].Meals[m] = k.serve(recipe.ID(3*i+m+1), source(plan.Locked), estimated)
		}
		w.Reasons = append(w.Reasons,
			plan.Reason{Code: "macro_out_of_band", Date: monday + calendar.Date(i), Macro: "protein_g", Short: 40 * nutrition.Gram, RemedyMeal: "breakfast", Remedy: &remedy},
			plan.Reason{Code: "rotation_relaxed", Date: monday + calendar.Date(i), Meal: "dinner", DaysMissing: 12})
	}
	for i := range 10 {
		w.Notes = append(w.Notes, message.Textf("%s", name("note", i)))
	}
	u := someone(name("user", 1)[:min(nameLength, 100)], 20)
	s := k.stored(t, u, w)
	if n := s.Groceries.Lines(); n != 90 {
		t.Fatalf("%d grocery lines", n)
	}
	return u, s
}

func (links) Reply(key [signedlink.ReplyKeySize]byte, _ string, _ calendar.Date) string {
	return fmt.Sprintf("plan+%x@meals.example.org", key)
}

func (links) Click(key [signedlink.ReplyKeySize]byte, target string) string {
	return fmt.Sprintf("https://meals.example.org/r/%x%s", key, strings.TrimPrefix(target, "https://meals.example.org"))
}

func (links) Open(key [signedlink.ReplyKeySize]byte) string {
	return fmt.Sprintf("https://meals.example.org/o/%x", key)
}

func (links) Key(kind, userID, period string) [signedlink.ReplyKeySize]byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + userID + "\x00" + period))
	return [signedlink.ReplyKeySize]byte(sum[:])
}
