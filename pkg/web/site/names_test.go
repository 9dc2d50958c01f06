package site

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestNamesOfDishesAreLinks(t *testing.T) {
	t.Parallel()
	d := dishNamesOf("/p/recipe/", map[recipe.ID]recipe.Recipe{
		1: {ID: 1, Name: "Lentil soup"}, 2: {ID: 2, Name: "Lentil soup with <b>leek</b> & dill"}, 3: {ID: 3, Name: "Pho"}, 5: {ID: 5, Name: "Öhrchen"}, 4: {ID: 4, Name: "Öhrchen"},
	})
	for text, want := range map[string]string{
		"":                                  "",
		"Friday dinner: nothing.":           "Friday dinner: nothing.",
		"Friday dinner is now Lentil soup.": `Friday dinner is now <a href="/p/recipe/1">Lentil soup</a>.`,
		"Lentil soups, Red-Lentil soup":     `Lentil soups, Red-<a href="/p/recipe/1">Lentil soup</a>`,
		"XLentil soup <i> Pho":              "XLentil soup &lt;i&gt; Pho",
		"“Öhrchen” statt Lentil soup with leek":                `“<a href="/p/recipe/4">Öhrchen</a>” statt <a href="/p/recipe/1">Lentil soup</a> with leek`,
		"Lentil soup with <b>leek</b> & dill":                  `<a href="/p/recipe/2">Lentil soup with &lt;b&gt;leek&lt;/b&gt; &amp; dill</a>`,
		`Undone: "LOCK friday dinner Öhrchen", "SKIP monday".`: `Undone: “LOCK friday dinner <a href="/p/recipe/4">Öhrchen</a>”, “SKIP monday”.`,
		"Öhrchen\ue000": `<a href="/p/recipe/4">Öhrchen</a>`,
	} {
		if got := string(d.In(message.English.Typeset(), text)); got != want {
			t.Errorf("%q:\n%s\n%s", text, got, want)
		}
	}
}
