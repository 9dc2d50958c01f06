package planner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

var week = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// ports are the planner's ports in memory.
type ports struct {
	pool    recipe.Pool
	poolErr error
	weight  float64
	wErr    error
	in      planner.Inputs

	mu    sync.Mutex
	saved []planner.Draft
}

func (p *ports) Recipes(context.Context, string) (recipe.Pool, error) { return p.pool, p.poolErr }
func (p *ports) Weight(context.Context, user.User) (float64, error)   { return p.weight, p.wErr }
func (p *ports) Inputs(context.Context, string, calendar.Date) (planner.Inputs, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := p.in
	if len(p.saved) > 0 {
		in.Existing = &p.saved[0].Plan
	}
	return in, nil
}

func (p *ports) Save(_ context.Context, d planner.Draft) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = append(p.saved, d)
	return len(p.saved) == 1, nil
}

func (p *ports) WeeklyPlan(u user.User, _ plan.Plan) (mail.Mail, error) {
	return mail.Mail{Type: "weekly_plan", To: u.Email}, nil
}

// inline runs the components without telemetry and notes their names.
func inline(names *[]string, mu *sync.Mutex) planner.Step {
	return func(ctx context.Context, name string, fn func(context.Context) error) error {
		mu.Lock()
		*names = append(*names, name)
		mu.Unlock()
		return fn(ctx)
	}
}

func (p *ports) generate(req planner.Request) (planner.Result, []string, error) {
	return p.generateWith(planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}, req)
}

func (p *ports) generateWith(s planner.Settings, req planner.Request) (planner.Result, []string, error) {
	var (
		names []string
		mu    sync.Mutex
	)
	res, err := planner.New(p, p, p, p, inline(&names, &mu), s).Generate(context.Background(), req)
	return res, names, err
}

func ana() user.User {
	u := user.User{ID: "user_ana", Name: "Ana", Email: "ana@example.org", TimeZone: "UTC", Enabled: true, People: 2, Connection: "home", Settings: user.DefaultSettings()}
	u.Settings.Targets = &nutrition.Macros{Protein: 120 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 200 * nutrition.Gram}
	return u
}

// dish makes a recipe of the foods with a third of Ana's targets, roughly.
func dish(id int, meals []recipe.Meal, foods ...string) recipe.Recipe {
	r := recipe.Recipe{
		ID: recipe.ID(id), Name: fmt.Sprint("dish ", id), Servings: 2, WorkingMinutes: 10, Meals: meals, Nutrition: recipe.Stated,
		PerServing: nutrition.Macros{
			Protein: nutrition.Mass(35+id%11) * nutrition.Gram, Fat: nutrition.Mass(16+id%7) * nutrition.Gram, Carbs: nutrition.Mass(58+id%17) * nutrition.Gram,
		},
	}
	for i, f := range foods {
		r.Ingredients = append(r.Ingredients, recipe.Ingredient{
			Food: recipe.Food{ID: int64(len(f)*1000 + i), Name: f}, Unit: recipe.Unit{Name: "g", Base: "g"}, Amount: 100 * recipe.One,
		})
	}
	return r
}

func library(foods func(i int) []string) []recipe.Recipe {
	var out []recipe.Recipe
	for i := range 45 {
		meals := []recipe.Meal{recipe.Breakfast}
		if i >= 15 {
			meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
		}
		out = append(out, dish(i+1, meals, foods(i)...))
	}
	return out
}

func rice(int) []string { return []string{"rice"} }

func TestGenerateReadsAsItsComponents(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	res, names, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names[:2]) // the fetches run at the same time
	want := []string{"profile_fetch", "recipe_fetch", "generation_algorithm", "macro_validation", "grocery_consolidation", "email_render"}
	if !slices.Equal(names, want) {
		t.Errorf("ran %v, want %v", names, want)
	}
	if err := res.Week.Validate(); err != nil || res.Week.Meals() != 21 || len(p.saved) != 1 || res.Week.People != 2 {
		t.Errorf("%v, %d meals, %d saved", err, res.Week.Meals(), len(p.saved))
	}
	again, names, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil || !again.Existing || len(names) != 0 || len(p.saved) != 1 {
		t.Errorf("a second run: existing %t, ran %v, %d saved, %v", again.Existing, names, len(p.saved), err)
	}
}

