package tandoor_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// BenchmarkSync measures a full sync and one that finds nothing changed, of 120 recipes
// over loopback, the stand-in's own work included.
func BenchmarkSync(b *testing.B) {
	library := tandoortest.Small()
	for i := range 108 {
		library.Recipes = append(library.Recipes, tandoortest.RecipeSpec{Name: fmt.Sprint("more ", i), Servings: 2, Steps: library.Recipes[i%8].Steps})
	}
	srv, err := tandoortest.New(tandoortest.Options{Library: library})
	if err != nil {
		b.Fatal(err)
	}
	front := httptest.NewServer(srv)
	defer front.Close()
	c := newClient(b, front.URL, tandoortest.DefaultToken, 0)
	known := map[recipe.ID]time.Time{}
	b.Run("full", func(b *testing.B) {
		for b.Loop() {
			res, err := c.Sync(b.Context(), tandoor.Ask{Full: true})
			if err != nil || len(res.Changed) != 120 {
				b.Fatal(len(res.Changed), err)
			}
			for _, r := range res.Changed {
				known[r.ID] = r.UpdatedAt
			}
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			if res, err := c.Sync(b.Context(), tandoor.Ask{Since: time.Now(), Known: known}); err != nil || len(res.Changed) != 0 {
				b.Fatal(len(res.Changed), err)
			}
		}
	})
}
