package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// The dishes of the test's own: one that fits no target, one that its user must not eat.
const feast, walnutBake = "Feast of <one> & two", "Walnut bake"

// ownDishes is a world with those dishes, whose first user avoids nuts, in a browser of theirs.
func ownDishes(t *testing.T) (w *world, b *browser, id string, by map[string]recipe.ID) {
	t.Helper()
	lib, err := sandbox.Library()
	must(t, err)
	for name, food := range map[string]string{feast: "White rice", walnutBake: "Walnuts"} {
		lib.Recipes = append(lib.Recipes, tandoortest.RecipeSpec{
			Name: name, Servings: 2, WorkingTime: 20, Keywords: []string{"dinner"}, Nutrition: tandoortest.ModeProperties,
			PerServing: &tandoortest.Values{Kcal: 900, Protein: 20, Fat: 60, Carbs: 70},
			Steps:      []tandoortest.StepSpec{{Instruction: "Cook.", Ingredients: []tandoortest.IngredientSpec{{Amount: 100, Unit: "g", Food: food}}}},
		})
	}
	people := sandbox.People()[:1]
	people[0].Settings.Allergens = []string{"nuts"}
	w = newWorld(t, options{people: people, role: "api", sandbox: sandbox.Options{Library: lib}, change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	id = people[0].ID
	_, err = w.Generate(t.Context(), planner.Request{User: id, Week: week - 7}, nil)
	must(t, err)
	must(t, w.Start(t.Context()))
	b = w.browser(t)
	token, err := w.SignIns.Link(t.Context(), id)
	must(t, err)
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	recipes, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	by = map[string]recipe.ID{}
	for _, r := range recipes {
		by[r.Name] = r.ID
	}
	return w, b, id, by
}

// at is what a user's week holds for a slot; nil: nothing.
func (w *world) at(t *testing.T, id string, s plan.Slot) *plan.Serving {
	t.Helper()
	stored, err := w.Plans.Get(t.Context(), id, s.Date.Monday())
	must(t, err)
	return stored.Week.At(s)
}

// A user finds a dish in their library, sees what it would change on a day of their choice, puts
// it there, and it stays when the week is replanned, until they take it back.
func TestADishOfOnesOwnChoice(t *testing.T) {
	t.Parallel()
	w, b, id, by := ownDishes(t)
	friday, at := plan.Slot{Date: week - 3, Meal: recipe.Dinner}, fmt.Sprintf("/recipe/%d", by[feast])
	b.want("/library?q=feast", nil, http.StatusOK, `href="`+at+`"`)
	page := b.want(at, nil, http.StatusOK, "Day and meal")
	if strings.Contains(page, `value="`+(week-7).String()) || strings.Contains(page, `value="`+(week-6).String()+" breakfast") || !strings.Contains(page, `value="`+(week-6).String()+` dinner" selected`) {
		t.Errorf("the meals to come, on Tuesday at noon:\n%s", page)
	}
	was, before := w.at(t, id, friday), w.digest(t, id)
	page = b.want(at+"?on="+friday.Date.String()+"+dinner", nil, http.StatusOK, "Friday dinner is "+feast+" now.")
	for _, part := range []string{"White rice", "of the shopping list", "<b>Fri dinner</b>", "no longer on target"} {
		if !strings.Contains(page, part) {
			t.Errorf("the preview lacks %q:\n%s", part, page)
		}
	}
	if now := w.digest(t, id); now != before {
		t.Errorf("a preview changed something:\n%s\n%s", before, now)
	}
	ours := "/week/" + friday.Date.Monday().String()
	form := url.Values{"command": {field(t, page, "Make this", "command")}, "version": {field(t, page, "Make this", "version")}, "once": {field(t, page, "Make this", "once")}}
	b.want(ours, form, http.StatusOK, feast+" now. It stays when the week is replanned. Until now it was "+was.Name)
	kept := func(when string) {
		t.Helper()
		if sv := w.at(t, id, friday); sv == nil || sv.Recipe != by[feast] || sv.Source != plan.Locked {
			t.Errorf("%s Friday's dinner is %+v", when, sv)
		}
	}
	kept("afterwards")
	b.want("/shopping/"+friday.Date.Monday().String(), nil, http.StatusOK, "White rice")
	b.want(ours, form, http.StatusOK, "pressed before")
	form.Del("once")
	b.want(ours, form, http.StatusOK, "was changed elsewhere meanwhile")
	b.want(ours, url.Values{"command": {"REGENERATE WEEK"}}, http.StatusOK, "replanned")
	kept("replanned")
	b.want(ours, url.Values{"command": {"UNDO"}}, http.StatusOK, "Taken back")

	// The whole library is searched where the planner proposes others, too; a locked meal takes another.
	others := "/meal/" + friday.Date.String() + "/dinner/others"
	page = b.want(others+"?q=soup", nil, http.StatusOK, "Show what would change")
	i := slices.IndexFunc(strings.Split(page, "href="), func(s string) bool { return strings.Contains(s, "preview?command=KEEP") })
	if i < 0 {
		t.Fatalf("nothing that is found can be chosen:\n%s", page)
	}
	b.want(others+"?q=walnut", nil, http.StatusOK, "contains nuts")
	b.want(ours, url.Values{"command": {field(t, page, "Choose this", "command")}}, http.StatusOK, "It stays when the week is replanned.")
	b.want(ours+"/preview?command="+url.QueryEscape(replies.Keep(friday, by[feast])), nil, http.StatusOK, "this lock replaces that one") // of the choice before
}

// What must not be eaten, what is not of the library, what is over and what is no meal is refused
// in words, and changes nothing; nor does anybody else put a dish anywhere.
func TestADishThatIsRefused(t *testing.T) {
	t.Parallel()
	w, b, id, by := ownDishes(t)
	friday, ours := plan.Slot{Date: week - 3, Meal: recipe.Dinner}, "/week/"+(week-7).String()
	before, err := w.Plans.Get(t.Context(), id, week-7)
	must(t, err)
	bake, good := fmt.Sprintf("/recipe/%d", by[walnutBake]), fmt.Sprintf("/recipe/%d", by[feast])
	if page := b.want(bake, nil, http.StatusOK, "“Walnut bake” contains nuts. It cannot be put in your plan."); strings.Contains(page, "<select") {
		t.Error("a dish that is refused is offered")
	}
	b.want(bake+"?on="+friday.Date.String()+"+dinner", nil, http.StatusUnprocessableEntity, "contains nuts")
	b.want("/recipe/999999", nil, http.StatusNotFound, "no such recipe")
	b.want("/recipe/pasta", nil, http.StatusNotFound, "no such recipe")
	for _, on := range []string{(week - 7).String() + " dinner", (week - 6).String() + " breakfast", (week + 8).String() + " dinner", "friday", "2026-02-30 dinner"} {
		b.want(good+"?on="+url.QueryEscape(on), nil, http.StatusUnprocessableEntity, "Choose a meal that is still to come.")
	}
	for line, why := range map[string]string{
		replies.Keep(friday, by[walnutBake]):                                    "Friday dinner cannot be planned as wished: “Walnut bake” contains nuts",
		replies.Take(friday, by[walnutBake]):                                    "“Walnut bake” contains nuts",
		"LOCK friday dinner Walnut bake":                                        "“Walnut bake” contains nuts",
		replies.Keep(friday, 999999):                                            "does not have this recipe any longer",
		replies.Keep(plan.Slot{Date: week - 7, Meal: recipe.Dinner}, by[feast]): "is over",
		replies.Keep(plan.Slot{Date: week + 1, Meal: recipe.Dinner}, by[feast]): "is no day of this week",
	} {
		b.want(ours, url.Values{"command": {line}}, http.StatusOK, why)
		b.want(ours+"/preview?command="+url.QueryEscape(line), nil, http.StatusOK, why)
	}
	b.want(ours, url.Values{"command": {replies.Keep(friday, by[feast])}, "version": {"of yesterday"}}, http.StatusOK, "was changed elsewhere meanwhile")
	guest := w.browser(t)
	shared := w.Links.List(id, week-7)
	guest.want(shared[strings.Index(shared, "/list/"):], nil, http.StatusOK, "left to buy")
	guest.want(good, nil, http.StatusOK, "Mail me a link")
	guest.want(good+"?on="+friday.Date.String()+"+dinner", nil, http.StatusOK, "Mail me a link")
	guest.want(ours, url.Values{"command": {replies.Keep(friday, by[feast])}}, http.StatusUnauthorized, "not signed in")
	after, err := w.Plans.Get(t.Context(), id, week-7)
	must(t, err)
	if wishes, err := w.Wishes(t.Context(), id, week-7); err != nil || len(wishes.Locks) > 0 || after.Week.Version() != before.Week.Version() {
		t.Errorf("something was changed: locks %+v, %v", wishes.Locks, err)
	}
}

// A dish for a week that is not planned yet is shown there, can be let go, and is planned.
func TestADishForAWeekToCome(t *testing.T) {
	t.Parallel()
	w, b, id, by := ownDishes(t)
	tuesday, at := plan.Slot{Date: week + 1, Meal: recipe.Dinner}, fmt.Sprintf("/recipe/%d", by[feast])
	var form url.Values
	press := func() {
		t.Helper()
		page := b.want(at+"?on="+tuesday.Date.String()+"+dinner", nil, http.StatusOK, "Tuesday dinner will be "+feast+" when the week is planned.")
		form = url.Values{"command": {field(t, page, "Make this", "command")}, "version": {field(t, page, "Make this", "version")}}
		b.want("/week/"+week.String(), form, http.StatusOK, "Chosen already")
	}
	press()
	page := b.want("/week/"+week.String(), nil, http.StatusOK, "Tuesday dinner: "+feast)
	b.want("/week/"+week.String(), url.Values{"command": {field(t, page, "Unlock", "command")}}, http.StatusOK, "no longer locked")
	if wishes, err := w.Wishes(t.Context(), id, week); err != nil || len(wishes.Locks) > 0 {
		t.Errorf("locks %+v, %v", wishes.Locks, err)
	}
	press()
	w.mustGenerate(t, id)
	if sv := w.at(t, id, tuesday); sv == nil || sv.Recipe != by[feast] || sv.Source != plan.Locked {
		t.Errorf("Tuesday's dinner is %+v", sv)
	}
	b.want("/week/"+week.String(), form, http.StatusOK, "was changed elsewhere meanwhile") // it was shown before the plan
	r, err := w.Press(t.Context(), id, week, replies.Press{Line: replies.Keep(plan.Slot{Date: week + 2, Meal: recipe.Breakfast}, by[feast]), ID: "a dinner in the morning"})
	if err != nil || r.Outcome != command.Applied || w.at(t, id, plan.Slot{Date: week + 2, Meal: recipe.Breakfast}).Recipe != by[feast] {
		t.Errorf("%+v, %v", r, err)
	}
}
