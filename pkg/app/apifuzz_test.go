package app_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

var apiInputs = flag.Int("api-inputs", 2000, "how many inputs are made from the API's document")

// maker makes inputs from the document: mostly such as it allows, often at their bounds, and often
// not.
type maker struct {
	*rand.Rand
	doc   *document
	known map[string][]any // values that mean something, by the name of the field
}

// nasty texts are what programs send by mistake or malice.
var nasty = []string{"", " ", "'; drop table users; --", "\u202e", "é", "👩‍🍳", "../..", "%00", "null", "-1", "0", "1e309", "9223372036854775808", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-31", "<b>", "\\", "\"", "{}", "TAKE 2026-12-04 dinner 1", "mp_", strings.Repeat("x", 5000)}

func (m *maker) pick(list []any) any { return list[m.IntN(len(list))] }

func (m *maker) resolve(s map[string]any) map[string]any {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	return m.doc.raw["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
}

// anything is a value of any type.
func (m *maker) anything() any {
	return m.pick([]any{nil, true, m.pick([]any{-1, 0, 1, 1.5, 1e300, -1e-300, 9007199254740993}), nasty[m.IntN(len(nasty))], []any{}, []any{nil}, map[string]any{}, map[string]any{"a": []any{1}}})
}

// value makes one for a schema.
func (m *maker) value(name string, raw map[string]any) any {
	s := m.resolve(raw)
	if m.IntN(25) == 0 {
		return m.anything()
	}
	if list := m.known[name]; list != nil && m.IntN(3) > 0 {
		return m.pick(list)
	}
	if e, ok := s["enum"].([]any); ok {
		return m.pick(e)
	}
	if e, ok := s["examples"].([]any); ok && m.IntN(2) == 0 {
		return m.pick(e)
	}
	kind, _ := s["type"].(string)
	if kinds, ok := s["type"].([]any); ok {
		kind, _ = kinds[0].(string)
	}
	switch kind {
	case "boolean":
		return m.IntN(2) == 0
	case "integer", "number":
		low, high := bound(s, "minimum", -10), bound(s, "maximum", 1000)
		v := m.pick([]any{low, high, low - 1, high + 1, low + m.Float64()*(high-low)}).(float64)
		if kind == "integer" && m.IntN(10) > 0 {
			return int64(v)
		}
		return v
	case "array":
		items, _ := s["items"].(map[string]any)
		out := []any{}
		for range m.IntN(4) {
			out = append(out, m.value(name, items))
		}
		return out
	case "object":
		out := map[string]any{}
		props, _ := s["properties"].(map[string]any)
		required, _ := s["required"].([]any)
		for _, p := range slices.Sorted(maps.Keys(props)) {
			if slices.Contains(required, any(p)) && m.IntN(20) > 0 || m.IntN(3) == 0 {
				out[p] = m.value(p, props[p].(map[string]any))
			}
		}
		if m.IntN(20) == 0 {
			out["surprise"] = m.anything()
		}
		return out
	default:
		if s["format"] == "date" && m.IntN(4) > 0 {
			return (week + 7*2 - 10).String()
		}
		return nasty[m.IntN(len(nasty))]
	}
}

func bound(s map[string]any, name string, otherwise float64) float64 {
	if n, ok := s[name].(json.Number); ok {
		f, _ := n.Float64()
		return f
	}
	return otherwise
}

// request is an input.
type request struct {
	path    string
	body    any
	headers []string
}

// request makes one for an operation.
func (m *maker) request(o operation) request {
	out := request{path: apiRoot + o.Path}
	var query []string
	params, _ := o.raw["parameters"].([]any)
	for _, raw := range params {
		p := raw.(map[string]any)
		name, where := p["name"].(string), p["in"].(string)
		if where != "path" && p["required"] != true && m.IntN(2) == 0 {
			continue
		}
		v := fmt.Sprint(m.value(name, p["schema"].(map[string]any)))
		switch where {
		case "path":
			if v == "" || v == "." || v == ".." || strings.Contains(v, "/") {
				v = "-"
			}
			out.path = strings.ReplaceAll(out.path, "{"+name+"}", url.PathEscape(v))
		case "query":
			query = append(query, url.QueryEscape(name)+"="+url.QueryEscape(v))
		case "header":
			v = strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return -1
				}
				return r
			}, v)
			out.headers = append(out.headers, name, v)
		}
	}
	if m.IntN(30) == 0 {
		query = append(query, m.pick([]any{"x=%zz", "a;b", "x=%00", "limit=1&limit=2"}).(string))
	}
	if len(query) > 0 {
		out.path += "?" + strings.Join(query, "&")
	}
	if b, ok := o.raw["requestBody"].(map[string]any); ok {
		schema := b["content"].(map[string]any)["application/json"].(map[string]any)["schema"].(map[string]any)
		out.body = m.value("", schema)
		switch m.IntN(40) {
		case 0:
			out.body = []byte(m.pick([]any{"", "{", "null", "[]", `{"text": "\u0000"}`, "\xff\xfe", `{"a":` + strings.Repeat("[", 20000), strings.Repeat(" ", 70000)}).(string))
		case 1:
			out.headers = append(out.headers, "Content-Type", m.pick([]any{"text/plain", "application/xml", "application/json; charset=latin1", "", "application/x-www-form-urlencoded"}).(string))
		}
	}
	return out
}

