// Package course tells which recipes are meals. Libraries hold jam, dough, drinks and sauces
// beside dinners, and most of their recipes have no keyword that says so.
package course

import (
	"slices"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Courses that the table names, besides those that are no meals.
const (
	breakfast = "breakfast"
	main      = "main"
	dish      = "dish" // that its figures judge
	side      = "side"
	sauce     = "sauce"
	bread     = "bread"
	dessert   = "dessert"
)

// Bounds are, for each meal, the energy of a serving within which a recipe is one: below lie
// sauces and drinks, above whole cakes and loaves whose servings nobody counted.
type Bounds [len(recipe.Meals)]Range

// Range is from Least to Most, both included.
type Range struct{ Least, Most nutrition.Energy }

// Usual are the bounds of who has set none.
func Usual() Bounds {
	kcal := func(least, most nutrition.Energy) Range {
		return Range{least * nutrition.Kilocalorie, most * nutrition.Kilocalorie}
	}
	return Bounds{recipe.Breakfast: kcal(120, 1000), recipe.Lunch: kcal(150, 1200), recipe.Dinner: kcal(150, 1200)}
}

// What a serving of a meal that no word names holds of protein at least, in grams and percent
// of the energy: sweets and sides have less. With meat, fish or pulses, or called a soup or a
// salad, it may have the lesser.
const (
	protein, percent             = 8 * nutrition.Gram, 6
	lesserProtein, lesserPercent = 5 * nutrition.Gram, 4
	morning                      = 2 * nutrition.Gram
)

// Verdict is what a recipe is eaten as.
type Verdict struct {
	Meals []recipe.Meal // none: it is no meal
	Why   message.Text  // continues "it"
}

// Of judges a recipe with its figures: by keywords for a meal, by the words of its title, by
// keywords for another course, and last by what a serving holds and is made of. Whatever
// says so, a recipe is a meal only within the bounds.
func Of(r recipe.Recipe, bounds Bounds) Verdict {
	v := judge(r)
	if len(v.Meals) == 0 {
		return v
	}
	e := r.PerServing.Energy()
	if slices.Contains(v.Meals, recipe.Breakfast) && r.PerServing.Protein < morning {
		v.Meals = slices.DeleteFunc(slices.Clone(v.Meals), func(m recipe.Meal) bool { return m == recipe.Breakfast })
		if len(v.Meals) == 0 {
			return Verdict{nil, message.Textf("has next to no protein, which is no breakfast")}
		}
	}
	within := slices.DeleteFunc(slices.Clone(v.Meals), func(m recipe.Meal) bool { return e < bounds[m].Least || e > bounds[m].Most })
	if len(within) == 0 {
		b := bounds[v.Meals[0]]
		return Verdict{nil, message.Textf("has %.0f kcal a serving, and %v takes %.0f to %.0f (check its servings)", e.Kcal(), v.Meals[0], b.Least.Kcal(), b.Most.Kcal())}
	}
	return Verdict{within, v.Why}
}

func consider(r recipe.Recipe) Verdict {
	m := sync.OnceValue(func() makeup { return made(r) })
	called, word := title(r.Name)
	if called.open && m().like(called.course, r) {
		called, word = entry{course: dish}, ""
	}
	meal, other, second := keywords(r.Keywords)
	switch {
	case !r.MealsSaid && meal != main:
	case isOther(called.course) && other != "", isOther(called.course) && r.PerServing.Protein < protein && (called.course == sauce || called.course == "drink" || called.course == "jam"):
		return as(called.course, r, message.Textf("is called %q", word))
	case called.course == bread && !m().hearty:
		return as(bread, r, message.Textf("is called %q", word))
	case r.MealsSaid || called.course != breakfast || m().hearty:
		return Verdict{r.Meals, message.Textf("has a keyword for its meals")}
	}
	switch {
	case called.course == breakfast && other == dessert && meal == "":
		return as(dessert, r, message.Textf("has the keyword %s", second))
	case called.course != "" && called.course != dish && called.course != main:
		return as(called.course, r, message.Textf("is called %q", word))
	case meal == breakfast:
		return as(breakfast, r, message.Textf("has a keyword for breakfast"))
	case other != "" && (called.course != main || other == dessert) && (other != bread && other != sauce || !m().like(other, r)):
		return as(other, r, message.Textf("has the keyword %s", second))
	}
	return m().figures(r, called.course == dish || called.course == main)
}

// keywords returns the meal and the other course that a recipe's keywords name, with the latter's
// word.
func keywords(ks []string) (meal, other, word string) {
	for _, k := range ks {
		switch e, w := keyword(k); {
		case e.course == main || e.course == breakfast && meal == "":
			meal = e.course
		case isOther(e.course) && (other == "" || e.course == dessert):
			other, word = e.course, w
		}
	}
	return meal, other, word
}

// as is the verdict on a recipe of a course.
func as(course string, r recipe.Recipe, why message.Text) Verdict {
	switch course {
	case breakfast:
		return Verdict{[]recipe.Meal{recipe.Breakfast}, why}
	case main:
		return Verdict{r.Meals, why}
	default:
		return Verdict{nil, message.Textf("%v: a %v", why, message.Textf(course))}
	}
}

// isOther reports whether a course is no meal.
func isOther(course string) bool {
	return course != "" && course != main && course != breakfast && course != dish
}

// figures judges a recipe that no word names, or one that may be a meal by its name.
func (m makeup) figures(r recipe.Recipe, called bool) Verdict {
	least, share := protein, nutrition.Energy(percent)
	if called || m.hearty {
		least, share = lesserProtein, lesserPercent
	}
	switch e := r.PerServing.Energy(); {
	case r.PerServing.Protein < least || nutrition.Energy(r.PerServing.Protein)*4*100 < share*e:
		return Verdict{nil, message.Textf("has too little protein a serving for a meal, as sweets, drinks and side dishes do")}
	case m.ingredient:
		return Verdict{nil, message.Textf("is an ingredient, not a dish")}
	case !m.hearty && m.sweet >= sweetMeal:
		return Verdict{nil, message.Textf("has much of its energy from sugar, chocolate and the like, and no meat, fish or pulses: a dessert")}
	}
	return Verdict{r.Meals, message.Textf("has the figures of a meal")}
}
