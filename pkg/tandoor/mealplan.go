package tandoor

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/nutrition"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// MealType is a row of the plan in Tandoor ("Dinner").
type MealType struct {
	ID   int64
	Name string
}

// PlanEntry is one meal of a plan. Only the calendar date of Date counts, in its own
// location: Tandoor gets plain dates, since midnight means different days in different
// time zones.
type PlanEntry struct {
	Date     time.Time
	MealType string // by name, made when it does not exist
	Recipe   recipe.ID
	Servings nutrition.Servings
	Title    string // at most 64 characters
}

// PlannedMeal is a meal plan as Tandoor holds it.
type PlannedMeal struct {
	ID    int64
	Note  string
	Entry PlanEntry // Date is midnight UTC of the day it is filed under in Tandoor
}

// Written tells what a write-back did.
type Written struct {
	Created, Deleted, Kept int
	IDs                    []int64 // Tandoor's ids, one per wanted entry, in the same order
}

type wirePlan struct {
	ID       int64         `json:"id"`
	Title    string        `json:"title"`
	Note     *string       `json:"note"`
	Servings number        `json:"servings"`
	FromDate string        `json:"from_date"`
	Recipe   *wireOverview `json:"recipe"`
	MealType struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"meal_type"`
}

// MealTypes lists all meal types.
func (c *Client) MealTypes(ctx context.Context) ([]MealType, error) {
	return listAll[MealType](ctx, c, "meal_type_list", "/api/meal-type/")
}

// MealPlans lists the meals that end between two days, both included.
func (c *Client) MealPlans(ctx context.Context, from, to time.Time) ([]PlannedMeal, error) {
	query := url.Values{"from_date": {from.Format(time.DateOnly)}, "to_date": {to.Format(time.DateOnly)}}
	list, err := pages[wirePlan](ctx, c, "meal_plan_list", "/api/meal-plan/", query, maxReferencePage)
	if err != nil {
		return nil, err
	}
	out := make([]PlannedMeal, 0, len(list))
	for _, w := range list {
		p, err := w.domain()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (w wirePlan) domain() (PlannedMeal, error) {
	// The offset is the server's, and so is the day the meal is filed under.
	day, err := time.Parse(time.DateOnly, w.FromDate[:min(len(time.DateOnly), len(w.FromDate))])
	if err != nil {
		return PlannedMeal{}, fault.Wrap(fault.TandoorError, "tandoor: meal plan "+strconv.FormatInt(w.ID, 10)+": from_date", err)
	}
	p := PlannedMeal{ID: w.ID, Note: deref(w.Note), Entry: PlanEntry{
		Date: day, MealType: w.MealType.Name, Title: w.Title,
		Servings: nutrition.Servings(w.Servings.value*float64(nutrition.OneServing) + 0.5),
	}}
	if w.Recipe != nil {
		p.Entry.Recipe = recipe.ID(w.Recipe.ID)
	}
	return p, nil
}

// CreateMealPlan adds one meal with a note and returns its id. It is not tried again by
// itself: [Client.WritePlan] reads back first.
func (c *Client) CreateMealPlan(ctx context.Context, e PlanEntry, mealType int64, note string) (int64, error) {
	body := map[string]any{
		"recipe": int64(e.Recipe), "meal_type": mealType, "servings": e.Servings.Float(),
		"from_date": e.Date.Format(time.DateOnly), "note": note, "title": e.Title, "addshopping": false,
	}
	var made wirePlan
	err := c.call(ctx, request{endpoint: "meal_plan_create", method: http.MethodPost, path: "/api/meal-plan/", body: body}, &made)
	return made.ID, err
}

// DeleteMealPlan removes one meal and the shopping entries linked to it. One that is not
// there is no error.
func (c *Client) DeleteMealPlan(ctx context.Context, id int64) error {
	return c.remove(ctx, "meal_plan_delete", "/api/meal-plan/", id)
}

func (c *Client) remove(ctx context.Context, endpoint, path string, id int64) error {
	err := c.call(ctx, request{endpoint: endpoint, method: http.MethodDelete, path: path + strconv.FormatInt(id, 10) + "/"}, nil)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

const (
	maxMarker  = 200
	maxTitle   = 64
	staleRange = 7 // days around the wanted ones in which ours are looked for
)

// WritePlan makes the meals that carry the marker exactly those wanted, and touches no
// others. Running it twice, or again after it broke off, gives one set: every meal of ours
// has the marker as a line of its note, the range is read back before anything is written,
// and again after an answer that did not come. Meals of ours more than a week away from the
// wanted ones are not looked for. With no entries it does nothing.
func (c *Client) WritePlan(ctx context.Context, marker string, entries []PlanEntry) (Written, error) {
	if err := checkPlan(marker, entries); err != nil || len(entries) == 0 {
		return Written{}, err
	}
	byDate := func(a, b PlanEntry) int { return a.Date.Compare(b.Date) }
	from := slices.MinFunc(entries, byDate).Date.AddDate(0, 0, -staleRange)
	to := slices.MaxFunc(entries, byDate).Date.AddDate(0, 0, staleRange)
	types, err := c.ensureMealTypes(ctx, entries)
	if err != nil {
		return Written{}, err
	}
	return reconcile(ctx, entries, reconciler[PlanEntry, planKey]{
		key: planKeyOf,
		list: func(ctx context.Context) (map[int64]planKey, error) {
			all, err := c.MealPlans(ctx, from, to)
			ours := map[int64]planKey{}
			for _, p := range all {
				if slices.Contains(strings.Split(p.Note, "\n"), marker) {
					ours[p.ID] = planKeyOf(p.Entry)
				}
			}
			return ours, err
		},
		create: func(ctx context.Context, e PlanEntry) (int64, error) {
			return c.CreateMealPlan(ctx, e, types[strings.ToLower(e.MealType)], marker)
		},
		remove: c.DeleteMealPlan,
	})
}

type planKey struct {
	date, mealType, title string
	recipe                recipe.ID
	servings              nutrition.Servings
}

func planKeyOf(e PlanEntry) planKey {
	return planKey{e.Date.Format(time.DateOnly), strings.ToLower(e.MealType), e.Title, e.Recipe, e.Servings}
}

func checkPlan(marker string, entries []PlanEntry) error {
	const op = "tandoor: write plan"
	if marker == "" || len(marker) > maxMarker || strings.ContainsAny(marker, "\r\n") {
		return fault.New(fault.InvalidInput, op, "marker: want one line of 1 to %d characters", maxMarker)
	}
	for i, e := range entries {
		switch {
		case e.Date.IsZero():
			return fault.New(fault.InvalidInput, op, "entry %d: date is missing", i)
		case e.MealType == "":
			return fault.New(fault.InvalidInput, op, "entry %d: meal type is missing", i)
		case e.Recipe <= 0:
			return fault.New(fault.InvalidInput, op, "entry %d: recipe is missing", i)
		case e.Servings <= 0:
			return fault.New(fault.InvalidInput, op, "entry %d: servings: want more than 0", i)
		case len([]rune(e.Title)) > maxTitle:
			return fault.New(fault.InvalidInput, op, "entry %d: title: want at most %d characters", i, maxTitle)
		}
	}
	return nil
}

// ensureMealTypes returns the ids of all meal types by lower-case name. Making one that
// exists returns the existing one, so a race does no harm.
func (c *Client) ensureMealTypes(ctx context.Context, entries []PlanEntry) (map[string]int64, error) {
	list, err := c.MealTypes(ctx)
	if err != nil {
		return nil, err
	}
	types := map[string]int64{}
	for _, t := range list {
		types[strings.ToLower(t.Name)] = t.ID
	}
	for _, e := range entries {
		name := strings.ToLower(e.MealType)
		if types[name] != 0 {
			continue
		}
		var made MealType
		err := c.call(ctx, request{
			endpoint: "meal_type_create", method: http.MethodPost, path: "/api/meal-type/",
			body: map[string]any{"name": e.MealType},
		}, &made)
		if err != nil {
			return nil, err
		}
		types[name] = made.ID
	}
	return types, nil
}
