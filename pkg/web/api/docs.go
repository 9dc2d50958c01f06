package api

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

//go:embed templates
var files embed.FS

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "templates/*.html"))
})

// registerDocs adds the document and the page that is made of it. Both are made once: all
// operations are there.
func (a *API) registerDocs(mux *http.ServeMux) {
	a.finish()
	doc := a.huma.OpenAPI()
	style, err := files.ReadFile("templates/api.css")
	if err != nil {
		panic(err) // the file is part of the program
	}
	for path, f := range map[string]struct {
		kind string
		make func() ([]byte, error)
	}{
		"/api/openapi.json":     {"application/openapi+json", func() ([]byte, error) { return json.Marshal(doc) }},
		"/api/openapi.yaml":     {"application/openapi+yaml", doc.YAML},
		"/api/openapi-3.0.json": {"application/openapi+json", doc.Downgrade}, // for generators that lag behind
		"/api/api.css":          {"text/css; charset=utf-8", func() ([]byte, error) { return style, nil }},
		"/api":                  {"text/html; charset=utf-8", a.page},
	} {
		content := sync.OnceValues(f.make)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			headers(w.Header())
			body, err := content()
			if err != nil {
				write(w, a.problem(r.Context(), err))
				return
			}
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
			answer := &recorded{Status: http.StatusOK, Header: http.Header{"Content-Type": {f.kind}}, Body: body}
			answer.conditional(r)
			answer.send(w)
		})
	}
}

// docsPage is the document for people.
type docsPage struct {
	Root, Base string
	About      []string // paragraphs
	Tags       []docsTag
}

type docsTag struct {
	Name, About string
	Operations  []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, About string
	Scopes                           string
	Fields                           []docsField
	Answer                           string
	Curl                             string
}

type docsField struct{ Name, Kind, About string }

// printed is a text of the document as the page shows it.
func printed(text string) string { return message.English.Typeset().Say(text) }

// page renders the document.
func (a *API) page() ([]byte, error) {
	doc := a.huma.OpenAPI()
	out := docsPage{Root: trimSlash(a.base.Path), Base: doc.Servers[0].URL, About: strings.Split(strings.ReplaceAll(printed(doc.Info.Description), "`", ""), "\n\n")}
	for _, tag := range doc.Tags {
		t := docsTag{Name: tag.Name, About: printed(tag.Description)}
		for path, item := range doc.Paths {
			for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
				if op != nil && slices.Contains(op.Tags, tag.Name) {
					t.Operations = append(t.Operations, a.explain(doc, path, op))
				}
			}
		}
		slices.SortFunc(t.Operations, func(x, y docsOperation) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(slices.Index(methods[:], x.Method), slices.Index(methods[:], y.Method)))
		})
		out.Tags = append(out.Tags, t)
	}
	var b bytes.Buffer
	err := page().ExecuteTemplate(&b, "api.html", out)
	return b.Bytes(), err
}

func (a *API) explain(doc *huma.OpenAPI, path string, op *huma.Operation) docsOperation {
	o := docsOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: printed(op.Summary), About: printed(op.Description), Scopes: strings.Join(op.Security[0][scheme], ", ")}
	for _, p := range op.Parameters {
		if p.Name != "If-None-Match" {
			o.Fields = append(o.Fields, docsField{p.Name, p.In, printed(p.Description)})
		}
	}
	var body any
	if op.RequestBody != nil {
		s := resolve(doc, op.RequestBody.Content["application/json"].Schema)
		names := make([]string, 0, len(s.Properties))
		for name := range s.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			o.Fields = append(o.Fields, docsField{name, "body", printed(about(s.Properties[name]))})
		}
		body = sample(doc, s)
	}
	for status, r := range op.Responses {
		if status[0] == '2' {
			o.Answer = status + ", no content"
			for kind := range r.Content {
				o.Answer = status + ", " + kind
			}
		}
	}
	o.Curl = curl(doc.Servers[0].URL, path, op, body)
	return o
}

func resolve(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// about is what a field is, and which values it takes.
func about(s *huma.Schema) string {
	text, of := s.Description, s
	if s.Items != nil {
		of = s.Items
	}
	if len(of.Enum) > 0 {
		values := make([]string, len(of.Enum))
		for i, v := range of.Enum {
			values[i] = fmt.Sprint(v)
		}
		text = strings.TrimSpace(text + " One of " + strings.Join(values, ", ") + ".")
	}
	return text
}

// sample is a body to send: the needed fields, or the first example there is.
func sample(doc *huma.OpenAPI, s *huma.Schema) map[string]any {
	out := map[string]any{}
	names := slices.Sorted(slices.Values(s.Required))
	if len(names) == 0 {
		for name, f := range s.Properties {
			if len(f.Examples) > 0 && (len(names) == 0 || name < names[0]) {
				names = []string{name}
			}
		}
	}
	for _, name := range names {
		f := resolve(doc, s.Properties[name])
		switch {
		case len(f.Examples) > 0:
			out[name] = f.Examples[0]
		case len(f.Enum) > 0:
			out[name] = f.Enum[0]
		case f.Type == huma.TypeBoolean:
			out[name] = true
		}
	}
	return out
}

// curl is a command to copy.
func curl(server, path string, op *huma.Operation, body any) string {
	var query []string
	lines := []string{"-H \"Authorization: Bearer $TOKEN\""}
	for _, p := range op.Parameters {
		example := fmt.Sprint(cmp.Or[any](p.Example, ""))
		if p.Schema != nil && example == "" && len(p.Schema.Examples) > 0 {
			example = fmt.Sprint(p.Schema.Examples[0])
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", example)
		case p.In == "query" && p.Required:
			query = append(query, p.Name+"="+url.QueryEscape(example))
		case p.Name == "If-Match" && example != "":
			lines = append(lines, "-H 'If-Match: "+example+"'")
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	if body != nil {
		text, err := json.Marshal(body)
		if err == nil {
			lines = append(lines, "-H 'Content-Type: application/json'", "-d '"+strings.ReplaceAll(string(text), "'", `'\''`)+"'")
		}
	}
	method := "curl -s "
	if op.Method != http.MethodGet {
		method += "-X " + op.Method + " "
	}
	return method + strings.Join(lines, " ") + " '" + server + path + "'"
}
