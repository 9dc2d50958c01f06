package tandoor_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/test/conformance/tandoor"
)

var today = calendar.On(time.Now())

// answers are what Tandoor 2.6.12 answered to a conversation about meals and shopping, each
// to the one before: "show" names members of the answer, "as" keeps its id, ${3d} is the day
// in three days. The stand-in is held to it in every test run, a real server by TestLive.
var answers = []struct{ method, path, body, as, show, want string }{
	{"POST", "/api/meal-type/", `{"name":"Dinner"}`, "dinner", "name time color", `201 name=Dinner time=<nil> color=<nil>`},
	{"POST", "/api/meal-type/", `{"name":"dinner"}`, "", "name", `201 name=Dinner`},
	{"POST", "/api/meal-type/", `{"name":"Late","time":"21:30:00"}`, "late", "time", `201 time=21:30:00`},
	{"GET", "/api/meal-type/", "", "", "count results.0.name results.1.name", `200 count=2 results.0.name=Late results.1.name=Dinner`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":2,"from_date":"${3d}"}`, "one", "servings from_date to_date shopping note title recipe_name", `201 servings=2 from_date=${3d} to_date=${3d} shopping=false note= title= recipe_name=Dal`},
	{"PATCH", "/api/meal-plan/$one/", `{"servings":2,"from_date":"${5d}"}`, "", "from_date to_date", `200 from_date=${5d} to_date=${3d}`},
	{"PATCH", "/api/meal-plan/$one/", `{"from_date":"${5d}","to_date":"${6d}"}`, "", "from_date to_date", `200 from_date=${5d} to_date=${6d}`},
	{"PATCH", "/api/meal-plan/$one/", `{"from_date":"${8d}"}`, "", "from_date to_date", `200 from_date=${8d} to_date=${6d}`},
	{"PATCH", "/api/meal-plan/$one/", `{"note":"x","title":"y"}`, "", "note title", `200 note=x title=y`},
	{"PATCH", "/api/meal-plan/$one/", `{"recipe":null}`, "", "recipe recipe_name", `200 recipe=<nil> recipe_name=<nil>`},
	{"POST", "/api/meal-plan/", `{"meal_type":$dinner,"servings":1,"from_date":"${3d}","title":"out"}`, "", "title recipe", `201 title=out recipe=<nil>`},
	{"POST", "/api/meal-plan/", `{"meal_type":$dinner,"servings":1}`, "", "", `400`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":{"id":$dinner},"servings":1,"from_date":"${3d}"}`, "", "", `400`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":"1,5","from_date":"${3d}"}`, "", "servings", `201 servings=1.5`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":-1,"from_date":"${3d}"}`, "", "servings", `201 servings=-1`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":1,"from_date":"never"}`, "", "", `400`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":1,"from_date":"${500d}"}`, "far", "from_date", `201 from_date=${500d}`},
	{"GET", "/api/meal-plan/$far/", "", "", "detail", `404 detail=No MealPlan matches the given query.`},
	{"PATCH", "/api/meal-plan/$far/", `{"servings":1,"note":"z"}`, "", "detail", `404 detail=No MealPlan matches the given query.`},
	{"DELETE", "/api/meal-plan/$far/", "", "", "detail", `404 detail=No MealPlan matches the given query.`},
	{"GET", "/api/meal-plan/$far/?to_date=${600d}", "", "", "servings", `200 servings=1`},
	{"DELETE", "/api/meal-plan/$far/?to_date=${600d}", "", "", "", `204`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":2,"from_date":"${3d}","addshopping":true}`, "bought", "shopping", `201 shopping=true`},
	{"GET", "/api/shopping-list-entry/?mealplan=$bought", "", "", "count", `200 count=3`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Wine"},"unit":null,"amount":1,"mealplan_id":$bought}`, "wine", "amount checked food.name unit", `201 amount=1 checked=false food.name=Wine unit=<nil>`},
	{"PATCH", "/api/meal-plan/$bought/", `{"servings":4}`, "", "servings", `200 servings=4`},
	{"GET", "/api/shopping-list-entry/$wine/", "", "", "amount", `200 amount=1`},
	{"PATCH", "/api/meal-plan/$bought/", `{"note":"n"}`, "", "", `500`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":2,"from_date":"${3d}"}`, "two", "", `201`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Cork"},"unit":null,"amount":3,"mealplan_id":$two}`, "cork", "amount", `201 amount=3`},
	{"GET", "/api/meal-plan/$two/", "", "", "shopping", `200 shopping=true`},
	{"PATCH", "/api/meal-plan/$two/", `{"servings":4}`, "", "servings", `200 servings=4`},
	{"GET", "/api/shopping-list-entry/$cork/", "", "", "amount list_recipe_data.servings", `200 amount=3 list_recipe_data.servings=4`},
	{"DELETE", "/api/meal-plan/$two/", "", "", "", `204`},
	{"GET", "/api/shopping-list-entry/$cork/", "", "", "detail", `404 detail=No ShoppingListEntry matches the given query.`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"unit":{"name":"g"},"amount":"2,5"}`, "rice", "amount food.name unit.name checked completed_at list_recipe_data", `201 amount=2.5 food.name=Rice unit.name=g checked=false completed_at=<nil> list_recipe_data=<nil>`},
	{"PATCH", "/api/shopping-list-entry/$rice/", `{"checked":true}`, "", "checked", `200 checked=true`},
	{"PATCH", "/api/shopping-list-entry/$rice/", `{"amount":7}`, "", "checked amount completed_at", `200 checked=true amount=7 completed_at=<nil>`},
	{"GET", "/api/shopping-list-entry/", "", "", "count", `200 count=4`},
	{"POST", "/api/shopping-list-entry/bulk/", `{"ids":[$rice],"checked":false}`, "", "checked", `200 checked=false`},
	{"GET", "/api/shopping-list-entry/$rice/", "", "", "checked completed_at", `200 checked=false completed_at=<nil>`},
	{"PUT", "/api/shopping-list-entry/$rice/", `{"food":{"name":"Rice"},"unit":{"name":"g"},"amount":9,"checked":false}`, "", "amount", `200 amount=9`},
	{"PUT", "/api/shopping-list-entry/$rice/", `{"amount":9}`, "", "food", `400 food=[This field is required.]`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"  rice "},"unit":{"name":"G"},"amount":1}`, "", "food.name unit.name", `201 food.name=Rice unit.name=g`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"amount":1}`, "", "unit", `201 unit=<nil>`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"unit":null}`, "", "amount", `400 amount=[This field is required.]`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"unit":null,"amount":0.00004}`, "", "amount", `201 amount=0`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":""},"unit":null,"amount":1}`, "", "", `400`},
	{"POST", "/api/shopping-list-entry/", `{"food":null,"unit":null,"amount":1}`, "", "", `500`},
	{"POST", "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"unit":null,"amount":1,"mealplan_id":1073741824}`, "", "", `500`},
	{"DELETE", "/api/recipe/$dal/", "", "", "", `204`},
	{"GET", "/api/meal-plan/$bought/", "", "", "detail", `404 detail=No MealPlan matches the given query.`},
	{"GET", "/api/shopping-list-entry/$wine/", "", "", "detail", `404 detail=No ShoppingListEntry matches the given query.`},
	{"POST", "/api/meal-plan/", `{"recipe":$dal,"meal_type":$dinner,"servings":2,"from_date":"${3d}"}`, "", "", `500`},
	{"GET", "/api/recipe/$dal/", "", "", "detail", `404 detail=No Recipe matches the given query.`},
	{"GET", "/api/recipe/?page=99", "", "", "detail", `404 detail=Invalid page.`},
	{"PATCH", "/api/recipe/$oats/", `{"servings":0}`, "", "servings", `200 servings=0`},
}

