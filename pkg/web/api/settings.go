package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/account/settings"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Grams are a day's targets.
type Grams struct {
	Protein float64 `json:"protein_g" minimum:"1" maximum:"2000" example:"130"`
	Fat     float64 `json:"fat_g" minimum:"1" maximum:"2000" example:"60"`
	Carbs   float64 `json:"carbs_g" minimum:"1" maximum:"2000" example:"190"`
}

// SettingsView is a user's standing wishes.
type SettingsView struct {
	Version   string   `json:"version" doc:"Changes with the settings; If-Match takes it in quotation marks."`
	Email     string   `json:"email" doc:"Where the plans go; an operator changes it." example:"ana@example.org"`
	Targets   Figures  `json:"targets" doc:"Of a day."`
	Source    string   `json:"targets_source" enum:"set,computed,default" doc:"set: by the user; computed: from the body; default: nothing is known."`
	Name      string   `json:"name" example:"Ana"`
	Zone      string   `json:"time_zone" example:"Europe/Berlin"`
	Language  string   `json:"language" example:"de"`
	People    int      `json:"people" example:"2"`
	Enabled   bool     `json:"enabled" doc:"Weeks are planned."`
	Tolerance int      `json:"tolerance_pct" example:"10"`
	Allergens []string `json:"allergens" example:"[\"nuts\"]"`
	Diets     []string `json:"diets" example:"[\"vegetarian\"]"`
	Dislikes  []string `json:"dislikes" example:"[\"celery\"]"`
	AvoidTags []string `json:"avoid_tags"`
	Staples   []string `json:"staples" doc:"Foods that are always at home: they are not bought." example:"[\"flour\"]"`
	Meals     []string `json:"meals" doc:"Those that are planned." example:"[\"breakfast\",\"lunch\",\"dinner\"]"`
	PlanDay   string   `json:"plan_day" doc:"When the next week is planned." example:"friday"`
	PlanHour  int      `json:"plan_hour" example:"6"`
	Mails     []string `json:"mails" doc:"The types of mail that are sent."`
	Rotation  int      `json:"rotation_days" doc:"Days before a dish comes back." example:"30"`
	Quick     int      `json:"quick_minutes" doc:"The longest preparation on a travel day." example:"15"`
	Smallest  float64  `json:"min_servings" example:"0.5"`
	Largest   float64  `json:"max_servings" example:"2"`
	Minutes   []string `json:"minutes" doc:"How long dishes may take, a rule each." example:"[\"weekdays dinner 40\"]"`
	TimedOnly bool     `json:"timed_only" doc:"Refuse dishes whose minutes are unknown where a rule bounds them."`
	Weekly    []string `json:"weekly" doc:"How often to eat what, a rule each." example:"[\"fish >= 1\"]"`
	Same      bool     `json:"same_portions" doc:"All meals of a batch have the same portion."`
	Across    bool     `json:"rotate_across" doc:"Rotation counts over all meals."`
	Eaters    []Share  `json:"eaters" doc:"Shares of those who eat; none: as many adults as people says."`
}

// Share is what somebody eats, beside an adult.
type Share = float64