func TestDryRunStoresNothing(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	if res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true}); err != nil || res.Week.Meals() != 21 || len(p.saved) != 0 {
		t.Errorf("%d meals, %d saved, %v", res.Week.Meals(), len(p.saved), err)
	}
}

// Only the meals that somebody wants are planned, whatever is locked is, and each day's
// target is that of its meals. A stored week keeps the others until they are replanned.
func TestMealsThatAreNotPlanned(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	whole, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	p.in.User.Settings.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
	lock := plan.Slot{Date: week + 2, Meal: recipe.Breakfast}
	p.in.Wishes.Locks = []plan.Lock{{Slot: lock, Recipe: 3}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	full := res.Week.Target
	for i, d := range res.Week.Days {
		meals := nutrition.Mass(2)
		if d.Date == lock.Date {
			meals = 3
		}
		if (d.Meals[recipe.Breakfast] != nil) != (meals == 3) || d.Meals[recipe.Lunch] == nil || d.Meals[recipe.Dinner] == nil || d.Target.Protein != full.Protein*meals/3 {
			t.Errorf("day %d: %+v of %+v", i, d.Meals, d.Target)
		}
	}
	if len(p.saved) != 1 || len(p.saved[0].Wishes.Skips) != 0 {
		t.Errorf("the setting became a wish: %+v", p.saved)
	}

	in := p.in
	in.Existing = &whole.Plan
	free := plan.Slot{Date: week + 4, Meal: recipe.Breakfast}
	revised, err := planner.New(p, p, p, p, inline(new([]string), new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}).
		Revise(t.Context(), in, planner.Revision{Free: []plan.Slot{free}, From: plan.Slot{Date: week}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range revised.Week.Days {
		if (d.Meals[recipe.Breakfast] == nil) != (d.Date == free.Date) {
			t.Errorf("revised %s: breakfast %+v", d.Date, d.Meals[recipe.Breakfast])
		}
	}
}

func TestNoMailForThoseWhoUnsubscribed(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.NoMail = []string{"weekly_plan"}
	if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week}); err != nil || p.saved[0].Mail != nil {
		t.Errorf("%v, mail %v", err, p.saved[0].Mail)
	}
}

// A lock that cannot be kept costs its user no week: the plan says so.
func TestLocksThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.Wishes.Locks = []plan.Lock{{Slot: plan.Slot{Date: week, Meal: recipe.Dinner}, Recipe: 999}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil || !strings.Contains(strings.Join(res.Week.Notes, "\n"), "Your lock on Monday dinner could not be kept: recipe 999 is not in the library.") {
		t.Errorf("%v, %v", err, res.Week.Notes)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	upstream := fault.New(fault.NetworkError, "tandoor", "refused")
	for name, c := range map[string]struct {
		change func(*ports)
		week   calendar.Date
		kind   fault.Kind
		text   string
	}{
		"not a Monday":  {nil, week + 1, fault.InvalidInput, "the week's Monday is 2026-11-30"},
		"no recipes":    {func(p *ports) { p.pool.Recipes = nil }, week, fault.NoRecipesAvailable, `"home" has no recipes`},
		"upstream dead": {func(p *ports) { p.poolErr = upstream }, week, fault.NetworkError, "refused"},
		"unknown mode":  {func(p *ports) { p.in.Wishes.Mode = "keto" }, week, fault.InvalidConstraints, `unknown mode "keto"`},
		"bad allergen":  {func(p *ports) { p.in.User.Settings.Allergens = []string{"plastic"} }, week, fault.InvalidConstraints, `unknown allergen "plastic"`},
		"too few":       {func(p *ports) { p.pool.Recipes = p.pool.Recipes[:10] }, week, fault.NotEnoughRecipes, "lunch"},
		"nothing usable": {func(p *ports) {
			for i := range p.pool.Recipes {
				p.pool.Recipes[i].Servings = 0
			}
		}, week, fault.NoRecipesAvailable, "none of the 45 recipes"},
	} {
		p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
		if c.change != nil {
			c.change(p)
		}
		_, _, err := p.generate(planner.Request{User: "user_ana", Week: c.week})
		if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %s: %v", name, fault.KindOf(err), err)
		}
		if len(p.saved) != 0 {
			t.Errorf("%s: something was stored", name)
		}
	}
}

func TestFallbackTargetsSaySo(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice), Stale: true, FetchedAt: time.Date(2026, 11, 26, 6, 0, 0, 0, time.UTC)}, in: planner.Inputs{User: ana()}, wErr: errors.New("down")}
	p.in.User.Settings.Targets = nil
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(res.Week.Notes, "\n")
	if res.Week.TargetSource != targets.Default || res.Week.Target != targets.Fallback || !strings.Contains(notes, "our defaults") || !strings.Contains(notes, "26 November 06:00 UTC") {
		t.Errorf("%s, %s, notes:\n%s", res.Week.TargetSource, res.Week.Target, notes)
	}
}

