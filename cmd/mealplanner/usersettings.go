package main

import (
	"math"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// wishes are the flags that add and set share. A nil pointer was not given.
type wishes struct {
	Email     *string  `help:"Where the plans go." placeholder:"ADDRESS"`
	Name      *string  `help:"How mails address the user."`
	Zone      *string  `name:"time-zone" help:"IANA time zone, e.g. Europe/Berlin." placeholder:"ZONE"`
	Language  *string  `help:"Of pages and mails: en or de." placeholder:"TAG"`
	People    *int     `help:"Household size; scales the shopping list." placeholder:"N"`
	Protein   *float64 `help:"Daily grams of protein (with --fat and --carbs)." placeholder:"G" group:"Targets"`
	Fat       *float64 `help:"Daily grams of fat." placeholder:"G" group:"Targets"`
	Carbs     *float64 `help:"Daily grams of carbohydrate." placeholder:"G" group:"Targets"`
	Weight    *float64 `help:"Body weight; with the next five: computed targets." placeholder:"KG" group:"Targets"`
	Height    *float64 `help:"Height in cm." placeholder:"CM" group:"Targets"`
	Age       *int     `help:"Age in years, 18 or more." group:"Targets"`
	Sex       *string  `help:"female or male." group:"Targets"`
	Activity  *string  `help:"sedentary, light, moderate or active." group:"Targets"`
	Goal      *string  `help:"lose, maintain or gain." group:"Targets"`
	Allergens []string `help:"EU-14 groups. Lists take +x, -x, =x,y or none: --allergens=+nuts,-milk." placeholder:"NAME"`
	Diets     []string `help:"vegetarian, vegan, pescatarian, no-pork, no-alcohol." placeholder:"DIET"`
	Dislikes  []string `help:"Foods never to plan; their kinds count too." placeholder:"FOOD"`
	AvoidTags []string `help:"Recipe keywords never to plan." placeholder:"TAG"`
	Tolerance *int     `name:"tolerance-pct" help:"How far macros may be off target, 1 to 50 %." placeholder:"PCT"`
	Quick     *int     `name:"quick-minutes" help:"Longest preparation on a travel day." placeholder:"MIN"`
	PlanDay   *string  `help:"When the next week is planned, e.g. sunday." placeholder:"DAY"`
	PlanHour  *int     `help:"Hour, 0 to 23, in the user's time zone." placeholder:"HOUR"`
	Meals     []string `help:"breakfast, lunch, dinner (default all)." placeholder:"MEAL"`
	Smallest  *float64 `name:"min-servings" help:"Smallest portion, in servings of the recipe." placeholder:"N"`
	Largest   *float64 `name:"max-servings" help:"Largest portion." placeholder:"N"`
	Doctor    *bool    `name:"supervised" help:"A doctor supervises it: targets below 800 kcal." negatable:"" group:"Targets"`
	Confirm   bool     `help:"Set targets beyond the safety limits." group:"Targets"`
	Rotation  *int     `name:"rotation-days" help:"Days before a dish returns to a meal." placeholder:"N"`
	Mails     []string `help:"Mail types to receive again, e.g. weekly_plan." placeholder:"TYPE"`
	Diary     *string  `help:"off, dry-run or write: meals to FatSecret." placeholder:"MODE"`
	Clicks    *bool    `name:"track-clicks" help:"Count followed links; only if the user agrees." negatable:""`
	Opens     *bool    `name:"track-opens" help:"Count opened mails; only if the user agrees." negatable:""`
	Enabled   *bool    `help:"Whether weeks are planned." negatable:""`
}

func (w wishes) apply(u *user.User) error {
	set(&u.Email, w.Email)
	set(&u.Name, w.Name)
	set(&u.TimeZone, w.Zone)
	if w.Language != nil {
		l, err := message.Parse(*w.Language)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--language", err)
		}
		u.Settings.Language = l
	}
	set(&u.People, w.People)
	set(&u.Enabled, w.Enabled)
	set(&u.Settings.RotationDays, w.Rotation)
	if w.Diary != nil {
		u.Settings.Diary = user.DiaryMode(strings.TrimPrefix(*w.Diary, "off"))
	}
	set(&u.Settings.TrackOpens, w.Opens)
	set(&u.Settings.TrackClicks, w.Clicks)
	for _, l := range []struct {
		flag string
		to   *[]string
		from []string
	}{{"--allergens", &u.Settings.Allergens, w.Allergens}, {"--diets", &u.Settings.Diets, w.Diets}, {"--dislikes", &u.Settings.Dislikes, w.Dislikes}, {"--avoid-tags", &u.Settings.AvoidTags, w.AvoidTags}} {
		edited, err := user.Edit(*l.to, l.from)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, l.flag, err)
		}
		*l.to = edited
	}
	for _, t := range w.Mails {
		if !slices.Contains(mailTypes, t) {
			return library.Unknown("--mails", "mail", t, mailTypes)
		}
	}
	u.Settings.NoMail = slices.DeleteFunc(u.Settings.NoMail, func(t string) bool { return slices.Contains(w.Mails, t) })
	for i, name := range u.Settings.Allergens {
		a, err := allergen.Parse(name)
		if err != nil && allergen.Meant(name) != 0 {
			return fault.Wrap(fault.InvalidInput, "--allergens", err)
		}
		if err != nil {
			return library.Unknown("--allergens", "allergen", name, allergen.Names())
		}
		u.Settings.Allergens[i] = a.String()
	}
	for i, name := range u.Settings.Diets {
		d, err := diet.Parse(name)
		if err != nil {
			return library.Unknown("--diets", "diet", name, diet.Names())
		}
		u.Settings.Diets[i] = d
	}
	set(&u.Settings.TolerancePct, w.Tolerance)
	set(&u.Settings.QuickMinutes, w.Quick)
	set(&u.Settings.Supervised, w.Doctor)
	if err := w.applyRhythm(&u.Settings); err != nil {
		return err
	}
	for _, s := range []struct {
		flag string
		to   *nutrition.Servings
		from *float64
	}{{"--min-servings", &u.Settings.MinServings, w.Smallest}, {"--max-servings", &u.Settings.MaxServings, w.Largest}} {
		if s.from == nil {
			continue
		}
		if !(*s.from >= 0.05 && *s.from <= 10) {
			return fault.New(fault.InvalidInput, s.flag, "%g is not between 0.05 and 10", *s.from)
		}
		*s.to = nutrition.Servings(math.Round(*s.from * float64(nutrition.OneServing)))
	}
	if err := w.applyTargets(&u.Settings); err != nil {
		return err
	}
	if err := w.applyBody(&u.Settings); err != nil {
		return err
	}
	return w.safe(u.Settings)
}