// Patch changes settings; what is left out stays.
type Patch struct {
	Targets   *Grams    `json:"targets,omitempty" doc:"Beyond the limits of safety they need confirm."`
	Confirm   bool      `json:"confirm,omitempty" doc:"Targets beyond the limits of safety are meant."`
	Name      *string   `json:"name,omitempty" minLength:"1" maxLength:"100" example:"Ana"`
	Zone      *string   `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name." example:"Europe/Berlin"`
	Language  *string   `json:"language,omitempty" maxLength:"35" doc:"Of pages and mails: en or de." example:"de"`
	People    *int      `json:"people,omitempty" minimum:"1" maximum:"20" example:"2"`
	Enabled   *bool     `json:"enabled,omitempty"`
	Tolerance *int      `json:"tolerance_pct,omitempty" minimum:"1" maximum:"50" example:"10"`
	Allergens *[]string `json:"allergens,omitempty" maxItems:"14" doc:"Replaces the list, as the other lists do." example:"[\"nuts\"]"`
	Diets     *[]string `json:"diets,omitempty" maxItems:"5" example:"[\"vegetarian\"]"`
	Dislikes  *[]string `json:"dislikes,omitempty" maxItems:"100" example:"[\"celery\"]"`
	AvoidTags *[]string `json:"avoid_tags,omitempty" maxItems:"100"`
	Staples   *[]string `json:"staples,omitempty" maxItems:"200" doc:"Foods that are always at home." example:"[\"flour\"]"`
	Meals     *[]string `json:"meals,omitempty" minItems:"1" maxItems:"3" enum:"breakfast,lunch,dinner"`
	PlanDay   *string   `json:"plan_day,omitempty" enum:"sunday,monday,tuesday,wednesday,thursday,friday,saturday"`
	PlanHour  *int      `json:"plan_hour,omitempty" minimum:"0" maximum:"23" doc:"On the user's clock."`
	Mails     *[]string `json:"mails,omitempty" maxItems:"3" enum:"weekly_plan,daily_advisor,weekly_trends"`
	Rotation  *int      `json:"rotation_days,omitempty" minimum:"0" maximum:"365"`
	Quick     *int      `json:"quick_minutes,omitempty" minimum:"1" maximum:"240"`
	Smallest  *float64  `json:"min_servings,omitempty" minimum:"0.05" maximum:"10"`
	Largest   *float64  `json:"max_servings,omitempty" minimum:"0.05" maximum:"10"`
	Minutes   *[]string `json:"minutes,omitempty" maxItems:"50" example:"[\"weekdays dinner 40\"]"`
	TimedOnly *bool     `json:"timed_only,omitempty"`
	Weekly    *[]string `json:"weekly,omitempty" maxItems:"50" example:"[\"fish >= 1\"]"`
	Same      *bool     `json:"same_portions,omitempty"`
	Across    *bool     `json:"rotate_across,omitempty"`
	Eaters    *[]Share  `json:"eaters,omitempty" maxItems:"20" example:"[1,0.5]"`
}

type settingsOut struct {
	ETag string `header:"ETag" doc:"The settings' version."`
	Body SettingsView
}

