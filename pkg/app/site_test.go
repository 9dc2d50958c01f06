package app_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// browser is somebody at the pages.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	posts  int
}

func (w *world) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{t: t, base: "http://" + w.Addr(app.API).String(), client: &http.Client{Jar: jar}}
}

// do asks for a path, by POST with a form, and returns the page that redirects lead to.
func (b *browser) do(path string, form url.Values, headers ...string) (status int, at, page string) {
	b.t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	must(b.t, err)
	req.Header.Set("Accept", "text/html")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.posts++ // no form is the double click of another
		req.Header.Set("User-Agent", fmt.Sprint("test ", b.posts))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.client.Do(req)
	must(b.t, err)
	text, err := io.ReadAll(resp.Body)
	must(b.t, err)
	must(b.t, resp.Body.Close())
	return resp.StatusCode, resp.Request.URL.Path, string(text)
}

// want asks for a path and wants a status and a text.
func (b *browser) want(path string, form url.Values, status int, text string) string {
	b.t.Helper()
	got, at, page := b.do(path, form)
	page = strings.ReplaceAll(page, "\u00a0", " ")
	if got != status || !strings.Contains(html.UnescapeString(page), text) && !strings.Contains(html.UnescapeString(dishLink.ReplaceAllString(page, "$1")), text) {
		_, main, _ := strings.Cut(page, "<main")
		b.t.Errorf("%s %v leads to %d at %s; want %d and %q:\n%.2000s", path, form, got, at, status, text, main)
	}
	return page
}

// dishLink is the name of a dish within a text.
var dishLink = regexp.MustCompile(`<a href="/recipe/[0-9]+">([^<]*)</a>`)

var signInPath = regexp.MustCompile(`/sign-in/[\w-]+`)

// signIn goes the way of a user: asks for a link, finds it in the mail, presses the button.
func (b *browser) signIn(w *world, email string) {
	b.t.Helper()
	seen := len(w.box.Mail.Messages())
	b.want("/sign-in", url.Values{"email": {strings.ToUpper(email)}}, http.StatusOK, "Check your email")
	link := ""
	for try := seen; link == ""; try++ {
		must(b.t, w.box.Mail.Wait(b.t.Context(), try+1))
		if m := w.box.Mail.Messages()[try]; m.To == email {
			link = signInPath.FindString(text(b.t, m))
		}
	}
	b.want(link, nil, http.StatusOK, "stays signed in")
	b.want(link, nil, http.StatusOK, "stays signed in") // programs that look at links use none up
	b.want(link, url.Values{}, http.StatusOK, "mealplanner")
	b.want(link, url.Values{}, http.StatusUnauthorized, "was used before")
}

// field is what a page's first form with the text holds under the name.
func field(t *testing.T, page, near, name string) string {
	t.Helper()
	for f := range strings.SplitSeq(page, "<form") {
		if f, _, _ = strings.Cut(f, "</form>"); !strings.Contains(f, near) {
			continue
		}
		if m := regexp.MustCompile(`name="` + name + `"[^>]* value="([^"]*)"`).FindStringSubmatch(f); m != nil {
			return html.UnescapeString(m[1])
		}
	}
	t.Fatalf("no form with %q has a field %s:\n%s", near, name, page)
	return ""
}

