package site

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// recipePage is a recipe of the library with the meals that it can be put on.
type recipePage struct {
	planner.Dish
	Picture string
	Minutes int // 0: not known
	Days    []dayChoice
	Problem message.Text
	cookery
}

// dayChoice is a day with its meals.
type dayChoice struct {
	Date  calendar.Date
	Meals []mealChoice
}

type mealChoice struct {
	Slot   plan.Slot
	Now    string // what is planned; "": nothing
	Chosen bool
}

// recipe shows a recipe, or with a meal in the field "on" what putting it there would change.
func (s *Site) recipe(w http.ResponseWriter, r *http.Request, id string) error {
	page, err := s.recipePage(r, id)
	if err != nil {
		return err
	}
	v := view{file: "recipe.html", title: message.Textf("%s", page.Name), nav: "library"}
	if on := r.URL.Query().Get("on"); on != "" {
		slot, ok := page.choose(on)
		if ok {
			return s.showPreview(w, r, id, previewPage{Week: slot.Date.Monday(), Command: replies.Keep(slot, page.ID)}, replies.Press{Line: replies.Keep(slot, page.ID)})
		}
		page.Problem, v.status = message.Textf("Choose a meal that is still to come."), http.StatusUnprocessableEntity
	}
	v.data = page
	return s.show(w, r, v)
}

// choose finds one of the meals, as the form names it.
func (p *recipePage) choose(on string) (plan.Slot, bool) {
	for _, d := range p.Days {
		for _, m := range d.Meals {
			if on == m.Slot.Date.String()+" "+m.Slot.Meal.String() {
				return m.Slot, true
			}
		}
	}
	return plan.Slot{}, false
}

func (s *Site) recipePage(r *http.Request, id string) (recipePage, error) {
	var page recipePage
	none := fault.New(fault.NotFound, "recipe", "your library has no such recipe")
	number, err := strconv.ParseInt(r.PathValue("recipe"), 10, 64)
	if err != nil {
		return page, none
	}
	report, _, err := s.Library.Report(r.Context(), id)
	if err != nil {
		return page, err
	}
	i := slices.IndexFunc(report.Dishes, func(d planner.Dish) bool { return d.ID == recipe.ID(number) })
	if i < 0 {
		return page, none
	}
	page.Dish = report.Dishes[i]
	recipes, err := s.recipesOf(r, id)
	if err != nil {
		return page, err
	}
	found := recipes[page.ID]
	page.Picture = s.pictureOf(found, picture.Large)
	page.Minutes, page.Servings = found.Minutes(), nutrition.Servings(found.Servings)*nutrition.OneServing
	page.cook(found, 1, spoken(r))
	if page.Reason == "" {
		page.Days, err = s.toCome(r, id, page.Meals)
	}
	return page, err
}

// recipesOf are the recipes of the visitor's library.
func (s *Site) recipesOf(r *http.Request, id string) (map[recipe.ID]recipe.Recipe, error) {
	u, err := s.visitor(r, id)
	if err != nil {
		return nil, err
	}
	list, err := s.Recipes.Load(r.Context(), u.Connection)
	out := make(map[recipe.ID]recipe.Recipe, len(list))
	for _, rec := range list {
		out[rec.ID] = rec
	}
	return out, err
}

// toCome are the meals that a dish can be put on: from the next one on, those of this week if it is
// planned, and those of the following week. The first of the dish's own kind is chosen.
func (s *Site) toCome(r *http.Request, id string, kind []recipe.Meal) ([]dayChoice, error) {
	u, err := s.visitor(r, id)
	if err != nil {
		return nil, err
	}
	zone, err := u.Location()
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "user", err)
	}
	next := plan.Next(s.now().In(zone))
	this := next.Date.Monday()
	planned, err := s.Plans.Between(r.Context(), id, this, this+7)
	if err != nil {
		return nil, err
	}
	var out []dayChoice
	chosen := false
	for _, week := range []calendar.Date{this, this + 7} {
		i := slices.IndexFunc(planned, func(p plan.Plan) bool { return p.Week.WeekOf == week })
		if i < 0 && week == this {
			continue
		}
		for _, slot := range plan.Slots(week) {
			if slot.Before(next) {
				continue
			}
			m := mealChoice{Slot: slot}
			if !chosen && slices.Contains(kind, slot.Meal) {
				m.Chosen, chosen = true, true
			}
			if i >= 0 {
				if sv := planned[i].Week.At(slot); sv != nil {
					m.Now = sv.Name
				}
			}
			if len(out) == 0 || out[len(out)-1].Date != slot.Date {
				out = append(out, dayChoice{Date: slot.Date})
			}
			out[len(out)-1].Meals = append(out[len(out)-1].Meals, m)
		}
	}
	return out, nil
}
