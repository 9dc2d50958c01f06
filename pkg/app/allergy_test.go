package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// traps adds to the library dishes whose allergen does not stand in the name of a food of
// theirs, as Tandoor shows them after imports and by hand. It returns their names, and of
// them those that nobody can have.
func traps(lib *tandoortest.Library) (all, closed []string) {
	lib.Units = append(lib.Units, tandoortest.UnitSpec{Name: "salmon"}, tandoortest.UnitSpec{Name: "walnuts"}, tandoortest.UnitSpec{Name: "wahoo"})
	lib.Keywords = append(lib.Keywords, tandoortest.KeywordSpec{Name: "contains peanuts"})
	lib.Foods = append(lib.Foods,
		tandoortest.FoodSpec{Name: "Steaks"}, tandoortest.FoodSpec{Name: "Oils"}, tandoortest.FoodSpec{Name: "Rice of the house", Recipe: "Trap: loaf"},
		tandoortest.FoodSpec{Name: "Erdnussöl", Parent: "Oils"}, tandoortest.FoodSpec{Name: "Mandelmus", Plural: "Apples"},
		tandoortest.FoodSpec{Name: "Milled rice", Recipe: "Trap: of somebody else"},
	)
	if !slices.ContainsFunc(lib.Foods, func(f tandoortest.FoodSpec) bool { return f.Name == "Butter" }) {
		lib.Foods = append(lib.Foods, tandoortest.FoodSpec{Name: "Butter"})
	}
	line := func(food string) tandoortest.IngredientSpec {
		return tandoortest.IngredientSpec{Amount: 100, Unit: "g", Food: food}
	}
	add := func(name string, steps ...tandoortest.StepSpec) {
		steps = append([]tandoortest.StepSpec{{Instruction: "Cook.", Ingredients: []tandoortest.IngredientSpec{line("White rice")}}}, steps...)
		lib.Recipes = append(lib.Recipes, tandoortest.RecipeSpec{
			Name: name, Servings: 2, WorkingTime: 20, Keywords: []string{"lunch", "dinner"}, Nutrition: tandoortest.ModeProperties,
			PerServing: &tandoortest.Values{Kcal: 660, Protein: 60, Fat: 20, Carbs: 60}, Steps: steps, Private: strings.Contains(name, "of somebody else"),
		})
	}
	trap := func(name string, steps ...tandoortest.StepSpec) {
		all = append(all, "Trap: "+name)
		add("Trap: "+name, steps...)
	}
	with := func(in ...tandoortest.IngredientSpec) tandoortest.StepSpec {
		return tandoortest.StepSpec{Ingredients: in}
	}
	add("Trap: loaf", with(line("Walnuts")))
	add("Trap: of somebody else", with(line("Apple")))
	add("Trap: middle", tandoortest.StepSpec{Recipe: "Trap: loaf"})
	trap("two levels down", tandoortest.StepSpec{Recipe: "Trap: middle"})
	trap("a food that is a recipe", with(line("Rice of the house")))
	trap("a food that is a recipe of somebody else", with(line("Milled rice")))
	lib.Recipes[len(lib.Recipes)-1].Private = false
	trap("a line without a food", with(tandoortest.IngredientSpec{Amount: 2, Note: "handfuls of cashews"}))
	trap("a line that is a unit", with(tandoortest.IngredientSpec{Amount: 2, Unit: "walnuts"}))
	trap("what nobody wrote down as a food", with(tandoortest.IngredientSpec{OriginalText: "1 glug of the good stuff"}))
	trap("a header", with(tandoortest.IngredientSpec{IsHeader: true, Note: "For the almond topping"}))
	trap("a step's name", tandoortest.StepSpec{Name: "Hazelnut crumble"})
	trap("an instruction", tandoortest.StepSpec{Instruction: "Scatter with chopped **pistachios**."})
	trap("a unit", with(tandoortest.IngredientSpec{Amount: 2, Unit: "salmon", Food: "Steaks"}))
	trap("a unit nobody knows", with(tandoortest.IngredientSpec{Amount: 2, Unit: "wahoo", Food: "Steaks"}))
	trap("a keyword")
	lib.Recipes[len(lib.Recipes)-1].Keywords = []string{"dinner", "contains peanuts"}
	trap("a note", with(tandoortest.IngredientSpec{Amount: 10, Unit: "g", Food: "Butter", Note: "peanut"}))
	trap("a parent", with(line("Erdnussöl")))
	trap("another plural", with(line("Mandelmus")))
	trap("Rice with Macadamia Nuts")
	closed = []string{"Trap: itself", "Trap: of another household"}
	add(closed[0], tandoortest.StepSpec{Recipe: closed[0]})
	add(closed[1], tandoortest.StepSpec{Recipe: "Trap: of somebody else"})
	return all, closed
}