// A user signs in by mail, changes their week, shops with others, changes settings, and takes
// everything away.
func TestAUserGoesThroughTheirPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }}) // nobody clicks as fast
	lewis := sandbox.People()[0]
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	must(t, w.box.Mail.Wait(t.Context(), 1))
	b, ours := w.browser(t), "/week/"+week.String()
	b.want("/week", nil, http.StatusOK, "Mail me a link") // nobody is signed in
	b.want("/settings", nil, http.StatusOK, "Mail me a link")
	b.want("/sign-in", url.Values{"email": {"nobody@example.org"}}, http.StatusOK, "Check your email")
	b.want("/sign-in", url.Values{"email": {"nobody"}}, http.StatusUnprocessableEntity, "Write your address")
	b.signIn(w, lewis.Email)
	page := b.want("/week", nil, http.StatusOK, "on target")
	b.want("/settings", url.Values{"form": {"person"}, "name": {"a\x00b"}, "zone": {"UTC"}}, http.StatusBadRequest, "characters that are none")
	if n := w.rows(t, "sessions"); n != 1 {
		t.Errorf("%d sessions are stored for one browser", n)
	}

	version, keep := field(t, page, "Lock", "version"), field(t, page, "Lock", "command")
	if status, _, page := b.do(ours, url.Values{"version": {version}, "command": {keep}}, "Sec-Fetch-Site", "cross-site"); status != http.StatusUnauthorized {
		t.Errorf("a form of another site: %d %s", status, page)
	}
	b.want(ours, url.Values{"version": {version}, "command": {keep}}, http.StatusOK, "stays")
	b.want(ours, url.Values{"version": {version}, "command": {keep}}, http.StatusOK, "was changed elsewhere meanwhile")
	b.want(ours, url.Values{"command": {"DANCE"}}, http.StatusOK, "")

	stored, err := w.Plans.Get(t.Context(), lewis.ID, week)
	must(t, err)
	dinner := stored.Week.Days[2].Meals[2]
	at := "/meal/" + (week + 2).String() + "/dinner"
	page = b.want(at, nil, http.StatusOK, dinner.Name)
	if !strings.Contains(page, "Ingredients") || !strings.Contains(page, "Steps") {
		t.Errorf("the dish's page:\n%s", page)
	}
	b.want(at+"/cook/1", nil, http.StatusOK, "Step 1 of")
	b.want(at+"/cook/99", nil, http.StatusNotFound, "steps")
	b.want("/cooking/"+week.String(), nil, http.StatusOK, " in total")
	page = b.want(at+"/others", nil, http.StatusOK, "Choose this")
	take := field(t, page, "Choose this", "command")
	b.want(ours, url.Values{"version": {field(t, page, "Choose this", "version")}, "command": {take}}, http.StatusOK, "Until now it was "+dinner.Name)

	w.wish(t, b)
	w.shop(t, b)
	b.readLibrary()

	page = b.want("/settings", nil, http.StatusOK, "Allergies, diet and dislikes")
	b.want("/settings", url.Values{"form": {"targets"}, "protein": {"30"}, "fat": {"10"}, "carbs": {"50"}, "tolerance": {"10"}}, http.StatusUnprocessableEntity, "Nothing was changed.")
	b.want("/settings", url.Values{"form": {"food"}, "allergens": {"nuts"}, "dislikes": {"leek, celery"}}, http.StatusOK, "Stored.")
	b.want("/settings", url.Values{"form": {"food"}, "seen": {field(t, page, "dislikes", "seen")}}, http.StatusOK, "changed elsewhere")
	b.want("/settings", url.Values{"form": {"food"}, "dislikes": {"qwertz"}}, http.StatusUnprocessableEntity, "Unknown food “qwertz”")
	b.want("/settings", url.Values{"form": {"cooking"}, "people": {"2"}, "smallest": {"0.5"}, "largest": {"2"}, "rotation": {"14"}, "quick": {"20"}, "eaters": {"1, 0.5"}}, http.StatusOK, "Stored.")
	w.rule(t, b, lewis.ID)
	b.want("/settings", url.Values{"form": {"plan"}, "meals": {"lunch", "dinner"}, "plan_day": {"sunday"}, "plan_hour": {"18"}, "mails": {"weekly_plan"}}, http.StatusOK, "Stored.")
	b.want("/settings", url.Values{"form": {"person"}, "name": {"Lewis H."}, "zone": {"Mars/Olympus"}}, http.StatusUnprocessableEntity, "Time zone:")
	u, err := w.Users.Get(t.Context(), lewis.ID)
	must(t, err)
	if s := u.Settings; len(s.Allergens) != 1 || len(s.Dislikes) != 2 || len(s.Cooking.Minutes) != 2 || u.Household() != 15_000 || s.PlanDay != "sunday" || s.Wants("daily_advisor") || s.Plans(0) || s.RotationDays != 14 {
		t.Errorf("stored %+v", s)
	}

	b.want("/account/export.json", nil, http.StatusOK, `"shopping_ticks"`)
	_, err = w.Users.Change(t.Context(), lewis.ID, func(u *user.User) error { u.Email = "new@sandbox.example"; return nil })
	must(t, err)
	b.want("/week", nil, http.StatusOK, "Mail me a link") // a former address signs nobody in
	lewis.Email = "new@sandbox.example"
	b.signIn(w, lewis.Email)
	other := w.browser(t)
	other.signIn(w, lewis.Email)
	b.want("/account/sign-out", url.Values{}, http.StatusOK, "Mail me a link")
	other.want("/week", nil, http.StatusOK, "Mail me a link")
	other.signIn(w, lewis.Email)
	w.leave(t, other, lewis.ID)
	other.want("/week", nil, http.StatusOK, "Mail me a link")
	if _, err := w.Users.Get(t.Context(), lewis.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the user is still there: %v", err)
	}
}

