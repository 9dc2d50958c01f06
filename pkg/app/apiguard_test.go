package app_test

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// digests are those of all tables that the test does not leave out: what anything at all changed.
func (w *world) digests(t *testing.T) map[string]string {
	t.Helper()
	pool := w.pool(t)
	rows, err := pool.Query(t.Context(), "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not like 'river%' order by 1")
	must(t, err)
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	must(t, rows.Err())
	out := map[string]string{}
	for _, name := range tables {
		var sum string
		must(t, pool.QueryRow(t.Context(), "select coalesce(md5(string_agg(t::text, '' order by t::text)), '') from \""+name+"\" t").Scan(&sum))
		out[name] = sum
	}
	return out
}

// two are the API role with two users whose weeks are planned, the first one's full of marks.
func two(t *testing.T) (w *world, doc *document, owner, other *program, params map[string][]string) {
	t.Helper()
	people := sandbox.People()[:2]
	w = newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }, people: people, role: app.API})
	for _, p := range people {
		w.mustGenerate(t, p.ID)
	}
	must(t, w.Start(t.Context()))
	doc = w.document(t)
	owner, other = w.program(t, doc, people[0].ID), w.program(t, doc, people[1].ID)
	item := owner.call("addItem", 201, []string{week.String()}, map[string]any{"text": "MARK of the owner"})
	owner.call("createCalendar", 201, nil, map[string]any{"name": "MARK calendar"})
	owner.call("lockMeal", 200, []string{(week + 4).String(), "dinner"}, nil, "If-Match", "*")
	hook := owner.call("createWebhook", 201, nil, map[string]any{"url": "https://example.org/MARK", "events": []string{"plan.changed"}})
	tokens := owner.call("listTokens", 200, nil, nil)
	id := func(v any) string { f, _ := v.(float64); return itoa(int(f)) }
	return w, doc, owner, other, map[string][]string{
		"week": {week.String()}, "date": {(week + 4).String()}, "meal": {"dinner"}, "id": {id(item.get("id")), id(tokens.get("tokens", 1, "id")), id(tokens.get("tokens", 0, "id")), hook.text("webhook", "id")},
		"food": {"moon"},
	}
}

// Over all operations of the document: with somebody else's names nothing of theirs is told or
// changed.
func TestNobodyReachesAnothersData(t *testing.T) {
	t.Parallel()
	w, doc, _, other, params := two(t)
	owner := sandbox.People()[0]
	export := func() string {
		t.Helper()
		data, err := w.Users.Export(t.Context(), owner.ID)
		must(t, err)
		return string(data)
	}
	before, tried := export(), 0
	for _, o := range doc.operations() {
		for _, id := range params["id"] {
			path := strings.NewReplacer("{week}", params["week"][0], "{date}", params["date"][0], "{meal}", params["meal"][0], "{id}", id).Replace(o.Path)
			if strings.HasSuffix(path, "/library/answers") && o.Method == http.MethodDelete {
				path += "?food=moon"
			}
			for _, body := range bodies(o, id) {
				a := other.do(o.Method, apiRoot+path, body, "If-Match", "*")
				tried++
				doc.describes(t, o, a)
				if a.status >= 500 || strings.Contains(string(a.body), "MARK") || strings.Contains(string(a.body), owner.Email) || strings.Contains(string(a.body), `"`+owner.ID+`"`) {
					t.Errorf("%s %s tells somebody else: %d %.400s", o.Method, path, a.status, a.body)
				}
			}
		}
	}
	if after := export(); after != before {
		t.Errorf("of the owner's data something changed:\n%s\n%s", before, after)
	}
	if tried < 80 {
		t.Errorf("only %d requests were tried", tried)
	}
}