// A week that cannot be balanced says which macro binds and which recipe would help most.
func TestUnbalancedWeeksNameTheRemedy(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(rice)}, in: planner.Inputs{User: ana()}}
	p.in.User.Settings.Targets = &nutrition.Macros{Protein: 190 * nutrition.Gram, Fat: 40 * nutrition.Gram, Carbs: 130 * nutrition.Gram}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(res.Week.Notes, "\n")
	if res.Week.Status != plan.Unbalanced || !strings.Contains(notes, "What misses its target most often is protein. What would help most: a ") {
		t.Errorf("%s:\n%s", res.Week.Status, notes)
	}
}

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
	harmless := []string{"rice", "chicken breast", "carrot", "apple", "olive oil"}
	harmful := map[string]string{ // food: allergen
		"peanut butter": "peanuts", "walnut": "nuts", "milk": "milk", "egg": "eggs", "soy sauce": "soy", "tahini": "sesame",
		"salmon": "fish", "shrimp": "crustaceans", "wheat flour": "gluten", "celery": "celery", "mustard": "mustard",
	}
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
		p.in.User.Settings.Allergens = []string{harmful[poison]}
		p.pool.Recipes = library(func(i int) []string { return []string{harmless[i%len(harmless)]} })
		for i := range p.pool.Recipes {
			r := &p.pool.Recipes[i]
			harm := func(in recipe.Ingredient) {
				in.NoAmount = true
				r.Ingredients = append(r.Ingredients, in)
				bad[r.ID] = true
			}
			switch rapid.IntRange(0, 24).Draw(rt, "what") {
			case 0:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 7, Name: poison}})
			case 1:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 8, Name: "grandmother's secret paste"}})
			case 2:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 9, Name: "brand x spread", Ancestors: []recipe.FoodRef{{ID: 10, Name: poison}}}})
			case 3:
				r.Nutrition, r.PerServing = recipe.Unknown, nutrition.Macros{} // must be estimated, if at all
			case 4:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 11, Name: "Hausmischung", Ancestors: []recipe.FoodRef{{ID: 12, Name: "Vegetables"}}}})
			case 5:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 13, Name: "Hausmischung", Plural: "Carrots"}})
			case 6:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 14, Name: "rice"}, Note: "with some " + poison})
			case 7:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 15, Name: "rice"}, Unit: recipe.Unit{ID: 1, Name: poison}})
			case 8:
				r.Texts, bad[r.ID] = []string{"For the " + poison}, true
			case 9:
				r.Foodless, bad[r.ID] = []string{"something else"}, true
			case 10:
				r.Name, bad[r.ID] = "Rice and "+poison, true
			case 11:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 16, Name: "rice", Recipe: 101}}) // that holds it
			case 12:
				harm(recipe.Ingredient{Food: recipe.Food{ID: 17, Name: "rice", Recipe: 102}}) // that is not there
			case 13:
				r.Gaps, bad[r.ID] = []string{"recipe 103, which the library does not show"}, true
			case 14:
				r.Embeds, bad[r.ID] = []recipe.Embed{{Recipe: 101}}, true
			case 15:
				r.Outdated, bad[r.ID] = true, true
			case 16:
				named := poison
				if poison == "milk" { // in an instruction, short for a listed food
					named = "buttermilk"
				}
				r.Steps, bad[r.ID] = []recipe.Step{{Instruction: "Serve with " + named + "."}}, true
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
		if bad[locked] && !strings.Contains(strings.Join(res.Week.Notes, "\n"), "could not be kept") {
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

// Who cannot be given a week because nobody knows what is in the dishes is told how many
// and what.
func TestShortagesNameWhatBlocks(t *testing.T) {
	t.Parallel()
	p := &ports{pool: recipe.Pool{Recipes: library(func(i int) []string {
		return []string{"rice", []string{"Zauberpulver", "Zauberpulver", "Hexenkraut", "Drachenöl", "Feenstaub"}[i%5]}
	})}, in: planner.Inputs{User: ana()}}
	p.pool.Recipes = append(p.pool.Recipes, library(rice)[:3]...)
	for i := range 3 {
		p.pool.Recipes[45+i].ID = recipe.ID(46 + i)
	}
	if _, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true}); err != nil {
		t.Fatalf("without an allergy they are fine: %v", err)
	}
	p.in.User.Settings.Allergens = []string{"nuts"}
	const want = `; 45 recipes were left out because nobody has classified what is in them, most often "Zauberpulver", "Drachenöl", "Feenstaub", and 1 more`
	_, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if fault.KindOf(err) != fault.NotEnoughRecipes || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %s: %v", fault.KindOf(err), err)
	}
	p.pool.Recipes = p.pool.Recipes[:45]
	_, _, err = p.generate(planner.Request{User: "user_ana", Week: week})
	if fault.KindOf(err) != fault.NoRecipesAvailable || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("none left: got %s: %v", fault.KindOf(err), err)
	}
	p.pool.Recipes = append(p.pool.Recipes, library(rice)...)
	for i := range 45 {
		p.pool.Recipes[45+i].ID = recipe.ID(46 + i)
	}
	p.pool.Recipes[50].Gaps = []string{"recipe 9"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week, DryRun: true})
	notes := strings.Join(res.Week.Notes, "\n")
	if err != nil || !strings.Contains(notes, strings.TrimPrefix(want, "; ")+".") ||
		!strings.Contains(notes, `1 recipe was left out because of embedded recipes that cannot be seen, or that embed themselves: "dish 6".`) {
		t.Errorf("%v, notes:\n%s", err, notes)
	}
}