// readLibrary looks for recipes.
func (b *browser) readLibrary() {
	b.want("/library", nil, http.StatusOK, "for dinner")
	b.want("/library", nil, http.StatusOK, `where they are kept, at <a href="http://127.0.0.1:`)
	b.want("/library?q=SOUP", nil, http.StatusOK, "kcal a serving")
	b.want("/library?q=&page=999", nil, http.StatusOK, `rel="prev"`)
	b.want("/library?q=zzz%3C", nil, http.StatusOK, "Nothing is called that.")
}

// rule writes rules in rows; one that is not complete loses nothing.
func (w *world) rule(t *testing.T, b *browser, id string) {
	t.Helper()
	rows := url.Values{
		"form": {"rules"}, "weekly-0-what": {"fish"}, "weekly-0-least": {"1"}, "weekly-0-meals": {""}, "weekly-1-meals": {""},
		"minutes-0-from": {"monday"}, "minutes-0-to": {"friday"}, "minutes-0-meals": {"dinner"}, "minutes-0-most": {"soon"},
		"minutes-1-from": {"sunday"}, "minutes-1-to": {"sunday"}, "minutes-1-meals": {""}, "minutes-1-most": {"90"},
	}
	page := b.want("/settings", rows, http.StatusUnprocessableEntity, "Write a whole number from 1 to 1440.")
	for _, kept := range []string{`value="soon" aria-invalid="true" aria-describedby="minutes-0-wrong"`, `value="90"`, `<option value="fish" selected>`} {
		if !strings.Contains(page, kept) {
			t.Errorf("the refused form lacks %s", kept)
		}
	}
	rows.Set("minutes-0-most", "40")
	page = b.want("/settings", rows, http.StatusOK, "Stored.")
	if !strings.Contains(page, `name="weekly-1-what"`) || !strings.Contains(page, `name="minutes-3-most"`) {
		t.Error("no empty rows are offered")
	}
	rows.Set("weekly-0-drop", "yes")
	b.want("/settings", rows, http.StatusOK, "Stored.")
	u, err := w.Users.Get(t.Context(), id)
	must(t, err)
	if c := u.Settings.Cooking; !slices.Equal(c.Minutes, []string{"monday-friday dinner 40", "sunday 90"}) || len(c.Weekly) > 0 {
		t.Errorf("stored %+v", c)
	}
}

