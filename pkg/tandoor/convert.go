package tandoor

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
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

// oneLine keeps a name from making lines of its own in a mail: line breaks and other control
// characters become spaces.
func oneLine(name string) string {
	if strings.IndexFunc(name, breaks) < 0 {
		return name
	}
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || breaks(r) }), " ")
}

func breaks(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// recipe converts one detail. An error has kind [fault.TandoorError] and names the recipe
// and the field; the recipe is then to be refused.
func (c *converter) recipe(w wireRecipe) (recipe.Recipe, error) {
	id := recipe.ID(w.ID)
	r := recipe.Recipe{
		ID: id, Name: oneLine(w.Name), Description: deref(w.Description), URL: c.page(id), Picture: picturePath(w.Image),
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
	if r.Meals, r.MealsSaid = c.keywords.meals(w.Keywords, c.ref.keywords); !r.MealsSaid {
		c.report(w, Problem{Kind: NoMealKeyword, Field: "keywords", Detail: "no keyword says which meal it is for, so it counts as lunch and dinner, unless its title or figures say that it is none"})
	}
	if field, err := c.steps(w, &r); err != nil {
		return refuse(field, err)
	}
	return r, nil
}

// steps takes over steps, ingredients and references to embedded recipes. On an error it
// names the field.
func (c *converter) steps(w wireRecipe, r *recipe.Recipe) (string, error) {
	for i, s := range w.Steps {
		if text := strings.TrimSpace(s.Name); text != "" {
			r.Texts = append(r.Texts, text)
		}
		if text := strings.TrimSpace(s.Instruction); text != "" {
			r.Steps = append(r.Steps, recipe.Step{Instruction: text, Minutes: minutes(s.Time)})
		}
		for j, in := range s.Ingredients {
			field := fmt.Sprintf("steps[%d].ingredients[%d]", i, j)
			if in.IsHeader || in.Food == nil {
				c.foodless(w, field, in, r)
				continue
			}
			line, err := c.ingredient(w, in)
			if err != nil {
				field += ".amount"
				return field, fmt.Errorf("%s of %s: %w", field, in.Food.Name, err)
			}
			r.Ingredients = append(r.Ingredients, line)
		}
		if s.StepRecipe == nil {
			continue
		}
		// Its steps come along one level deep at most, so it is referred to.
		r.Embeds = append(r.Embeds, recipe.Embed{Recipe: recipe.ID(*s.StepRecipe), Line: len(r.Ingredients), Step: len(r.Steps)})
		switch field := fmt.Sprintf("steps[%d].step_recipe", i); {
		case *s.StepRecipe == w.ID:
			c.report(w, Problem{Kind: MissingStep, Field: field, Detail: "the recipe embeds itself: it is left out"})
		case s.StepRecipeData == nil:
			c.report(w, Problem{Kind: MissingStep, Field: field, Detail: fmt.Sprintf("recipe %d is embedded but cannot be seen: the recipe is left out", *s.StepRecipe)})
		}
	}
	return "", nil
}

const maxMinutes = 7 * 24 * 60

// minutes reads a time; one that is negative or above a week means unknown.
func minutes(n number) int {
	if n.value >= 0 && n.value <= maxMinutes {
		return int(n.value)
	}
	return 0
}
