package sandbox

import (
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Connection is the id of the demo's recipe library.
const Connection = "sandbox"

// Person is a demo user with what they ask of their next week. Offsets count days from
// the week's Monday.
type Person struct {
	user.User
	WeightKG float64 // in their FatSecret account; 0 = no account
	Mode     targets.Mode
	Travel   []int
	Skips    []SlotAt
}

// SlotAt is a meal of the day at an offset.
type SlotAt struct {
	Day  int
	Meal recipe.Meal
}

// People are the demo users: different targets, zones and wishes, one with an allergy,
// two who opted in to open tracking.
func People() []Person {
	macros := func(p, f, c nutrition.Mass) *nutrition.Macros {
		return &nutrition.Macros{Protein: p * nutrition.Gram, Fat: f * nutrition.Gram, Carbs: c * nutrition.Gram}
	}
	person := func(id, name, zone string, people int, change func(*Person)) Person {
		p := Person{User: user.User{
			ID: "user_" + id, Name: name, Email: id + "@sandbox.example", TimeZone: zone, Enabled: true,
			People: people, Connection: Connection, Settings: user.DefaultSettings(),
		}}
		p.Settings.TrackClicks = true // the demonstration's people agreed
		change(&p)
		return p
	}
	return []Person{
		person("lewis", "Lewis", "Europe/Berlin", 1, func(p *Person) {
			p.Settings.Targets, p.Settings.TrackOpens = macros(180, 60, 200), true
		}),
		person("ana", "Ana", "America/New_York", 2, func(p *Person) {
			p.Settings.Targets, p.Settings.Allergens = macros(120, 60, 190), []string{"nuts", "peanuts"}
			p.Travel = []int{2}
		}),
		person("kenji", "Kenji", "Asia/Tokyo", 1, func(p *Person) {
			p.Settings.Body = &targets.Body{WeightKG: 70, HeightCM: 172, Age: 34, Sex: targets.Male, Activity: targets.Light, Goal: targets.Maintain}
			p.WeightKG, p.Settings.TrackOpens = 71.4, true
			p.Settings.Dislikes = []string{"Brussels sprouts", "blue cheese"}
		}),
		person("mara", "Mara", "Pacific/Auckland", 4, func(p *Person) {
			p.Settings.Body = &targets.Body{WeightKG: 62, HeightCM: 168, Age: 41, Sex: targets.Female, Activity: targets.Moderate, Goal: targets.Lose}
			p.WeightKG, p.Mode = 63.2, targets.HighProtein
			p.Settings.AvoidTags = []string{"pork"}
			p.Skips = []SlotAt{{4, recipe.Dinner}}
		}),
		// More protein on fewer calories than the library can give: the plan says so.
		person("tom", "Tom", "America/Los_Angeles", 1, func(p *Person) {
			p.Settings.Targets = macros(200, 50, 130)
			p.Settings.AvoidTags = []string{"fish"}
			p.Settings.MaxServings = nutrition.OneServing * 3 / 2
		}),
	}
}

// Wishes are what the person asks of the week that begins on the Monday.
func (p Person) Wishes(monday calendar.Date) plan.Wishes {
	w := plan.Wishes{Mode: p.Mode}
	for _, d := range p.Travel {
		w.Travel = append(w.Travel, monday+calendar.Date(d))
	}
	for _, s := range p.Skips {
		w.Skips = append(w.Skips, plan.Slot{Date: monday + calendar.Date(s.Day), Meal: s.Meal})
	}
	return w
}
