package course

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// makeup is what a recipe's ingredients say of its course.
type makeup struct {
	sweet      int64 // percent of the energy from sugar, chocolate and the like
	weighed    bool  // of which something is known
	hearty     bool  // a serving has meat, fish or pulses
	ingredient bool  // the title names a food one buys
}

const (
	// From which share of the energy, in percent, sugar makes a dessert of a dish that no word
	// names, and of one called a pie or a loaf.
	sweetMeal, sweetPie = 15, 5
	// A serving of a dish called rice or potatoes that is more than a side holds so much protein,
	// in grams and percent of the energy.
	dinner, dinnerPercent = 15 * nutrition.Gram, 13
	// What a serving has of meat that is no seasoning.
	piece = 25 * nutrition.Gram
)

// like reports whether a dish whose name may be that of a side or a dessert is a meal.
func (m makeup) like(course string, r recipe.Recipe) bool {
	switch course {
	case side:
		return r.PerServing.Protein >= dinner && nutrition.Energy(r.PerServing.Protein)*4*100 >= dinnerPercent*r.PerServing.Energy()
	case dessert:
		return m.hearty || r.PerServing.Protein >= dinner && m.weighed && m.sweet < sweetPie
	default:
		return m.hearty
	}
}

// sweetens reports whether a food makes a dish sweet, as peanut butter and crisps do not.
func sweetens(f food.Food) bool {
	named := strings.FieldsFunc(f.Name, func(c rune) bool { return c == ' ' || c == '-' })
	if slices.ContainsFunc(named, func(w string) bool { return words().sugars[w] }) {
		return true
	}
	const tenth = 10
	return f.Category == food.Sweets && f.Per100g.Protein*4*tenth < nutrition.Mass(f.Energy) &&
		!slices.ContainsFunc(named, func(w string) bool { return w == "chip" || w == "crisps" })
}

func made(r recipe.Recipe) makeup {
	var m makeup
	var all, sweet nutrition.Energy
	if f, ok := food.Lookup(r.Name); ok {
		m.ingredient = slices.Contains([]string{food.Dairy, food.Sauces, food.Oils, food.Spices, food.Baking, food.Nuts, food.Sweets, food.Drinks, food.Bakery}, f.Category)
	}
	for _, i := range r.Ingredients {
		l := food.Resolve(i)
		enough := !l.Weighed && i.Amount > 0 || l.Mass >= piece*nutrition.Mass(max(1, r.Servings))
		switch l.Food.Category {
		case food.Meat, food.Fish, food.Pulses:
			m.hearty = m.hearty || enough
		}
		if enough && l.Food.Category == food.Tins && len(food.GroupsIn(recipe.Recipe{Servings: r.Servings, Ingredients: []recipe.Ingredient{i}})) > 0 {
			m.hearty = true
		}
		const hundred = 100 * nutrition.Gram
		if !l.Weighed || l.Mass > nutrition.MaxMass {
			continue
		}
		e := l.Food.Energy * nutrition.Energy(l.Mass/nutrition.Gram) / nutrition.Energy(hundred/nutrition.Gram)
		all += e
		if sweetens(l.Food) {
			sweet += e
		}
	}
	if all > 0 {
		m.weighed, m.sweet = true, int64(sweet*100/all)
	}
	return m
}
