package site

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account/settings"
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

// settingsPage is what a user may set.
type settingsPage struct {
	User      user.User
	Target    nutrition.Macros
	Source    targets.Source
	Body      targets.Body
	Working   *targets.Working // nil: the body is not known
	Allergens []choice
	Diets     []choice
	Meals     []choice
	Days      []choice
	Mails     []choice
	Languages []choice
	Rules     rules
	Seen      string // changes with the settings

	refused string     // the form that was refused; "": none
	typed   url.Values // what it held
	refusal
}

// choice is an entry to tick or choose.
type choice struct {
	Value string
	Label message.Text
	On    bool
}

// mails are those that a user can do without.
var mails = []choice{{Value: "weekly_plan", Label: message.Textf("the week's plan")}, {Value: "daily_advisor", Label: message.Textf("advice in the evening")}, {Value: "weekly_trends", Label: message.Textf("trends on Thursday")}}

// The values of the questionnaire about the body.
var (
	sexes      = []choice{{Value: string(targets.Female), Label: message.Textf("female")}, {Value: string(targets.Male), Label: message.Textf("male")}}
	activities = []choice{
		{Value: string(targets.Sedentary), Label: message.Textf("sitting most of the day")},
		{Value: string(targets.Light), Label: message.Textf("sport on 1 to 3 days a week")},
		{Value: string(targets.Moderate), Label: message.Textf("sport on 3 to 5 days a week")},
		{Value: string(targets.Active), Label: message.Textf("sport on 6 or 7 days a week")},
	}
	goals = []choice{{Value: string(targets.Maintain), Label: message.Textf("keep it")}, {Value: string(targets.Lose), Label: message.Textf("lose weight (15 % less)")}, {Value: string(targets.Gain), Label: message.Textf("gain weight (10 % more)")}}
)

func (s *Site) settings(w http.ResponseWriter, r *http.Request, id string) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	page, err := s.settingsWithRules(r, u)
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "settings.html", title: message.Textf("Settings"), nav: "settings", data: page})
}

// settingsWithRules are a user's settings with their rules, and what their library lets them count.
func (s *Site) settingsWithRules(r *http.Request, u user.User) (*settingsPage, error) {
	recipes, err := s.Recipes.Load(r.Context(), u.Connection)
	if err != nil {
		return nil, err
	}
	page := settingsOf(u)
	page.Rules = rulesOf(u.Settings.Cooking, keywordsOf(library.VocabularyOf(recipes).Tags))
	return page, nil
}

// settingsOf shows a user's settings.
func settingsOf(u user.User) *settingsPage {
	p := &settingsPage{User: u, Seen: settings.Version(u)}
	p.Target, p.Source = u.Settings.Target(0)
	if b := u.Settings.Body; b != nil {
		p.Body = *b
		if w, err := b.Work(); err == nil {
			p.Working = &w
		}
	}
	for _, n := range allergen.Names() {
		p.Allergens = append(p.Allergens, choice{n, message.Textf(n), slices.Contains(u.Settings.Allergens, n)})
	}
	for _, n := range diet.Names() {
		p.Diets = append(p.Diets, choice{n, message.Textf(strings.ReplaceAll(n, "-", " ")), slices.Contains(u.Settings.Diets, n)})
	}
	for _, m := range recipe.Meals {
		p.Meals = append(p.Meals, choice{m.String(), message.Textf(m.String()), u.Settings.Plans(m)})
	}
	day, _ := u.Settings.PlanTime()
	for _, d := range user.Weekdays {
		p.Days = append(p.Days, choice{d, message.Textf(message.Capital(d)), d == user.Weekdays[day]})
	}
	for _, l := range message.Languages() {
		p.Languages = append(p.Languages, choice{string(l), message.Textf(l.Name()), l.Tag() == u.Settings.Language.Tag()})
	}
	for _, m := range mails {
		p.Mails = append(p.Mails, choice{m.Value, m.Label, u.Settings.Wants(m.Value)})
	}
	return p
}

// Origin says where the target comes from.
func (p *settingsPage) Origin() message.Text {
	switch p.Source {
	case targets.Set:
		return message.Textf("set by you")
	case targets.Computed:
		return message.Textf("computed from your body figures")
	default:
		return message.Textf("our default")
	}
}

// Decided reports whether the targets are the user's own, and Computed whether their body gave them.
func (p *settingsPage) Decided() bool { return p.Source != targets.Default }

// Computed is explained at Decided.
func (p *settingsPage) Computed() bool { return p.Source == targets.Computed && p.Working != nil }

// Way reports whether a way to targets is shown open: the one that was refused, or at first by the body.
func (p *settingsPage) Way(form string) bool {
	switch {
	case p.refused != "":
		return p.Refused(map[string]string{"grams": "targets"}[form]) || p.Refused(form)
	default:
		return !p.Decided() && form == "body"
	}
}

// Hour is the hour at which a week is planned.
func (p *settingsPage) Hour() int {
	_, hour := p.User.Settings.PlanTime()
	return hour
}

