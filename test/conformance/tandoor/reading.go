package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

func has(problems []tandoor.Problem, kind tandoor.ProblemKind) bool {
	return slices.ContainsFunc(problems, func(p tandoor.Problem) bool { return p.Kind == kind })
}

// many is a library of 130 recipes: more than a page may hold.
func many(o *tandoortest.Options) {
	for i := range 118 {
		o.Library.Recipes = append(o.Library.Recipes, tandoortest.RecipeSpec{
			Name: fmt.Sprintf("Rice %d", i), Servings: 1,
			Steps: []tandoortest.StepSpec{{Instruction: "Boil.", Ingredients: []tandoortest.IngredientSpec{{Amount: 80, Unit: "g", Food: "Rice"}}}},
		})
	}
}

func knownOf(list []tandoor.Overview) map[recipe.ID]time.Time {
	known := map[recipe.ID]time.Time{}
	for _, o := range list {
		known[o.ID] = o.UpdatedAt
	}
	return known
}

// embedding adds recipes within recipes, and lines that name no food.
func embedding(o *tandoortest.Options) {
	line := tandoortest.IngredientSpec{Amount: 100, Unit: "g", Food: "Rice"}
	of := func(name string, steps ...tandoortest.StepSpec) tandoortest.RecipeSpec {
		return tandoortest.RecipeSpec{Name: name, Servings: 2, Steps: steps}
	}
	o.Library.Units = append(o.Library.Units, tandoortest.UnitSpec{Name: "walnuts"}, tandoortest.UnitSpec{Name: "salmon"})
	o.Library.Recipes = append(o.Library.Recipes,
		of("Outer", tandoortest.StepSpec{Ingredients: []tandoortest.IngredientSpec{line}}, tandoortest.StepSpec{Recipe: "Middle"}),
		of("Middle", tandoortest.StepSpec{Recipe: "Tomato sauce", Ingredients: []tandoortest.IngredientSpec{line}}),
		of("Ouroboros", tandoortest.StepSpec{Recipe: "Ouroboros", Ingredients: []tandoortest.IngredientSpec{line}}),
		of("Borrowed", tandoortest.StepSpec{Recipe: "Of somebody else", Ingredients: []tandoortest.IngredientSpec{line}}),
		tandoortest.RecipeSpec{Name: "Of somebody else", Servings: 2, Private: true, Steps: []tandoortest.StepSpec{{Ingredients: []tandoortest.IngredientSpec{line}}}},
		of("Toppings", tandoortest.StepSpec{Name: "Sesame crust", Ingredients: []tandoortest.IngredientSpec{
			line,
			{Amount: 2, Note: "handfuls of cashews"},
			{Amount: 3, Unit: "walnuts"},
			{OriginalText: "1 glug of peanut oil"},
			{},
			{IsHeader: true, Note: "For the almond topping"},
			{IsHeader: true, Food: "Rice", Unit: "salmon"},
		}}),
	)
}

// assembled is a recipe of the whole library with those it embeds.
func (e *Env) assembled(ctx context.Context, name string) (recipe.Recipe, error) {
	res, err := e.Client().Sync(ctx, tandoor.Ask{Full: true})
	if err != nil {
		return recipe.Recipe{}, err
	}
	for _, r := range recipe.Assemble(res.Changed) {
		if r.Name == name {
			return r, nil
		}
	}
	return recipe.Recipe{}, fmt.Errorf("%q is not in the library", name)
}

