package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

type foodMissingCmd struct {
	settings
	output
	whose
	Most int `default:"50" help:"Ingredients listed."`
}

// lacking is an ingredient that the tables do not understand wholly.
type lacking struct {
	name    string
	lines   int
	unknown []string // words
	figures bool
}

// Run lists the ingredients of a library that the tables lack, for who wants to add them.
func (c *foodMissingCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		connection, err := c.connection(ctx, a)
		if err != nil {
			return err
		}
		recipes, err := a.Recipes.Load(ctx, connection)
		if err != nil {
			return err
		}
		l := newListing("the tables have everything in this library", "ingredient", "lines", "unknown_words", "figures")
		list := missing(recipes)
		for _, m := range list[:min(c.Most, len(list))] {
			l.add(m.name, m.lines, shown{m.unknown, cmp.Or(strings.Join(m.unknown, " "), "-")}, m.figures)
		}
		return c.list(std, l)
	})
}

// missing returns what the tables lack, the most frequent first.
func missing(recipes []recipe.Recipe) []lacking {
	pool, by := allergen.NewPool(recipes), map[string]*lacking{}
	for _, r := range recipes {
		for _, i := range r.Ingredients {
			_, unknown := pool.Line(i)
			resolved := food.Resolve(i)
			if len(unknown) == 0 && (resolved.Food.Known() || resolved.Food.Category == food.Household) {
				continue
			}
			m := by[i.Food.Name]
			if m == nil {
				m = &lacking{name: i.Food.Name, unknown: unknown, figures: resolved.Food.Known()}
				by[i.Food.Name] = m
			}
			m.lines++
		}
	}
	out := make([]lacking, 0, len(by))
	for _, m := range slices.SortedFunc(maps.Values(by), func(a, b *lacking) int { return cmp.Or(b.lines-a.lines, cmp.Compare(a.name, b.name)) }) {
		out = append(out, *m)
	}
	return out
}
