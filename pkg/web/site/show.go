package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed static
var assets embed.FS

// asset is a file that browsers may keep for good: its name changes with its content.
type asset struct {
	name, kind string
	content    []byte
}

var files = sync.OnceValue(func() map[string]asset {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	out := map[string]asset{}
	names, err := fs.Glob(assets, "static/*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for _, name := range names {
		content, err := assets.ReadFile(name)
		if err != nil {
			panic(err) // the files are part of the program
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(name)
		out[path.Base(name)] = asset{strings.TrimSuffix(path.Base(name), ext) + "-" + hex.EncodeToString(sum[:6]) + ext, kinds[ext], content}
	}
	return out
})

var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"asset":   func(name string) string { return files()[name].name },
		"weekday": func(d calendar.Date) string { return d.Weekday().String() },
		"short":   func(d calendar.Date) string { return d.Weekday().String()[:3] },
		"date":    func(d calendar.Date) string { return d.Time().Format("2 January") },
		"brief":   func(d calendar.Date) string { return d.Time().Format("2 Jan") },
		"long":    func(d calendar.Date) string { return d.Time().Format("2 January 2006") },
		"iso":     func(d calendar.Date) string { return d.String() },
		"mealOf":  func(i int) recipe.Meal { return recipe.Meals[i] },
		"title":   title,
		"kcal":    func(m nutrition.Macros) string { return thousands(m.Energy().Kcal()) },
		"grams":   func(m nutrition.Mass) string { return strconv.Itoa(int(math.Round(m.Grams()))) },
		"join":    func(list []string) string { return strings.Join(list, ", ") },
		"lines":   func(list []string) string { return strings.Join(list, "\n") },
		"tab":     func(f frame, name, label string) tab { return tab{f.Root, name, label, f.Nav == name} },
		"item": func(p shoppingPage, i shopping.Item, at string) itemView {
			return itemView{i, p.Path, at, p.Share != ""}
		},
		"whole":  whole,
		"moment": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"took":   func(d time.Duration) string { return took(d).String() },
		"indent": func(depth int) string { return strings.Repeat("\u2003", min(depth, deepest)) },
		"runs": func(root, title string, rows []Run) map[string]any {
			return map[string]any{"Root": root, "Title": title, "Rows": rows}
		},
		"outdated": func(note string) bool { return note == plan.OutdatedNote },
		"mark": func(key string) string {
			sum := sha256.Sum256([]byte(key))
			return "i" + hex.EncodeToString(sum[:6])
		},
		"plural": func(n int, one string) string {
			if n == 1 {
				return "1 " + one
			}
			return strconv.Itoa(n) + " " + one + "s"
		},
	}).ParseFS(templates, "templates/*.html"))
})

// deepest is how far spans are indented: more leaves no room on a phone.
const deepest = 6

// took rounds a duration to what can be read.
func took(d time.Duration) time.Duration {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(10 * time.Millisecond) //nolint:mnd // hundredths
	default:
		return d.Round(10 * time.Microsecond) //nolint:mnd // hundredths
	}
}

func title(s fmt.Stringer) string {
	text := s.String()
	return strings.ToUpper(text[:1]) + text[1:]
}

func thousands(f float64) string {
	s := strconv.Itoa(int(math.Round(f)))
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

// frame is what every page has.
type frame struct {
	Title string
	Root  string // what addresses begin with
	Nav   string // where in the navigation; empty: nobody is signed in
	Flash string
	Page  any
}

// tab is an entry of the navigation.
type tab struct {
	Root, Name, Label string
	Here              bool
}

// view is a page to show.
type view struct {
	file, title, nav string
	status           int // 0: OK
	data             any
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, v view) error {
	f := frame{Title: v.title, Root: s.at(""), Nav: v.nav, Page: v.data}
	if v.nav != "" {
		f.Flash = s.sessions.PopString(r.Context(), sessionFlash)
	}
	return render(w, v, f)
}

func render(w http.ResponseWriter, v view, f frame) error {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, v.file, f); err != nil {
		return fault.Wrap(fault.Internal, "page "+v.file, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.status != 0 {
		w.WriteHeader(v.status)
	}
	_, _ = b.WriteTo(w) // the reader went away
	return nil
}

// fail shows an error: its message if the visitor can act on it, else a generic text, and logs
// it.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, message := fault.HTTPStatus(err), "Something went wrong on our side. Please try again later."
	if status < http.StatusInternalServerError {
		message = sentence(fault.Text(err))
	} else {
		s.log.ErrorContext(r.Context(), "Page failed", "component", "web", "error_type", string(fault.KindOf(err)), "error_message", err.Error())
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		status, message = http.StatusRequestEntityTooLarge, "This is too much for one form."
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": message}) // the reader went away
		return
	}
	nav := ""
	if status != http.StatusUnauthorized && s.known(r.Context()) {
		nav = "error"
	}
	page := view{file: "error.html", status: status}
	if err := render(w, page, frame{Title: headline(status), Root: s.at(""), Nav: nav, Page: message}); err != nil {
		http.Error(w, message, status)
	}
}

// headline is the title of an error's page.
func headline(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "Not signed in"
	case status == http.StatusNotFound:
		return "Nothing is here"
	case status < http.StatusInternalServerError:
		return "That did not work"
	default:
		return "Something went wrong"
	}
}

// known reports whether the request's session is somebody's. Requests that were refused before
// their session was read have none.
func (s *Site) known(ctx context.Context) (known bool) {
	defer func() {
		if recover() != nil { // scs panics without a session
			known = false
		}
	}()
	return s.sessions.GetString(ctx, sessionUser) != ""
}

// static serves a file by the name that pages use, which changes with its content.
func (s *Site) static(w http.ResponseWriter, r *http.Request) {
	for name, a := range files() {
		if asked := r.PathValue("file"); asked == a.name || asked == name && name == "worker.js" {
			h := w.Header()
			h.Set("Content-Type", a.kind)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			if asked == name { // a worker keeps its address
				h.Set("Cache-Control", "no-cache")
				h.Set("Service-Worker-Allowed", s.at("/"))
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
			return
		}
	}
	http.NotFound(w, r)
}

// back answers a form: what to say, on the page to look at.
func (s *Site) back(w http.ResponseWriter, r *http.Request, path, say string) error {
	if say != "" {
		s.sessions.Put(r.Context(), sessionFlash, say)
	}
	http.Redirect(w, r, s.at(path), http.StatusSeeOther)
	return nil
}
