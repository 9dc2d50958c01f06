package food_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Forms, compounds and umlauts as German writers type them.
func TestGermanNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"currypaste, rote": "thai red curry paste", "bohnen, grüne": "green bean", "Zitronen- oder Limettensaft": "lemon juice", "Soja- oder Reismilch": "soy milk",
		"Gemüse-/Hühnerbrühe": "vegetable stock", "ingwer - wurzel": "ginger", "China-Kohl": "chinese cabbage", "Gruene Bohnen": "green bean", "Huehnerbruehe": "chicken stock",
		"chilischote(n), getrocknet": "dried chile", "limette(n), saft davon": "lime juice", "sesamöl, geröstet": "sesame oil", "ingwer, gemahlener": "ground ginger",
		"Dill-Gurken": "gherkin", "hähnchenbrüste ohne haut und knochen": "chicken breast", "maiskölbchen aus dem glas": "baby corn", "vegane Butter": "vegan margarine", "Puten-Innenfilet": "turkey breast",
		"linsen, gekocht": "cooked lentils", "b. salz": "salt", "n. B. Basilikum": "basil",
	} {
		if got, ok := food.Read(text); !ok || got.Food.Name != want || !got.Food.Known() {
			t.Errorf("%q: got %q, with figures: %v; want %q", text, got.Food.Name, got.Food.Known(), want)
		}
	}
	for _, text := range []string{"Hirn- oder Gemüsebrühe", "Bohnen-Eintopf", "Toe", "Buett"} {
		if got, ok := food.Read(text); ok {
			t.Errorf("%q is read as %q", text, got.Food.Name)
		}
	}
}

// What an import leaves of German amounts: a spoon whose fraction it lost, how full a spoon is, portions.
func TestGermanAmounts(t *testing.T) {
	t.Parallel()
	weighs(t, []weighed{
		{0, "", "tl zucker", "", "sugar", 4.2},
		{0, "", "EL Reis", "", "white rice", 12},
		{2, "gehäuft", "speisestärke", "", "cornflour", 11},
		{1, "gestr.", "EL Kurkuma", "", "turmeric", 9.4},
		{1, "gestr.", "garam masala", "", "garam masala", 2},
		{4, "port.", "hähnchenbrustfilet(s)", "", "chicken breast", 600},
		{2, "", "limette(n)", "saft davon", "lime juice", 60},
		{1, "kpf", "Brokkoli", "", "broccoli", 350},
		{1, "gr.", "Zwiebel", "", "onion", 150},
		{500, "gr.", "Zwiebeln", "", "onion", 500},
		{2, "kl.", "Äpfel", "", "apple", 300},
		{2, "kleine", "pak choi", "", "pak choi", 300},
		{2, "pak", "choi", "", "pak choi", 300},
		{2, "kl.", "Zimt", "", "cinnamon", 5.3},
		{1, "Würfel", "Hefe", "", "yeast", 42},
		{4, "", "Hähnchenkeulen", "", "chicken drumstick", 1000},
		{2, "Becher", "Schmand", "", "sour cream", 400},
		{1, "Schale", "Champignons", "", "mushroom", 250},
		{6, "Platten", "Blätterteig", "TK", "puff pastry", 450},
		{0.5, "", "ananas", "frisch, ersatzweise aus der dose", "pineapple", 450},
		{1, "Fladenbrot", "", "", "flatbread", 400},
	})
	if got := food.Resolve(imported(0, "", "el azúcar de caña", "")); got.Weighed {
		t.Errorf("the Spanish article is taken for a spoon: %v g", got.Mass.Grams())
	}
}

// "A little" of what thins or thickens a dish is 5 g a serving; of what makes it, nobody knows.
func TestALittle(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"etwas Mehl": true, "etwas Milch zum Verdünnen": true, "Kartoffeln": false, "etwas Reis": false, "etwas Hackfleisch": false} {
		_, ok := food.Estimate(recipe.Recipe{Servings: 2, Ingredients: []recipe.Ingredient{line(300, gram, "Karotten"), imported(0, "", name, "")}})
		if ok != want {
			t.Errorf("%s: estimated %v", name, ok)
		}
	}
}

// What a recipe leaves to the cook, "n. B.", counts as what is "to taste".
func TestAsLiked(t *testing.T) {
	t.Parallel()
	base := []recipe.Ingredient{line(200, gram, "Reis"), line(300, gram, "Karotten")}
	plain, _ := food.Estimate(recipe.Recipe{Servings: 2, Ingredients: base})
	for _, name := range []string{"n. B. Zucker", "b. zucker", "evtl. Mehl", "Zucker nach Belieben"} {
		got, ok := food.Estimate(recipe.Recipe{Servings: 2, Ingredients: append(base[:2:2], imported(0, "", name, ""))})
		if !ok || got.PerServing != plain.PerServing {
			t.Errorf("%s: %v, %v", name, ok, got.Refused)
		}
	}
}