// Where upstreams are required, what is missing for now fails the run with its cause; what
// will not come however often it is asked for does not, and neither does what is there.
func TestRequiredUpstreams(t *testing.T) {
	t.Parallel()
	down, gone := fault.New(fault.Unavailable, "upstream", "503"), fault.New(fault.NotFound, "upstream", "no account")
	for name, c := range map[string]struct {
		stale, weight error
		want          error
	}{
		"both answer":            {},
		"stale recipes":          {stale: down, want: down},
		"no weight for now":      {weight: down, want: down},
		"no weight, ever":        {weight: gone},
		"neither, recipes first": {stale: down, weight: gone, want: down},
	} {
		for _, required := range []bool{true, false} {
			p := &ports{pool: recipe.Pool{Recipes: library(rice), Stale: c.stale != nil, Cause: c.stale}, wErr: c.weight, in: planner.Inputs{User: ana()}}
			_, _, err := p.generateWith(planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1, RequireUpstreams: required}, planner.Request{User: "user_ana", Week: week})
			want := c.want
			if !required {
				want = nil
			}
			if !errors.Is(err, want) || (err == nil) != (len(p.saved) == 1) {
				t.Errorf("%s, required %t: %v and %d plans, want %v", name, required, err, len(p.saved), want)
			}
		}
	}
}

