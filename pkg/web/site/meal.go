package site

import (
	"crypto/rand"
	"net/http"
	"net/url"

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

// mealPage is a dish as it is cooked for a meal.
type mealPage struct {
	Slot     plan.Slot
	Week     calendar.Date
	Serving  plan.Serving
	Figures  nutrition.Macros // of the portion
	Cooked   calendar.Date
	Day      string         // of the week's page, on which it is cooked
	Feeds    []message.Text // meals that are eaten of what is cooked
	Storage  []message.Text // how what is left, or this portion, is kept
	Picture  string
	Gone     bool // the library has the recipe no longer
	Over     bool // the day is
	Ahead    bool // the day has not begun
	Outdated bool // the plan is being replaced: it may hold what must not be eaten
	Version  string
	Once     string
	Buttons  []button
	Eaten    eatenView
	cookery
}

// dish finds what is planned for the slot in the address.
func (s *Site) dish(r *http.Request, id string) (*plan.Plan, plan.Slot, *plan.Serving, error) {
	slot, err := slotOf(r)
	if err != nil {
		return nil, slot, nil, err
	}
	stored, err := s.Plans.Get(r.Context(), id, slot.Date.Monday())
	if err != nil {
		return nil, slot, nil, err
	}
	return stored, slot, stored.Week.At(slot), nil
}

func (s *Site) meal(w http.ResponseWriter, r *http.Request, id string) error {
	page, err := s.mealPage(r, id)
	if fault.KindOf(err) == fault.NotFound {
		return s.noMeal(w, r, id, err)
	}
	if err != nil {
		return err
	}
	return s.show(w, r, view{file: "meal.html", title: message.Textf("%s", page.Serving.Name), nav: "week", data: page})
}

// noMealPage is an empty slot of a week that is planned.
type noMealPage struct {
	Slot    plan.Slot
	Week    calendar.Date
	Why     message.Text
	Buttons []button
	Over    bool
}

// noMeal says why a slot holds no dish, and how it gets one; cause is what is said where nothing is
// planned at all.
func (s *Site) noMeal(w http.ResponseWriter, r *http.Request, id string, cause error) error {
	stored, slot, sv, err := s.dish(r, id)
	if err != nil || sv != nil {
		return cause
	}
	wishes, err := s.wishesFor(r, id, *stored)
	if err != nil {
		return err
	}
	today, err := s.today(r, id)
	if err != nil {
		return err
	}
	page := noMealPage{Slot: slot, Week: stored.Week.WeekOf, Over: slot.Date < today, Why: emptied(stored.Week, slot, wishes.Skipped(slot))}
	for _, b := range buttons(stored.Week.Days[slot.Date-stored.Week.WeekOf], slot.Meal, wishes.Skipped(slot), today) {
		if b.Preview {
			page.Buttons = append(page.Buttons, b)
		}
	}
	return s.show(w, r, view{file: "nomeal.html", title: slot.Text(), nav: "week", data: page})
}

// mealPage shows what is planned for the slot in the address.
func (s *Site) mealPage(r *http.Request, id string) (mealPage, error) {
	stored, slot, sv, err := s.dish(r, id)
	if err != nil {
		return mealPage{}, err
	}
	if sv == nil {
		return mealPage{}, fault.New(fault.NotFound, "meal", "nothing is planned for %v", slot.Text())
	}
	u, err := s.visitor(r, id)
	if err != nil {
		return mealPage{}, err
	}
	today, err := s.today(r, id)
	if err != nil {
		return mealPage{}, err
	}
	page := mealPage{
		Slot: slot, Week: stored.Week.WeekOf, Serving: *sv, Figures: sv.PerServing.Scale(sv.Servings), Cooked: slot.Date, Gone: true, Once: rand.Text(), Outdated: stored.Week.Unsafe(),
		cookery: cookery{Servings: stored.Week.Cooked(*sv)}, Version: stored.Week.Version(), Buttons: buttons(stored.Week.Days[slot.Date-stored.Week.WeekOf], slot.Meal, false, today), Over: slot.Date < today, Ahead: slot.Date > today,
	}
	if err := s.eaten(r, id, &page, today); err != nil {
		return mealPage{}, err
	}
	for _, b := range stored.Prep.Batches {
		for _, e := range b.Eaten {
			if b.Recipe != sv.Recipe || e.Date != slot.Date || e.Meal != slot.Meal {
				continue
			}
			page.Cooked, page.Servings = b.Cook, b.Servings
			if page.Storage = b.Serving(e); b.Cook == slot.Date {
				page.Storage = b.Storage()
			}
			for _, o := range b.Eaten {
				page.Feeds = append(page.Feeds, plan.Slot{Date: o.Date, Meal: o.Meal}.Text())
			}
		}
	}
	page.Day = dayID(page.Cooked, today)
	recipes, err := s.Recipes.Load(r.Context(), u.Connection)
	if err != nil {
		return mealPage{}, err
	}
	for _, rec := range recipes {
		if rec.ID == sv.Recipe {
			page.Gone, page.Picture = false, s.pictureOf(rec, picture.Large)
			scale := 0.0
			if rec.Servings > 0 {
				scale = page.Servings.Float() / float64(rec.Servings)
			}
			page.cook(rec, scale, spoken(r))
		}
	}
	return page, nil
}

// dayID is a day's place on the week's page.
func dayID(d, today calendar.Date) string {
	if d == today {
		return "today"
	}
	return "day-" + d.String()
}

// othersPage are the dishes that could be in a meal's place.
type othersPage struct {
	Slot    plan.Slot
	Week    calendar.Date
	Version string
	Once    string
	Now     *plan.Serving
	Over    bool // the day is
	Others  []otherView
	Shelf   *shelf // the whole library; nil when the day is over
}

type otherView struct {
	planner.Alternative
	Picture string
	Command string
	Bars    []bar
}

func (s *Site) others(w http.ResponseWriter, r *http.Request, id string) error {
	stored, slot, sv, err := s.dish(r, id)
	if err != nil {
		return err
	}
	others, err := s.Commands.Alternatives(r.Context(), id, slot)
	if err != nil {
		return err
	}
	page := othersPage{Slot: slot, Week: stored.Week.WeekOf, Version: stored.Week.Version(), Once: rand.Text(), Now: sv}
	today, err := s.today(r, id)
	if err != nil {
		return err
	}
	if page.Over = slot.Date < today; page.Over {
		return s.show(w, r, view{file: "others.html", title: message.Textf("Another %v", slot.Meal), nav: "week", data: page})
	}
	recipes, err := s.recipesOf(r, id)
	if err != nil {
		return err
	}
	for _, o := range others {
		page.Others = append(page.Others, otherView{o, s.pictureOf(recipes[o.Recipe], picture.Small), replies.Keep(slot, o.Recipe), bars(o.Day, stored.Week.TolerancePct, spoken(r))})
	}
	report, _, err := s.Library.Report(r.Context(), id)
	if err != nil {
		return err
	}
	page.Shelf = &shelf{Title: message.Textf("Any dish of your library")}
	page.Shelf.fill(r.URL.Query(), report.Dishes)
	if err := s.stock(r, id, page.Shelf, message.Textf("Show what would change"), func(id recipe.ID) string {
		return s.at("/week/" + page.Week.String() + "/preview?" + url.Values{"command": {replies.Keep(slot, id)}}.Encode())
	}); err != nil {
		return err
	}
	return s.show(w, r, view{file: "others.html", title: message.Textf("Another %v", slot.Meal), nav: "week", data: page})
}
