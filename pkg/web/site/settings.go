package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// settingsPage is what a user may set.
type settingsPage struct {
	User      user.User
	Target    nutrition.Macros
	Source    targets.Source
	Allergens []choice
	Diets     []choice
	Meals     []choice
	Days      []choice
	Hour      int
	Eaters    string
	Mails     []choice
	Seen      string // changes with the settings
}

// choice is an entry to tick or choose.
type choice struct {
	Value, Label string
	On           bool
}

// mails are those that a user can do without.
var mails = []choice{{Value: "weekly_plan", Label: "the week's plan"}, {Value: "daily_advisor", Label: "advice in the evening"}, {Value: "weekly_trends", Label: "trends on Thursday"}}

func (s *Site) settings(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	page := settingsPage{User: u, Seen: seen(u)}
	page.Target, page.Source = u.Settings.Target(0)
	for _, n := range allergen.Names() {
		page.Allergens = append(page.Allergens, choice{n, n, slices.Contains(u.Settings.Allergens, n)})
	}
	for _, n := range diet.Names() {
		page.Diets = append(page.Diets, choice{n, strings.ReplaceAll(n, "-", " "), slices.Contains(u.Settings.Diets, n)})
	}
	for _, m := range recipe.Meals {
		page.Meals = append(page.Meals, choice{m.String(), m.String(), u.Settings.Plans(m)})
	}
	day, hour := u.Settings.PlanTime()
	for _, d := range user.Weekdays {
		page.Days = append(page.Days, choice{d, strings.ToUpper(d[:1]) + d[1:], d == user.Weekdays[day]})
	}
	page.Hour = hour
	var eaters []string
	for _, e := range u.Settings.Cooking.Eaters {
		eaters = append(eaters, e.String())
	}
	page.Eaters = strings.Join(eaters, ", ")
	for _, m := range mails {
		page.Mails = append(page.Mails, choice{m.Value, m.Label, u.Settings.Wants(m.Value)})
	}
	return s.show(w, r, view{file: "settings.html", title: "Settings", nav: "settings", data: page})
}

// change stores one of the page's forms, named by its field "form".
func (s *Site) change(w http.ResponseWriter, r *http.Request, id string) error {
	apply, ok := map[string]func(form, *user.User) error{
		"targets": setTargets, "food": setFood, "plan": setPlan, "cooking": setCooking, "person": setPerson,
	}[r.PostForm.Get("form")]
	if !ok {
		return fault.New(fault.InvalidInput, "settings", "the form lacks its name: load the page anew")
	}
	before, err := s.Users.Get(r.Context(), id)
	if err != nil {
		return err
	}
	known, err := s.Vocabulary(r.Context(), before.Connection)
	if err != nil {
		return err
	}
	_, err = s.Users.Change(r.Context(), id, func(u *user.User) error {
		if shown := r.PostForm.Get("seen"); shown != "" && shown != seen(*u) {
			return fault.New(fault.Conflict, "settings", "your settings were changed elsewhere since this page was shown. This is how they are now; change them here.")
		}
		was := u.Settings
		if err := apply(form{r.PostForm}, u); err != nil {
			return err
		}
		if err := known.Check(was, &u.Settings); err != nil {
			return err
		}
		return fault.Wrap(fault.InvalidInput, "settings", u.Validate())
	})
	return s.said(w, r, "/settings", "Stored. What is planned and may not be eaten any longer is replaced within seconds; other changes count from the next plan on.", err)
}

// seen changes with what a user may set, so that a page shown before a change elsewhere does not
// take it back.
func seen(u user.User) string {
	settings, err := json.Marshal(u.Settings)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(settings, "\x00%s\x00%s\x00%d", u.Name, u.TimeZone, u.People))
	return hex.EncodeToString(sum[:8])
}

// said goes back to a page with what to say: that it worked, or why not. Errors that the
// visitor cannot mend are the caller's.
func (s *Site) said(w http.ResponseWriter, r *http.Request, path, done string, err error) error {
	switch kind := fault.KindOf(err); kind {
	case "":
		return s.back(w, r, path, done)
	case fault.InvalidInput, fault.InvalidConfig, fault.InvalidConstraints, fault.NotFound, fault.Conflict:
		return s.back(w, r, path, "Nothing was changed. "+sentence(fault.Text(err)))
	default:
		return err
	}
}

