package app_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

var (
	hidden  = regexp.MustCompile(`(?is)<(?:script|style|title|svg)\b.*?</(?:script|style|title|svg)>|<!--.*?-->`)
	shown   = regexp.MustCompile(`(?i)\b(?:aria-label|placeholder|alt|title)="([^"]*)"`)
	tags    = regexp.MustCompile(`(?s)<[^>]*>`)
	english = regexp.MustCompile(`(?i)\b(?:the|your|you|and|is|are|were|of|for|with|not|from|this|that|which|what|when|it|on|to|no|nothing|breakfast|lunch|dinner|monday|tuesday|wednesday|thursday|friday|saturday|sunday|protein|carbs|kept|cooked|servings|guests|milk|eggs|peanuts|week|target|change|save|next|open|find)\b`)
)

// leftovers are English words of ours that a page or a mail still says, beside what others wrote.
func leftovers(text string, data []string) []string {
	text = hidden.ReplaceAllString(text, " ")
	for _, m := range shown.FindAllStringSubmatch(text, -1) {
		text += " " + m[1]
	}
	text = html.UnescapeString(tags.ReplaceAllString(text, " "))
	for _, d := range data {
		text = strings.ReplaceAll(text, d, " ")
	}
	var out []string
	for _, at := range english.FindAllStringIndex(text, -1) {
		out = append(out, strings.Join(strings.Fields(text[max(0, at[0]-40):min(len(text), at[1]+40)]), " "))
	}
	return out
}