// A meal that nothing may replace is missing, which is not what a skipped one is: the day
// still wants it, later commands work around it, and it is filled as soon as something fits.
func TestMissingMeals(t *testing.T) {
	mixed := append(library(rice), dish(100, []recipe.Meal{recipe.Breakfast}, "rice"))
	breakfasts := 0
	for i, r := range mixed {
		if slices.Contains(r.Meals, recipe.Breakfast) {
			if breakfasts++; breakfasts > 6 { // six of seven are without nuts
				mixed[i].Ingredients[0].Food.Name = "walnuts"
			}
		}
	}
	p := &ports{pool: recipe.Pool{Recipes: mixed}, in: planner.Inputs{User: ana()}}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	pl := planner.New(p, p, p, p, inline(&names, new(sync.Mutex)), planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1})
	in := planner.Inputs{User: ana(), Existing: &res.Plan}
	in.User.Settings.Allergens = []string{"nuts"}

	amended, err := pl.Amend(t.Context(), in, planner.SettingsChanged, plan.Slot{Date: week})
	if err != nil || !amended.Lost {
		t.Fatalf("lost %t, %v", amended.Lost, err)
	}
	missing := func(w plan.Week) (out []plan.Slot) {
		t.Helper()
		if err := w.Validate(); err != nil {
			t.Error(err)
		}
		for _, s := range plan.Slots(w.WeekOf) {
			if w.Missing(s) {
				out = append(out, s)
				if d := w.Days[s.Date-w.WeekOf]; d.Balanced || w.Status != plan.Unbalanced || d.Target != w.Target || w.At(s) != nil {
					t.Errorf("%s: on target %t of %s, the week is %s", d.Date, d.Balanced, d.Target, w.Status)
				}
			}
		}
		return out
	}
	lost := missing(amended.Week)
	if len(lost) != 1 || lost[0].Meal != recipe.Breakfast {
		t.Fatalf("missing: %v", lost)
	}
	other := plan.Slot{Date: week + 2, Meal: recipe.Dinner}
	// UNDO brings back a week from before the allergy.
	if s, err := pl.Revise(t.Context(), in, planner.Revision{From: plan.Slot{Date: week}, Free: []plan.Slot{other}}); err != nil || len(missing(s.Week)) != 1 {
		t.Errorf("a week with a dish that is forbidden by now: %v", err)
	}
	in.Existing = &amended.Plan

	skipped := in
	skipped.Wishes.Skips = []plan.Slot{other}
	if s, err := pl.Revise(t.Context(), skipped, planner.Revision{Free: []plan.Slot{other}}); err != nil || len(missing(s.Week)) != 1 || s.Week.At(other) != nil {
		t.Errorf("a command about another meal: %v", err)
	}
	if s, err := pl.Revise(t.Context(), in, planner.Revision{Free: plan.Slots(week)}); err != nil || len(missing(s.Week)) != 1 {
		t.Errorf("the week anew: %v", err)
	}
	skipped.Wishes.Skips = lost
	if s, err := pl.Revise(t.Context(), skipped, planner.Revision{Free: lost}); err != nil || len(missing(s.Week)) != 0 || s.Week.Days[lost[0].Date-week].Target == s.Week.Target {
		t.Errorf("skipped after all: %v", err)
	}
	p.pool.Recipes = append(mixed, dish(101, []recipe.Meal{recipe.Breakfast}, "rice"))
	filled, err := pl.Amend(t.Context(), in, planner.RecipesChanged, plan.Slot{Date: week})
	if err != nil || len(missing(filled.Week)) != 0 || filled.Lost || !filled.Changed {
		t.Errorf("one more recipe: lost %t, changed %t, %v", filled.Lost, filled.Changed, err)
	}
}
