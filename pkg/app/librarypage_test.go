package app_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// A user finds the link in the mail, says what an unknown ingredient is, and can have the dish;
// takes it back, and cannot. The food's name is escaped wherever it stands, and a GET changes
// nothing.
func TestTheCureBehindASignedLink(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	must(t, err)
	const food = `<b>Zauberpulver</b> & "Co"`
	lib.Foods = append(lib.Foods, tandoortest.FoodSpec{Name: food})
	lib.Recipes = append(lib.Recipes, tandoortest.RecipeSpec{
		Name: "Zaubersuppe", Servings: 2, WorkingTime: 20, Keywords: []string{"dinner"}, Nutrition: tandoortest.ModeProperties,
		PerServing: &tandoortest.Values{Kcal: 660, Protein: 60, Fat: 20, Carbs: 60},
		Steps:      []tandoortest.StepSpec{{Instruction: "Cook.", Ingredients: []tandoortest.IngredientSpec{{Amount: 100, Unit: "g", Food: food}}}},
	})
	people := sandbox.People()[:1]
	people[0].Settings.Allergens = []string{"nuts"}
	w := newWorld(t, options{people: people, sandbox: sandbox.Options{Library: lib}})
	m := w.mustGenerate(t, people[0].ID)
	const path = "/library/"
	at := strings.Index(m.Mail.Text, path)
	if at < 0 {
		t.Fatalf("the mail leads to no library:\n%s", m.Mail.Text)
	}
	link := m.Mail.Text[at : at+strings.IndexAny(m.Mail.Text[at:], " \r\n")]
	must(t, w.Start(t.Context()))
	do := func(form url.Values) (int, string) {
		t.Helper()
		method, body := http.MethodGet, io.Reader(http.NoBody)
		if form != nil {
			method, body = http.MethodPost, strings.NewReader(form.Encode())
		}
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+w.Addr(app.API).String()+link, body)
		must(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		must(t, err)
		page, err := io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		return resp.StatusCode, string(page)
	}
	plannable := func() bool {
		t.Helper()
		r, _, err := w.Library.Report(t.Context(), people[0].ID)
		must(t, err)
		return !slices.ContainsFunc(r.Unknown, func(f planner.UnknownFood) bool { return f.Name == food })
	}
	status, page := do(nil)
	if status != http.StatusOK || strings.Contains(page, "<b>Zauber") || !strings.Contains(page, "&lt;b&gt;Zauberpulver") || plannable() {
		t.Fatalf("%d:\n%s", status, page)
	}
	for _, c := range []struct {
		form      url.Values
		status    int
		text      string
		plannable bool
	}{
		{url.Values{"food": {food}, "answer": {"is"}, "is": {"chese"}}, http.StatusUnprocessableEntity, "did you mean cheese", false},
		{url.Values{"food": {food}, "answer": {"perhaps"}}, http.StatusUnprocessableEntity, "Say what", false},
		{url.Values{"food": {food}, "answer": {"is"}, "is": {"cheese"}}, http.StatusOK, "Forget", true},
		{url.Values{"food": {food}, "answer": {"forget"}}, http.StatusOK, "is forgotten", false},
		{url.Values{"food": {food}, "answer": {"forget"}, "later": {"yes"}}, http.StatusUnprocessableEntity, "Nothing was said", false}, // no double click
		{url.Values{"food": {food}, "answer": {"contains"}, "contains": {"milk", "eggs"}}, http.StatusOK, "contains milk, eggs", true},
		{url.Values{"food": {food}, "answer": {"contains"}}, http.StatusOK, "contains no allergen", true},
	} {
		status, page := do(c.form)
		if status != c.status || !strings.Contains(page, c.text) || plannable() != c.plannable {
			t.Errorf("%v: %d, plannable %t; want %d, %q, %t:\n%.1500s", c.form, status, plannable(), c.status, c.text, c.plannable, page)
		}
	}
	changes, err := w.Recipes.AnswerChanges(t.Context(), sandbox.Connection, 10)
	if err != nil || len(changes) != 4 || changes[0].By != people[0].ID || changes[0].Became == nil || !changes[0].Became.Told {
		t.Errorf("recorded: %+v, %v", changes, err)
	}
}