func reading() []Case {
	return []Case{
		{Name: "pages are clamped and counted by ourselves", Options: many, Check: func(ctx context.Context, e *Env) error {
			for _, size := range []int{0, 7, 100} {
				list, err := e.With(e.URL, e.Token, size).Changed(ctx, time.Time{})
				if err != nil || len(list) != 130 {
					return fmt.Errorf("page size %d: list = %d, %v; want 130", size, len(list), err)
				}
			}
			return nil
		}},
		{Name: "what takes long to list is asked for in small pages", Check: func(ctx context.Context, e *Env) error {
			if _, _, err := e.Recipe(ctx, "Dal"); err != nil {
				return err
			}
			for _, path := range []string{"/api/food/", "/api/unit-conversion/"} {
				if e.count(http.MethodGet, path) == 0 {
					return fmt.Errorf("%s was not asked for", path)
				}
			}
			for _, r := range e.Requests() {
				q, err := url.ParseQuery(r.Query)
				if err != nil {
					return err
				}
				size, err := strconv.Atoi(q.Get("page_size"))
				if slices.Contains([]string{"/api/food/", "/api/unit-conversion/"}, r.Path) && (err != nil || size < 25 || size > 50) {
					return fmt.Errorf("%s?%s: want pages of 25 to 50 rows: 200 conversions take a slow server longer than a client waits", r.Path, r.Query)
				}
			}
			return nil
		}},
		{Name: "pictures are read without the token, whatever host their address names", StandIn: true, Check: func(ctx context.Context, e *Env) error {
			res, err := e.Client().Sync(ctx, tandoor.Ask{Full: true})
			if err != nil {
				return err
			}
			with := 0
			for _, r := range res.Changed {
				if r.Picture == "" {
					continue
				}
				data, err := e.Client().Picture(ctx, r.Picture)
				if err != nil || !strings.HasPrefix(http.DetectContentType(data), "image/") {
					return fmt.Errorf("the picture %s of %q: %d bytes, %w", r.Picture, r.Name, len(data), err)
				}
				with++
			}
			if with == 0 || with == len(res.Changed) {
				return fmt.Errorf("%d of %d recipes have a picture", with, len(res.Changed))
			}
			if _, err := e.Client().Picture(ctx, "/media/recipes/none.png"); fault.KindOf(err) != fault.NotFound {
				return fmt.Errorf("a picture that is not there: %w", err)
			}
			if _, err := e.Client().Picture(ctx, "//elsewhere.example/x.png"); fault.KindOf(err) != fault.InvalidInput {
				return fmt.Errorf("a picture of another host: %w", err)
			}
			return nil
		}},
		{Name: "details only for what changed", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			list, err := c.Changed(ctx, time.Time{})
			if err != nil {
				return err
			}
			known := knownOf(list)
			if err := e.Server.Amend(e.Server.RecipeID("Dal"), func(map[string]any) {}); err != nil {
				return err
			}
			known[recipe.ID(e.Server.RecipeID("Dal"))] = e.Clock.Add(-time.Hour)
			e.ResetLog()
			var told []string
			res, err := c.Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known, Progress: func(done, total int) { told = append(told, fmt.Sprint(done, "/", total)) }})
			if err != nil || len(res.Changed) != 1 || res.Changed[0].Name != "Dal" || res.Deleted != nil {
				return fmt.Errorf("sync = %+v, %v; want Dal alone", res, err)
			}
			if n := e.details(); n != 1 || strings.Join(told, " ") != "1/1" {
				return fmt.Errorf("%d details, progress %v; want 1", n, told)
			}
			known[res.Changed[0].ID] = res.Changed[0].UpdatedAt
			e.ResetLog()
			if res, err = c.Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known}); err != nil || len(res.Changed) != 0 || len(e.Requests()) != 2 {
				return fmt.Errorf("second sync = %+v, %v with %d requests; want nothing from two", res, err, len(e.Requests()))
			}
			return nil
		}},
		{Name: "changed today in another time zone", StandIn: true, Options: func(o *tandoortest.Options) {
			o.Location = time.FixedZone("far west", -11*3600)
		}, Check: func(ctx context.Context, e *Env) error {
			// 05:00 UTC on the 4th is still the 3rd there, and filters compare with the 3rd.
			list, err := e.Client().Changed(ctx, e.Clock.Add(-time.Hour))
			if err != nil || len(list) != 12 || !list[0].UpdatedAt.Equal(e.Clock) {
				return fmt.Errorf("list = %v, %v; want all 12, updated at %v", list, err, e.Clock)
			}
			return nil
		}},
		{Name: "deletions show only in the flat list", Check: func(ctx context.Context, e *Env) error {
			known := map[recipe.ID]time.Time{absent: e.Clock, recipe.ID(e.Server.RecipeID("Dal")): e.Clock}
			for _, full := range []bool{true, false} {
				res, err := e.Client().Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known, Full: full})
				if err != nil || !slices.Equal(res.Deleted, []recipe.ID{absent}) || full && len(res.Changed) != 12 {
					return fmt.Errorf("sync = deleted %v, %d changed, %v; want one, 12", res.Deleted, len(res.Changed), err)
				}
			}
			return nil
		}},
		{Name: "refused recipes are not asked for again until they change", Check: func(ctx context.Context, e *Env) error {
			if err := e.Server.Amend(e.Server.RecipeID("Dal"), func(d map[string]any) { d["servings"] = "many" }); err != nil {
				return err
			}
			c := e.Client()
			res, err := c.Sync(ctx, tandoor.Ask{Full: true})
			if err != nil || len(res.Refused) != 1 || len(res.Changed) != 11 {
				return fmt.Errorf("sync = %d changed, refused %v, %v; want 11 and Dal", len(res.Changed), res.Refused, err)
			}
			known := map[recipe.ID]time.Time{}
			for _, r := range res.Changed {
				known[r.ID] = r.UpdatedAt
			}
			maps.Copy(known, res.Refused)
			e.ResetLog()
			if res, err = c.Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known}); err != nil || len(res.Problems) != 0 || len(e.Requests()) != 2 {
				return fmt.Errorf("sync = %+v, %v with %d requests; want nothing from two", res, err, len(e.Requests()))
			}
			return nil
		}},
		{Name: "a guard sees the space and what is gone before recipes are read", Check: func(ctx context.Context, e *Env) error {
			if err := e.Server.SwitchSpace("Work", tandoortest.Small()); err != nil {
				return err
			}
			space, err := e.Client().Space(ctx)
			if err != nil {
				return err
			}
			stop := errors.New("stop")
			var seen string
			_, err = e.Client().Sync(ctx, tandoor.Ask{Known: map[recipe.ID]time.Time{absent: e.Clock}, Guard: func(id int64, name string, gone []recipe.ID) error {
				seen = fmt.Sprint(id, name, gone)
				return stop
			}})
			if !errors.Is(err, stop) || seen != fmt.Sprint(space.ID, space.Name, []recipe.ID{absent}) || e.details() != 0 {
				return fmt.Errorf("err = %v, seen %q, %d details", err, seen, e.details())
			}
			return nil
		}},
		{Name: "recipe deleted while it is read", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: fmt.Sprintf("/api/recipe/%d/", e.Server.RecipeID("Dal")), Status: 404}); err != nil {
				return err
			}
			res, err := e.Client().Sync(ctx, tandoor.Ask{})
			if err != nil || len(res.Changed) != 11 {
				return fmt.Errorf("sync = %d changed, %v; want 11", len(res.Changed), err)
			}
			return nil
		}},
		{Name: "one unreadable recipe does not stop the others", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: fmt.Sprintf("/api/recipe/%d/", e.Server.RecipeID("Dal")), Status: 500, Body: faultswitch.BodyHTML}); err != nil {
				return err
			}
			res, err := e.Client().Sync(ctx, tandoor.Ask{})
			if err != nil || len(res.Changed) != 11 || !has(res.Problems, tandoor.Unreadable) {
				return fmt.Errorf("sync = %d changed, %v, %v; want 11 and a problem", len(res.Changed), res.Problems, err)
			}
			return nil
		}},
		{Name: "an outage in the middle fails the sync", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: fmt.Sprintf("/api/recipe/%d/", e.Server.RecipeID("Dal")), Status: 503}); err != nil {
				return err
			}
			_, err := e.Client().Sync(ctx, tandoor.Ask{})
			return wantKind(err, fault.Unavailable, "")
		}},
		{Name: "food changes do not touch recipes, a full sync sees them", Spoils: true, Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			first, err := c.Sync(ctx, tandoor.Ask{Full: true})
			if err != nil {
				return err
			}
			known := map[recipe.ID]time.Time{}
			for _, r := range first.Changed {
				known[r.ID] = r.UpdatedAt
			}
			if err := patch(ctx, e, fmt.Sprintf("/api/food/%d/", e.Server.FoodID("Red lentils")), `{"properties":[]}`); err != nil {
				return err
			}
			part, err := c.Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known})
			if err != nil || len(part.Changed) != 0 {
				return fmt.Errorf("partial sync = %d changed, %v; want 0", len(part.Changed), err)
			}
			full, err := c.Sync(ctx, tandoor.Ask{Since: e.Clock, Known: known, Full: true})
			if err != nil || len(full.Changed) != 12 {
				return fmt.Errorf("full sync = %d changed, %v; want 12", len(full.Changed), err)
			}
			return nil
		}},
		{Name: "header rows, no amounts, units and notes", Check: func(ctx context.Context, e *Env) error {
			r, _, err := e.Recipe(ctx, "Porridge with banana")
			if err != nil || len(r.Ingredients) != 4 {
				return fmt.Errorf("ingredients = %v, %v; want 4 without the header", r.Ingredients, err)
			}
			salt, banana := r.Ingredients[3], r.Ingredients[2]
			if !salt.NoAmount || !salt.Food.IgnoreShopping || !salt.Food.OnHand || salt.Amount != 0 {
				return fmt.Errorf("salt = %+v; want no amount, not to be bought", salt)
			}
			if banana.Amount != recipe.One || banana.Unit.Name != "piece" || banana.Unit.Base != "" || len(banana.Food.Conversions) != 1 {
				return fmt.Errorf("banana = %+v; want one piece with a conversion", banana)
			}
			if oats := r.Ingredients[0]; oats.Unit.Base != "g" || oats.Food.FDC != 173904 || oats.Food.Category.Order != 2 {
				return fmt.Errorf("oats = %+v; want grams, FDC 173904, the second aisle", oats)
			}
			return nil
		}},
		{Name: "foods know their ancestors", Check: func(ctx context.Context, e *Env) error {
			r, _, err := e.Recipe(ctx, "Scrambled eggs")
			if err != nil || len(r.Ingredients) != 2 || len(r.Ingredients[1].Food.Ancestors) != 1 || r.Ingredients[1].Food.Ancestors[0].Name != "Cheese" {
				return fmt.Errorf("recipe = %+v, %v; want cheddar below cheese", r, err)
			}
			return nil
		}},
		{Name: "embedded recipes bring their ingredients", Check: func(ctx context.Context, e *Env) error {
			r, err := e.assembled(ctx, "Chicken in tomato sauce")
			if err != nil || len(r.Ingredients) != 5 || len(r.Steps) != 3 || r.Ingredients[0].Food.Name != "Tinned tomatoes" || r.Gaps != nil {
				return fmt.Errorf("recipe = %d ingredients, %d steps, gaps %q, %v; want 5, 3, none, the sauce first", len(r.Ingredients), len(r.Steps), r.Gaps, err)
			}
			return nil
		}},
		{Name: "recipes embedded two levels deep bring their ingredients", Options: embedding, Check: func(ctx context.Context, e *Env) error {
			r, err := e.assembled(ctx, "Outer")
			if err != nil || len(r.Ingredients) != 5 || r.Gaps != nil {
				return fmt.Errorf("recipe = %d ingredients, gaps %q, %v; want 5, none", len(r.Ingredients), r.Gaps, err)
			}
			// A change of the inner one counts, although the outer one is not updated.
			before := r.UpdatedAt
			if err := e.Server.Amend(e.Server.RecipeID("Tomato sauce"), func(d map[string]any) {
				step := d["steps"].([]any)[0].(map[string]any)
				step["ingredients"] = step["ingredients"].([]any)[:1]
			}); err != nil {
				return err
			}
			if r, err = e.assembled(ctx, "Outer"); err != nil || len(r.Ingredients) != 3 || !r.UpdatedAt.Equal(before) {
				return fmt.Errorf("recipe = %d ingredients, updated %s, %v; want 3 and %s", len(r.Ingredients), r.UpdatedAt, err, before)
			}
			return nil
		}},
		{Name: "a recipe that embeds itself is not counted twice", Options: embedding, Check: func(ctx context.Context, e *Env) error {
			r, err := e.assembled(ctx, "Ouroboros")
			if err != nil || len(r.Ingredients) != 1 || len(r.Gaps) != 1 {
				return fmt.Errorf("recipe = %d ingredients, gaps %q, %v; want 1 of each", len(r.Ingredients), r.Gaps, err)
			}
			if _, problems, err := e.Recipe(ctx, "Ouroboros"); err != nil || !has(problems, tandoor.MissingStep) {
				return fmt.Errorf("problems = %v, %v; want missing_step", problems, err)
			}
			return nil
		}},
		{Name: "an embedded recipe of another user is a gap", StandIn: true, Options: embedding, Check: func(ctx context.Context, e *Env) error {
			r, err := e.assembled(ctx, "Borrowed")
			if err != nil || len(r.Gaps) != 1 {
				return fmt.Errorf("gaps = %q, %v; want one", r.Gaps, err)
			}
			return nil
		}},
		{Name: "food that is a recipe is reported", Check: func(ctx context.Context, e *Env) error {
			r, problems, err := e.Recipe(ctx, "Rice with tomato sauce")
			if err != nil || !has(problems, tandoor.OwnRecipe) || r.Ingredients[1].Food.Recipe != recipe.ID(e.Server.RecipeID("Tomato sauce")) {
				return fmt.Errorf("recipe = %+v, problems = %v, %v; want own_recipe and its id", r, problems, err)
			}
			return nil
		}},
		{Name: "lines without a food keep their text", Options: embedding, Check: func(ctx context.Context, e *Env) error {
			r, problems, err := e.Recipe(ctx, "Toppings")
			if err != nil || !slices.Equal(r.Foodless, []string{"handfuls of cashews", "walnuts", "1 glug of peanut oil"}) || !has(problems, tandoor.NoFood) {
				return fmt.Errorf("without a food: %q, problems %v, %v; want the cashews, walnuts and oil", r.Foodless, problems, err)
			}
			if !slices.Equal(r.Texts, []string{"Sesame crust", "For the almond topping", "salmon Rice"}) || len(r.Ingredients) != 1 {
				return fmt.Errorf("texts %q, %d ingredients; want the step's name, two headers and 1", r.Texts, len(r.Ingredients))
			}
			return nil
		}},
		{Name: "foods are called what the recipe says, not an older reference", Check: func(ctx context.Context, e *Env) error {
			id, c := e.Server.RecipeID("Salmon bowl"), e.Client()
			if _, _, err := c.Recipe(ctx, recipe.ID(id)); err != nil { // fetches the reference
				return err
			}
			if err := e.Server.Amend(id, func(d map[string]any) {
				line := d["steps"].([]any)[0].(map[string]any)["ingredients"].([]any)[1].(map[string]any)
				line["food"].(map[string]any)["name"] = "Couscous"
			}); err != nil {
				return err
			}
			r, _, err := c.Recipe(ctx, recipe.ID(id))
			if err != nil || r.Ingredients[1].Food.Name != "Couscous" {
				return fmt.Errorf("recipe = %+v, %v; want couscous", r, err)
			}
			return nil
		}},
		{Name: "keywords say the meal, with their children", Check: func(ctx context.Context, e *Env) error {
			for name, want := range map[string][]recipe.Meal{
				"Overnight oats": {recipe.Breakfast}, "Dal": {recipe.Dinner}, "Chicken and rice": {recipe.Lunch, recipe.Dinner},
				"Rice with tomato sauce": {recipe.Lunch, recipe.Dinner},
			} {
				r, problems, err := e.Recipe(ctx, name)
				if err != nil || !slices.Equal(r.Meals, want) {
					return fmt.Errorf("%s: meals = %v, %v; want %v", name, r.Meals, err, want)
				}
				if has(problems, tandoor.NoMealKeyword) != (name == "Rice with tomato sauce") {
					return fmt.Errorf("%s: problems = %v", name, problems)
				}
			}
			return nil
		}},
		{Name: "numbers may be strings with a comma", Check: func(ctx context.Context, e *Env) error {
			id := e.Server.RecipeID("Dal")
			err := e.Server.Amend(id, func(d map[string]any) {
				d["servings"] = "4"
				line := d["steps"].([]any)[0].(map[string]any)["ingredients"].([]any)[0].(map[string]any)
				line["amount"] = "1,5"
			})
			if err != nil {
				return err
			}
			r, _, err := e.Client().Recipe(ctx, recipe.ID(id))
			if err != nil || r.Servings != 4 || r.Ingredients[0].Amount != 15_000 {
				return fmt.Errorf("recipe = %+v, %v; want 4 servings, 1.5", r, err)
			}
			return nil
		}},
		{Name: "unknown and absent fields", Check: func(ctx context.Context, e *Env) error {
			id := e.Server.RecipeID("Dal")
			err := e.Server.Amend(id, func(d map[string]any) {
				d["brand_new"] = map[string]any{"x": []int{1}}
				for _, k := range []string{"last_cooked", "rating", "diameter", "shared", "nutrition", "description"} {
					delete(d, k)
				}
			})
			if err != nil {
				return err
			}
			r, _, err := e.Client().Recipe(ctx, recipe.ID(id))
			if err != nil || r.Name != "Dal" || r.URL != e.URL+fmt.Sprintf("/recipe/%d", id) {
				return fmt.Errorf("recipe = %+v, %v; want Dal with the address as we know it", r, err)
			}
			return nil
		}},
	}
}