// words are all that a library says, the longest first.
func (w *world) words(t *testing.T, connection string) []string {
	t.Helper()
	recipes, err := postgres.NewRecipes(w.pool(t)).Load(t.Context(), connection)
	must(t, err)
	var out []string
	add := func(texts ...string) {
		for _, s := range texts {
			if strings.TrimSpace(s) != "" {
				out = append(out, s)
			}
		}
	}
	for _, r := range recipes {
		add(r.Name)
		for _, i := range r.Ingredients {
			add(i.Food.Name, i.Food.Plural, i.Note, i.Food.Category.Name)
		}
		for _, s := range r.Steps {
			for line := range strings.SplitSeq(s.Instruction, "\n") {
				add(strings.TrimSpace(line))
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(out)
}

// Whoever speaks German reads no English of ours: on no page, in no mail, after no press.
func TestPagesAndMailsInGerman(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:1]
	ana := people[0]
	w := newWorld(t, options{people: people, change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	b := w.browser(t)
	b.signIn(w, ana.Email)
	b.want("/settings", url.Values{"form": {"person"}, "name": {ana.Name}, "zone": {"Europe/Berlin"}, "language": {"de"}}, http.StatusOK, "Gespeichert.")
	b.want("/settings", nil, http.StatusOK, `value="0,5"`)
	b.want("/settings", url.Values{"form": {"cooking"}, "people": {"1"}, "smallest": {"0,5"}, "largest": {"2,5"}, "rotation": {"30"}, "quick": {"15"}}, http.StatusOK, `value="2,5"`)
	w.mustGenerate(t, ana.ID)
	u, err := w.Users.Get(t.Context(), ana.ID)
	must(t, err)
	data := append(w.words(t, u.Connection), ana.Email, ana.Name, ana.ID, "mealplanner", "Tandoor", "FatSecret")
	german := func(what, text string) {
		t.Helper()
		for _, l := range leftovers(text, data) {
			t.Errorf("%s says in English: %q", what, l)
		}
	}
	status, _, page := w.browser(t).do("/sign-in", nil, "Accept-Language", "de-DE,de;q=0.9,en;q=0.5")
	if status != http.StatusOK || !strings.Contains(page, `<html lang="de">`) {
		t.Errorf("a stranger's page: %d, %.200s", status, page)
	}
	german("/sign-in", page)
	for _, p := range pagePatterns() {
		method, path := address(p)
		if method != http.MethodGet || strings.HasSuffix(path, "/events") || strings.HasPrefix(path, "/setup") || strings.Contains(path, "nonsense") || path == "/sign-in" || path == "/status" {
			continue
		}
		if strings.HasSuffix(path, "/preview") {
			path += "?command=" + url.QueryEscape("REGENERATE "+(week+3).String())
		}
		_, _, page := b.do(path, nil)
		if !strings.Contains(page, "<html") {
			continue
		}
		if !strings.Contains(page, `<html lang="de">`) {
			t.Errorf("%s is not in German: %.200s", path, page)
		}
		german(path, page)
	}
	before := len(w.box.Mail.Messages())
	for _, press := range []struct {
		path string
		form url.Values
	}{
		{"/week/" + week.String(), url.Values{"command": {"LOCK " + (week + 3).String() + " dinner"}, "once": {"1"}}},
		{"/week/" + week.String(), url.Values{"command": {"UNLOCK " + (week + 3).String() + " dinner"}, "once": {"2"}}},
		{"/week/" + week.String(), url.Values{"command": {"SKIP " + (week + 3).String() + " lunch"}, "once": {"3"}}},
		{"/week/" + week.String(), url.Values{"command": {"UNLOCK " + (week + 3).String() + " dinner"}, "once": {"4"}}},
		{"/week/" + week.String(), url.Values{"command": {"NONSENSE"}, "once": {"5"}}},
		{"/recipe/1?on=" + (week + 3).String() + "+dinner", nil},
		{"/recipe/1?on=never", nil},
		{"/meal/" + (week + 3).String() + "/dinner/others?q=soup", nil},
		{"/week/" + week.String(), url.Values{"command": {"KEEP " + (week + 2).String() + " dinner 1"}, "once": {"6"}}},
		{"/week/" + week.String(), url.Values{"command": {"KEEP " + (week + 2).String() + " dinner 999999"}, "once": {"7"}}},
		{"/week/" + week.String(), url.Values{"command": {"KEEP " + (week + 9).String() + " dinner 1"}, "once": {"8"}}},
		{"/week/" + (week + 7).String(), url.Values{"command": {"KEEP " + (week + 9).String() + " dinner 1"}, "once": {"9"}}},
		{"/week/" + week.String() + "/wishes", url.Values{"travel": {(week + 4).String()}, "guests " + (week + 4).String() + " dinner": {"2"}, "mode": {"high_protein"}}},
		{"/settings", url.Values{"form": {"targets"}, "protein": {"x"}, "fat": {"1"}, "carbs": {"1"}, "tolerance": {"10"}}},
		{"/settings", url.Values{"form": {"rules"}, "weekly-0-what": {"red meat"}, "weekly-0-most": {"x"}, "weekly-0-meals": {"breakfast dishes"}, "kcal-0-meals": {"dinner"}, "kcal-0-least": {"9"}, "kcal-0-most": {"8"}}},
		{"/settings", url.Values{"form": {"food"}, "allergens": {"milk", "eggs"}, "diets": {"vegetarian"}}},
		{"/recipe/1", nil},
		{"/week/" + week.String(), url.Values{"command": {"KEEP " + (week + 3).String() + " dinner 1"}, "once": {"10"}}},
		{"/library", url.Values{"answer": {"contains"}, "food": {"Zauberpulver"}, "contains": {"milk"}}},
		{"/account/delete", url.Values{"email": {"x"}}},
		{"/account/tokens", url.Values{"do": {"create"}, "name": {"script"}, "scopes": {"plan:read"}}},
	} {
		_, at, page := b.do(press.path, press.form)
		german(press.path+" "+press.form.Encode()+" at "+at, page)
	}
	must(t, w.box.Mail.Wait(t.Context(), before+1)) // what may not be eaten is replaced
	rows, err := w.pool(t).Query(t.Context(), "select email_type, subject, text_body, html_body from outbox where user_id = $1", ana.ID)
	must(t, err)
	defer rows.Close()
	mails := 0
	for rows.Next() {
		var kind, subject, text, body string
		must(t, rows.Scan(&kind, &subject, &text, &body))
		if kind == "sign_in" { // before the setting
			continue
		}
		mails++
		german("the mail "+kind, subject+" "+regexp.MustCompile(`"[A-Z]+ [a-z ]*"|https?://\S+`).ReplaceAllString(text+" "+body, " "))
	}
	must(t, rows.Err())
	if mails < 2 {
		t.Errorf("%d mails", mails)
	}
	b.want("/settings", url.Values{"form": {"person"}, "name": {"Ana"}, "zone": {"Europe/Berlin"}, "language": {"en"}}, http.StatusOK, "Stored.")
	if u, err := w.Users.Get(t.Context(), ana.ID); err != nil || u.Settings.Language != message.English {
		t.Error(u.Settings.Language, err)
	}
}