// leave looks at what is connected, and deletes everything by the link that is mailed.
func (w *world) leave(t *testing.T, b *browser, id string) {
	t.Helper()
	u, err := w.Users.Get(t.Context(), id)
	must(t, err)
	b.want("/account", nil, http.StatusOK, w.box.TandoorURL())
	b.want("/account", url.Values{"do": {"disconnect"}}, http.StatusOK, "no longer connected")
	if u, err := w.Users.Get(t.Context(), id); err != nil || u.FatSecret {
		t.Errorf("still connected: %v", err)
	}
	b.want("/settings", url.Values{"form": {"plan"}, "meals": {"breakfast", "lunch", "dinner"}, "plan_day": {"friday"}, "plan_hour": {"6"}, "mails": {"weekly_plan"}, "tracking": {"opens"}}, http.StatusOK, "Stored.")
	if u, err := w.Users.Get(t.Context(), id); err != nil || !u.Settings.TrackOpens || u.Settings.TrackClicks {
		t.Errorf("tracking: %+v, %v", u.Settings, err)
	}
	b.want("/account/delete", url.Values{"email": {"somebody@example.org"}}, http.StatusUnprocessableEntity, "Nothing was deleted")
	_, err = w.pool(t).Exec(t.Context(), "update users set links_from = null where id = $1", u.ID) // the database's clock is ahead of the test's
	must(t, err)
	seen := len(w.box.Mail.Messages())
	b.want("/account/delete", url.Values{"email": {u.Email}}, http.StatusOK, "Nothing is deleted yet")
	must(t, w.box.Mail.Wait(t.Context(), seen+1))
	link := regexp.MustCompile(`/delete/[\w.-]+`).FindString(text(t, w.box.Mail.Messages()[seen]))
	b.want(link, nil, http.StatusOK, u.Email)
	b.want(link+"x", url.Values{}, http.StatusUnauthorized, "")
	b.want(link, url.Values{}, http.StatusOK, "Everything is deleted")
	b.want(link, url.Values{}, http.StatusUnauthorized, "was used before")
}

// wish sees what wishes would do, has them, and takes them back.
func (w *world) wish(t *testing.T, b *browser) {
	t.Helper()
	lewis, ours := sandbox.People()[0], "/week/"+week.String()
	before, err := w.Plans.Get(t.Context(), lewis.ID, week)
	must(t, err)
	friday := (week + 4).String()
	form := url.Values{"travel": {friday}, "skip": {friday + " breakfast"}, "guests " + friday + " dinner": {"4"}}
	b.want(ours+"/wishes", nil, http.StatusOK, "No wishes for the days to come.")
	must(t, w.Plans.SetWishes(t.Context(), lewis.ID, week-7, plan.Wishes{Travel: []calendar.Date{week - 7}}))
	b.want("/week/"+(week-7).String()+"/wishes", nil, http.StatusOK, "No wishes for the days to come.") // that day is over
	page := b.want(ours+"/wishes", form, http.StatusOK, "What would change")
	if now, err := w.Plans.Get(t.Context(), lewis.ID, week); err != nil || now.Week.Version() != before.Week.Version() {
		t.Errorf("a preview changed the week: %v", err)
	}
	old := url.Values{"seen": {"of yesterday"}, "travel": {friday}}
	b.want(ours+"/wishes", old, http.StatusOK, "changed elsewhere since this page was shown")
	form.Set("sure", "yes")
	form.Set("version", "of yesterday")
	b.want(ours+"/wishes", form, http.StatusOK, "was changed elsewhere meanwhile")
	form.Set("version", field(t, page, "Make this change", "version"))
	b.want(ours+"/wishes", form, http.StatusOK, "Friday is short of time: quick dishes.")
	now, err := w.Plans.Get(t.Context(), lewis.ID, week)
	must(t, err)
	if dinner := now.Week.Days[4].Meals[2]; now.Week.Days[4].Meals[0] != nil || dinner == nil || dinner.Guests != 4 || now.Week.Cooked(*dinner) != dinner.Servings.Times(now.Week.Household+4*nutrition.OneServing) {
		t.Errorf("Friday is %+v, dinner %+v", now.Week.Days[4], dinner)
	}
	b.want(ours+"/wishes", nil, http.StatusOK, `value="4"`)
	b.want(ours+"/wishes", url.Values{"guests " + friday + " dinner": {"many"}}, http.StatusUnprocessableEntity, "is no number from 0 to 30")
	b.want(ours+"/wishes", url.Values{"travel": {"2020-01-01"}}, http.StatusUnprocessableEntity, "is no day of the week")
	b.want(ours+"/preview?command=REGENERATE+WEEK", nil, http.StatusOK, "Make this change")
	b.want(ours+"/preview?command=DANCE", nil, http.StatusOK, "Keep my plan")
	page = b.want(ours+"/history", nil, http.StatusOK, "Friday dinner has 4 guests.")
	b.want(ours, url.Values{"command": {"UNDO"}, "version": {field(t, page, "Take the last", "version")}}, http.StatusOK, "")
	back, err := w.Plans.Get(t.Context(), lewis.ID, week)
	must(t, err)
	if back.Week.Version() != before.Week.Version() {
		t.Error("the wishes were not taken back")
	}
	if page := b.want(ours+"/history", nil, http.StatusOK, "taken back"); strings.Contains(page, "Take the last") {
		t.Error("what was taken back can be taken back again")
	}
}

