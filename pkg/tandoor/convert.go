package tandoor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/grocery"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// converter turns Tandoor's recipes into the planner's, noting what is wrong with them.
type converter struct {
	properties PropertyRules
	keywords   KeywordMap
	ref        *Reference
	page       func(recipe.ID) string // address of a recipe for people
	problems   []Problem
}

func (c *Client) converter(ref *Reference) *converter {
	return &converter{
		properties: c.cfg.Properties, keywords: c.cfg.Keywords, ref: ref,
		page: func(id recipe.ID) string { return c.base.JoinPath("recipe", strconv.FormatInt(int64(id), 10)).String() },
	}
}

func (c *converter) report(w wireRecipe, p Problem) {
	p.Recipe, p.Name = recipe.ID(w.ID), w.Name
	if !slices.Contains(c.problems, p) {
		c.problems = append(c.problems, p)
	}
}

// recipe converts one detail. An error has kind [fault.TandoorError] and names the recipe
// and the field; the recipe is then to be refused.
func (c *converter) recipe(w wireRecipe) (recipe.Recipe, error) {
	id := recipe.ID(w.ID)
	r := recipe.Recipe{
		ID: id, Name: w.Name, Description: deref(w.Description), URL: c.page(id),
		WorkingMinutes: minutes(w.WorkingTime), WaitingMinutes: minutes(w.WaitingTime), UpdatedAt: w.UpdatedAt,
	}
	refuse := func(field string, err error) (recipe.Recipe, error) {
		c.report(w, Problem{Kind: BadValue, Field: field, Detail: err.Error(), Refused: true})
		return recipe.Recipe{}, fault.Wrap(fault.TandoorError, fmt.Sprintf("tandoor: recipe %d %q", w.ID, w.Name), err)
	}
	switch s := w.Servings.value; {
	case math.IsNaN(s) || s < 0 || s > 1000:
		return refuse("servings", fmt.Errorf("servings: %v is not between 0 and 1000", s))
	case s < 1:
		c.report(w, Problem{Kind: NoServings, Field: "servings", Detail: "servings is 0: state how many it makes"})
	default:
		r.Servings = int(s)
	}
	var err error
	if r.PerServing, r.Nutrition, err = c.macros(w); err != nil {
		field := "nutrition"
		if ve, ok := errors.AsType[*valueError](err); ok {
			field = ve.field
		}
		return refuse(field, err)
	}
	for _, k := range w.Keywords {
		r.Keywords = append(r.Keywords, k.Name)
	}
	var said bool
	if r.Meals, said = c.keywords.meals(w.Keywords, c.ref.keywords); !said {
		c.report(w, Problem{Kind: NoMealKeyword, Field: "keywords", Detail: "no keyword says which meal it is for, so it counts as lunch and dinner"})
	}
	if field, err := c.steps(w, w.Steps, &r); err != nil {
		return refuse(field, err)
	}
	return r, nil
}

// steps appends steps and ingredients, those of embedded recipes included. On an error
// it names the field.
func (c *converter) steps(w wireRecipe, list []wireStep, r *recipe.Recipe) (string, error) {
	for i, s := range list {
		if text := strings.TrimSpace(s.Instruction); text != "" {
			r.Steps = append(r.Steps, recipe.Step{Instruction: text, Minutes: minutes(s.Time)})
		}
		for j, in := range s.Ingredients {
			field := fmt.Sprintf("steps[%d].ingredients[%d].amount", i, j)
			if in.IsHeader || in.Food == nil {
				continue // a header row: its text structures the list, nothing is to be bought
			}
			line, err := c.ingredient(w, in)
			if err != nil {
				return field, fmt.Errorf("%s of %s: %w", field, in.Food.Name, err)
			}
			r.Ingredients = append(r.Ingredients, line)
		}
		if s.StepRecipe == nil {
			continue
		}
		if s.StepRecipeData == nil {
			c.report(w, Problem{
				Kind: MissingStep, Field: fmt.Sprintf("steps[%d].step_recipe", i),
				Detail: fmt.Sprintf("recipe %d is embedded but cannot be seen, or is embedded two levels deep", *s.StepRecipe),
			})
			continue
		}
		if field, err := c.steps(w, s.StepRecipeData.Steps, r); err != nil {
			return field, fmt.Errorf("embedded recipe %q: %w", s.StepRecipeData.Name, err)
		}
	}
	return "", nil
}

func (c *converter) ingredient(w wireRecipe, in wireIngredient) (recipe.Ingredient, error) {
	line := recipe.Ingredient{Food: c.food(*in.Food), Unit: domainUnit(in.Unit), NoAmount: in.NoAmount, Note: deref(in.Note)}
	if in.Food.Recipe != nil {
		c.report(w, Problem{
			Kind: OwnRecipe, Field: "food " + in.Food.Name,
			Detail: fmt.Sprintf("is made by recipe %d %q; it stays one line of the list", in.Food.Recipe.ID, in.Food.Recipe.Name),
		})
	}
	for _, conv := range c.ref.General {
		if in.Unit != nil && (conv.Unit.ID == in.Unit.ID || conv.ToUnit.ID == in.Unit.ID) {
			line.Food.Conversions = append(slices.Clip(line.Food.Conversions), conv)
		}
	}
	if in.NoAmount {
		return line, nil
	}
	var err error
	if line.Amount, err = amount(in.Amount.value); err != nil {
		return line, err
	}
	return line, grocery.Check(line)
}

// food returns the food as the reference knows it; one made since the reference was
// fetched is taken as the recipe shows it.
func (c *converter) food(w wireFood) recipe.Food {
	if f, ok := c.ref.Foods[w.ID]; ok {
		return f
	}
	var anc []recipe.FoodRef
	if p, ok := c.ref.Foods[deref(w.Parent)]; ok {
		anc = append([]recipe.FoodRef{{ID: p.ID, Name: p.Name}}, p.Ancestors...)
	}
	order := map[int64]int{}
	for _, cat := range c.ref.Categories {
		order[cat.ID] = cat.Order
	}
	return domainFood(w, order, nil, anc)
}

const maxAmount = 1_000_000

// amount refuses what no recipe can ask for.
func amount(v float64) (recipe.Amount, error) {
	if math.IsNaN(v) || v < 0 || v > maxAmount {
		return 0, fmt.Errorf("%v is not between 0 and %d", v, maxAmount)
	}
	return recipe.Amount(math.Round(v * float64(recipe.One))), nil
}

const maxMinutes = 7 * 24 * 60

// minutes reads a time; one that is negative or above a week means unknown.
func minutes(n number) int {
	if n.value >= 0 && n.value <= maxMinutes {
		return int(n.value)
	}
	return 0
}