// bodies are such as carry out the operation.
func bodies(o operation, id string) []any {
	if o.raw["requestBody"] == nil {
		return []any{nil}
	}
	type m = map[string]any
	return []any{map[string]any{
		"tickItem": m{"key": "food:moon", "ticked": true}, "setAtHome": m{"key": "food:moon", "home": true}, "addItem": m{"text": "mine"}, "tickOwnItem": m{"ticked": true}, "createCalendar": m{"name": "mine"}, "createWebhook": m{"url": "https://example.org/mine", "events": []string{"plan.ready"}}, "command": m{"commands": []string{"SKIP friday dinner"}},
		"putWishes": m{"travel": []string{}, "skips": []any{}, "guests": []any{}}, "replaceMeal": m{}, "replan": m{}, "changeSettings": m{"people": 5}, "answerFood": m{"food": "moon " + id, "is": "cheese"},
	}[o.ID]}
}

// Over all operations that are GETs: the database is the same before and after, for the owner and
// for others.
func TestAProgramsGetChangesNothing(t *testing.T) {
	t.Parallel()
	w, doc, owner, other, params := two(t)
	must(t, w.Users.Unsubscribe(t.Context(), sandbox.People()[0].ID, "weekly_trends")) // a change is seen, at least
	owner.call("getMe", 200, nil, nil)
	other.call("getMe", 200, nil, nil) // their use is noted once a minute
	before, gets := w.digests(t), 0
	for _, o := range doc.operations() {
		if o.Method != http.MethodGet || o.ID == "getPicture" { // which fills a cache
			continue
		}
		path := apiRoot + strings.NewReplacer("{week}", params["week"][0], "{date}", params["date"][0], "{meal}", params["meal"][0], "{id}", params["id"][3]).Replace(o.Path)
		for _, p := range []*program{owner, other} {
			if a := p.do(http.MethodGet, path, nil, "Idempotency-Key", "k"); a.status != 200 && (p == owner || a.status != 404 || !strings.Contains(o.Path, "{id}")) {
				t.Errorf("GET %s: %d %s", path, a.status, a.body)
			}
			gets++
		}
	}
	after := w.digests(t)
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("a GET changed the table %s", name)
		}
	}
	if gets < 20 || len(before) < 20 {
		t.Errorf("%d GETs, %d tables", gets, len(before))
	}
	owner.call("addItem", 201, []string{week.String()}, map[string]any{"text": "seen"})
	if now := w.digests(t); now["shopping_items"] == after["shopping_items"] {
		t.Error("the digests see no change")
	}
}

// Over all operations: without a token, with one that has ended, that was revoked, that lacks a
// scope, or that is a calendar's, nothing is told; and no secret is in logs, traces or answers.
func TestTokensEndAndHaveScopes(t *testing.T) {
	t.Parallel()
	w, doc, owner, _, _ := two(t)
	id := sandbox.People()[0].ID
	made := map[string]string{}
	for _, name := range []string{"expired", "revoked"} {
		tok, secret, err := w.Tokens.Create(t.Context(), id, name, access.Scopes, 1)
		must(t, err)
		made[name] = secret
		if name == "revoked" {
			must(t, w.Tokens.Revoke(t.Context(), id, tok.ID))
		}
	}
	_, err := w.pool(t).Exec(t.Context(), "update api_tokens set expires_at = now() - interval '1 second' where name = 'expired'")
	must(t, err)
	_, made["calendar"], err = w.Tokens.CreateCalendar(t.Context(), id, "phone")
	must(t, err)
	made["none"], made["cut"], made["other"] = "", owner.token[:40], "mp_"+strings.Repeat("A", 43)
	narrow := map[access.Scope]*program{}
	for _, s := range access.Scopes {
		narrow[s] = w.program(t, doc, id, s)
	}
	for _, o := range doc.operations() {
		path := apiRoot + strings.NewReplacer("{week}", week.String(), "{date}", week.String(), "{meal}", "dinner", "{id}", "1").Replace(o.Path)
		for name, secret := range made {
			p := &program{t, owner.base, secret, doc}
			a := p.do(o.Method, path, nil)
			doc.describes(t, o, a)
			if a.status != 401 || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer ") || a.header.Get("Content-Type") != "application/problem+json" || secret != "" && strings.Contains(string(a.body), secret) {
				t.Errorf("%s with a token that is %s: %d %v %s", o.ID, name, a.status, a.header, a.body)
			}
		}
		for s, p := range narrow {
			wrong := len(o.Scopes) > 0 && (len(o.Scopes) > 1 || o.Scopes[0] != string(s))
			if !wrong {
				continue
			}
			a := p.do(o.Method, path, nil)
			doc.describes(t, o, a)
			if a.status != 403 || !strings.Contains(a.header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
				t.Errorf("%s with %s alone: %d %s", o.ID, s, a.status, a.body)
			}
		}
	}
	if a := owner.do(http.MethodOptions, apiRoot+"/me", nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "GET"); a.header.Get("Access-Control-Allow-Origin") != "" || a.status != 405 || !strings.Contains(a.header.Get("Allow"), "GET") {
		t.Errorf("CORS: %d %v", a.status, a.header)
	}
	if a := owner.do(http.MethodGet, apiRoot+"/nothing", nil); a.status != 404 || a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("no such address: %d %s", a.status, a.body)
	}
	w.secretsStayHere(t, append(slices.Collect(maps.Values(made)), owner.token))
}