// applyRhythm sets what is planned when.
func (w wishes) applyRhythm(s *user.Settings) error {
	if w.PlanDay != nil || w.PlanHour != nil {
		day, hour := s.PlanTime()
		s.PlanDay, s.PlanHour = user.Weekdays[day], hour
	}
	if w.PlanDay != nil {
		s.PlanDay = strings.ToLower(*w.PlanDay)
		if !slices.Contains(user.Weekdays, s.PlanDay) {
			return library.Unknown("--plan-day", "weekday", *w.PlanDay, user.Weekdays)
		}
	}
	set(&s.PlanHour, w.PlanHour)
	if w.Meals == nil {
		return nil
	}
	s.Meals = nil
	for _, name := range w.Meals {
		m, err := recipe.ParseMeal(name)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--meals", err)
		}
		s.Meals = append(s.Meals, m)
	}
	slices.Sort(s.Meals)
	if s.Meals = slices.Compact(s.Meals); len(s.Meals) == len(recipe.Meals) {
		s.Meals = nil
	}
	return nil
}

// safe refuses unconfirmed targets beyond the limits, if these flags set them.
func (w wishes) safe(s user.Settings) error {
	if w.Confirm || w.Protein == nil && w.Fat == nil && w.Carbs == nil && w.Weight == nil && w.Height == nil && w.Age == nil && w.Sex == nil && w.Activity == nil && w.Goal == nil {
		return nil
	}
	if warnings := warnings(s); len(warnings) > 0 {
		return fault.New(fault.InvalidInput, "targets", "%s: add --confirm if that is meant", message.List(warnings...))
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (w wishes) applyTargets(s *user.Settings) error {
	given := 0
	var m nutrition.Macros
	if s.Targets != nil {
		m = *s.Targets
	}
	for _, f := range []struct {
		flag string
		from *float64
		to   *nutrition.Mass
	}{{"--protein", w.Protein, &m.Protein}, {"--fat", w.Fat, &m.Fat}, {"--carbs", w.Carbs, &m.Carbs}} {
		if f.from == nil {
			continue
		}
		given++
		g, err := nutrition.FromGrams(*f.from)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, f.flag, err)
		}
		*f.to = g
	}
	switch {
	case given == 0:
		return nil
	case given == 3 || s.Targets != nil:
		s.Targets = &m
		return nil
	default:
		return fault.New(fault.InvalidInput, "targets", "give --protein, --fat and --carbs together: none is set yet")
	}
}

func (w wishes) applyBody(s *user.Settings) error {
	if w.Weight == nil && w.Height == nil && w.Age == nil && w.Sex == nil && w.Activity == nil && w.Goal == nil {
		return nil
	}
	b := targets.Body{Activity: targets.Light, Goal: targets.Maintain}
	if s.Body != nil {
		b = *s.Body
	}
	set(&b.WeightKG, w.Weight)
	set(&b.HeightCM, w.Height)
	set(&b.Age, w.Age)
	set((*string)(&b.Sex), w.Sex)
	set((*string)(&b.Activity), w.Activity)
	set((*string)(&b.Goal), w.Goal)
	if err := b.Validate(); err != nil {
		return fault.Wrap(fault.InvalidInput, "body", err)
	}
	s.Body = &b
	return nil
}
