package app_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// groceriesOf is the list as a browser gets it.
func (b *browser) groceriesOf(path string) shopping.List {
	b.t.Helper()
	status, _, text := b.do(path, nil, "Accept", "application/json")
	var l shopping.List
	if err := json.Unmarshal([]byte(text), &l); err != nil || status != http.StatusOK {
		b.t.Fatalf("%d %v: %s", status, err, text)
	}
	return l
}

// find is an item of a list, and where it stands.
func find(l shopping.List, key string) (at string, item shopping.Item) {
	for name, items := range map[string][]shopping.Item{"home": l.Home, "pantry": l.Pantry} {
		for _, i := range items {
			if i.Key == key {
				return name, i
			}
		}
	}
	for _, s := range l.Sections {
		for _, i := range s.Items {
			if i.Key == key {
				return "buy", i
			}
		}
	}
	return "", shopping.Item{}
}

// What is at home leaves the list until more of it is needed; staples are looked for at home; those
// who share the list can tick, and nothing else; nobody's list but one's own changes.
func TestWhatIsAtHomeIsNotBought(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:2]
	lewis, ana := people[0], people[1]
	w := newWorld(t, options{people: people, change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	w.mustGenerate(t, lewis.ID)
	w.mustGenerate(t, ana.ID)
	must(t, w.Start(t.Context()))
	must(t, w.box.Mail.Wait(t.Context(), 2))
	b, guest := w.browser(t), w.browser(t)
	b.signIn(w, lewis.Email)
	path, friday := "/shopping/"+week.String(), week+4
	page := b.want(path, nil, http.StatusOK, "Have it")
	shared := regexp.MustCompile(`/list/[^"]+`).FindString(html.UnescapeString(page))
	var item shopping.Item // of Friday's dinner
	for _, s := range b.groceriesOf(path).Sections {
		for _, i := range s.Items {
			if strings.ContainsAny(i.Buy, "0123456789") && slices.ContainsFunc(i.Uses, func(u grocery.Use) bool { return u.Date == friday && u.Meal.String() == "dinner" && u.Amount != "" }) {
				item = i
			}
		}
	}
	if item.Key == "" {
		t.Fatal("Friday's dinner needs nothing")
	}
	at := func(want string, had bool) {
		t.Helper()
		if got, i := find(b.groceriesOf(path), item.Key); got != want || (i.Had != "") != had || i.Ticked {
			t.Errorf("%s stands under %q: %+v; want %q", item.Name, got, i, want)
		}
	}
	others := w.digest(t, ana.ID)
	press := func(do string) {
		t.Helper()
		b.want(path, url.Values{"do": {do}, "key": {item.Key}}, http.StatusOK, "")
	}
	left := b.groceriesOf(path).Left()
	press("have")
	at("home", false)
	if now := b.groceriesOf(path); now.Left() != left-1 || now.Version == 0 {
		t.Errorf("%d left of %d, version %d", now.Left(), left, now.Version)
	}
	b.want(path, nil, http.StatusOK, "At home")
	if _, _, text := b.do(path+"/list.txt", nil); strings.Contains(text, "- "+item.Name+",") {
		t.Errorf("what is at home is in the text:\n%s", text)
	}
	for _, do := range []string{"have", "need", "always", "not-always", "push", "add", "remove", ""} {
		guest.want(shared, url.Values{"do": {do}, "key": {item.Key}, "text": {"x"}, "id": {"1"}}, http.StatusUnauthorized, "nothing else")
	}
	guest.offersTicks(shared)
	for _, do := range []string{"tick", "untick"} {
		guest.want(shared, url.Values{"do": {do}, "key": {item.Key}}, http.StatusOK, "At home")
		at("home", false)
	}

	wishes := "/week/" + week.String() + "/wishes"
	ask := url.Values{"guests " + friday.String() + " dinner": {"6"}}
	page = b.want(wishes, ask, http.StatusOK, "What would change")
	ask.Set("sure", "yes")
	ask.Set("version", field(t, page, "Make this change", "version"))
	b.want(wishes, ask, http.StatusOK, "has 6 guests")
	at("buy", true) // more is needed
	page = b.want("/week/"+week.String()+"/history", nil, http.StatusOK, "has 6 guests")
	b.want("/week/"+week.String(), url.Values{"command": {"UNDO"}, "version": {field(t, page, "Take the last", "version")}}, http.StatusOK, "")
	at("home", false)
	press("need")
	at("buy", false)

	press("always")
	at("pantry", false)
	w.staples(t, b)
	press("not-always")
	at("buy", false)
	b.want(path, url.Values{"do": {"have"}, "key": {"food:moon"}}, http.StatusOK, "any longer")
	if now := w.digest(t, ana.ID); now != others {
		t.Errorf("of Ana's something changed:\n%s\n%s", others, now)
	}
}

// staples adds foods that are always at home in the settings, beside the one that is there, and takes one away.
func (w *world) staples(t *testing.T, b *browser) {
	t.Helper()
	b.want("/settings", nil, http.StatusOK, "Always at home")
	u, err := w.Users.Get(t.Context(), sandbox.People()[0].ID)
	must(t, err)
	if len(u.Settings.Staples) != 1 {
		t.Errorf("staples %q", u.Settings.Staples)
	}
	b.want("/settings", url.Values{"form": {"staples"}, "staple": {"flower"}}, http.StatusUnprocessableEntity, "Unknown food “flower”: did you mean")
	list := postgres.NewShopping(w.pool(t))
	was, err := list.Version(t.Context(), u.ID, week)
	must(t, err)
	for _, change := range []url.Values{{"form": {"staples"}, "staple": {"flour, soy sauce"}}, {"form": {"staples"}, "gone": {"flour"}}} {
		b.want("/settings", change, http.StatusOK, "soy sauce")
		now, err := list.Version(t.Context(), u.ID, week)
		must(t, err)
		if now == was || now < 0 || now >= 1<<53 { // what a script can hold
			t.Errorf("after %v the list's version is %d, was %d", change, now, was)
		}
		was = now
	}
	b.want("/settings", url.Values{"form": {"staples"}, "gone": {"flour"}}, http.StatusUnprocessableEntity, "is none of yours")
	b.want("/account/export.json", nil, http.StatusOK, `"staples"`)
}

// Staples stand in the pantry of the mail, too.
func TestStaplesInTheMail(t *testing.T) {
	t.Parallel()
	lewis := sandbox.People()[0]
	w := newWorld(t, options{people: []sandbox.Person{lewis}})
	before := w.mustGenerate(t, lewis.ID)
	line := before.Groceries.Sections[0].Lines[0]
	if _, err := w.Shopping.Always(t.Context(), lewis.ID, week, line.Key(), true); err != nil {
		t.Fatal(err)
	}
	m, err := w.PreviewMail(t.Context(), lewis.ID, "weekly_plan")
	must(t, err)
	_, pantry, ok := strings.Cut(m.Text, "pantry")
	if !ok || !strings.Contains(strings.Join(strings.Fields(pantry), " "), strings.TrimSpace(line.Name+" "+line.Buy)) {
		t.Errorf("%s is not looked for in the pantry:\n%s", line.Name, m.Text)
	}
}

// From the page and by a program the week goes to Tandoor at once, and once; what is at home does
// not; and what keeps it from going is said.
func TestTheListIsPushedToTandoor(t *testing.T) {
	t.Parallel()
	lewis := sandbox.People()[0]
	w := newWorld(t, options{people: []sandbox.Person{lewis}, role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	w.mustGenerate(t, lewis.ID)
	must(t, w.Start(t.Context()))
	b := w.browser(t)
	token, err := w.SignIns.Link(t.Context(), lewis.ID)
	must(t, err)
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	path := "/shopping/" + week.String()
	p := w.program(t, w.document(t), lewis.ID, access.PlanWrite, access.Shopping)

	if page := b.want(path, nil, http.StatusOK, "once whoever runs this service"); strings.Contains(page, "Send it to Tandoor") {
		t.Error("a list is to be sent to a library that takes none")
	}
	b.want(path+"/push", url.Values{}, http.StatusOK, "Writing to Tandoor is off")
	b.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "This library is not yours")
	p.call("pushToTandoor", http.StatusConflict, []string{week.String()}, nil)
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	conn.WriteBack = true
	must(t, w.Users.PutConnection(t.Context(), conn))
	w.box.Tandoor.SetToken(w.box.TandoorToken, tandoortest.Token{Scope: "read"})
	b.want(path+"/push", url.Values{}, http.StatusOK, `scope "read write"`)
	w.box.Tandoor.SetToken(w.box.TandoorToken, tandoortest.Token{Scope: "read write"})

	list := b.groceriesOf(path)
	first := list.Sections[0].Items[0]
	p.call("setAtHome", http.StatusOK, []string{week.String()}, map[string]any{"key": first.Key, "home": true})
	page := b.want(path+"/push", url.Values{}, http.StatusOK, "hold this week")
	if strings.Contains(page, ": 0 written now") {
		t.Errorf("nothing was written:\n%s", page)
	}
	client, err := w.Tandoor(t.Context(), sandbox.Connection)
	must(t, err)
	entries, err := client.Lines(t.Context(), 0)
	must(t, err)
	for _, e := range entries {
		if strings.EqualFold(e.Food, first.Name) {
			t.Errorf("Tandoor's list holds what is at home: %+v", e)
		}
	}
	b.want(path+"/push", url.Values{}, http.StatusOK, ": 0 written now")
	again := p.call("pushToTandoor", http.StatusOK, []string{week.String()}, nil)
	if again.get("created") != 0.0 || again.get("kept") == 0.0 {
		t.Errorf("again: %s", again.body)
	}
	p.call("setAtHome", http.StatusOK, []string{week.String()}, map[string]any{"key": first.Key, "home": false})
	if more := p.call("pushToTandoor", http.StatusOK, []string{week.String()}, nil); more.get("created") == 0.0 {
		t.Errorf("what is to be bought again: %s", more.body)
	}
	if now, err := client.Lines(t.Context(), 0); err != nil || len(now) <= len(entries) {
		t.Errorf("%d lines after %d, %v", len(now), len(entries), err)
	}
}

// offersTicks looks at a shared list, on which nothing but ticking can be done.
func (b *browser) offersTicks(path string) {
	b.t.Helper()
	_, page, _ := strings.Cut(b.want(path, nil, http.StatusOK, "At home"), "<main") // the script knows all words
	for _, more := range []string{"Have it", "Buy it", "Always at home", "Send it to Tandoor"} {
		if strings.Contains(page, more) {
			b.t.Errorf("the shared list offers %q:\n%s", more, page)
		}
	}
}