// Eaters are the shares of those who eat, between commas.
func (p *settingsPage) Eaters() string {
	var out []string
	for _, e := range p.User.Settings.Cooking.Eaters {
		out = append(out, e.String())
	}
	return strings.Join(out, ", ")
}

// refuse has the page show what a refused form held, so that nothing that was typed is lost.
func (p *settingsPage) refuse(name string, typed url.Values, why refusal) {
	p.refused, p.typed, p.refusal = name, typed, why
	if name == "rules" {
		p.Rules = readRules(form{typed}, p.Rules)
		p.Field = "rules"
		p.Rules.markFirst()
	}
	for field, list := range map[string][]choice{"allergens": p.Allergens, "diets": p.Diets, "meals": p.Meals, "mails": p.Mails, "plan_day": p.Days, "language": p.Languages} {
		if !p.owns(field) {
			continue
		}
		for i := range list {
			list[i].On = slices.Contains(typed[field], list[i].Value)
		}
	}
}

// owns reports whether the refused form is the one with the field.
func (p *settingsPage) owns(field string) bool {
	return slices.Contains(map[string][]string{
		"food": {"allergens", "diets"}, "plan": {"meals", "mails", "plan_day", "tracking"}, "cooking": {"same_portions", "rotate_across"}, "rules": {"timed_only"},
		"person": {"language"}, "targets": {"confirm"}, "body": {"confirm", "sex", "activity", "goal"},
	}[p.refused], field)
}

// Or is what a field shows: what was typed into a refused form, else the value.
func (p *settingsPage) Or(field string, value any) string {
	if v, ok := p.typed[field]; ok && len(v) > 0 {
		return v[0]
	}
	switch v := value.(type) {
	case float64:
		if v == 0 {
			return ""
		}
		return p.User.Settings.Language.Decimal(strconv.FormatFloat(v, 'f', -1, 64))
	case nutrition.Servings:
		return p.User.Settings.Language.Decimal(v.String())
	default:
		return fmt.Sprint(value)
	}
}

// Refused reports whether the refused form is the one named.
func (p *settingsPage) Refused(name string) bool { return p.refused == name }

// On reports whether a box shows as ticked.
func (p *settingsPage) On(field string, value bool) bool {
	if p.owns(field) {
		return p.typed.Has(field)
	}
	return value
}

// Tracks reports whether a box about tracking shows as ticked.
func (p *settingsPage) Tracks(what string, value bool) bool {
	if p.owns("tracking") {
		return slices.Contains(p.typed["tracking"], what)
	}
	return value
}

// Choose are the entries of a field with one value.
func (p *settingsPage) Choose(field string, value any) []choice {
	list := slices.Clone(map[string][]choice{"sex": sexes, "activity": activities, "goal": goals}[field])
	chosen := p.Or(field, value)
	for i := range list {
		list[i].On = list[i].Value == chosen
	}
	return list
}

// forms are what can be changed, by the name that a form carries.
var forms = map[string]func(form, *user.User) error{
	"targets": setTargets, "body": setBody, "food": setFood, "plan": setPlan, "cooking": setCooking, "rules": setRules, "person": setPerson, "staples": setStaples,
}

// change stores one of the page's forms, named by its field "form".
func (s *Site) change(w http.ResponseWriter, r *http.Request, id string) error {
	name := r.PostForm.Get("form")
	apply, ok := forms[name]
	if !ok {
		return fault.New(fault.InvalidInput, "settings", "the form lacks its name: load the page anew")
	}
	u, err := s.Settings.Change(r.Context(), id, r.PostForm.Get("seen"), func(u *user.User) error { return apply(form{r.PostForm}, u) })
	if err == nil {
		readerOf(r).language = u.Settings.Language
	}
	if !correctable(err) || fault.KindOf(err) == fault.Conflict {
		return s.said(w, r, "/settings", message.Textf("Stored. What is planned and may not be eaten any longer is replaced within seconds; other changes count from the next plan on."), err)
	}
	now, lost := s.Users.Get(r.Context(), id)
	if lost != nil {
		return lost
	}
	page, lost := s.settingsWithRules(r, now)
	if lost != nil {
		return lost
	}
	page.refuse(name, r.PostForm, refusalOf(r, err))
	return s.show(w, r, view{file: "settings.html", title: message.Textf("Settings"), nav: "settings", status: http.StatusUnprocessableEntity, data: page})
}

// correctable reports whether the visitor can mend an error.
func correctable(err error) bool {
	switch fault.KindOf(err) {
	case fault.InvalidInput, fault.InvalidConfig, fault.InvalidConstraints, fault.NotFound, fault.Conflict:
		return true
	default:
		return false
	}
}

// said goes back to a page with what to say: that it worked, or why not. Errors that the
// visitor cannot mend are the caller's.
func (s *Site) said(w http.ResponseWriter, r *http.Request, path string, done message.Text, err error) error {
	switch {
	case err == nil:
		return s.back(w, r, path, done)
	case correctable(err):
		return s.refuse(w, r, path, unchanged(r, err))
	default:
		return err
	}
}

// unchanged says why nothing was.
func unchanged(r *http.Request, err error) message.Text {
	return message.Textf("Nothing was changed. %s", message.Sentence(fault.In(err, spoken(r))))
}
