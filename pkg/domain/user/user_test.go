package user_test

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func ana() user.User {
	return user.User{ID: "user_ana", Email: "ana@example.org", Name: "Ana", TimeZone: "Europe/Berlin", People: 1, Connection: "home", Settings: user.DefaultSettings()}
}

func TestValidateNamesTheField(t *testing.T) {
	t.Parallel()
	if err := ana().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*user.User){
		"id:":              func(u *user.User) { u.ID = "Ana!" },
		"email:":           func(u *user.User) { u.Email = "Ana <ana@example.org>" },
		"email: \"a\\r":    func(u *user.User) { u.Email = "a\r\nBcc: b@example.org" },
		"name:":            func(u *user.User) { u.Name = "A\nB" },
		"time_zone:":       func(u *user.User) { u.TimeZone = "Local" },
		"people:":          func(u *user.User) { u.People = 0 },
		"connection:":      func(u *user.User) { u.Connection = "" },
		"rotation_days:":   func(u *user.User) { u.Settings.RotationDays = -1 },
		"plan_day:":        func(u *user.User) { u.Settings.PlanDay = "Funday" },
		"plan_hour: 24":    func(u *user.User) { u.Settings.PlanDay, u.Settings.PlanHour = "sunday", 24 },
		"plan_hour: needs": func(u *user.User) { u.Settings.PlanHour = 7 },
		"meals:":           func(u *user.User) { u.Settings.Meals = []recipe.Meal{recipe.Dinner, recipe.Lunch} },
		"tolerance_pct:":   func(u *user.User) { u.Settings.TolerancePct = 0 },
		"servings:":        func(u *user.User) { u.Settings.MinServings = 3 * nutrition.OneServing },
		"servings_step:":   func(u *user.User) { u.Settings.ServingsStep = 1 },
		"portion_weight:":  func(u *user.User) { u.Settings.PortionWeight = 2 },
		"quick_minutes:":   func(u *user.User) { u.Settings.QuickMinutes = 0 },
		"target:":          func(u *user.User) { u.Settings.Targets = &nutrition.Macros{Protein: 1, Fat: 1, Carbs: 1} },
		"body: age:":       func(u *user.User) { u.Settings.Body = &targets.Body{WeightKG: 60, HeightCM: 160, Age: 12} },
	} {
		u := ana()
		change(&u)
		if err := u.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Grams win, then the body with the freshest weight, then the default.
func TestTargetOrder(t *testing.T) {
	t.Parallel()
	s := user.DefaultSettings()
	if m, src := s.Target(80); m != targets.Fallback || src != targets.Default {
		t.Errorf("got %s from %s", m, src)
	}
	s.Body = &targets.Body{WeightKG: 80, HeightCM: 180, Age: 40, Sex: targets.Male, Activity: targets.Moderate, Goal: targets.Maintain}
	old, src := s.Target(0)
	if src != targets.Computed {
		t.Errorf("from %s", src)
	}
	if fresh, _ := s.Target(100); fresh.Energy() <= old.Energy() {
		t.Errorf("20 kg more give %s, before %s", fresh, old)
	}
	s.Targets = &nutrition.Macros{Protein: 100 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 200 * nutrition.Gram}
	if m, src := s.Target(100); m != *s.Targets || src != targets.Set {
		t.Errorf("got %s from %s", m, src)
	}
}
