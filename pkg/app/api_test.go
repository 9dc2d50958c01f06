package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
)

// program is a program that uses the API with a token; every answer of it must be one that the
// document describes.
type program struct {
	t     *testing.T
	base  string
	token string
	doc   *document
}

// document is the API's own description.
type document struct {
	raw     map[string]any
	schemas *jsonschema.Compiler
}

// operation is an entry of the document.
type operation struct {
	ID, Method, Path string
	Scopes           []string
	raw              map[string]any
}

const apiRoot = "/api/v1"

func (w *world) document(t *testing.T) *document {
	t.Helper()
	resp, err := http.Get("http://" + w.Addr(app.API).String() + "/api/openapi.json")
	must(t, err)
	defer resp.Body.Close()
	raw, err := jsonschema.UnmarshalJSON(resp.Body)
	must(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	must(t, c.AddResource("https://openapi.test/doc.json", raw))
	return &document{raw.(map[string]any), c}
}

// operations are all there are, in a fixed order.
func (d *document) operations() []operation {
	var out []operation
	paths := d.raw["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(map[string]any)
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			if raw, ok := item[method].(map[string]any); ok {
				o := operation{ID: raw["operationId"].(string), Method: strings.ToUpper(method), Path: path, raw: raw}
				for _, s := range raw["security"].([]any)[0].(map[string]any)["token"].([]any) {
					o.Scopes = append(o.Scopes, s.(string))
				}
				out = append(out, o)
			}
		}
	}
	return out
}

func pointer(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1"))
	}
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(b.String())
}

