package tandoortest_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// want sends a request and compares the answer's status and a part of its body.
func (b *bench) want(method, target, body string, status int, part string) {
	b.t.Helper()
	if rec, got := b.do(method, target, body, ""); rec.Code != status || !strings.Contains(got, part) {
		b.t.Errorf("%s %s = %d %s; want %d with %s", method, target, rec.Code, got, status, part)
	}
}

func TestDeletingARecipeTakesItsMealsAlong(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.do("POST", "/api/meal-type/", `{"name":"Dinner"}`, "")
	const meal = `{"recipe":5,"meal_type":1,"servings":1,"from_date":"2026-12-10"}`
	b.want("POST", "/api/meal-plan/", meal, 201, `"id":1`)
	b.want("DELETE", "/api/recipe/5/", "", 204, "")
	b.want("GET", "/api/meal-plan/", "", 200, `"count":0`)
	b.want("POST", "/api/meal-plan/", meal, 500, "Server Error")
}

func TestJSONMustSayThatItIs(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for kind, status := range map[string]int{"": 415, "text/plain": 415, "application/json; charset=utf-8": 201} {
		req := httptest.NewRequestWithContext(t.Context(), "POST", "http://tandoor/api/meal-type/", strings.NewReader(`{"name":"Dinner"}`))
		req.Header.Set("Authorization", "Bearer "+tandoortest.DefaultToken)
		req.Header.Set("Content-Type", kind)
		rec := httptest.NewRecorder()
		b.srv.ServeHTTP(rec, req)
		if rec.Code != status || status == 415 && !strings.Contains(rec.Body.String(), "Unsupported media type") {
			t.Errorf("content type %q: %d %s; want %d", kind, rec.Code, rec.Body, status)
		}
	}
}

func TestPluralsAreTheSameFood(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, name := range []string{"Banana", "bananas", "BANANAS"} {
		b.want("POST", "/api/shopping-list-entry/", `{"food":{"name":"`+name+`"},"unit":{"name":"Pieces"},"amount":1}`, 201, `"name":"Banana"`)
	}
	b.want("GET", "/api/unit/?page_size=200", "", 200, `"name":"piece"`)
	if _, units := b.do("GET", "/api/unit/?page_size=200", "", ""); strings.Contains(units, `"name":"Pieces"`) {
		t.Error("a unit was made of another's plural")
	}
}

func TestTickedEntriesLeaveTheList(t *testing.T) {
	t.Parallel()
	for days, option := range map[int]int{7: 0, 3: 3, 14: 30} {
		b := setup(t, func(o *tandoortest.Options) { o.RecentDays = option })
		b.want("POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"amount":1}`, 201, "")
		b.want("PATCH", "/api/shopping-list-entry/1/", `{"checked":true}`, 200, `"checked":true`)
		b.now = b.now.Add(time.Duration(days) * 24 * time.Hour)
		b.want("GET", "/api/shopping-list-entry/", "", 200, `"count":1`)
		b.now = b.now.Add(24 * time.Hour)
		b.want("GET", "/api/shopping-list-entry/", "", 200, `"count":0`)
		b.want("GET", "/api/shopping-list-entry/1/", "", 200, `"checked":true`)
	}
}

func TestMealsCanBeCopiedWithTheirNote(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.do("POST", "/api/meal-type/", `{"name":"Dinner"}`, "")
	b.want("POST", "/api/meal-plan/", `{"recipe":5,"meal_type":1,"servings":1,"from_date":"2026-12-10","note":"ours"}`, 201, `"note":"ours"`)
	b.want("POST", "/api/meal-plan/", `{"recipe":5,"meal_type":1,"servings":1,"from_date":"2026-12-17","note":"ours"}`, 201, `"id":2`)
	b.want("PATCH", "/api/meal-plan/1/", `{"from_date":"2027-12-30","to_date":"2027-12-30"}`, 200, "")
	b.want("GET", "/api/meal-plan/1/", "", 404, "No MealPlan")
	b.want("GET", "/api/meal-plan/1/?to_date=2028-01-01", "", 200, `"note":"ours"`)
}

func TestSpacesAndTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tandoortest.Options) { o.NoHousehold, o.Users = true, 2 })
	b.want("GET", "/api/space/current/", "", 200, `"id":1`)
	b.want("GET", "/api/user-space/all_personal/", "", 200, `"household":null`)
	if err := b.srv.SwitchSpace("Work", tandoortest.Small()); err != nil {
		t.Fatal(err)
	}
	b.want("GET", "/api/space/current/", "", 200, `"id":2`)
	b.want("GET", "/api/recipe/1/", "", 404, "No Recipe")
	b.want("GET", "/api/recipe/13/", "", 200, "Overnight oats")
	if err := b.srv.SwitchSpace("Planner demo", tandoortest.Library{}); err != nil {
		t.Fatal(err)
	}
	b.want("GET", "/api/recipe/1/", "", 200, "Overnight oats")
	b.srv.SetToken(tandoortest.DefaultToken, tandoortest.Token{Scope: "read"})
	b.want("POST", "/api/meal-plan/", "{}", 403, "do not have permission")
	b.want("POST", "/api/shopping-list-entry/", "{}", 403, "do not have permission")
	b.want("GET", "/api/meal-plan/", "", 200, `"count":0`)
	b.srv.SetVersion("2.5.1")
	b.want("GET", "/api/meal-plan/", "", 403, "do not have permission")
	b.srv.SetVersion("1.5.35")
	b.want("GET", "/api/server-settings/current/", "", 404, "Not Found")
	b.want("GET", "/api/meal-type/", "", 200, "[]")
	b.srv.Revoke(tandoortest.DefaultToken)
	b.want("GET", "/api/recipe/", "", 403, "credentials were not provided")
}
