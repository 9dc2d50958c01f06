package app_test

import (
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// What recipes embed counts, two levels deep too, in the figures and in what is bought: as if every
// line stood in the recipe itself.
func TestEmbeddedRecipesCount(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	must(t, err)
	line := func(amount float64, food string) tandoortest.IngredientSpec {
		if !slices.ContainsFunc(lib.Foods, func(f tandoortest.FoodSpec) bool { return f.Name == food }) {
			lib.Foods = append(lib.Foods, tandoortest.FoodSpec{Name: food})
		}
		return tandoortest.IngredientSpec{Amount: amount, Unit: "g", Food: food}
	}
	roux := []tandoortest.IngredientSpec{line(60, "Butter"), line(60, "Flour")}
	sauce := []tandoortest.IngredientSpec{line(400, "Milk"), line(150, "Cheddar cheese")}
	bake := []tandoortest.IngredientSpec{line(400, "Pasta"), line(200, "Ham")}
	add := func(name string, steps ...tandoortest.StepSpec) {
		lib.Recipes = append(lib.Recipes, tandoortest.RecipeSpec{
			Name: name, Servings: 4, WorkingTime: 20, Keywords: []string{"dinner"},
			Nutrition: tandoortest.ModeNone, Steps: steps,
		})
	}
	add("Roux", tandoortest.StepSpec{Instruction: "Stir.", Ingredients: roux})
	add("Cheese sauce", tandoortest.StepSpec{Recipe: "Roux"}, tandoortest.StepSpec{Instruction: "Whisk.", Ingredients: sauce})
	add("Bake of three", tandoortest.StepSpec{Recipe: "Cheese sauce"}, tandoortest.StepSpec{Instruction: "Bake.", Ingredients: bake})
	add("Bake of one", tandoortest.StepSpec{Instruction: "Bake.", Ingredients: slices.Concat(roux, sauce, bake)})
	add("Bake without sauce", tandoortest.StepSpec{Instruction: "Bake.", Ingredients: bake})

	people := sandbox.People()[:1]
	people[0].Settings.Allergens = nil
	w := newWorld(t, options{people: people, sandbox: sandbox.Options{Library: lib}})
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	var wishes plan.Wishes
	for n, name := range []string{"Bake of three", "Bake of one", "Bake without sauce"} {
		at := slices.IndexFunc(pool, func(r recipe.Recipe) bool { return r.Name == name })
		wishes.Locks = append(wishes.Locks, plan.Lock{Slot: plan.Slot{Date: week + calendar.Date(n), Meal: recipe.Dinner}, Recipe: pool[at].ID})
	}
	must(t, w.Plans.SetWishes(t.Context(), people[0].ID, week, wishes))
	m := w.mustGenerate(t, people[0].ID)

	served := map[string]plan.Serving{}
	for _, d := range m.Week.Days {
		for _, s := range d.Meals {
			if s != nil {
				served[s.Name] = *s
			}
		}
	}
	three, one, less := served["Bake of three"], served["Bake of one"], served["Bake without sauce"]
	if !three.Estimated || three.PerServing != one.PerServing || three.PerServing.Energy() <= less.PerServing.Energy() {
		t.Errorf("per serving: %+v in three recipes, %+v in one, %+v without the sauce", three.PerServing, one.PerServing, less.PerServing)
	}
	bought := func(n calendar.Date) (out []string) {
		for _, s := range m.Groceries.Sections {
			for _, l := range s.Lines {
				if slices.ContainsFunc(l.Uses, func(u grocery.Use) bool { return u.Date == week+n && u.Meal == recipe.Dinner }) {
					out = append(out, l.Name)
				}
			}
		}
		return out
	}
	if got := bought(0); len(got) != 6 || !slices.Equal(got, bought(1)) || len(bought(2)) != 2 {
		t.Errorf("bought: %q for three recipes, %q for one, %q without the sauce", got, bought(1), bought(2))
	}
}
