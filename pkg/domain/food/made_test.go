package food

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// What cooked food weighs agrees with where its energy comes from: water has none.
func TestYieldsAgreeWithTheFigures(t *testing.T) {
	t.Parallel()
	for name, m := range madeFoods() {
		switch {
		case m.Percent > 0:
			const off = 15 // percent, between one kind of rice and another
			cooked, raw := int64(m.Part.Energy)*m.Percent/100, int64(m.Of.Energy)
			if cooked*100 < raw*(100-off) || cooked*100 > raw*(100+off) {
				t.Errorf("%s: %d %% of its weight: %d mcal of %d", name, m.Percent, cooked, raw)
			}
		case m.Each() <= 0:
			t.Errorf("%s has no weight", name)
		default:
			if whole, ok := m.Of.piece(recipe.Unit{}); !ok || m.Each() > whole {
				t.Errorf("%s: a part of %d mg of a whole one of %d", name, m.Each()/(nutrition.Gram/1000), whole/(nutrition.Gram/1000))
			}
		}
	}
}

func TestMadeFoodsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for row, why := range map[string]string{
		"rice cooked,white rice,280": "no aliases", "cooked rice,rice,280": "no aliases", "cooked rice,white rice,0": "neither a percent",
		"cooked rice,white rice,lots": "neither a percent", "cooked rice,white rice,part": "piece_g",
	} {
		if _, err := readMade("food,of,gives\n" + row + "\n"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", row, err)
		}
	}
}

func TestWhatIsBoughtIsCalledAsTheLibraryWouldCallIt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"lemon juice": "lemon|lemons", "Fresh Lemon Juice": "Lemon|Lemons", "Zitronensaft": "Zitrone|", "frisch gepresster Zitronensaft": "Zitrone|", "jus de citron": "citron|",
		"cooked rice": "rice|", "riz cuit": "riz|", "Gekochter Reis": "Reis|", "egg whites": "egg|eggs", "Eiweiß": "Ei|",
		"cooked sushi rice": "sushi rice|", "cooked, cooled sushi rice": "risotto rice|", "Gekochter Basmatireis": "Basmatireis|", "cooked basmati": "basmati|",
		"rice, cooked": "rice|", "freshly cooked rice": "white rice|", "leftover rice": "white rice|", "gekochte Kartoffeln": "Kartoffeln|", "cooked spaghetti": "spaghetti|",
	} {
		m, ok := MadeOf(Identify(recipe.Ingredient{Food: recipe.Food{Name: name}, Amount: recipe.One}))
		if one, many := m.Called(name); !ok || one+"|"+many != want {
			t.Errorf("%s: %q, %t; want %q", name, one+"|"+many, ok, want)
		}
	}
	for _, name := range []string{"bottled lemon juice", "Zitronensaft aus der Flasche", "lemon juice or vinegar", "lemon", "orange juice", "frozen cooked rice", "dried lemon peel", "getrocknete Zitronenschale", "dried egg whites"} {
		if m, ok := MadeOf(Identify(recipe.Ingredient{Food: recipe.Food{Name: name}, Amount: recipe.One})); ok {
			t.Errorf("%s is made of %s", name, m.Of.Name)
		}
	}
}