// Whatever is sent, the answer is one that the document describes, and none is our fault.
func TestWhateverProgramsSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }, people: sandbox.People()[:2]})
	must(t, w.Start(t.Context()))
	id := sandbox.People()[0].ID
	w.mustGenerate(t, id)
	doc := w.document(t)
	p := w.program(t, doc, id)
	p.call("addItem", 201, []string{week.String()}, map[string]any{"text": "beer"})
	shown, list := p.call("getWeek", 200, []string{week.String()}, nil), p.call("getShoppingList", 200, []string{week.String()}, nil)
	m := &maker{rand.New(rand.NewPCG(20261129, uint64(*apiInputs))), doc, map[string][]any{
		"week": {week.String(), "this", "next", (week - 7).String()}, "date": {(week + 4).String(), week.String(), (week + 6).String()}, "day": {(week + 2).String()},
		"recipe": {shown.get("week", "days", 0, "meals", 0, "dish", "recipe"), 1, 2, 3}, "key": {list.text("sections", 0, "items", 0, "key")}, "id": {list.get("own", 0, "id"), 1},
		"If-Match": {"*", "*", shown.header.Get("ETag"), `"x"`, "x", `W/"x", "y"`}, "If-None-Match": {"*", `"x"`}, "Idempotency-Key": {"a", "b", "c"}, "commands": {"SKIP friday dinner", "UNDO", "STATUS", "HELP", "PAUSE"}, "travel": {(week + 2).String()},
	}}
	pool, all := w.pool(t), doc.operations()
	statuses := map[int]int{}
	for i := range *apiInputs {
		if i%200 == 0 { // else most changes are refused as too many
			_, err := pool.Exec(t.Context(), "delete from steerings where created_at < now() - interval '1 second'")
			must(t, err)
		}
		o := all[m.IntN(len(all))]
		if o.ID == "revokeToken" { // its own end
			continue
		}
		r := m.request(o)
		a := p.do(o.Method, r.path, r.body, r.headers...)
		statuses[a.status]++
		if a.status >= 500 {
			t.Errorf("input %d: %s %s %v %v: %d %s\n%s", i, o.Method, r.path, r.body, r.headers, a.status, a.body, lastSaying(w.logs.String(), `"API failed"`))
			continue
		}
		doc.describes(t, o, a)
		if t.Failed() {
			t.Fatalf("input %d: %s %s %v %v", i, o.Method, r.path, r.body, r.headers)
		}
	}
	t.Logf("%d inputs, by status: %v", *apiInputs, statuses)
	for _, s := range []int{http.StatusOK, http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusPreconditionFailed, http.StatusBadRequest} {
		if statuses[s] == 0 {
			t.Errorf("no input led to %d: the inputs say little", s)
		}
	}
	if _, err := w.Tokens.List(t.Context(), id); err != nil || p.call("getMe", 200, nil, nil).text("token", "scopes", 0) != string(access.PlanRead) {
		t.Errorf("the token has changed: %v", err)
	}
}

// lastSaying is the last line of a log that holds the text.
func lastSaying(log, text string) string {
	last := ""
	for l := range strings.Lines(log) {
		if strings.Contains(l, text) {
			last = l
		}
	}
	return last
}
