package site

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account/settings"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// form is what was posted.
type form struct{ values map[string][]string }

func (f form) get(name string) string {
	if v := f.values[name]; len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

// list is a field of names between commas or on lines.
func (f form) list(name string) []string {
	var out []string
	for _, n := range between(f.get(name)) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// between are the texts between commas or on lines.
func between(text string) []string {
	var out []string
	for n := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func (f form) number(name string, least, most float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.Replace(f.get(name), ",", ".", 1), 64)
	if err != nil || !(v >= least && v <= most) {
		return 0, fault.New(fault.InvalidInput, "settings", "%v: %q is no number from %g to %g", message.Textf(name), f.get(name), least, most)
	}
	return v, nil
}

// confirmed refuses targets beyond the safety limits, unless the form says to set them all the
// same.
func confirmed(f form, m nutrition.Macros, u *user.User) error {
	return settings.CheckTargets(u.Settings, m, f.get("confirm") != "", message.Textf("Tick the box to set them all the same."))
}

// setBody computes the target from the body, instead of grams.
func setBody(f form, u *user.User) error {
	b := targets.Body{Sex: targets.Sex(f.get("sex")), Activity: targets.Activity(f.get("activity")), Goal: targets.Goal(f.get("goal"))}
	for _, n := range []struct {
		name, label string
		to          *float64
		least, most float64
	}{{message.Mark("weight"), "weight in kg", &b.WeightKG, 30, 300}, {message.Mark("height"), "height in cm", &b.HeightCM, 100, 250}} {
		v, err := f.number(n.name, n.least, n.most)
		if err != nil {
			return err
		}
		*n.to = v
	}
	age, err := f.number(message.Mark("age"), 18, 120) //nolint:mnd // as targets.Body
	if err != nil {
		return err
	}
	b.Age = int(age)
	m, err := b.Target()
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "targets", err)
	}
	u.Settings.Body, u.Settings.Targets = &b, nil
	return confirmed(f, m, u)
}

func setTargets(f form, u *user.User) error {
	var grams [3]nutrition.Mass
	for i, name := range []string{message.Mark("protein"), message.Mark("fat"), message.Mark("carbs")} {
		const most = 2000
		v, err := f.number(name, 1, most)
		if err != nil {
			return err
		}
		grams[i] = nutrition.Mass(math.Round(v * float64(nutrition.Gram)))
	}
	m := nutrition.Macros{Protein: grams[0], Fat: grams[1], Carbs: grams[2]}
	if err := confirmed(f, m, u); err != nil {
		return err
	}
	if was, _ := u.Settings.Target(0); was.Protein.Round() != m.Protein || was.Fat.Round() != m.Fat || was.Carbs.Round() != m.Carbs {
		u.Settings.Targets = &m // else the numbers shown were left as they are
	}
	tolerance, err := f.number(message.Mark("tolerance"), 1, 50)
	u.Settings.TolerancePct = int(tolerance)
	return err
}

func setFood(f form, u *user.User) error {
	if err := settings.SetAllergens(&u.Settings, f.values["allergens"]); err != nil {
		return err
	}
	if err := settings.SetDiets(&u.Settings, f.values["diets"]); err != nil {
		return err
	}
	u.Settings.Dislikes, u.Settings.AvoidTags = f.list("dislikes"), f.list("avoid_tags")
	return nil
}

func setPlan(f form, u *user.User) error {
	s := &u.Settings
	s.Meals = nil
	for _, n := range f.values["meals"] {
		m, err := recipe.ParseMeal(n)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "meals", err)
		}
		s.Meals = append(s.Meals, m)
	}
	if len(s.Meals) == 0 {
		return fault.New(fault.InvalidInput, "meals", "choose at least one meal")
	}
	slices.Sort(s.Meals)
	if len(s.Meals) == len(recipe.Meals) {
		s.Meals = nil
	}
	hour, err := f.number(message.Mark("plan_hour"), 0, 23)
	if err != nil {
		return err
	}
	s.PlanDay, s.PlanHour = f.get("plan_day"), int(hour)
	s.TrackOpens, s.TrackClicks = slices.Contains(f.values["tracking"], "opens"), slices.Contains(f.values["tracking"], "clicks")
	s.NoMail = slices.DeleteFunc(slices.Clone(s.NoMail), func(t string) bool {
		return slices.ContainsFunc(mails, func(m choice) bool { return m.Value == t })
	})
	for _, m := range mails {
		if !slices.Contains(f.values["mails"], m.Value) {
			s.NoMail = append(s.NoMail, m.Value)
		}
	}
	return nil
}

func setCooking(f form, u *user.User) error {
	s := &u.Settings
	for _, n := range []struct {
		name        string
		to          *int
		least, most float64
	}{{message.Mark("rotation"), &s.RotationDays, 0, 365}, {message.Mark("quick"), &s.QuickMinutes, 1, 240}, {message.Mark("people"), &u.People, 1, 20}} {
		v, err := f.number(n.name, n.least, n.most)
		if err != nil {
			return err
		}
		*n.to = int(v)
	}
	for _, n := range []struct {
		name string
		to   *nutrition.Servings
	}{{message.Mark("smallest"), &s.MinServings}, {message.Mark("largest"), &s.MaxServings}} {
		const least, most = 0.05, 10
		v, err := f.number(n.name, least, most)
		if err != nil {
			return err
		}
		*n.to = nutrition.Servings(math.Round(v * float64(nutrition.OneServing)))
	}
	c := &s.Cooking
	c.SamePortions, c.RotateAcross = f.get("same_portions") != "", f.get("rotate_across") != ""
	c.Eaters = nil
	for _, e := range between(f.get("eaters")) { // two may eat as much
		share, err := strconv.ParseFloat(e, 64)
		if err != nil {
			return fault.New(fault.InvalidInput, "eaters", "eaters: %q is no number: an adult is 1, a child 0.3 to 0.8", e)
		}
		c.Eaters = append(c.Eaters, nutrition.Servings(math.Round(share*float64(nutrition.OneServing))))
	}
	return nil
}

func setPerson(f form, u *user.User) error {
	if tag := f.get("language"); tag != "" {
		l, err := message.Parse(tag)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "person", err)
		}
		u.Settings.Language = l
	}
	u.Name, u.TimeZone = f.get("name"), f.get("zone")
	if _, err := u.Location(); err != nil {
		return fault.Wrap(fault.InvalidInput, "person", fmt.Errorf("%w", err))
	}
	return nil
}
