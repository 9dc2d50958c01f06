package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// vocabulary is what a library's recipes call things.
type vocabulary struct{ foods, tags, torn []string }

// calls reports whether the library has a food of the name.
func (v vocabulary) calls(name string) bool {
	key := phrase.Key(name)
	return slices.Contains(v.torn, key) || slices.ContainsFunc(v.foods, func(f string) bool { return phrase.Key(f) == key })
}

func vocabularyOf(ctx context.Context, a *app.Services, connection string) (vocabulary, error) {
	recipes, err := a.Recipes.Load(ctx, connection)
	if err != nil {
		return vocabulary{}, err
	}
	var v vocabulary
	for _, r := range recipes {
		v.tags = append(v.tags, r.Keywords...)
		for _, i := range r.Ingredients {
			v.foods = append(v.foods, names(i.Food)...)
			if i.Unit.Name != "" && i.Unit.Base == "" { // an import may have torn the name apart
				v.torn = append(v.torn, phrase.Key(i.Unit.Name+" "+i.Food.Name))
			}
		}
	}
	for _, l := range []*[]string{&v.foods, &v.tags} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	return v, nil
}

func names(f recipe.Food) []string {
	out := []string{f.Name}
	if f.Plural != "" {
		out = append(out, f.Plural)
	}
	for _, a := range f.Ancestors {
		out = append(out, a.Name)
	}
	return out
}

// check refuses dislikes and tags that are new and that nothing is called. Without recipes
// only the table of foods can tell.
func (v vocabulary) check(before user.Settings, s *user.Settings) error {
	for _, d := range s.Dislikes {
		if slices.Contains(before.Dislikes, d) {
			continue
		}
		if _, ok := food.Lookup(d); !ok && !slices.ContainsFunc(v.foods, func(n string) bool { return slices.Contains(food.Forms(d), food.Normalize(n)) }) {
			return unknown("--dislikes", "food", d, slices.Concat(v.foods, food.Names()))
		}
	}
	for _, t := range s.AvoidTags {
		if slices.Contains(before.AvoidTags, t) || len(v.tags) == 0 {
			continue
		}
		if !slices.ContainsFunc(v.tags, func(n string) bool { return strings.EqualFold(n, t) }) {
			return unknown("--avoid-tags", "keyword of your recipes", t, v.tags)
		}
	}
	return nil
}

// unknown names the closest of what there is.
func unknown(flag, kind, name string, known []string) error {
	distance := func(s string) int { return levenshtein.ComputeDistance(strings.ToLower(s), strings.ToLower(name)) }
	part := func(of, s string) bool {
		return len(s) > 2 && strings.Contains(strings.ToLower(of), strings.ToLower(s))
	}
	near := slices.DeleteFunc(slices.Clone(known), func(s string) bool {
		return distance(s) > max(2, len(name)/3) && !part(s, name) && !part(name, s)
	})
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b)) })
	near = slices.CompactFunc(near, strings.EqualFold)
	switch {
	case len(near) > 0:
		return fault.New(fault.InvalidInput, flag, "unknown %s %q: did you mean %s?", kind, name, strings.Join(near[:min(3, len(near))], ", "))
	case len(known) <= 20:
		return fault.New(fault.InvalidInput, flag, "unknown %s %q: want one of %s", kind, name, strings.Join(known, ", "))
	default:
		return fault.New(fault.InvalidInput, flag, "unknown %s %q: write it as an ingredient list would", kind, name)
	}
}
