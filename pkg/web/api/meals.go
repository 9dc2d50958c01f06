package api

import (
	"context"
	"math"
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// OfMeal names a meal in the address.
type OfMeal struct {
	Date string `path:"date" format:"date" maxLength:"10" doc:"The day." example:"2026-12-04"`
	Meal string `path:"meal" enum:"breakfast,lunch,dinner" example:"dinner"`
}

// slot reads the meal in the address.
func (in OfMeal) slot() (plan.Slot, error) {
	date, err := calendar.Parse(in.Date)
	if err != nil {
		return plan.Slot{}, fault.New(fault.InvalidInput, "meal", "date: %q is not a date like 2026-12-04", in.Date)
	}
	meal, err := recipe.ParseMeal(in.Meal)
	return plan.Slot{Date: date, Meal: meal}, fault.Wrap(fault.InvalidInput, "meal", err)
}

// Cooking is a planned meal with its recipe, as it is cooked.
type Cooking struct {
	Week        string       `json:"week" format:"date" doc:"The Monday of its week."`
	Version     string       `json:"version" doc:"The week's version, for If-Match."`
	Date        string       `json:"date" format:"date"`
	Meal        Meal         `json:"meal"`
	Feeds       []Slot       `json:"feeds" doc:"The meals that are eaten of what is cooked."`
	Known       bool         `json:"recipe_known" doc:"The library still has the recipe; else there are no ingredients and steps here."`
	Ingredients []Ingredient `json:"ingredients" doc:"For what is cooked."`
	Steps       []Step       `json:"steps"`
	URL         string       `json:"url,omitempty" doc:"The recipe in the library."`
	Eaten       float64      `json:"eaten_servings,omitempty" doc:"Of the recipe, as somebody said; left out when nothing was said." example:"0.75"`
}

// Slot is a meal of a day.
type Slot struct {
	Date string `json:"date" format:"date"`
	Meal string `json:"meal" enum:"breakfast,lunch,dinner"`
}

// Ingredient is a line of a recipe.
type Ingredient struct {
	Food   string   `json:"food" example:"red lentils"`
	Amount *float64 `json:"amount,omitempty" doc:"Left out: to taste." example:"250"`
	Unit   string   `json:"unit,omitempty" example:"g"`
	Note   string   `json:"note,omitempty"`
}

// Step is an instruction.
type Step struct {
	Text    string `json:"text"`
	Minutes int    `json:"minutes,omitempty" doc:"How long it waits."`
}

// Alternatives are dishes that could be in a meal's place.
type Alternatives struct {
	Version      string        `json:"version" doc:"The week's version, for If-Match."`
	Alternatives []Alternative `json:"alternatives" doc:"Those with which the day meets its targets best first; 20 at most."`
}

// Alternative is a dish that could be in a meal's place.
type Alternative struct {
	Recipe  int64   `json:"recipe" doc:"What replace takes." example:"42"`
	Name    string  `json:"name" example:"Lentil soup"`
	Portion float64 `json:"portion" doc:"The best portion, in servings of the recipe." example:"1.25"`
	Minutes int     `json:"minutes,omitempty"`
	In      bool    `json:"in_band" doc:"With it the day is in its band."`
	Day     Figures `json:"day" doc:"The day as it would be."`
	Target  Figures `json:"target" doc:"The day's target."`
}

type cookingOut struct{ Body Cooking }

type alternativesOut struct{ Body Alternatives }

// mealChange is a change of a meal that needs no more than its name.
type mealChange struct {
	OfMeal
	ForChange
}

type ateIn struct {
	OfMeal
	ForChange
	Portion float64 `query:"portion" minimum:"0" maximum:"10" default:"1" doc:"Of the planned portion; 0: it was not eaten after all." example:"0.5"`
}

type replaceIn struct {
	OfMeal
	ForChange
	Body struct {
		Recipe int64 `json:"recipe,omitempty" minimum:"1" maximum:"9007199254740991" doc:"One of the library; left out: the best." example:"42"`
		Keep   bool  `json:"keep,omitempty" doc:"The recipe stays when the week is replanned, as after lock; it may take the place of a locked or skipped meal."`
	}
}

func (a *API) registerMeals() {
	const tag = "Meals"
	plans, read := []access.Scope{access.PlanWrite}, []access.Scope{access.PlanRead}
	add(a, operation{
		id: "getMeal", method: http.MethodGet, path: "/meals/{date}/{meal}", tag: tag, scopes: read, errors: []int{http.StatusNotFound}, summary: "A meal as it is cooked",
		about: "The dish, its ingredients for what is cooked, and its steps.",
	}, a.getMeal)
	add(a, operation{
		id: "listAlternatives", method: http.MethodGet, path: "/meals/{date}/{meal}/alternatives", tag: tag, scopes: read, errors: []int{http.StatusNotFound}, summary: "What else it could be",
		about: "Dishes that could be in its place, with the day's figures with each.",
	}, a.listAlternatives)
	change := []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	for _, x := range []struct {
		id, verb, summary, about string
		command                  command.Verb
	}{
		{"lockMeal", "lock", "Keep a meal", "It stays when the week is replanned.", command.Lock},
		{"unlockMeal", "unlock", "Let a meal change again", "The opposite of lock.", command.Unlock},
		{"skipMeal", "skip", "Plan nothing for a meal", "The day's target becomes smaller by its share.", command.Skip},
		{"unskipMeal", "unskip", "Plan a skipped meal after all", "The opposite of skip.", command.Unskip},
	} {
		add(a, operation{id: x.id, method: http.MethodPost, path: "/meals/{date}/{meal}/" + x.verb, tag: tag, scopes: plans, errors: change, summary: x.summary, about: x.about},
			func(ctx context.Context, c caller, in *mealChange) (*changedOut, error) {
				s, err := in.slot()
				if err != nil {
					return nil, err
				}
				return a.press(ctx, c, s.Date.Monday(), in.ForChange, replies.Press{Line: command.Command{Verb: x.command, Days: []calendar.Date{s.Date}, Meal: &s.Meal}.String()})
			})
	}
	add(a, operation{
		id: "ateMeal", method: http.MethodPost, path: "/meals/{date}/{meal}/eaten", tag: tag, scopes: plans, errors: change, summary: "Say how much of a meal was eaten",
		about: "It feeds the food diary if that is on; what was written there already stays. An undo brings back what was said before.",
	}, a.ate)
	add(a, operation{
		id: "replaceMeal", method: http.MethodPost, path: "/meals/{date}/{meal}/replace", tag: tag, scopes: plans, errors: change, summary: "Take another dish",
		about: "A recipe of the library, whether or not it is one of the alternatives, or the best of them.",
	}, a.replace)
}

func (a *API) ate(ctx context.Context, c caller, in *ateIn) (*changedOut, error) {
	s, err := in.slot()
	if err != nil {
		return nil, err
	}
	said := command.Command{Verb: command.Ate, Days: []calendar.Date{s.Date}, Meal: &s.Meal}
	switch p := nutrition.Servings(math.Round(in.Portion*100)) * nutrition.OneServing / 100; p {
	case 0:
		said.Nothing = true
	case nutrition.OneServing:
	default:
		said.Portion = p
	}
	return a.press(ctx, c, s.Date.Monday(), in.ForChange, replies.Press{Line: said.String()})
}

func (a *API) replace(ctx context.Context, c caller, in *replaceIn) (*changedOut, error) {
	s, err := in.slot()
	if err != nil {
		return nil, err
	}
	line := command.Command{Verb: command.Adjust, Days: []calendar.Date{s.Date}, Meal: &s.Meal}.String()
	switch id := recipe.ID(in.Body.Recipe); {
	case id != 0 && in.Body.Keep:
		line = replies.Keep(s, id)
	case id != 0:
		line = replies.Take(s, id)
	case in.Body.Keep:
		return nil, fault.New(fault.InvalidInput, "replace", "keep: name the recipe to keep")
	}
	return a.press(ctx, c, s.Date.Monday(), in.ForChange, replies.Press{Line: line})
}

func (a *API) getMeal(ctx context.Context, c caller, in *OfMeal) (*cookingOut, error) {
	s, err := in.slot()
	if err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c.User, s.Date.Monday())
	if err != nil {
		return nil, err
	}
	day, sv := p.Week.Days[s.Date-p.Week.WeekOf], p.Week.At(s)
	out := Cooking{
		Week: p.Week.WeekOf.String(), Version: p.Week.Version(), Date: s.Date.String(), Meal: mealView(*p, day, s.Meal, sv),
		Feeds: []Slot{}, Ingredients: []Ingredient{}, Steps: []Step{},
	}
	if sv == nil {
		return &cookingOut{out}, nil
	}
	ate, err := a.Commands.Eaten(ctx, c.User, p.Week.WeekOf)
	if err != nil {
		return nil, err
	}
	for _, e := range ate {
		if e.Slot == s {
			out.Eaten = e.Servings.Float()
		}
	}
	if b := batch(*p, s, sv.Recipe); b != nil {
		for _, e := range b.Eaten {
			out.Feeds = append(out.Feeds, Slot{e.Date.String(), e.Meal.String()})
		}
	}
	u, err := a.Users.Get(ctx, c.User)
	if err != nil {
		return nil, err
	}
	recipes, err := a.Recipes.Load(ctx, u.Connection)
	if err != nil {
		return nil, err
	}
	for _, r := range recipes {
		if r.ID == sv.Recipe {
			out.cook(r)
		}
	}
	return &cookingOut{out}, nil
}