// sentence begins a text with a capital letter, and writes the name of a field as people do.
func sentence(text string) string {
	if field, rest, ok := strings.Cut(text, ":"); ok && !strings.Contains(field, " ") {
		text = strings.ReplaceAll(field, "_", " ") + ":" + rest
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

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
	for n := range strings.FieldsFuncSeq(f.get(name), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (f form) number(name string, least, most float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.Replace(f.get(name), ",", ".", 1), 64)
	if err != nil || !(v >= least && v <= most) {
		return 0, fault.New(fault.InvalidInput, "settings", "%s: %q is no number from %g to %g", name, f.get(name), least, most)
	}
	return v, nil
}

func setTargets(f form, u *user.User) error {
	var grams [3]nutrition.Mass
	for i, name := range []string{"protein", "fat", "carbs"} {
		const most = 2000
		v, err := f.number(name, 1, most)
		if err != nil {
			return err
		}
		grams[i] = nutrition.Mass(math.Round(v * float64(nutrition.Gram)))
	}
	m := nutrition.Macros{Protein: grams[0], Fat: grams[1], Carbs: grams[2]}
	weight := 0.0
	if b := u.Settings.Body; b != nil {
		weight = b.WeightKG
	}
	warnings, err := targets.Check(m, weight, u.Settings.Supervised)
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "targets", err)
	}
	if len(warnings) > 0 && f.get("confirm") == "" {
		return fault.New(fault.InvalidInput, "targets", "%s Tick the box to set them all the same.", strings.Join(warnings, " "))
	}
	if was, _ := u.Settings.Target(0); was.Protein.Round() != m.Protein || was.Fat.Round() != m.Fat || was.Carbs.Round() != m.Carbs {
		u.Settings.Targets = &m // else the numbers shown were left as they are
	}
	tolerance, err := f.number("tolerance", 1, 50)
	u.Settings.TolerancePct = int(tolerance)
	return err
}

func setFood(f form, u *user.User) error {
	u.Settings.Allergens = nil
	for _, n := range f.values["allergens"] {
		a, err := allergen.Parse(n)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "allergens", err)
		}
		u.Settings.Allergens = append(u.Settings.Allergens, a.String())
	}
	u.Settings.Diets = nil
	for _, n := range f.values["diets"] {
		d, err := diet.Parse(n)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "diets", err)
		}
		u.Settings.Diets = append(u.Settings.Diets, d)
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
	hour, err := f.number("plan_hour", 0, 23)
	if err != nil {
		return err
	}
	s.PlanDay, s.PlanHour = f.get("plan_day"), int(hour)
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
	}{{"rotation", &s.RotationDays, 0, 365}, {"quick", &s.QuickMinutes, 1, 240}, {"people", &u.People, 1, 20}} {
		v, err := f.number(n.name, n.least, n.most)
		if err != nil {
			return err
		}
		*n.to = int(v)
	}
	for _, n := range []struct {
		name string
		to   *nutrition.Servings
	}{{"smallest", &s.MinServings}, {"largest", &s.MaxServings}} {
		const least, most = 0.05, 10
		v, err := f.number(n.name, least, most)
		if err != nil {
			return err
		}
		*n.to = nutrition.Servings(math.Round(v * float64(nutrition.OneServing)))
	}
	c := &s.Cooking
	c.Minutes, c.Weekly, c.Kcal = nonEmptyLines(f.get("minutes")), nonEmptyLines(f.get("weekly")), nonEmptyLines(f.get("kcal"))
	c.TimedOnly, c.SamePortions, c.RotateAcross = f.get("timed_only") != "", f.get("same_portions") != "", f.get("rotate_across") != ""
	c.Eaters = nil
	for _, e := range f.list("eaters") {
		share, err := strconv.ParseFloat(e, 64)
		if err != nil {
			return fault.New(fault.InvalidInput, "eaters", "eaters: %q is no number: an adult is 1, a child 0.3 to 0.8", e)
		}
		c.Eaters = append(c.Eaters, nutrition.Servings(math.Round(share*float64(nutrition.OneServing))))
	}
	return nil
}

// nonEmptyLines are the lines of a field, which holds one rule a line.
func nonEmptyLines(text string) []string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

func setPerson(f form, u *user.User) error {
	u.Name, u.TimeZone = f.get("name"), f.get("zone")
	if _, err := u.Location(); err != nil {
		return fault.Wrap(fault.InvalidInput, "person", fmt.Errorf("%w", err))
	}
	return nil
}
