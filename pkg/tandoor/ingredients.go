package tandoor

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// foodless keeps the text of a row that is a header or has no food.
func (c *converter) foodless(w wireRecipe, field string, in wireIngredient, r *recipe.Recipe) {
	words := []string{domainUnit(in.Unit).Name, deref(in.Note)}
	if in.Food != nil {
		words = slices.Insert(words, 1, in.Food.Name)
	}
	if in.Food == nil && !in.IsHeader {
		words = append(words, deref(in.OriginalText))
	}
	text := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	switch {
	case text == "":
	case in.IsHeader:
		r.Texts = append(r.Texts, text)
	default:
		r.Foodless = append(r.Foodless, text)
		c.report(w, Problem{Kind: NoFood, Field: field, Detail: fmt.Sprintf("%q names no food: it is not bought, and the recipe is left out for users with an allergy", text)})
	}
}

func (c *converter) ingredient(w wireRecipe, in wireIngredient) (recipe.Ingredient, error) {
	line := recipe.Ingredient{Food: c.food(*in.Food), Unit: domainUnit(in.Unit), NoAmount: in.NoAmount, Note: deref(in.Note)}
	line.Food.Name, line.Food.Plural = oneLine(in.Food.Name), oneLine(deref(in.Food.PluralName)) // the reference may be older
	if in.Food.Recipe != nil {
		line.Food.Recipe = recipe.ID(in.Food.Recipe.ID)
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
