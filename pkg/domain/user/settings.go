package user

import (
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Settings are a user's standing wishes.
type Settings struct {
	Targets    *nutrition.Macros `json:"targets,omitempty"` // grams set by the user: they win
	Body       *targets.Body     `json:"body,omitempty"`    // else computed from this
	Supervised bool              `json:"supervised,omitempty"`

	Allergens []string `json:"allergens,omitempty"`  // names of the EU-14 groups
	Diets     []string `json:"diets,omitempty"`      // names of package diet
	Dislikes  []string `json:"dislikes,omitempty"`   // food names; their descendants count too
	AvoidTags []string `json:"avoid_tags,omitempty"` // recipe keywords
	Staples   []string `json:"staples,omitempty"`    // foods that are always at home: they are not bought

	RotationDays  int                `json:"rotation_days"` // days before a recipe comes back for the same meal
	TolerancePct  int                `json:"tolerance_pct"` // 1 to 50
	MinServings   nutrition.Servings `json:"min_servings"`
	MaxServings   nutrition.Servings `json:"max_servings"`
	ServingsStep  nutrition.Servings `json:"servings_step"`
	PortionWeight float64            `json:"portion_weight"` // what a serving away from 1 costs, 0 to 1
	QuickMinutes  int                `json:"quick_minutes"`  // the most a dish may take on a travel day

	// Language is that of pages and mails; "" is English.
	Language message.Language `json:"language,omitempty"`

	// Meals are those that are planned, nil for all three; each has a third of the day's target.
	Meals []recipe.Meal `json:"meals,omitempty"`
	// PlanDay and PlanHour are when the next week is planned, on the user's clock: the lower
	// case English weekday and 0 to 23. Without a day it is Friday at 6.
	PlanDay  string `json:"plan_day,omitempty"`
	PlanHour int    `json:"plan_hour,omitempty"`

	Cooking Cooking `json:"cooking,omitzero"`

	Preferences []string `json:"preferences,omitempty"` // wishes without an effect on plans yet

	// Diary says whether confirmed meals are written to the user's food diary.
	Diary DiaryMode `json:"diary,omitempty"`

	NoMail []string `json:"no_mail,omitempty"` // mail types the user unsubscribed from
	// What mails tell of their reader, by opt-in alone.
	TrackOpens  bool `json:"track_opens,omitempty"`
	TrackClicks bool `json:"track_clicks,omitempty"`
}

// DiaryMode says what is done with meals that the user confirmed as eaten.
type DiaryMode string

// The modes.
const (
	DiaryOff    DiaryMode = ""        // nothing
	DiaryDryRun DiaryMode = "dry-run" // say what would be written
	DiaryWrite  DiaryMode = "write"   // write it to the tracking service
)

// DefaultSettings are the settings of a new user.
func DefaultSettings() Settings {
	return Settings{
		RotationDays: 30, TolerancePct: 10,
		MinServings: nutrition.OneServing / 2, MaxServings: 2 * nutrition.OneServing, ServingsStep: nutrition.OneServing / 4,
		PortionWeight: 0.05, QuickMinutes: 15,
	}
}

// Validate names the first setting that is wrong, and the cure.
func (s Settings) Validate() error {
	if s.Targets != nil {
		if _, err := targets.Check(*s.Targets, s.weight(), s.Supervised); err != nil {
			return err
		}
	}
	if s.Body != nil {
		if err := s.Body.Validate(); err != nil {
			return message.Errorf("body: %v", err)
		}
	}
	switch {
	case s.RotationDays < 0 || s.RotationDays > 365:
		return message.Errorf("rotation_days: %d is not between 0 and 365", s.RotationDays)
	case s.TolerancePct < 1 || s.TolerancePct > 50:
		return message.Errorf("tolerance_pct: %d is not between 1 and 50", s.TolerancePct)
	case s.MinServings <= 0 || s.MaxServings < s.MinServings || s.MaxServings > 10*nutrition.OneServing:
		return message.Errorf("servings: %s to %s must be above 0, at most 10 and not upside down", s.MinServings, s.MaxServings)
	case s.ServingsStep <= 0 || (s.MaxServings-s.MinServings)/s.ServingsStep > 40:
		return message.Errorf("servings_step: %s gives no step or more than 40", s.ServingsStep)
	case !(s.PortionWeight >= 0 && s.PortionWeight <= 1):
		return message.Errorf("portion_weight: %g is not between 0 and 1", s.PortionWeight)
	case s.Diary != DiaryOff && s.Diary != DiaryDryRun && s.Diary != DiaryWrite:
		return message.Errorf("diary: %q is not off, dry-run or write", s.Diary)
	case s.PlanDay == "" && s.PlanHour != 0:
		return message.Errorf("plan_hour: needs plan_day")
	case s.PlanDay != "" && !slices.Contains(Weekdays, s.PlanDay):
		return message.Errorf("plan_day: %q is not one of %s", s.PlanDay, strings.Join(Weekdays, ", "))
	case s.PlanHour < 0 || s.PlanHour > 23:
		return message.Errorf("plan_hour: %d is not between 0 and 23", s.PlanHour)
	case !slices.Equal(s.Meals, slices.Compact(slices.Sorted(slices.Values(s.Meals)))):
		return message.Errorf("meals: %v must be in the order of the day, each once", s.Meals)
	case s.QuickMinutes < 1 || s.QuickMinutes > 240:
		return message.Errorf("quick_minutes: %d is not between 1 and 240", s.QuickMinutes)
	}
	if _, err := message.Parse(string(s.Language)); err != nil {
		return err
	}
	if err := s.validStaples(); err != nil {
		return err
	}
	return s.Cooking.validate()
}

func (s Settings) weight() float64 {
	if s.Body == nil {
		return 0
	}
	return s.Body.WeightKG
}

// Weekdays are the names of PlanDay, Sunday first as in [time.Weekday].
var Weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// PlanTime is when the next week is planned, on the user's clock.
func (s Settings) PlanTime() (day time.Weekday, hour int) {
	if s.PlanDay == "" {
		return time.Friday, 6
	}
	return time.Weekday(max(0, slices.Index(Weekdays, s.PlanDay))), s.PlanHour
}

// Plans reports whether the meal is one of those that are planned.
func (s Settings) Plans(m recipe.Meal) bool { return len(s.Meals) == 0 || slices.Contains(s.Meals, m) }

// Wants reports whether the user takes mails of the type.
func (s Settings) Wants(emailType string) bool { return !slices.Contains(s.NoMail, emailType) }

// Target decides the day's macros: grams set by the user, else computed from the body
// (with a fresher weight when one is known, 0 = none), else the default.
func (s Settings) Target(weightKG float64) (nutrition.Macros, targets.Source) {
	if s.Targets != nil {
		return *s.Targets, targets.Set
	}
	if s.Body != nil {
		b := *s.Body
		if weightKG > 0 {
			b.WeightKG = weightKG
		}
		if m, err := b.Target(); err == nil {
			return m, targets.Computed
		}
	}
	return targets.Fallback, targets.Default
}