// shop ticks a list in two browsers and through its shared address.
func (w *world) shop(t *testing.T, b *browser) {
	t.Helper()
	path := "/shopping/" + week.String()
	page := b.want(path, nil, http.StatusOK, "left to buy")
	key, link := field(t, page, "data-tick", "key"), html.UnescapeString(regexp.MustCompile(`value="(http[^"]*/list/[^"]+)"`).FindStringSubmatch(page)[1])
	shared := "/list/" + link[strings.LastIndex(link, "/")+1:]
	guest := w.browser(t)
	if page := guest.want(shared, nil, http.StatusOK, "left to buy"); strings.Contains(page, "Add an item") || strings.Contains(page, "settings") {
		t.Errorf("the shared list shows more than the list:\n%s", page)
	}
	list := func() shopping.List {
		t.Helper()
		status, _, text := b.do(path, nil, "Accept", "application/json")
		var l shopping.List
		if err := json.Unmarshal([]byte(text), &l); err != nil || status != http.StatusOK {
			t.Fatalf("%d %v: %s", status, err, text)
		}
		return l
	}
	left := list().Left()
	guest.want(shared, url.Values{"do": {"tick"}, "key": {key}}, http.StatusOK, "left to buy")
	guest.want(shared, url.Values{"do": {"add"}, "text": {"beer"}}, http.StatusUnauthorized, "nothing else")
	guest.want(shared, url.Values{"do": {"tick"}, "key": {"food:moon"}}, http.StatusUnprocessableEntity, "is no more")
	guest.want(path, url.Values{"do": {"tick"}, "key": {key}}, http.StatusUnauthorized, "not signed in")
	if now := list(); now.Left() != left-1 || now.Version == 0 {
		t.Errorf("%d left of %d, version %d", now.Left(), left, now.Version)
	}
	b.want(path, url.Values{"do": {"add"}, "text": {" <i>beer</i> "}}, http.StatusOK, "Added by you")
	own := list().Own
	if len(own) != 1 || own[0].Text != "<i>beer</i>" {
		t.Fatalf("own items %+v", own)
	}
	b.want(path, url.Values{"do": {"tick-own"}, "id": {strconv.FormatInt(own[0].ID, 10)}}, http.StatusOK, "<i>beer</i>")
	b.want(path, url.Values{"do": {"remove"}, "id": {"9999999"}}, http.StatusOK, "any longer")
	b.want(path, url.Values{"do": {"tick"}, "key": {"food:moon"}}, http.StatusOK, "any longer")
	b.want(path, url.Values{"do": {"sing"}}, http.StatusOK, "is not tick")
	b.want(path+"/list.txt", nil, http.StatusOK, "- ")
	if now := list(); now.Left() != left-1 || !now.Own[0].Ticked {
		t.Errorf("%d left of %d, %+v", now.Left(), left, now.Own)
	}
}

// rows counts a table's rows.
func (w *world) rows(t *testing.T, table string) int {
	t.Helper()
	var n int
	must(t, w.pool(t).QueryRow(t.Context(), "select count(*) from "+table).Scan(&n))
	return n
}
