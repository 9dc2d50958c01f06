package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// parseRecipes reads recipes written like this, blank lines between them:
//
//	# Blueberry skyr bowl | 2 servings | 5+0 min | breakfast, vegetarian | legacy
//	400 g skyr; 150 g blueberries; 2 tbsp honey (runny); 1 banana; ~ salt
//	> Divide the skyr between two bowls.
//	> Top with the rest.
//
// The head gives the name, the yield, working and waiting time, keywords and, optionally,
// where the nutrition shows. An ingredient is an amount, a unit and a food; without a unit
// it counts pieces, and after "~" it has no amount. A note stands in brackets. All
// ingredients belong to the first step.
func parseRecipes(text string) ([]tandoortest.RecipeSpec, error) {
	var out []tandoortest.RecipeSpec
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.TrimSpace(block); block == "" {
			continue
		}
		r, err := parseRecipe(strings.Split(block, "\n"))
		if err != nil {
			head, _, _ := strings.Cut(block, "\n")
			return nil, fmt.Errorf("%q: %w", head, err)
		}
		out = append(out, r)
	}
	return out, nil
}

func parseRecipe(lines []string) (tandoortest.RecipeSpec, error) {
	if len(lines) < 3 {
		return tandoortest.RecipeSpec{}, errors.New("want a head, a line of ingredients and steps")
	}
	r, err := parseHead(lines[0])
	if err != nil {
		return r, err
	}
	for _, l := range lines[2:] {
		text, ok := strings.CutPrefix(l, "> ")
		if !ok {
			return r, fmt.Errorf("step %q does not begin with >", l)
		}
		r.Steps = append(r.Steps, tandoortest.StepSpec{Instruction: text})
	}
	for item := range strings.SplitSeq(lines[1], ";") {
		in, err := parseIngredient(strings.TrimSpace(item))
		if err != nil {
			return r, err
		}
		r.Steps[0].Ingredients = append(r.Steps[0].Ingredients, in)
	}
	return r, nil
}

func parseHead(line string) (tandoortest.RecipeSpec, error) {
	var r tandoortest.RecipeSpec
	parts := strings.Split(strings.TrimPrefix(line, "# "), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if !strings.HasPrefix(line, "# ") || len(parts) < 4 || len(parts) > 5 {
		return r, errors.New("want # name | servings | working+waiting min | keywords | nutrition")
	}
	r.Name, r.ServingsText, r.Nutrition = parts[0], "servings", tandoortest.ModeProperties
	if _, err := fmt.Sscanf(parts[1], "%d servings", &r.Servings); err != nil {
		return r, fmt.Errorf("servings %q: %w", parts[1], err)
	}
	if _, err := fmt.Sscanf(parts[2], "%d+%d min", &r.WorkingTime, &r.WaitingTime); err != nil {
		return r, fmt.Errorf("times %q: %w", parts[2], err)
	}
	for k := range strings.SplitSeq(parts[3], ",") {
		r.Keywords = append(r.Keywords, strings.TrimSpace(k))
	}
	if len(parts) == 5 {
		r.Nutrition = parts[4]
	}
	return r, nil
}

func parseIngredient(item string) (tandoortest.IngredientSpec, error) {
	var in tandoortest.IngredientSpec
	if before, note, ok := strings.Cut(item, "("); ok {
		in.Note = strings.TrimSuffix(note, ")")
		item = strings.TrimSpace(before)
	}
	if name, ok := strings.CutPrefix(item, "~ "); ok {
		in.Food, in.NoAmount = name, true
		return in, nil
	}
	words := strings.Fields(item)
	if len(words) < 2 {
		return in, fmt.Errorf("ingredient %q: want an amount and a food", item)
	}
	var err error
	if in.Amount, err = strconv.ParseFloat(words[0], 64); err != nil || in.Amount <= 0 {
		return in, fmt.Errorf("ingredient %q: the amount is not a positive number", item)
	}
	words = words[1:]
	if in.Unit = unitName(words[0]); in.Unit != "" && len(words) > 1 {
		words = words[1:]
	} else {
		in.Unit = "piece"
	}
	in.Food = strings.Join(words, " ")
	return in, nil
}

// unitName returns the unit a word names, in either number.
func unitName(word string) string {
	if slices.Contains(baseUnits, word) {
		return word
	}
	for _, u := range countUnits {
		if word == u || word == plural(u) {
			return u
		}
	}
	return ""
}