// describes fails unless the document has the answer.
func (d *document) describes(t *testing.T, o operation, a said) {
	t.Helper()
	responses := o.raw["responses"].(map[string]any)
	status := http.StatusText(a.status)
	r, ok := responses[strings.TrimSpace(itoa(a.status))].(map[string]any)
	if !ok {
		t.Errorf("%s answers %d %s, which the document does not describe: %.300s", o.ID, a.status, status, a.body)
		return
	}
	content, _ := r["content"].(map[string]any)
	if len(content) == 0 {
		if len(a.body) > 0 {
			t.Errorf("%s answers %d with a body: %.300s", o.ID, a.status, a.body)
		}
		return
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if _, ok := content[kind]; !ok {
		t.Errorf("%s answers %d as %q; described are %v", o.ID, a.status, kind, slices.Collect(maps.Keys(content)))
		return
	}
	if !strings.HasSuffix(kind, "json") {
		return
	}
	schema, err := d.schemas.Compile("https://openapi.test/doc.json#" + pointer("paths", o.Path, strings.ToLower(o.Method), "responses", itoa(a.status), "content", kind, "schema"))
	must(t, err)
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err != nil {
		t.Errorf("%s answers %d with no JSON: %v", o.ID, a.status, err)
		return
	}
	if err := schema.Validate(body); err != nil {
		t.Errorf("%s answers %d otherwise than described: %v\n%.600s", o.ID, a.status, err, a.body)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// said is what the API said.
type said struct {
	status int
	header http.Header
	body   []byte
}

// get decodes a field of the said, by a path of names and indexes.
func (a said) get(path ...any) any {
	var v any
	if json.Unmarshal(a.body, &v) != nil {
		return nil
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (a said) text(path ...any) string { s, _ := a.get(path...).(string); return s }

// program returns one with a fresh token of the user's.
func (w *world) program(t *testing.T, doc *document, user string, scopes ...access.Scope) *program {
	t.Helper()
	if scopes == nil {
		scopes = access.Scopes
	}
	_, secret, err := w.Tokens.Create(t.Context(), user, "test", scopes, 0)
	must(t, err)
	return &program{t, "http://" + w.Addr(app.API).String(), secret, doc}
}

// do asks; body nil is none. The headers come in pairs.
func (p *program) do(method, path string, body any, headers ...string) said {
	p.t.Helper()
	var sent io.Reader = http.NoBody
	switch b := body.(type) {
	case nil:
	case []byte:
		sent = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		must(p.t, err)
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, sent)
	must(p.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	must(p.t, err)
	text, err := io.ReadAll(resp.Body)
	must(p.t, err)
	must(p.t, resp.Body.Close())
	return said{resp.StatusCode, resp.Header, text}
}

// call carries out an operation by its id, its path filled in with the parameters in their order.
func (p *program) call(id string, want int, params []string, body any, headers ...string) said {
	p.t.Helper()
	all := p.doc.operations()
	i := slices.IndexFunc(all, func(o operation) bool { return o.ID == id })
	if i < 0 {
		p.t.Fatalf("the document has no operation %s", id)
	}
	path, query := all[i].Path, ""
	for _, x := range params {
		if x == "" {
			continue
		}
		if from := strings.IndexByte(path, '{'); from >= 0 {
			x, query, _ = strings.Cut(x, "?")
			if query != "" {
				query = "?" + query
			}
			path = path[:from] + x + path[from+strings.IndexByte(path[from:], '}')+1:]
		} else {
			query = x
		}
	}
	a := p.do(all[i].Method, apiRoot+path+query, body, headers...)
	if a.status != want {
		p.t.Errorf("%s %v %v: %d, want %d: %.800s", id, params, body, a.status, want, a.body)
	}
	p.doc.describes(p.t, all[i], a)
	return a
}

// A program reads a user's week, changes it, shops, answers and sets as the pages do.
func TestAProgramDoesWhatPagesDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	const lewis = "user_lewis"
	must(t, w.Start(t.Context()))
	p := w.program(t, w.document(t), lewis)
	monday := week.String()
	type m = map[string]any

	me := p.call("getMe", 200, nil, nil)
	if me.text("id") != lewis || me.text("this_week") != (week-7).String() || me.text("token", "scopes", 0) != "plan:read" {
		t.Errorf("me: %s", me.body)
	}
	p.call("getWeek", 404, []string{"next"}, nil)
	p.call("getShoppingList", 404, []string{"next"}, nil)
	if got := p.call("listWeeks", 200, []string{""}, nil); string(got.body) != "{\"weeks\":[]}\n" {
		t.Errorf("no weeks: %s", got.body)
	}
	planned := p.call("planWeek", 201, []string{"next"}, nil)
	p.call("planWeek", 409, []string{monday}, nil)
	p.call("planWeek", 422, []string{(week - 14).String()}, nil)
	shown := p.call("getWeek", 200, []string{monday}, nil)
	if shown.header.Get("ETag") != planned.header.Get("ETag") || shown.header.Get("ETag") != `"`+shown.text("version")+`"` || shown.text("status") != "balanced" {
		t.Errorf("the week: %v, %.200s", shown.header, shown.body)
	}
	if again := p.do("GET", apiRoot+"/weeks/"+monday, nil, "If-None-Match", shown.header.Get("ETag")); again.status != 304 || len(again.body) > 0 {
		t.Errorf("unchanged: %d %s", again.status, again.body)
	}
	if got := p.call("listWeeks", 200, []string{"?limit=1"}, nil); got.text("weeks", 0, "week") != monday || got.get("next") != nil {
		t.Errorf("weeks: %s", got.body)
	}
	p.call("listWeeks", 422, []string{"?limit=0"}, nil)
	p.call("listWeeks", 422, []string{"?cursor=x"}, nil)

	cooking := p.call("getCookingPlan", 200, []string{monday}, nil)
	if cooking.text("batches", 0, "name") == "" || cooking.text("batches", 0, "cook_on") != monday || cooking.text("batches", 0, "feeds", 0, "meal") != "breakfast" {
		t.Errorf("cooking: %.300s", cooking.body)
	}
	drawn := 0
	for day := range 7 {
		dish, _ := shown.get("days", day, "meals", 2, "dish", "recipe").(float64)
		if status := p.do("GET", apiRoot+"/recipes/"+itoa(int(dish))+"/picture?size=small", nil); status.status == 200 && status.header.Get("Content-Type") == "image/jpeg" && len(status.body) > 500 {
			drawn++
		}
	}
	if drawn == 0 {
		t.Error("no dinner has a picture")
	}
	p.call("getPicture", 404, []string{"999999"}, nil)
	p.call("getPicture", 422, []string{"1?size=huge"}, nil)
	w.changeAMeal(t, p, shown)
	w.shopByProgram(t, p)
	w.setByProgram(t, p)

	p.readLibrary(t)
	p.call("answerFood", 422, nil, m{"food": "moon dust", "is": "cheese"})
	p.call("answerFood", 422, nil, m{"food": "moon dust"})
	p.call("takeBackAnswer", 404, []string{"?food=moon"}, nil)
	if got := p.call("exportAccount", 200, nil, nil); got.text("user", "id") != lewis || got.text("tokens", 0, "name") != "test" || got.get("tokens", 0, "digest") != nil {
		t.Errorf("export: %.300s", got.body)
	}
	if logs := w.logs.String(); strings.Contains(logs, p.token) || strings.Contains(logs, "mp_") {
		t.Error("the log holds a token")
	}
}

// readLibrary lists every recipe, in pages.
func (p *program) readLibrary(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	for query := "?limit=100"; query != ""; {
		got := p.call("listRecipes", 200, []string{query}, nil)
		for i := range got.get("recipes").([]any) {
			seen[got.text("recipes", i, "name")] = true
			if left := got.get("recipes", i, "left_out") != nil; left != (len(got.get("recipes", i, "meals").([]any)) == 0) {
				t.Errorf("neither planned nor left out: %v", got.get("recipes", i))
			}
		}
		next, _ := got.get("next").(string)
		if query = ""; next != "" {
			query = "?limit=100&cursor=" + next
		}
	}
	library := p.call("getLibrary", 200, nil, nil)
	if float64(len(seen)) > library.get("recipes").(float64) || len(seen) < 100 {
		t.Errorf("%d names of %v recipes", len(seen), library.get("recipes"))
	}
	if got := p.call("listRecipes", 200, []string{"?query=zzzz"}, nil); string(got.body) != "{\"recipes\":[]}\n" {
		t.Errorf("nothing is called that: %s", got.body)
	}
	p.call("listRecipes", 422, []string{"?cursor=x"}, nil)
}

// changeAMeal goes through all that can be done to a week.
func (w *world) changeAMeal(t *testing.T, p *program, shown said) {
	t.Helper()
	monday, friday := week.String(), []string{(week + 4).String(), "dinner"}
	version := func(a said) string { t.Helper(); return a.header.Get("ETag") }
	v := version(shown)
	p.call("lockMeal", 428, friday, nil)
	p.call("lockMeal", 412, friday, nil, "If-Match", `"0123456789abcdef"`)
	locked := p.call("lockMeal", 200, friday, nil, "If-Match", v, "Idempotency-Key", "lock-1")
	if locked.text("week", "days", 4, "meals", 2, "state") != "locked" || version(locked) == v || locked.get("undo") != true {
		t.Errorf("locked: %s", locked.body)
	}
	again := p.call("lockMeal", 200, friday, nil, "If-Match", v, "Idempotency-Key", "lock-1")
	if !bytes.Equal(again.body, locked.body) || again.header.Get("Idempotency-Replayed") != "true" || version(again) != version(locked) {
		t.Errorf("repeated: %v %s", again.header, again.body)
	}
	p.call("unlockMeal", 422, friday, nil, "If-Match", "*", "Idempotency-Key", "lock-1") // another request
	p.call("unlockMeal", 412, friday, nil, "If-Match", v, "Idempotency-Key", "unlock-1")
	unlocked := p.call("unlockMeal", 200, friday, nil, "If-Match", version(locked), "Idempotency-Key", "unlock-1") // a refusal is not kept
	skipped := p.call("skipMeal", 200, friday, nil, "If-Match", version(unlocked))
	if skipped.text("week", "days", 4, "meals", 2, "state") != "skipped" {
		t.Errorf("skipped: %s", skipped.body)
	}
	p.call("getMeal", 200, friday, nil)
	p.call("unskipMeal", 200, friday, nil, "If-Match", "*")
	meal := p.call("getMeal", 200, friday, nil)
	if meal.text("meal", "dish", "name") == "" || meal.text("ingredients", 0, "food") == "" || meal.text("steps", 0, "text") == "" {
		t.Errorf("the meal: %s", meal.body)
	}
	others := p.call("listAlternatives", 200, friday, nil)
	recipe, _ := others.get("alternatives", 1, "recipe").(float64)
	taken := p.call("replaceMeal", 200, friday, map[string]any{"recipe": recipe}, "If-Match", `"`+others.text("version")+`"`)
	if taken.get("week", "days", 4, "meals", 2, "dish", "recipe") != recipe || taken.text("changes", 0, "is", "name") != others.text("alternatives", 1, "name") {
		t.Errorf("taken %v: %s", recipe, taken.body)
	}
	p.call("replaceMeal", 200, friday, map[string]any{}, "If-Match", "*")
	kept := p.call("replaceMeal", 200, friday, map[string]any{"recipe": recipe, "keep": true}, "If-Match", "*")
	if kept.get("week", "days", 4, "meals", 2, "dish", "recipe") != recipe || kept.text("groceries", 0, "food") == "" {
		t.Errorf("kept %v: %s", recipe, kept.body)
	}
	p.call("replaceMeal", 422, friday, map[string]any{}, "If-Match", "*") // it is locked
	p.call("replaceMeal", 422, friday, map[string]any{"keep": true}, "If-Match", "*")
	p.call("undo", 200, []string{monday}, nil, "If-Match", "*")
	p.call("undo", 422, []string{monday}, nil, "If-Match", "*")
	p.call("replan", 200, []string{monday}, map[string]any{"day": (week + 2).String(), "meal": "lunch"}, "If-Match", "*")
	p.call("replan", 200, []string{monday}, map[string]any{"style": "high protein"}, "If-Match", "*")
	p.call("replan", 422, []string{monday}, map[string]any{"meal": "dinner"}, "If-Match", "*")
	p.call("replan", 422, []string{monday}, map[string]any{"day": (week + 7).String()}, "If-Match", "*")
	p.call("replan", 422, []string{monday}, map[string]any{"style": "sweet"}, "If-Match", "*")
	p.call("replan", 422, []string{monday}, map[string]any{"day": (week + 2).String(), "style": "variety"}, "If-Match", "*")
	p.call("command", 200, []string{monday}, map[string]any{"commands": []string{"TRAVEL wed-thu", "STATUS"}}, "If-Match", "*")
	p.call("command", 422, []string{monday}, map[string]any{"commands": []string{"DANCE"}}, "If-Match", "*")
	p.call("command", 422, []string{monday}, map[string]any{"commands": []string{"SKIP friday\nPAUSE"}}, "If-Match", "*")
	p.call("command", 422, []string{monday}, map[string]any{"commands": []string{"TAKE 2026-12-04 dinner 1"}}, "If-Match", "*")
	p.call("command", 422, []string{monday}, map[string]any{"commands": []string{"KEEP 2026-12-04 dinner 1"}}, "If-Match", "*")
	asked := p.call("replan", 200, []string{monday + "?preview=true"}, map[string]any{"style": "variety"})
	if now := p.call("getWeek", 200, []string{monday}, nil); asked.text("week", "version") == now.text("version") || asked.get("changes", 0) == nil || asked.get("undo") != false {
		t.Errorf("a preview: %s", asked.body)
	}
	p.call("putWishes", 200, []string{monday}, map[string]any{"travel": []string{}, "skips": []any{}, "guests": []any{map[string]any{"date": (week + 4).String(), "meal": "dinner", "people": 3}}}, "If-Match", "*")
	p.call("putWishes", 422, []string{monday}, map[string]any{"travel": []string{(week + 9).String()}, "skips": []any{}, "guests": []any{}}, "If-Match", "*")
	if got := p.call("getWishes", 200, []string{monday}, nil); got.get("guests", 0, "people") != 3.0 || got.get("travel", 0) != nil {
		t.Errorf("wishes: %s", got.body)
	}
	if got := p.call("listChanges", 200, []string{monday}, nil); got.text("changes", 0, "by") != "api" || got.text("changes", 0, "done", 0) == "" {
		t.Errorf("history: %s", got.body)
	}
	p.call("ateMeal", 422, friday, nil, "If-Match", "*") // it is still ahead
	var source string
	must(t, w.pool(t).QueryRow(t.Context(), "select string_agg(distinct source, ',') from steerings").Scan(&source))
	if source != "api" {
		t.Errorf("the audit says that %q did it", source)
	}
}

func (w *world) shopByProgram(t *testing.T, p *program) {
	t.Helper()
	monday := week.String()
	list := p.call("getShoppingList", 200, []string{monday}, nil)
	key, left := list.text("sections", 0, "items", 0, "key"), list.get("left").(float64)
	ticked := p.call("tickItem", 200, []string{monday}, map[string]any{"key": key, "ticked": true})
	if ticked.get("left") != left-1 || ticked.get("sections", 0, "items", 0, "ticked") != true {
		t.Errorf("ticked: %s", ticked.body)
	}
	p.call("tickItem", 404, []string{monday}, map[string]any{"key": "food:moon", "ticked": true})
	p.call("tickItem", 200, []string{monday}, map[string]any{"key": key, "ticked": false})
	beer := map[string]any{"text": "two bottles of beer"}
	added := p.call("addItem", 201, []string{monday}, beer, "Idempotency-Key", "beer")
	p.call("addItem", 201, []string{monday}, beer, "Idempotency-Key", "beer")
	p.call("addItem", 422, []string{monday}, map[string]any{"text": "  "})
	id, _ := added.get("id").(float64)
	own := p.call("tickOwnItem", 200, []string{monday, itoa(int(id))}, map[string]any{"ticked": true})
	if items, _ := own.get("own").([]any); len(items) != 1 || own.get("own", 0, "ticked") != true {
		t.Errorf("own items: %s", own.body)
	}
	if text := p.call("getShoppingText", 200, []string{monday}, nil); !strings.Contains(string(text.body), "\n- ") || strings.Contains(string(text.body), "beer") {
		t.Errorf("as text: %.200s", text.body)
	}
	p.call("removeItem", 204, []string{monday, itoa(int(id))}, nil)
	p.call("removeItem", 404, []string{monday, itoa(int(id))}, nil)
}

func (w *world) setByProgram(t *testing.T, p *program) {
	t.Helper()
	type m = map[string]any
	before := p.call("getSettings", 200, nil, nil)
	v := before.header.Get("ETag")
	after := p.call("changeSettings", 200, nil, m{
		"people": 3, "allergens": []string{"nuts"}, "dislikes": []string{"leek"}, "meals": []string{"lunch", "dinner"}, "plan_hour": 18, "mails": []string{"weekly_plan"},
		"minutes": []string{"weekdays dinner 40"}, "weekly": []string{"fish >= 1"}, "eaters": []float64{1, 0.5}, "min_servings": 0.5, "targets": m{"protein_g": 140, "fat_g": 70, "carbs_g": 210},
	}, "If-Match", v)
	if after.get("people") != 3.0 || after.text("meals", 0) != "lunch" || after.text("plan_day") != "friday" || after.text("mails", 0) != "weekly_plan" || after.get("eaters", 1) != 0.5 || after.get("targets", "protein_g") != 140.0 {
		t.Errorf("settings: %s", after.body)
	}
	p.call("changeSettings", 412, nil, m{"people": 4}, "If-Match", v)
	for field, body := range map[string]m{
		"body.people": {"people": 30}, "dislikes": {"dislikes": []string{"qwertz"}}, "allergens": {"allergens": []string{"plastic"}}, "time_zone": {"time_zone": "Mars/Olympus"},
		"targets": {"targets": m{"protein_g": 30, "fat_g": 10, "carbs_g": 50}}, "minutes": {"minutes": []string{"whenever"}}, "body.email": {"email": "x@example.org"},
	} {
		if got := p.call("changeSettings", 422, nil, body); got.text("errors", 0, "field") != field || got.text("detail") == "" {
			t.Errorf("%v blames %s", body, got.body)
		}
	}
}
