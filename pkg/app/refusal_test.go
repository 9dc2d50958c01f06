package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// signedIn is a world whose first person has a week and looks at its pages.
func signedIn(t *testing.T) (*world, *browser, sandbox.Person) {
	t.Helper()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	lewis := sandbox.People()[0]
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	must(t, w.box.Mail.Wait(t.Context(), 1))
	b := w.browser(t)
	b.signIn(w, lewis.Email)
	return w, b, lewis
}

// What is wrong with a form stands beside the field, which the browser goes to by itself; what was
// typed stays, also where it is markup.
func TestAnErrorStandsBesideItsField(t *testing.T) {
	t.Parallel()
	_, b, _ := signedIn(t)
	slot := week.String() + " dinner"
	for _, c := range []struct{ path, form, id, typed, says string }{
		{"/settings", "form=targets&protein=x&fat=60&carbs=200&tolerance=10", "protein", "x", "is no number from 1 to 2000"},
		{"/settings", "form=targets&protein=150&fat=60&carbs=200&tolerance=99", "tolerance", "99", "from 1 to 50"},
		{"/settings", "form=body&weight=80&height=9&age=40&sex=male&activity=light&goal=maintain", "height", "9", "from 100 to 250"},
		{"/settings", "form=food&dislikes=qwertz", "dislikes", "qwertz", "Unknown food"},
		{"/settings", "form=food&avoid_tags=qwertz", "avoid_tags", "qwertz", "qwertz"},
		{"/settings", "form=plan&meals=lunch&plan_day=friday&plan_hour=99", "plan_hour", "99", "from 0 to 23"},
		{"/settings", "form=cooking&people=1&smallest=2&largest=1&rotation=30&quick=15", "smallest", "2", "upside down"},
		{"/settings", "form=cooking&people=1&smallest=0.5&largest=2&rotation=30&quick=15&eaters=one", "eaters", "one", "is no number"},
		{"/settings", "form=staples&staple=qwertz", "staple", "qwertz", "Unknown food"},
		{"/settings", "form=person&name=Lewis&zone=Mars%2FOlympus&language=en", "zone", "Mars/Olympus", "IANA name"},
		{"/settings", "form=person&name=Lewis&zone=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&language=en", "zone", "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;", "IANA name"},
		{"/week/" + week.String() + "/wishes", url.Values{"guests " + slot: {"many"}, "skip": {week.String() + " lunch"}}.Encode(), "guests-" + strings.ReplaceAll(slot, " ", "-"), "many", "is no number from 0"},
		{"/account/delete", "email=x%40example.org", "email", "x@example.org", "write the address"},
		{"/account/tokens", "do=create&name=phone&scopes=plan%3Aread&days=soon", "days", "soon", "is no number of days"},
	} {
		form, err := url.ParseQuery(c.form)
		must(t, err)
		page := b.want(c.path, form, http.StatusUnprocessableEntity, c.says)
		tag := regexp.MustCompile(`<(?:input|select)[^>]* id="` + c.id + `"[^>]*>|<input id="` + c.id + `"[^>]*>`).FindString(page)
		for _, want := range []string{`aria-invalid="true"`, `aria-describedby="wrong"`, "autofocus", `value="` + c.typed + `"`} {
			if !strings.Contains(tag, want) {
				t.Errorf("%s %s: no %s in %q", c.path, c.form, want, tag)
			}
		}
		why := regexp.MustCompile(`<p class="wrong" id="wrong">([^<]*)</p>`).FindAllStringSubmatch(page, -1)
		if len(why) != 1 || !strings.Contains(why[0][1], c.says) {
			t.Errorf("%s %s: beside the field stands %q, want %q", c.path, c.form, why, c.says)
		}
		if above := regexp.MustCompile(`(?s)role="alert">(.*?)</p>`).FindStringSubmatch(page); len(above) == 0 || regexp.MustCompile(`["']|&#3[49];`).MatchString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(above[1], "")+why[0][1]) {
			t.Errorf("%s %s: marks of a keyboard in %q, %q", c.path, c.form, above, why)
		}
		if n := strings.Count(page, "autofocus"); n != 1 || !strings.Contains(page, `href="#`+c.id+`"`) {
			t.Errorf("%s %s: %d fields have the focus, or no link leads to it", c.path, c.form, n)
		}
	}
	page := b.want("/week/"+week.String()+"/wishes", url.Values{"guests " + slot: {"many"}, "skip": {week.String() + " lunch"}}, http.StatusUnprocessableEntity, "many")
	if !strings.Contains(page, `value="`+week.String()+` lunch" checked`) {
		t.Error("what else was wished is lost")
	}
	page = b.want("/settings", url.Values{"form": {"targets"}, "protein": {"30"}, "fat": {"10"}, "carbs": {"50"}, "tolerance": {"10"}}, http.StatusUnprocessableEntity, "Nothing was changed.")
	if tag := regexp.MustCompile(`<input[^>]*name="confirm"[^>]*aria-invalid[^>]*>`).FindAllString(page, -1); len(tag) != 1 {
		t.Errorf("targets beyond the limits: %q", tag)
	}
	page = b.want("/settings", url.Values{"form": {"rules"}, "weekly-0-what": {"red meat"}, "weekly-0-most": {"x"}, "weekly-0-meals": {""}, "kcal-0-meals": {"dinner"}, "kcal-0-least": {"9"}, "kcal-0-most": {"8"}}, http.StatusUnprocessableEntity, "#rules")
	if n := strings.Count(page, "autofocus"); n != 1 || !strings.Contains(page, `<details class="card fold" open><summary><h2>Rules for the week`) {
		t.Errorf("%d rows have the focus, or the rules are folded", n)
	}
	page = b.want("/settings", nil, http.StatusOK, `<nav class="contents`)
	for _, at := range regexp.MustCompile(`href="#([a-z]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+at[1]+`"`) {
			t.Errorf("the contents lead to %s, which is not there", at[1])
		}
	}
}
