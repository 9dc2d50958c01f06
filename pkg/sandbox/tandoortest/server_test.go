package tandoortest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

type bench struct {
	t   *testing.T
	srv *tandoortest.Server
	now time.Time
}

func setup(t *testing.T, change func(*tandoortest.Options)) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC)}
	opt := tandoortest.Options{Library: tandoortest.Small(), Now: func() time.Time { return b.now }, Location: time.FixedZone("", 3600)}
	if change != nil {
		change(&opt)
	}
	srv, err := tandoortest.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	b.srv = srv
	return b
}

// do sends a request with a token ("" = the default, "-" = none) and returns the answer.
func (b *bench) do(method, target, body, token string) (*httptest.ResponseRecorder, string) {
	b.t.Helper()
	req := httptest.NewRequestWithContext(b.t.Context(), method, "http://tandoor"+target, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	switch token {
	case "-":
	case "":
		req.Header.Set("Authorization", "bearer "+tandoortest.DefaultToken)
	default:
		req.Header.Set("Authorization", token)
	}
	rec := httptest.NewRecorder()
	b.srv.ServeHTTP(rec, req)
	return rec, rec.Body.String()
}

// TestContract walks the rows of the contract that a client sees as status and shape.
func TestContract(t *testing.T) {
	t.Parallel()
	const plan = `{"recipe":1,"meal_type":1,"servings":2,"from_date":"2026-12-10"`
	for _, tc := range []struct {
		name, method, target, body, token string
		status                            int
		contentType, want                 string
	}{
		{"no token", "GET", "/api/recipe/", "", "-", 403, "application/json", `{"detail":"Authentication credentials were not provided."}`},
		{"scheme Token", "GET", "/api/recipe/", "", "Token " + tandoortest.DefaultToken, 403, "application/json", "credentials"},
		{"scheme in any case", "GET", "/api/recipe/", "", "BEARER " + tandoortest.DefaultToken, 200, "application/json", `"count":12`},
		{"token in the query", "GET", "/api/recipe/?access_token=" + tandoortest.DefaultToken, "", "-", 200, "application/json", `"count":12`},
		{"unknown id", "GET", "/api/recipe/999/", "", "", 404, "application/json", `{"detail":"No Recipe matches the given query."}`},
		{"page past the end", "GET", "/api/recipe/?page=9", "", "", 404, "application/json", `{"detail":"Invalid page."}`},
		{
			"nested validation", "POST", "/api/recipe/", `{"name":"x","steps":[{"ingredients":[{"unit":null,"amount":1}]}]}`, "", 400, "application/json",
			`{"steps":[{"ingredients":[{"food":["This field is required."]}]}]}`,
		},
		{
			"line without a food", "POST", "/api/recipe/", `{"name":"x","steps":[{"ingredients":[{"food":null,"unit":null,"amount":2,"note":"handfuls of cashews"}]}]}`, "", 201, "application/json",
			`"note":"handfuls of cashews"`,
		},
		{
			"two levels of embedding", "POST", "/api/recipe/", `{"name":"x","steps":[{"step_recipe":11,"ingredients":[]}]}`, "", 201, "application/json",
			`"step_recipe":4,"time"`, // the inner step's, without step_recipe_data
		},
		{
			"embedding what is not there", "POST", "/api/recipe/", `{"name":"x","steps":[{"step_recipe":999,"ingredients":[]}]}`, "", 400, "application/json", "object does not exist",
		},
		{"malformed JSON", "POST", "/api/recipe/", `{"name":`, "", 400, "application/json", "JSON parse error - "},
		{"wrong verb", "DELETE", "/api/recipe/", "", "", 405, "application/json", `Method \"DELETE\" not allowed.`},
		{"unknown path", "GET", "/api/nope/", "", "", 302, "text/html", ""},
		{"GET without the slash", "GET", "/api/recipe", "", "", 302, "text/html", ""},
		{"POST without the slash", "POST", "/api/recipe", "{}", "", 403, "text/html", "CSRF"},
		{"bad sort order", "GET", "/api/recipe/?sort_order=bogus", "", "", 500, "text/html", "Server Error"},
		{"bad keyword", "GET", "/api/recipe/?keywords=abc", "", "", 500, "text/html", ""},
		{"bad date", "GET", "/api/recipe/?updatedon_gte=yesterday", "", "", 500, "text/html", ""},
		{"keyword with children", "GET", "/api/recipe/?keywords=3", "", "", 200, "application/json", `"count":6`},
		{"schema is anonymous", "GET", "/openapi/?format=json", "", "-", 200, "application/json", "openapi"},
		{"liveness is anonymous", "GET", "/api/server-settings/current/", "", "-", 200, "application/json", `"version":"2.6.12"`},
		{"flat list is a bare array", "GET", "/api/recipe/flat/", "", "", 200, "application/json", `[{"id":1,`},
		{"rating only when sorted by it", "GET", "/api/recipe/?sort_order=rating&page_size=1", "", "", 200, "application/json", `"rating":0`},
		{"rating is null otherwise", "GET", "/api/recipe/?page_size=1", "", "", 200, "application/json", `"rating":null`},
		{"server time zone", "GET", "/api/recipe/?page_size=1", "", "", 200, "application/json", `"updated_at":"2026-12-04T06:00:00+01:00"`},
		{"shopping is a string in the list", "GET", "/api/food/2/", "", "", 200, "application/json", `"shopping":"False"`},
		{"food that exists stays as it is", "POST", "/api/food/", `{"name":"rice","properties":[]}`, "", 201, "application/json", `"property_amount":79.3`},
		{"food property needs the type's id", "POST", "/api/food/", `{"name":"new","properties":[{"property_amount":1,"property_type":{"name":"Fat"}}]}`, "", 500, "text/html", ""},
		{"category by number", "POST", "/api/food/", `{"name":"new","supermarket_category":1}`, "", 500, "text/html", ""},
		{"new recipe has no computed values", "POST", "/api/recipe/", `{"name":"x","steps":[]}`, "", 201, "application/json", `"food_properties":{}`},
		{"unit copies its name", "POST", "/api/unit/", `{"name":"slice"}`, "", 201, "application/json", `"plural_name":"slice"`},
		{"plan without servings", "POST", "/api/meal-plan/", `{"meal_type":1,"from_date":"2026-12-10"}`, "", 400, "application/json", `{"servings":["This field is required."]}`},
		{"plan with a bad recipe", "POST", "/api/meal-plan/", `{"recipe":999,"meal_type":1,"servings":2,"from_date":"2026-12-10"}`, "", 500, "text/html", ""},
		{"plan with an object without name", "POST", "/api/meal-plan/", `{"recipe":{"id":1},"meal_type":1,"servings":2,"from_date":"2026-12-10"}`, "", 400, "application/json", `"name"`},
		{"plan with a date gets the meal's time", "POST", "/api/meal-plan/", plan + `}`, "", 201, "application/json", `"from_date":"2026-12-10T18:30:00+01:00"`},
		{"plan at midnight UTC is kept", "POST", "/api/meal-plan/", strings.Replace(plan, "2026-12-10", "2026-12-10T00:00:00Z", 1) + `}`, "", 201, "application/json", `"from_date":"2026-12-10T01:00:00+01:00"`},
		{"plan late in UTC is the next day", "POST", "/api/meal-plan/", strings.Replace(plan, "2026-12-10", "2026-12-10T23:30:00Z", 1) + `}`, "", 201, "application/json", `"from_date":"2026-12-11T00:30:00+01:00"`},
		{"plan without a recipe has no recipe_name", "POST", "/api/meal-plan/", `{"meal_type":1,"servings":2,"from_date":"2026-12-10"}`, "", 201, "application/json", `"recipe":null`},
		{"meal type that exists", "POST", "/api/meal-type/", `{"name":"DINNER"}`, "", 201, "application/json", `"name":"Dinner"`},
		{"ical needs its own scope", "GET", "/api/meal-plan/ical/", "", "", 403, "application/json", "permission"},
		{"ical with scope", "GET", "/api/meal-plan/ical/?access_token=calendar", "", "-", 200, "text/calendar", "BEGIN:VCALENDAR"},
		{"calendar token cannot read", "GET", "/api/recipe/", "", "Bearer calendar", 403, "application/json", "permission"},
		{"recipe to shopping with a number", "PUT", "/api/recipe/1/shopping/", `{"servings":4,"mealplan":1}`, "", 500, "text/html", ""},
		{"recipe to shopping", "PUT", "/api/recipe/1/shopping/", `{"servings":4}`, "", 200, "application/json", "msg"},
		{"list without shopping_lists_ids", "POST", "/api/shopping-list-recipe/1/bulk_create_entries/", `{"entries":[]}`, "", 500, "text/html", ""},
		{"list with shopping_lists_ids", "POST", "/api/shopping-list-recipe/1/bulk_create_entries/", `{"entries":[{"amount":100,"unit_id":1,"food_id":1}],"shopping_lists_ids":[]}`, "", 200, "application/json", `"entries"`},
		{"shopping entry without food", "POST", "/api/shopping-list-entry/", `{"amount":6}`, "", 400, "application/json", `{"food":["This field is required."]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *tandoortest.Options) {
				o.Tokens = map[string]tandoortest.Token{tandoortest.DefaultToken: {Scope: "read write"}, "calendar": {Scope: "mealplan"}}
			})
			b.do("POST", "/api/meal-type/", `{"name":"Dinner","time":"18:30:00"}`, "")
			b.do("POST", "/api/shopping-list-recipe/", `{"recipe":1,"servings":2}`, "")
			rec, body := b.do(tc.method, tc.target, tc.body, tc.token)
			if rec.Code != tc.status || !strings.HasPrefix(rec.Header().Get("Content-Type"), tc.contentType) || !strings.Contains(body, tc.want) {
				t.Errorf("%s %s = %d %s %.300s; want %d %s with %s", tc.method, tc.target, rec.Code, rec.Header().Get("Content-Type"), body, tc.status, tc.contentType, tc.want)
			}
			if rec.Header().Get("WWW-Authenticate") != "" || rec.Header().Get("ETag") != "" {
				t.Errorf("headers %v: Tandoor sends neither WWW-Authenticate nor ETag", rec.Header())
			}
		})
	}
}

func TestOverviewKeys(t *testing.T) {
	t.Parallel()
	_, body := setup(t, nil).do("GET", "/api/recipe/?page_size=1", "", "")
	var page struct{ Results []map[string]any }
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"nutrition", "steps", "properties", "food_properties", "recent"} {
		if _, there := page.Results[0][key]; there {
			t.Errorf("the overview shows %q", key)
		}
	}
}

func TestPageSizesAreClamped(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tandoortest.Options) {
		for i := range 300 {
			o.Library.Foods = append(o.Library.Foods, tandoortest.FoodSpec{Name: fmt.Sprintf("food %d", i)})
			o.Library.Recipes = append(o.Library.Recipes, tandoortest.RecipeSpec{Name: fmt.Sprintf("recipe %d", i), Servings: 1, Steps: []tandoortest.StepSpec{}})
		}
	})
	for target, want := range map[string]int{
		"/api/recipe/": 25, "/api/recipe/?page_size=1000": 100, "/api/food/": 50, "/api/food/?page_size=1000": 200,
	} {
		_, body := b.do("GET", target, "", "")
		var page struct{ Results []json.RawMessage }
		if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Results) != want {
			t.Errorf("%s: %d results, %v; want %d", target, len(page.Results), err, want)
		}
	}
}

func TestLogInIsThrottled(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *tandoortest.Options) { o.Password = "secret" })
	for i := range 10 {
		body, want := `{"username":"planner","password":"secret"}`, 200
		if i%2 == 1 {
			body, want = `{"username":"planner","password":"wrong"}`, 400
		}
		if rec, got := b.do("POST", "/api-token-auth/", body, "-"); rec.Code != want {
			t.Fatalf("log-in %d = %d %s; want %d", i, rec.Code, got, want)
		}
	}
	b.now = b.now.Add(256 * time.Second)
	rec, body := b.do("POST", "/api-token-auth/", `{"username":"planner","password":"secret"}`, "-")
	if rec.Code != 429 || rec.Header().Get("Retry-After") != "86144" || !strings.Contains(body, "Expected available in 86144 seconds.") {
		t.Errorf("the 11th = %d %v %s; want 429 with Retry-After 86144", rec.Code, rec.Header(), body)
	}
	b.now = b.now.Add(24 * time.Hour)
	if rec, _ := b.do("POST", "/api-token-auth/", `{"username":"planner","password":"secret"}`, "-"); rec.Code != 200 {
		t.Errorf("a day later = %d; want 200", rec.Code)
	}
}

func TestDeletingAPlanTakesItsShoppingAlong(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.do("POST", "/api/meal-type/", `{"name":"Dinner"}`, "")
	b.do("POST", "/api/meal-plan/", `{"recipe":5,"meal_type":1,"servings":8,"from_date":"2026-12-10","addshopping":true}`, "")
	if _, body := b.do("GET", "/api/shopping-list-entry/?mealplan=1", "", ""); !strings.Contains(body, `"count":3`) || !strings.Contains(body, `"amount":1.2`) {
		t.Errorf("shopping = %s; want 3 entries for twice the servings", body)
	}
	if rec, _ := b.do("PATCH", "/api/meal-plan/1/", `{"note":"x"}`, ""); rec.Code != 500 {
		t.Errorf("PATCH without servings on a plan with shopping = %d; want 500", rec.Code)
	}
	if rec, _ := b.do("DELETE", "/api/meal-plan/1/", "", ""); rec.Code != 204 {
		t.Errorf("DELETE = %d; want 204", rec.Code)
	}
	if _, body := b.do("GET", "/api/shopping-list-entry/", "", ""); !strings.Contains(body, `"count":0`) {
		t.Errorf("shopping = %s; want none", body)
	}
}

func TestLibraryErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"recipe":[]}`: "unknown field",
		`{"foods":[{"name":"a","category":"x"}]}`:                                                     `food "a": category "x"`,
		`{"foods":[{"name":"a"},{"name":"A"}]}`:                                                       "used twice",
		`{"foods":[{"name":"a","parent":"b"}]}`:                                                       `parent "b"`,
		`{"units":[{"name":"a","base_unit":"stone"}]}`:                                                `base_unit "stone"`,
		`{"keywords":[{"name":"a","parent":"b"}]}`:                                                    `parent "b"`,
		`{"recipes":[{"name":"r","servings":1,"keywords":["k"],"steps":[]}]}`:                         `recipe "r": keyword "k"`,
		`{"recipes":[{"name":"r","servings":1,"steps":[{"ingredients":[{"food":"f","amount":1}]}]}]}`: `recipe "r": step 1, ingredient 1: food "f"`,
		`{"foods":[{"name":"f"}],"recipes":[{"name":"r","servings":1,"nutrition":"properties","steps":[{"ingredients":[{"food":"f","unit":"g","amount":1}]}]}]}`: "cannot be computed",
		`{"foods":[{"name":"f"}],"recipes":[{"name":"r","servings":1,"steps":[{"ingredients":[{"food":"f","unit":"g"}]}]}]}`:                                     "no_amount",
		`{"recipes":[{"name":"r","servings":1,"nutrition":"guess","steps":[]}]}`:                                                                                 `nutrition "guess"`,
	} {
		l, err := tandoortest.Read(strings.NewReader(text))
		if err == nil {
			_, err = tandoortest.New(tandoortest.Options{Library: l})
		}
		if fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v; want InvalidInput saying %s", text, err, want)
		}
	}
}

func TestRequestLogHoldsNoToken(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.do("GET", "/api/recipe/?page=1&access_token="+tandoortest.DefaultToken, "", "-")
	log := b.srv.Requests()
	if len(log) != 1 || log[0].Query != "page=1" || log[0].Status != http.StatusOK || b.srv.Calls()["GET /api/recipe/{$}"] != 1 {
		t.Errorf("log = %+v, calls = %v", log, b.srv.Calls())
	}
}

func TestRatingsComeFromTheCookLog(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, rating := range []int{5, 4} {
		if rec, body := b.do("POST", "/api/cook-log/", fmt.Sprintf(`{"recipe":1,"servings":2,"rating":%d,"comment":""}`, rating), ""); rec.Code != 201 {
			t.Fatal(rec.Code, body)
		}
	}
	if _, body := b.do("GET", "/api/recipe/1/", "", ""); !strings.Contains(body, `"rating":4.5`) || !strings.Contains(body, `"last_cooked":null`) {
		t.Errorf("detail = %.300s; want rating 4.5 and no last_cooked", body)
	}
	if _, body := b.do("GET", "/api/cook-log/?recipe=2", "", ""); !strings.Contains(body, `"count":0`) {
		t.Errorf("log of another recipe = %s; want none", body)
	}
}

func TestTokensAreMadeAndMasked(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, body := b.do("POST", "/api/access-token/", `{"scope":"mealplan","expires":"2030-01-01T00:00:00Z"}`, "")
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Token == "" {
		t.Fatal(body, err)
	}
	if rec, _ := b.do("GET", "/api/meal-plan/ical/", "", "Bearer "+made.Token); rec.Code != 200 {
		t.Errorf("calendar with the new token = %d; want 200", rec.Code)
	}
	if _, body := b.do("GET", "/api/access-token/", "", ""); strings.Contains(body, made.Token) || strings.Contains(body, tandoortest.DefaultToken) {
		t.Errorf("the list shows tokens: %s", body)
	}
}
