package site

import (
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// planPage is how a week would be planned that is not.
type planPage struct {
	Week    calendar.Date
	First   message.Text // the first meal that would be
	Running bool         // what is left of it is planned
	Asks    bool         // nothing was worked out yet
	Mailed  bool         // the plan is
	Meals   int
	Items   int // to buy
	Days    []plannedDay
	Problem string // why it cannot be planned
}

type plannedDay struct {
	Date  calendar.Date
	In    bool
	Meals []plannedMeal
	Bars  []bar
	Sum   string // what the bars say, in a line
}

type plannedMeal struct {
	Meal    recipe.Meal
	Serving *plan.Serving // nil: nothing fits
}

// askPlan asks whether a week is to be planned. A week is worked out for who says so: what leads here
// may be followed by programs, and often.
func (s *Site) askPlan(w http.ResponseWriter, r *http.Request, id string) error {
	week, first, u, err := s.weekToPlan(r, id)
	if err != nil {
		return err
	}
	if stored, err := s.Plans.Get(r.Context(), id, week); err == nil {
		return s.back(w, r, "/week/"+stored.Week.WeekOf.String(), message.Textf("This week is planned already."))
	} else if fault.KindOf(err) != fault.NotFound {
		return err
	}
	page := planPage{Week: week, First: first.Text(), Running: first != plan.Slot{Date: week}, Asks: true, Mailed: u.Settings.Wants("weekly_plan")}
	return s.show(w, r, view{file: "plan.html", title: message.Textf("Plan the week of %v", spoken(r).Date(week)), nav: "week", data: page})
}

// wouldPlan shows how a week would be planned. It changes nothing.
func (s *Site) wouldPlan(w http.ResponseWriter, r *http.Request, id string) error {
	week, first, u, err := s.weekToPlan(r, id)
	if err != nil {
		return err
	}
	page := planPage{Week: week, Running: first != plan.Slot{Date: week}, Mailed: u.Settings.Wants("weekly_plan")}
	v := view{file: "plan.html", title: message.Textf("Plan the week of %v", spoken(r).Date(week)), nav: "week"}
	done, err := s.alone(id)
	if err != nil {
		return err
	}
	defer done()
	would, err := s.Commands.WouldPlan(r.Context(), id, week)
	switch {
	case unplannable(err):
		page.Problem, v.status = message.Sentence(fault.In(err, spoken(r))), http.StatusUnprocessableEntity
	case err != nil:
		return err
	default:
		page.fill(would, u.Settings.Staples, spoken(r))
	}
	v.data = page
	return s.show(w, r, v)
}

// fill shows the days that would have meals.
func (p *planPage) fill(would plan.Plan, atHome []string, l message.Language) {
	p.Meals, p.Items = would.Week.Meals(), would.Groceries.Aside(atHome).Lines()
	for _, d := range would.Week.Days {
		if !d.Planned() {
			continue
		}
		day := plannedDay{Date: d.Date, In: d.Balanced, Bars: bars(d, would.Week.TolerancePct, l), Sum: inLine(d.Actual, l)}
		for m, sv := range d.Meals {
			if sv != nil || would.Week.Missing(plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}) {
				day.Meals = append(day.Meals, plannedMeal{recipe.Meals[m], sv})
			}
		}
		p.Days = append(p.Days, day)
	}
}

// planWeek plans a week that is not planned, or shows how it would be.
func (s *Site) planWeek(w http.ResponseWriter, r *http.Request, id string) error {
	if r.PostForm.Get("do") == "show" {
		return s.wouldPlan(w, r, id)
	}
	week, _, _, err := s.weekToPlan(r, id)
	if err != nil {
		return err
	}
	done, err := s.alone(id)
	if err != nil {
		return err
	}
	defer done()
	path := "/week/" + week.String()
	err = s.Commands.PlanWeek(r.Context(), id, week)
	switch {
	case fault.KindOf(err) == fault.Conflict:
		return s.back(w, r, path, message.Textf("This week was planned meanwhile. This is how it is; nothing else was changed."))
	case unplannable(err):
		return s.refuse(w, r, path, message.Joined(message.Textf("The week could not be planned."), message.Textf("%s", message.Sentence(fault.In(err, spoken(r))))))
	case err != nil:
		return err
	}
	return s.back(w, r, path, message.Textf("The week is planned."))
}

// weekToPlan reads a week that can be planned from the address, and which meal of it is the first to be.
func (s *Site) weekToPlan(r *http.Request, id string) (week calendar.Date, first plan.Slot, u user.User, err error) {
	if week, err = weekOf(r); err != nil {
		return 0, first, u, err
	}
	if u, err = s.visitor(r, id); err != nil {
		return 0, first, u, err
	}
	first, err = s.Commands.FirstMeal(r.Context(), u, week)
	return week, first, u, err
}

// alone is for work that takes as long as a week does, one at a time for each visitor.
func (s *Site) alone(id string) (done func(), err error) {
	if _, busy := s.weighing.LoadOrStore(id, true); busy {
		return nil, fault.New(fault.QuotaExceeded, "plan", "a week of yours is being planned at this moment: wait until it is, and try again")
	}
	return func() { s.weighing.Delete(id) }, nil
}

// unplannable reports whether the visitor's library or wishes are why a week cannot be planned.
func unplannable(err error) bool {
	switch fault.KindOf(err) {
	case fault.NoRecipesAvailable, fault.NotEnoughRecipes, fault.InvalidConstraints:
		return true
	default:
		return false
	}
}
