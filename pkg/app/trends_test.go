package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// What was planned stands beside what was eaten and the target, in charts and in tables, on the
// page and for programs; without a diary what was planned; with one that does not answer it is said;
// nothing of another's is shown.
func TestTrends(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:3]
	lewis, ana, kenji := people[0], people[1], people[2]
	w := newWorld(t, options{people: people, role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	for _, p := range []sandbox.Person{lewis, kenji} {
		for _, monday := range []int{-14, -7} { // the week before and the present one
			_, err := w.Generate(t.Context(), planner.Request{User: p.ID, Week: week + calendar.Date(monday)}, nil)
			must(t, err)
		}
	}
	must(t, w.Start(t.Context()))
	as := func(id string) *browser {
		b := w.browser(t)
		token, err := w.SignIns.Link(t.Context(), id)
		must(t, err)
		b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
		return b
	}
	b := as(lewis.ID)
	page := b.want("/trends", nil, http.StatusOK, "connect your FatSecret diary")
	if n := strings.Count(page, "<svg class=\"chart"); n != 5 || strings.Contains(page, "Did you eat on target?") || strings.Contains(page, ">Eaten<") || strings.Contains(page, "style=") {
		t.Errorf("%d charts without a diary:\n%s", n, page)
	}
	b.want("/week/"+(week-7).String(), nil, http.StatusOK, `href="/trends"`)
	b.want("/account", nil, http.StatusOK, `href="/trends"`)
	b.want("/trends?weeks=12", nil, http.StatusOK, "14 Sep<")
	b.want("/trends?weeks=5", nil, http.StatusBadRequest, "is not 4 or 12")
	as(ana.ID).want("/trends", nil, http.StatusOK, "Nothing is planned or logged in these weeks.")

	k := as(kenji.ID)
	page = k.want("/trends", nil, http.StatusOK, "Nutrition data from fatsecret")
	for _, text := range []string{">Eaten<", "Body weight: 71.4 kg, as last measured", "Did you eat on target?", "You met your target on ", "that are logged.", "Eaten on average: 1,987 kcal on 2", "Day by day"} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q:\n%s", text, page)
		}
	}
	p := w.program(t, w.document(t), kenji.ID, access.PlanRead)
	got := p.call("getTrends", http.StatusOK, nil, nil)
	days, _ := got.get("days").([]any)
	eaten, planned := 0, 0
	for _, d := range days {
		day, _ := d.(map[string]any)
		if day["eaten"] != nil {
			eaten++
		}
		if day["planned"] != nil {
			planned++
		}
	}
	if len(days) != 28 || planned != 14 || eaten < 15 || got.get("diary_connected") != true || got.get("weeks", 3, "planned") != 7.0 {
		t.Errorf("%d days, %d planned, %d eaten: %.500s", len(days), planned, eaten, got.body)
	}
	calls := w.box.FatSecret.Calls()
	before := 0
	for _, n := range calls {
		before += n
	}
	k.want("/trends", nil, http.StatusOK, ">Eaten<")
	after := 0
	for _, n := range w.box.FatSecret.Calls() {
		after += n
	}
	if after != before {
		t.Errorf("whoever looks again costs %d calls", after-before)
	}
	defer w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Status: 503})()
	page = k.want("/trends?weeks=12", nil, http.StatusOK, "does not answer at this moment")
	if !strings.Contains(page, "Energy by day") || strings.Contains(page, ">Eaten<") {
		t.Errorf("without an answer:\n%s", page)
	}
}