// cook fills in the recipe, its amounts for what is cooked.
func (o *Cooking) cook(r recipe.Recipe) {
	o.Known = true
	for _, i := range r.Ingredients {
		l := Ingredient{Food: i.Food.Name, Note: i.Note}
		if !i.NoAmount && i.Amount > 0 && r.Servings > 0 {
			const exact = 1000
			amount := float64(int64(i.Amount.Float()*o.Meal.Dish.Servings/float64(r.Servings)*exact+0.5)) / exact
			l.Amount, l.Unit = &amount, i.Unit.Name
		}
		o.Ingredients = append(o.Ingredients, l)
	}
	for _, st := range r.Steps {
		if text := strings.TrimSpace(st.Instruction); text != "" {
			o.Steps = append(o.Steps, Step{text, st.Minutes})
		}
	}
	if strings.HasPrefix(r.URL, "https://") || strings.HasPrefix(r.URL, "http://") {
		o.URL = r.URL
	}
}

func (a *API) listAlternatives(ctx context.Context, c caller, in *OfMeal) (*alternativesOut, error) {
	s, err := in.slot()
	if err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c.User, s.Date.Monday())
	if err != nil {
		return nil, err
	}
	others, err := a.Commands.Alternatives(ctx, c.User, s)
	if err != nil {
		return nil, err
	}
	out := Alternatives{Version: p.Week.Version(), Alternatives: []Alternative{}}
	for _, o := range others {
		out.Alternatives = append(out.Alternatives, Alternative{int64(o.Recipe), o.Name, o.Servings.Float(), o.Minutes, o.Day.Balanced, figures(o.Day.Actual), figures(o.Day.Target)})
	}
	return &alternativesOut{out}, nil
}
