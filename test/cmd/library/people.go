package main

import (
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// people are those whom a library of others' recipes must feed, the hard cases.
func people() []user.User {
	person := func(id string, protein, fat, carbs int64, rules func(*user.User)) user.User {
		u := user.User{ID: id, Name: id, Email: id + "@example.org", TimeZone: "UTC", Enabled: true, People: 1, Connection: "library", Settings: user.DefaultSettings()}
		u.Settings.Targets = &nutrition.Macros{
			Protein: nutrition.Mass(protein) * nutrition.Gram, Fat: nutrition.Mass(fat) * nutrition.Gram, Carbs: nutrition.Mass(carbs) * nutrition.Gram,
		}
		rules(&u)
		return u
	}
	share := func(tenths int64) nutrition.Servings { return nutrition.Servings(tenths) * nutrition.OneServing / 10 }
	return []user.User{
		person("vegan", 85, 70, 255, func(u *user.User) { u.Settings.Diets = []string{"vegan"} }),
		person("nuts", 110, 70, 230, func(u *user.User) { u.Settings.Allergens = []string{"nuts", "peanuts"} }),
		person("coeliac", 105, 75, 220, func(u *user.User) {
			u.People, u.Settings.Allergens, u.Settings.Cooking.SamePortions = 2, []string{"gluten"}, true
		}),
		person("small", 90, 48, 152, func(*user.User) {}),
		person("large", 180, 120, 425, func(u *user.User) { u.Settings.MaxServings = 3 * nutrition.OneServing }),
		person("family", 100, 70, 240, func(u *user.User) {
			c := &u.Settings.Cooking
			c.Eaters = []nutrition.Servings{share(10), share(10), share(7), share(5), share(4)}
			c.Minutes, c.Weekly, c.SamePortions = []string{"weekdays breakfast 30", "monday-thursday dinner 60"}, []string{"fish >= 1"}, true
		}),
	}
}