func TestStandInAnswersAsTandoorDid(t *testing.T) {
	t.Parallel()
	standIn, err := tandoortest.New(tandoortest.Options{Library: tandoortest.Small()})
	if err != nil {
		t.Fatal(err)
	}
	converse(t, standIn, tandoortest.DefaultToken)
}

// converse compares a server's answers with those that were recorded.
func converse(t *testing.T, w conformance.World, token string) {
	t.Helper()
	s := &side{handler: w, token: token, ids: map[string]int{"dal": w.RecipeID("Dal"), "oats": w.RecipeID("Overnight oats")}}
	for _, a := range answers {
		if got := s.do(t, a.method, a.path, a.body, a.as, a.show); got != a.want {
			t.Errorf("%s %s %s\nanswer: %s\nwant:   %s", a.method, a.path, a.body, got, a.want)
		}
	}
}

// side is a server, with the ids it gave by name.
type side struct {
	handler http.Handler
	token   string
	ids     map[string]int
}

// do sends a request and returns its status with some members of the answer, days for times.
func (s *side) do(t *testing.T, method, path, body, as, show string) string {
	t.Helper()
	fill := func(text string) string {
		return os.Expand(text, func(name string) string {
			if n, err := strconv.Atoi(strings.TrimSuffix(name, "d")); err == nil {
				return (today + calendar.Date(n)).String()
			}
			return strconv.Itoa(s.ids[name])
		})
	}
	req := httptest.NewRequestWithContext(t.Context(), method, "http://localhost"+fill(path), strings.NewReader(fill(body)))
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, req)
	var answer map[string]any
	if rec.Code < 500 && rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
	}
	if as != "" {
		id, _ := answer["id"].(float64)
		s.ids[as] = int(id)
	}
	out := []string{strconv.Itoa(rec.Code)}
	for field := range strings.FieldsSeq(show) {
		var v any = answer
		for part := range strings.SplitSeq(field, ".") {
			switch in := v.(type) {
			case map[string]any:
				v = in[part]
			case []any:
				if i, err := strconv.Atoi(part); err == nil && i < len(in) {
					v = in[i]
				}
			}
		}
		text := fmt.Sprint(v)
		if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
			day, err := calendar.Parse(text[:len(time.DateOnly)])
			if err != nil {
				t.Fatal(err)
			}
			text = fmt.Sprintf("${%dd}", day-today)
		}
		out = append(out, field+"="+text)
	}
	return strings.Join(out, " ")
}