// secretsStayHere fails if a log line or a span holds one of the secrets.
func (w *world) secretsStayHere(t *testing.T, secrets []string) {
	t.Helper()
	logs := w.logs.String()
	var spans strings.Builder
	for _, s := range w.spans.Ended() {
		spans.WriteString(s.Name() + " ")
		for _, a := range s.Attributes() {
			spans.WriteString(string(a.Key) + "=" + a.Value.String() + " ")
		}
	}
	if !strings.Contains(spans.String(), "http.route="+apiRoot+"/") {
		t.Error("no span names the route of an operation")
	}
	for _, s := range secrets {
		if s != "" && (strings.Contains(logs, s) || strings.Contains(spans.String(), s)) {
			t.Errorf("%.8s... is in a log line or a span", s)
		}
	}
}

// A browser that is signed in is nobody to the API, and what asks too often is told when to come
// back, as a problem.
func TestTheAPITakesNoCookieAndHasALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 40 }})
	must(t, w.Start(t.Context()))
	link, err := w.SignIns.Link(t.Context(), sandbox.People()[0].ID)
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar}
	base := "http://" + w.Addr(app.API).String()
	resp, err := client.Post(base+"/sign-in/"+link, "application/x-www-form-urlencoded", nil)
	must(t, err)
	must(t, resp.Body.Close())
	if resp, err = client.Get(base + apiRoot + "/me"); err != nil || resp.StatusCode != http.StatusUnauthorized || len(resp.Cookies()) > 0 {
		t.Errorf("with a cookie: %d %v, %v", resp.StatusCode, resp.Cookies(), err)
	}
	must(t, resp.Body.Close())
	p := w.program(t, nil, sandbox.People()[0].ID)
	for range 40 {
		if a := p.do(http.MethodGet, apiRoot+"/me", nil); a.status != 200 {
			if a.status != 429 || a.header.Get("Retry-After") == "" || a.header.Get("Content-Type") != "application/problem+json" || a.text("code") != "too_many_requests" {
				t.Errorf("too often: %d %v %s", a.status, a.header, a.body)
			}
			return
		}
	}
	t.Error("nothing limits how often a program asks")
}