// From Tandoor to the plan: no dish reaches somebody with an allergy by any road on which
// its allergen is not a food of its own; everybody else can have it, if all of it can be seen.
func TestNoAllergenReachesAPlanByAnyRoad(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	must(t, err)
	all, closed := traps(&lib)
	people := sandbox.People()[:2]
	people[1].Settings = people[0].Settings
	people[1].Settings.Allergens = []string{"nuts", "peanuts", "fish"}
	people[1].Travel = nil
	w := newWorld(t, options{people: people, sandbox: sandbox.Options{Library: lib}})
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	id := map[string]recipe.ID{}
	for _, r := range pool {
		id[r.Name] = r.ID
	}
	var wishes plan.Wishes
	for n, name := range slices.Concat(all, closed) {
		if id[name] == 0 {
			t.Fatalf("%q was not imported", name)
		}
		meal := recipe.Meals[n%3]
		wishes.Locks = append(wishes.Locks, plan.Lock{Slot: plan.Slot{Date: week + calendar.Date(n/3), Meal: meal}, Recipe: id[name]})
	}
	for _, p := range people {
		must(t, w.Plans.SetWishes(t.Context(), p.ID, week, wishes))
	}
	served := func(who string) (map[string]bool, string) {
		t.Helper()
		m := w.mustGenerate(t, who)
		out := map[string]bool{}
		for _, d := range m.Week.Days {
			for _, s := range d.Meals {
				if s != nil {
					out[s.Name] = true
				}
			}
		}
		return out, message.Joined(m.Week.Notes...).String()
	}
	lewis, notes := served("user_lewis")
	for _, name := range all {
		if !lewis[name] {
			t.Errorf("without an allergy %q is left out:\n%s", name, notes)
		}
	}
	ana, anaNotes := served("user_ana")
	for name := range ana {
		if strings.HasPrefix(name, "Trap:") {
			t.Errorf("%q was planned for somebody with an allergy", name)
		}
	}
	for _, name := range closed {
		if lewis[name] || ana[name] {
			t.Errorf("%q cannot be known and was planned", name)
		}
	}
	if !strings.Contains(notes, `2 recipes were left out because of embedded recipes`) || !strings.Contains(anaNotes, "left out because these 2 ingredients are unknown") {
		t.Errorf("notes:\n%s\n\n%s", notes, anaNotes)
	}
}

// What an older version stored lacks what the gate looks at. Until it is fetched again,
// which the next generation does, nobody with an allergy is given any of it.
func TestOldPoolsAreClosedAndFetchedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:2]})
	_, err := w.pool(t).Exec(t.Context(), `update recipes set data = data - 'form'`)
	must(t, err)
	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Status: 401})
	if _, err := w.generate(t, "user_ana"); fault.KindOf(err) != fault.NoRecipesAvailable || !strings.Contains(err.Error(), "left out because their ingredients are not known") {
		t.Errorf("with an allergy: %v", err)
	}
	w.mustGenerate(t, "user_lewis")
	heal()
	if m := w.mustGenerate(t, "user_ana"); m.Week.Meals() != 21 {
		t.Errorf("%d meals", m.Week.Meals())
	}
}
