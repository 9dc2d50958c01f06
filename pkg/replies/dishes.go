package replies

import (
	"context"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func (w *work) dislike(ctx context.Context, c command.Command) (string, error) {
	recipes, err := w.library(ctx)
	if err != nil {
		return "", err
	}
	names := foodNames(recipes, c.Text)
	if len(names) == 0 {
		if _, ok := food.Lookup(c.Text); !ok {
			return "", refuse("%q is not a food in your recipes or in our table: write it as an ingredient list would.", c.Text)
		}
		names = []string{food.Normalize(c.Text)}
	}
	s := &w.in.User.Settings
	for _, n := range names {
		if !slices.ContainsFunc(s.Dislikes, func(d string) bool { return strings.EqualFold(d, n) }) {
			s.Dislikes = append(s.Dislikes, n)
			w.before.Dislikes = append(w.before.Dislikes, n)
		}
	}
	if len(s.Dislikes) > maxDislikes {
		return "", refuse("You already dislike %d foods: remove some first.", maxDislikes)
	}
	w.changed, w.person = true, true
	n, kept := 0, 0
	for _, d := range w.ahead() {
		for _, m := range recipe.Meals {
			slot := plan.Slot{Date: d, Meal: m}
			now := w.planned(slot)
			if now == nil || !holds(recipes, now.Recipe, names) {
				continue
			}
			if w.lockAt(slot) >= 0 {
				kept++
				continue
			}
			w.release(slot)
			n++
		}
	}
	text := w.count(n, "%[2]s will not be planned any more; %[1]d meal is replaced.", "%[2]s will not be planned any more; %[1]d meals are replaced.", strings.Join(names, ", "))
	if kept > 0 {
		text += " " + w.count(kept, "%d locked meal holds it and stays.", "%d locked meals hold it and stay.")
	}
	return text, nil
}

// foodNames are the recipes' names for a food, its plural or its kind.
func foodNames(recipes []recipe.Recipe, text string) []string {
	forms := food.Forms(text)
	var out []string
	add := func(name string, plural string) {
		if name == "" || slices.Contains(out, name) {
			return
		}
		for _, f := range append(food.Forms(name), food.Normalize(plural)) {
			if f != "" && slices.Contains(forms, f) {
				out = append(out, name)
				return
			}
		}
	}
	for _, r := range recipes {
		for _, i := range r.Ingredients {
			add(i.Food.Name, i.Food.Plural)
			for _, a := range i.Food.Ancestors {
				add(a.Name, "")
			}
		}
	}
	slices.Sort(out)
	return out
}

// holds reports whether a recipe contains one of the foods, or a kind of it.
func holds(recipes []recipe.Recipe, id recipe.ID, names []string) bool {
	i := slices.IndexFunc(recipes, func(r recipe.Recipe) bool { return r.ID == id })
	if i < 0 {
		return false
	}
	return slices.ContainsFunc(recipes[i].Ingredients, func(in recipe.Ingredient) bool {
		return slices.Contains(names, in.Food.Name) || slices.ContainsFunc(in.Food.Ancestors, func(a recipe.FoodRef) bool { return slices.Contains(names, a.Name) })
	})
}

func quoted(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = command.Quoted(l)
	}
	return strings.Join(out, ", ")
}

// without returns the list minus the added entries.
func without(list, added []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(added, s) })
}

func (w *work) library(ctx context.Context) ([]recipe.Recipe, error) {
	if w.recipes != nil {
		return w.recipes, nil
	}
	var err error
	w.recipes, err = w.service.library.Load(ctx, w.in.User.Connection)
	return w.recipes, err
}

// candidatesShown is how many matches the answer to an ambiguous name lists.
const candidatesShown = 5

// recipe finds a recipe by its exact name, else by a unique prefix; recipes for the meal take
// precedence.
func (w *work) recipe(ctx context.Context, name string, m recipe.Meal) (recipe.Recipe, error) {
	recipes, err := w.library(ctx)
	if err != nil {
		return recipe.Recipe{}, err
	}
	if w.wanted != 0 {
		if i := slices.IndexFunc(recipes, func(r recipe.Recipe) bool { return r.ID == w.wanted }); i >= 0 {
			return recipes[i], nil
		}
		return recipe.Recipe{}, refuse("Your library does not have this recipe any longer.")
	}
	want := fold(name)
	var exact, prefix, within []recipe.Recipe
	for _, r := range recipes {
		switch n := fold(r.Name); {
		case n == want:
			exact = append(exact, r)
		case strings.HasPrefix(n, want):
			prefix = append(prefix, r)
		case strings.Contains(n, want):
			within = append(within, r)
		}
	}
	for _, found := range [][]recipe.Recipe{exact, prefix} {
		if fit := slices.DeleteFunc(slices.Clone(found), func(r recipe.Recipe) bool { return !slices.Contains(r.Meals, m) }); len(fit) == 1 {
			return fit[0], nil
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	if like := slices.Concat(exact, prefix, within); len(like) > 0 {
		names := make([]string, 0, candidatesShown)
		for _, r := range like[:min(len(like), candidatesShown)] {
			names = append(names, r.Name)
		}
		return recipe.Recipe{}, refuse("%q could be several recipes: write one of these names: %s.", name, strings.Join(names, "; "))
	}
	return recipe.Recipe{}, refuse("Your library has no recipe whose name begins with %q.", name)
}

func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