// Of many requests at once under one key one is carried out; the others get its answer, or are told
// to wait.
func TestARepeatedRequestIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w, _, owner, _, _ := two(t)
	var wg sync.WaitGroup
	answers := make([]said, 12)
	for i := range answers {
		wg.Go(func() {
			answers[i] = owner.do(http.MethodPost, apiRoot+"/weeks/"+week.String()+"/shopping/items", map[string]any{"text": "once"}, "Idempotency-Key", "one")
		})
	}
	wg.Wait()
	created := 0
	for _, a := range answers {
		switch {
		case a.status == 201 && a.header.Get("Idempotency-Replayed") == "":
			created++
		case a.status == 201, a.status == 409 && a.header.Get("Retry-After") != "":
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	list := owner.call("getShoppingList", 200, []string{week.String()}, nil)
	if n := strings.Count(string(list.body), `"once"`); created != 1 || n != 1 {
		t.Errorf("%d were carried out, %d items are on the list", created, n)
	}
	owner.call("addItem", 422, []string{week.String()}, map[string]any{"text": "twice"}, "Idempotency-Key", "one")

	// An attempt that died after its commit: the next one is not carried out again.
	skip := []string{(week + 5).String(), "dinner"}
	first := owner.call("skipMeal", 200, skip, nil, "If-Match", "*", "Idempotency-Key", "skip")
	_, err := w.pool(t).Exec(t.Context(), "update api_answers set answer = null, created_at = created_at - interval '3 minutes' where key = 'skip'")
	must(t, err)
	undone := owner.call("unskipMeal", 200, skip, nil, "If-Match", first.header.Get("ETag"))
	again := owner.call("skipMeal", 200, skip, nil, "If-Match", "*", "Idempotency-Key", "skip")
	if again.header.Get("ETag") != undone.header.Get("ETag") || again.text("done", 0) != "This was done before." {
		t.Errorf("after its commit it was carried out again: %.300s", again.body)
	}
}

// A calendar program reads the meals at their times on the user's clock; when a dish changes its
// event stays the same one, and the address ends when the user says so.
func TestACalendarFollowsThePlan(t *testing.T) {
	t.Parallel()
	w, _, owner, _, _ := two(t)
	u, err := w.Users.Get(t.Context(), sandbox.People()[0].ID)
	must(t, err)
	zone, err := u.Location()
	must(t, err)
	made := owner.call("createCalendar", 201, nil, map[string]any{"name": "phone"})
	path := "/calendar/" + made.text("url")[strings.LastIndex(made.text("url"), "/")+1:]
	guest := &program{t, owner.base, "", nil}
	feed := func() (said, map[string]*ics.VEvent) {
		t.Helper()
		a := guest.do(http.MethodGet, path, nil)
		if a.status != 200 || a.header.Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%d %v %s", a.status, a.header, a.body)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(a.body), "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
		c, err := ics.ParseCalendar(strings.NewReader(string(a.body)))
		must(t, err)
		out := map[string]*ics.VEvent{}
		for _, e := range c.Events() {
			out[e.Id()] = e
		}
		return a, out
	}
	first, events := feed()
	plan, err := w.Plans.Get(t.Context(), u.ID, week)
	must(t, err)
	if len(events) != plan.Week.Meals() {
		t.Errorf("%d events for %d meals", len(events), plan.Week.Meals())
	}
	friday := (week + 4).String() + "-dinner@localhost"
	e := events[friday]
	if e == nil {
		t.Fatalf("no event %s:\n%.800s", friday, first.body)
	}
	begin, err := e.GetStartAt()
	must(t, err)
	end, err := e.GetEndAt()
	must(t, err)
	dish := plan.Week.Days[4].Meals[2].Name
	if want := (week + 4).At(18, 30, zone); !begin.Equal(want) || end.Sub(begin) != time.Hour || !strings.Contains(e.GetProperty(ics.ComponentPropertySummary).Value, dish) {
		t.Errorf("dinner is %s to %s, want %s: %s", begin, end, want, e.GetProperty(ics.ComponentPropertySummary).Value)
	}
	if !strings.Contains(string(first.body), "Cooked on ") || !strings.Contains(string(first.body), "also for ") {
		t.Errorf("no batch is noted:\n%s", first.body)
	}
	if again := guest.do(http.MethodGet, path, nil, "If-None-Match", first.header.Get("ETag")); again.status != 304 || len(again.body) > 0 {
		t.Errorf("unchanged: %d", again.status)
	}
	owner.call("unlockMeal", 200, []string{(week + 4).String(), "dinner"}, nil, "If-Match", "*")
	owner.call("replaceMeal", 200, []string{(week + 4).String(), "dinner"}, map[string]any{}, "If-Match", "*")
	second, events := feed()
	if events[friday] == nil || second.header.Get("ETag") == first.header.Get("ETag") || strings.Contains(events[friday].GetProperty(ics.ComponentPropertySummary).Value, dish) {
		t.Errorf("after the change: %v", events[friday])
	}
	for _, bad := range []string{"/calendar/x.ics", path + "x", strings.TrimSuffix(path, ".ics"), "/calendar/" + owner.token + ".ics"} {
		if a := guest.do(http.MethodGet, bad, nil); a.status != 404 {
			t.Errorf("GET %s: %d", bad, a.status)
		}
	}
	owner.call("revokeToken", 204, []string{itoa(int(made.get("id").(float64)))}, nil)
	if a := guest.do(http.MethodGet, path, nil); a.status != 404 {
		t.Errorf("after its end: %d", a.status)
	}
	w.secretsStayHere(t, []string{path[len("/calendar/") : len(path)-len(".ics")]})
}

// People make tokens and calendar addresses on their account page, see the secret once, and end
// them there.
func TestPeopleMakeTokensOnTheirPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	lewis := sandbox.People()[0]
	b, doc := w.browser(t), w.document(t)
	b.signIn(w, lewis.Email)
	const path = "/account/tokens"
	b.want("/account", nil, http.StatusOK, "Programs and calendars")
	b.want(path, nil, http.StatusOK, "No program and no calendar has access")
	b.want(path, url.Values{"do": {"create"}, "name": {"x"}}, http.StatusUnprocessableEntity, "choose what it may be used for")
	b.want(path, url.Values{"do": {"create"}, "name": {"x"}, "scopes": {"shopping"}, "days": {"soon"}}, http.StatusUnprocessableEntity, "is no number of days")
	b.want(path, url.Values{"do": {"sing"}}, http.StatusUnprocessableEntity, "is not create")
	page := b.want(path, url.Values{"do": {"create"}, "name": {"<b>kitchen</b>"}, "scopes": {"shopping", "plan:read"}, "days": {"30"}}, http.StatusOK, "Copy this token now")
	secret := regexp.MustCompile(`mp_[\w-]{43}`).FindString(page)
	p := &program{t, "http://" + w.Addr(app.API).String(), secret, doc}
	if me := p.call("getMe", 200, nil, nil); me.text("token", "name") != "<b>kitchen</b>" || me.text("token", "scopes", 1) != "shopping" || me.text("token", "expires_at") == "" {
		t.Errorf("the token: %s", me.body)
	}
	if again := b.want(path, nil, http.StatusOK, "plan:read, shopping"); strings.Contains(again, secret) || strings.Contains(again, "<b>kitchen") {
		t.Errorf("the page shows the secret again, or a name as it is:\n%s", again)
	}
	page = b.want(path, url.Values{"do": {"calendar"}, "name": {"phone"}}, http.StatusOK, "Copy this address now")
	if at := regexp.MustCompile(`/calendar/mpcal_[\w-]{43}\.ics`).FindString(page); p.do(http.MethodGet, at, nil).status != 200 {
		t.Errorf("no calendar at %q", at)
	}
	b.want(path, url.Values{"do": {"revoke"}, "id": {"1"}}, http.StatusOK, "It has ended")
	b.want(path, url.Values{"do": {"revoke"}, "id": {"1"}}, http.StatusOK, "here is no token")
	p.call("getMe", 401, nil, nil)
	w.secretsStayHere(t, []string{secret})
}
