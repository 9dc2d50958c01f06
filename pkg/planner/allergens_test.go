package planner_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// A dislike takes the food's descendants along.
func TestDislikesCoverDescendants(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	for i := range 10 {
		p.pool.Recipes[20+i].Ingredients[0].Food = recipe.Food{ID: 5, Name: "Cheddar", Ancestors: []recipe.FoodRef{{ID: 4, Name: "Cheese"}}}
	}
	p.in.User.Settings.Dislikes = []string{"cheese"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range res.Week.Days {
		for _, s := range d.Meals {
			if s.Recipe > 20 && s.Recipe <= 30 {
				t.Errorf("%s has cheese", d.Date)
			}
		}
	}
}

// No recipe with the user's allergen, or with an ingredient nobody classified, reaches a
// plan by any route: choice, travel day, lock, estimated nutrition, food tree.
func TestNoAllergenByAnyRoute(t *testing.T) {
	t.Parallel()
	harmful := map[string]string{ // food: allergen
		"peanut butter": "peanuts", "walnut": "nuts", "milk": "milk", "egg": "eggs", "soy sauce": "soy", "tahini": "sesame",
		"salmon": "fish", "shrimp": "crustaceans", "wheat flour": "gluten", "celery": "celery", "mustard": "mustard",
	}
	byAnyRoute(t, []string{"rice", "chicken breast", "carrot", "apple", "olive oil"}, harmful, func(s *user.Settings, name string) { s.Allergens = []string{name} })
}

// Nor does a recipe that a diet of the user leaves out, or of which that is not known.
func TestNoDietIsBrokenByAnyRoute(t *testing.T) {
	t.Parallel()
	broken := map[string]string{ // food: diet
		"bacon": "no-pork", "lard": "no-pork", "gelatine": "no-pork", "chicken stock": "vegetarian", "salmon": "vegetarian", "parmesan": "vegetarian", "beef": "pescatarian",
		"milk": "vegan", "honey": "vegan", "egg": "vegan", "oyster sauce": "vegan", "red wine": "no-alcohol", "vanilla extract": "no-alcohol",
	}
	byAnyRoute(t, []string{"rice", "tofu", "carrot", "apple", "olive oil"}, broken, func(s *user.Settings, name string) { s.Diets = []string{name} })
}

// byAnyRoute plans from libraries into which a food came by any route, for users that must not
// have it.
func byAnyRoute(t *testing.T, harmless []string, harmful map[string]string, forbid func(s *user.Settings, name string)) {
	t.Helper()
	foods := make([]string, 0, len(harmful))
	for f := range harmful {
		foods = append(foods, f)
	}
	slices.Sort(foods)
	plans := 0
	rapid.Check(t, func(rt *rapid.T) {
		bad := map[recipe.ID]bool{}
		poison := rapid.SampledFrom(foods).Draw(rt, "food")
		p := &ports{in: planner.Inputs{User: ana()}}
		forbid(&p.in.User.Settings, harmful[poison])
		p.pool.Recipes = library(func(i int) []string { return []string{harmless[i%len(harmless)]} })
		for i := range p.pool.Recipes {
			r := &p.pool.Recipes[i]
			if spoil(r, poison, rapid.IntRange(0, 24).Draw(rt, "what")) {
				bad[r.ID] = true
			}
		}
		p.pool.Recipes = append(p.pool.Recipes, dish(101, nil, poison))
		p.pool.Recipes[len(p.pool.Recipes)-1].Servings = 0
		if rapid.Bool().Draw(rt, "travel") {
			p.in.Wishes.Travel = []calendar.Date{week + 2}
		}
		var locked recipe.ID
		if rapid.Bool().Draw(rt, "lock") {
			locked = recipe.ID(rapid.IntRange(16, 45).Draw(rt, "locked"))
			p.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week + 3, Meal: recipe.Dinner}, Recipe: locked}}
		}
		res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
		if err != nil {
			if k := fault.KindOf(err); k != fault.NotEnoughRecipes && k != fault.InvalidConstraints && k != fault.NoRecipesAvailable {
				rt.Fatalf("got %v", err)
			}
			return
		}
		plans++
		if bad[locked] && !strings.Contains(message.Joined(res.Week.Notes...).String(), "could not be kept") {
			rt.Fatalf("the plan does not say that a lock was not kept: %v", res.Week.Notes)
		}
		for _, d := range res.Week.Days {
			for _, s := range d.Meals {
				if s != nil && bad[s.Recipe] {
					rt.Fatalf("%s: recipe %d can harm (%s)", d.Date, s.Recipe, poison)
				}
			}
		}
	})
	if plans == 0 {
		t.Error("no week was planned: nothing was tested")
	}
}

// spoil brings a food into a recipe by one of 25 ways, some of which are harmless; it reports
// whether the recipe can harm those who must not eat the food.
func spoil(r *recipe.Recipe, poison string, way int) bool {
	harm := func(in recipe.Ingredient) {
		in.NoAmount = true
		r.Ingredients = append(r.Ingredients, in)
	}
	switch way {
	case 0:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 7, Name: poison}})
	case 1:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 8, Name: "grandmother's secret paste"}})
	case 2:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 9, Name: "brand x spread", Ancestors: []recipe.FoodRef{{ID: 10, Name: poison}}}})
	case 3:
		r.Nutrition, r.PerServing = recipe.Unknown, nutrition.Macros{} // must be estimated, if at all
		return false
	case 4:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 11, Name: "Hausmischung", Ancestors: []recipe.FoodRef{{ID: 12, Name: "Vegetables"}}}})
	case 5:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 13, Name: "Hausmischung", Plural: "Carrots"}})
	case 6:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 14, Name: "rice"}, Note: "with some " + poison})
	case 7:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 15, Name: "rice"}, Unit: recipe.Unit{ID: 1, Name: poison}})
	case 8:
		r.Texts = []string{"For the " + poison}
	case 9:
		r.Foodless = []string{"something else"}
	case 10:
		r.Name = "Rice and " + poison
	case 11:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 16, Name: "rice", Recipe: 101}}) // that holds it
	case 12:
		harm(recipe.Ingredient{Food: recipe.Food{ID: 17, Name: "rice", Recipe: 102}}) // that is not there
	case 13:
		r.Gaps = []string{"recipe 103, which the library does not show"}
	case 14:
		r.Embeds = []recipe.Embed{{Recipe: 101}}
	case 15:
		r.Outdated = true
	case 16:
		named := poison
		if longer := map[string]string{"milk": "buttermilk", "bacon": "bacon fat"}[poison]; longer != "" { // in an instruction, short for a listed food
			named = longer
		}
		r.Steps = []recipe.Step{{Instruction: "Serve with " + named + "."}}
	default:
		return false
	}
	return true
}