type settingsIn struct {
	Keyed
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"The version of the settings that were seen, in quotation marks; left out: whatever it is."`
	Body    Patch
}

func (a *API) registerSettings() {
	const tag = "Settings"
	scopes := []access.Scope{access.Settings}
	add(a, operation{
		id: "getSettings", method: http.MethodGet, path: "/settings", tag: tag, scopes: scopes, summary: "Standing wishes",
		about: "Targets, allergies, diets, dislikes, meals, mails, rules.",
	}, a.settings)
	add(a, operation{
		id: "changeSettings", method: http.MethodPatch, path: "/settings", tag: tag, scopes: scopes, errors: []int{http.StatusPreconditionFailed}, summary: "Change standing wishes",
		about: "What is left out stays. What is planned and may not be eaten any longer is replaced within seconds; other changes count from the next plan on.",
	}, a.change)
}

// mails are those that a user can do without.
var mails = []string{"weekly_plan", "daily_advisor", "weekly_trends"}

func settingsView(u user.User) *settingsOut {
	s := u.Settings
	target, source := s.Target(0)
	day, hour := s.PlanTime()
	out := SettingsView{
		Version: settings.Version(u), Email: u.Email, Targets: figures(target), Source: string(source), Name: u.Name, Zone: u.TimeZone, Language: u.Settings.Language.Tag(), People: u.People, Enabled: u.Enabled,
		Tolerance: s.TolerancePct, Allergens: list(s.Allergens), Diets: list(s.Diets), Dislikes: list(s.Dislikes), AvoidTags: list(s.AvoidTags), Staples: list(s.Staples), Meals: []string{},
		PlanDay: user.Weekdays[day], PlanHour: hour, Mails: []string{}, Rotation: s.RotationDays, Quick: s.QuickMinutes, Smallest: s.MinServings.Float(), Largest: s.MaxServings.Float(),
		Minutes: list(s.Cooking.Minutes), TimedOnly: s.Cooking.TimedOnly, Weekly: list(s.Cooking.Weekly), Same: s.Cooking.SamePortions, Across: s.Cooking.RotateAcross, Eaters: []Share{},
	}
	for _, m := range recipe.Meals {
		if s.Plans(m) {
			out.Meals = append(out.Meals, m.String())
		}
	}
	for _, m := range mails {
		if s.Wants(m) {
			out.Mails = append(out.Mails, m)
		}
	}
	for _, e := range s.Cooking.Eaters {
		out.Eaters = append(out.Eaters, e.Float())
	}
	return &settingsOut{quote(out.Version), out}
}

func (a *API) settings(ctx context.Context, c caller, _ *struct{}) (*settingsOut, error) {
	u, err := a.Users.Get(ctx, c.User)
	if err != nil {
		return nil, err
	}
	return settingsView(u), nil
}

func (a *API) change(ctx context.Context, c caller, in *settingsIn) (*settingsOut, error) {
	version := ""
	if in.IfMatch != "" {
		u, err := a.Users.Get(ctx, c.User)
		if err != nil {
			return nil, err
		}
		if version, err = seen(in.IfMatch, settings.Version(u), false); err != nil {
			return nil, err
		}
	}
	u, err := a.Settings.Change(ctx, c.User, version, in.Body.apply)
	if fault.KindOf(err) == fault.Conflict && version != "" {
		return nil, stale()
	}
	if err != nil {
		return nil, err
	}
	return settingsView(u), nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (p Patch) apply(u *user.User) error {
	s := &u.Settings
	set(&u.Name, p.Name)
	set(&u.TimeZone, p.Zone)
	if p.Language != nil {
		l, err := message.Parse(*p.Language)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "settings", err)
		}
		u.Settings.Language = l
	}
	set(&u.People, p.People)
	set(&u.Enabled, p.Enabled)
	set(&s.TolerancePct, p.Tolerance)
	set(&s.RotationDays, p.Rotation)
	set(&s.QuickMinutes, p.Quick)
	if p.Smallest != nil {
		s.MinServings = servings(*p.Smallest)
	}
	if p.Largest != nil {
		s.MaxServings = servings(*p.Largest)
	}
	if p.Targets != nil {
		var m nutrition.Macros
		for to, grams := range map[*nutrition.Mass]float64{&m.Protein: p.Targets.Protein, &m.Fat: p.Targets.Fat, &m.Carbs: p.Targets.Carbs} {
			mass, err := nutrition.FromGrams(grams)
			if err != nil {
				return fault.New(fault.InvalidInput, "settings", "targets: %v", err)
			}
			*to = mass
		}
		if err := settings.CheckTargets(*s, m, p.Confirm, message.Textf("Send confirm to set them all the same.")); err != nil {
			return err
		}
		s.Targets = &m
	}
	if p.Allergens != nil {
		if err := settings.SetAllergens(s, *p.Allergens); err != nil {
			return err
		}
	}
	if p.Diets != nil {
		if err := settings.SetDiets(s, *p.Diets); err != nil {
			return err
		}
	}
	set(&s.Dislikes, p.Dislikes)
	set(&s.AvoidTags, p.AvoidTags)
	set(&s.Staples, p.Staples)
	p.rhythm(s)
	p.cooking(&s.Cooking)
	return nil
}

// rhythm sets what is planned and mailed when.
func (p Patch) rhythm(s *user.Settings) {
	if p.Meals != nil {
		s.Meals = nil
		for _, m := range recipe.Meals {
			if slices.Contains(*p.Meals, m.String()) {
				s.Meals = append(s.Meals, m)
			}
		}
		if len(s.Meals) == len(recipe.Meals) {
			s.Meals = nil
		}
	}
	if p.PlanDay != nil || p.PlanHour != nil {
		day, hour := s.PlanTime()
		s.PlanDay, s.PlanHour = user.Weekdays[day], hour
		set(&s.PlanDay, p.PlanDay)
		set(&s.PlanHour, p.PlanHour)
	}
	if p.Mails != nil {
		s.NoMail = slices.DeleteFunc(slices.Clone(s.NoMail), func(t string) bool { return slices.Contains(mails, t) })
		for _, m := range mails {
			if !slices.Contains(*p.Mails, m) {
				s.NoMail = append(s.NoMail, m)
			}
		}
	}
}

func (p Patch) cooking(c *user.Cooking) {
	set(&c.Minutes, p.Minutes)
	set(&c.Weekly, p.Weekly)
	set(&c.TimedOnly, p.TimedOnly)
	set(&c.SamePortions, p.Same)
	set(&c.RotateAcross, p.Across)
	if p.Eaters != nil {
		c.Eaters = nil
		for _, e := range *p.Eaters {
			c.Eaters = append(c.Eaters, servings(e))
		}
	}
}
