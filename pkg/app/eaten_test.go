package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// How much of a meal was eaten is said on its page or by a program, is what goes to the diary, and
// is taken back with what was said before; nobody else's log changes.
func TestHowMuchWasEaten(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:2]
	lewis, ana := people[0], people[1]
	w := newWorld(t, options{people: people, role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	monday := week - 7 // the present week
	for _, p := range people {
		_, err := w.Generate(t.Context(), planner.Request{User: p.ID, Week: monday}, nil)
		must(t, err)
	}
	must(t, w.Start(t.Context()))
	b := w.browser(t)
	token, err := w.SignIns.Link(t.Context(), lewis.ID)
	must(t, err)
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	stored, err := w.Plans.Get(t.Context(), lewis.ID, monday)
	must(t, err)
	full := stored.Week.At(plan.Slot{Date: monday, Meal: recipe.Lunch}).Servings
	at, others := "/meal/"+monday.String()+"/lunch", w.digest(t, ana.ID)
	logged := func(want float64) {
		t.Helper()
		var n int
		must(t, w.pool(t).QueryRow(t.Context(), "select coalesce((select servings from meal_log where user_id = $1 and date = $2 and meal = 'lunch'), 0)", lewis.ID, monday.Time()).Scan(&n))
		if n != int(want*float64(full)+0.5) {
			t.Errorf("%d ten-thousandths are logged, want %g of %s", n, want, full)
		}
	}
	eat := func(portion, says string) {
		t.Helper()
		page := b.want(at, nil, http.StatusOK, "How much of the portion was eaten?")
		b.want(at, url.Values{"portion": {portion}, "version": {field(t, page, "All of it", "version")}, "once": {field(t, page, "All of it", "once")}}, http.StatusOK, says)
	}
	eat("1", "eaten as planned")
	logged(1)
	eat("0.5", "eaten: 0.5 of the planned portion")
	logged(0.5)
	eat("1,25", "eaten: 1.25 of the planned portion")
	b.want(at, nil, http.StatusOK, "You said: ")
	logged(1.25)
	page := b.want("/week/"+monday.String()+"/history", nil, http.StatusOK, "1.25 of the planned portion")
	b.want("/week/"+monday.String(), url.Values{"command": {"UNDO"}, "version": {field(t, page, "Take the last", "version")}}, http.StatusOK, "Taken back")
	logged(0.5)
	eat("0", "not eaten after all")
	logged(0)
	for _, bad := range []string{"", "-1", "11", "much", "NaN"} {
		eat(bad, "write a number from 0 to 10")
	}
	b.want("/meal/"+(monday+6).String()+"/lunch", url.Values{"portion": {"1"}}, http.StatusOK, "still ahead")
	if page := b.want("/meal/"+(monday+6).String()+"/lunch", nil, http.StatusOK, "Ingredients"); strings.Contains(page, "was eaten?") {
		t.Error("a meal that is ahead asks how much was eaten")
	}

	p := w.program(t, w.document(t), lewis.ID, access.PlanRead, access.PlanWrite)
	lunch := []string{monday.String(), "lunch"}
	p.call("ateMeal", http.StatusOK, lunch, nil, "If-Match", "*")
	logged(1)
	if a := p.do(http.MethodPost, apiRoot+"/meals/"+lunch[0]+"/lunch/eaten?portion=0.5", nil, "If-Match", "*"); a.status != http.StatusOK {
		t.Errorf("half: %d %s", a.status, a.body)
	}
	logged(0.5)
	if got := p.call("getMeal", http.StatusOK, lunch, nil); got.get("eaten_servings") == nil {
		t.Errorf("the meal: %s", got.body)
	}
	if a := p.do(http.MethodPost, apiRoot+"/meals/"+lunch[0]+"/lunch/eaten?portion=11", nil, "If-Match", "*"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("too much: %d %s", a.status, a.body)
	}
	if now := w.digest(t, ana.ID); now != others {
		t.Errorf("of Ana's something changed:\n%s\n%s", others, now)
	}
}
