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
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
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

// pages are the templates, by language.
var pages sync.Map

func pagesIn(l message.Language) *template.Template {
	if t, ok := pages.Load(l); ok {
		return t.(*template.Template)
	}
	t, _ := pages.LoadOrStore(l, template.Must(template.New("").Funcs(functions()).Funcs(words(l)).ParseFS(templates, "templates/*.html")))
	return t.(*template.Template)
}

// functions are those of templates that are the same in all languages.
func functions() template.FuncMap {
	return template.FuncMap{
		"asset":    func(name string) string { return files()[name].name },
		"iso":      func(d calendar.Date) string { return d.String() },
		"monthday": func(d calendar.Date) int { return d.Time().Day() },
		"next":     func(i int) int { return i + 1 },
		"mealOf":   func(i int) recipe.Meal { return recipe.Meals[i] },
		"join":     func(list []string) string { return strings.Join(list, ", ") },
		"tab":      func(f frame, name, label string) tab { return tab{f.Root, name, label, f.Nav == name} },
		"item": func(p shoppingPage, i shopping.Item, at string) itemView {
			return itemView{i, p.Path, at, p.Share != "", p.Meals}
		},
		"about": func(row ruleRow, field string, label ...string) ruleField {
			return ruleField{row, field, strings.Join(label, "")}
		},
		"pushing": func(root string, p shoppingPage) map[string]any { return map[string]any{"Root": root, "Page": p} },
		"whole":   whole,
		"grams":   func(m nutrition.Mass) string { return strconv.Itoa(int(math.Round(m.Grams()))) },
		"moment":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") },
		"took":    func(d time.Duration) string { return took(d).String() },
		"indent":  func(depth int) string { return strings.Repeat("\u2003", min(depth, deepest)) },
		"runs": func(root, title string, rows []Run) map[string]any {
			return map[string]any{"Root": root, "Title": title, "Rows": rows}
		},
		"outdated": func(note message.Text) bool { return note.Is(plan.OutdatedNote) },
		"mark": func(key string) string {
			sum := sha256.Sum256([]byte(key))
			return "i" + hex.EncodeToString(sum[:6])
		},
		"bold": func(text string) template.HTML {
			return template.HTML("<b>" + template.HTMLEscapeString(text) + "</b>") //nolint:gosec // escaped
		},
		"link": func(to, text string) template.HTML {
			return template.HTML(`<a href="` + template.HTMLEscapeString(to) + `">` + template.HTMLEscapeString(text) + "</a>") //nolint:gosec // escaped; the address is ours, or checked to be one of the web
		},
	}
}

// words are the functions that say something: t a message, n one about a number of things, h one
// with links or emphasis in it, in a value, word the name of a member of a closed set.
func words(l message.Language) template.FuncMap {
	return template.FuncMap{
		"lang": l.Tag,
		"t":    l.Say,
		"n":    l.Count,
		"h": func(format string, args ...any) template.HTML {
			for i, a := range args {
				if _, marked := a.(template.HTML); !marked {
					args[i] = template.HTMLEscapeString(l.Say("%v", a))
				}
			}
			return template.HTML(fmt.Sprintf(template.HTMLEscapeString(l.Say(format)), args...)) //nolint:gosec // escaped
		},
		"in":   func(v any) string { return l.Say("%v", v) },
		"word": l.Word,
		"servings": func(s nutrition.Servings) string {
			if s == nutrition.OneServing {
				return l.Say("1 serving")
			}
			return l.Say("%v servings", s)
		},
		"number": l.Number,
		"buy":    func(amount string) string { return grocery.Unbroken(grocery.BuyIn(l, amount)) },
		"loose":  grocery.Loose,
		"words": func(list []string) string {
			out := make([]string, len(list))
			for i, w := range list {
				out[i] = l.Word(w)
			}
			return strings.Join(out, ", ")
		},
		"said": func(list []message.Text) string {
			out := make([]string, len(list))
			for i, t := range list {
				out[i] = t.In(l)
			}
			return strings.Join(out, ", ")
		},
		"weekday": l.Weekday,
		"short":   l.ShortDay,
		"date":    l.Date,
		"from":    l.DateFrom,
		"brief":   l.ShortDate,
		"long":    l.LongDate,
		"min":     func(n int) string { return message.Minutes(n).In(l) },
		"title":   func(v any) string { return message.Capital(l.Say("%v", v)) },
		"kcal":    func(m nutrition.Macros) string { return l.Number(m.Energy().Kcal()) },
	}
}

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
	file   string
	title  message.Text
	nav    string
	status int // 0: OK
	data   any
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, v view) error {
	f := frame{Title: v.title.In(spoken(r)), Root: s.at(""), Nav: v.nav, Page: v.data}
	if v.nav != "" {
		f.Flash = s.sessions.PopString(r.Context(), sessionFlash)
	}
	return render(w, spoken(r), v, f)
}

func render(w http.ResponseWriter, l message.Language, v view, f frame) error {
	var b bytes.Buffer
	if err := pagesIn(l).ExecuteTemplate(&b, v.file, f); err != nil {
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
	if id := s.userOf(r.Context()); id != "" && readerOf(r).user == nil {
		_ = s.recognise(r, id) // an error's page needs no user
	}
	l := spoken(r)
	status, text := fault.HTTPStatus(err), l.Say("Something went wrong on our side. Please try again later.")
	if status < http.StatusInternalServerError {
		text = message.Sentence(fault.In(err, l))
	} else if !errors.Is(r.Context().Err(), context.Canceled) { // else the reader went away
		s.log.ErrorContext(r.Context(), "Page failed", append([]any{"component", "web"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		status, text = http.StatusRequestEntityTooLarge, l.Say("This is too much for one form.")
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": text}) // the reader went away
		return
	}
	nav := ""
	if status != http.StatusUnauthorized && s.userOf(r.Context()) != "" {
		nav = "error"
	}
	page := view{file: "error.html", status: status}
	title := headline(status)
	if status == http.StatusNotFound && wayOn(r).path != "" {
		title = message.Textf("Not found")
	} else if status == http.StatusUnauthorized && r.Method == http.MethodGet && r.PathValue("token") != "" {
		title = message.Textf("This link does not work")
	}
	if err := render(w, l, page, frame{Title: title.In(l), Root: s.at(""), Nav: nav, Page: s.wrong(r, nav != "", text)}); err != nil {
		http.Error(w, text, status)
	}
}

// wrongPage says what went wrong, and leads on.
type wrongPage struct {
	Text  string
	Href  string
	Label message.Text
}

// wrong is the page for a visitor who is signed in, or not.
func (s *Site) wrong(r *http.Request, signedIn bool, text string) wrongPage {
	if !signedIn {
		return wrongPage{text, s.at("/sign-in"), message.Textf("Sign in")}
	}
	if on := wayOn(r); on.path != "" {
		return wrongPage{text, s.at(on.path), on.label}
	}
	return wrongPage{text, s.at("/week"), message.Textf("To your week")}
}

// way is where a visitor goes on.
type way struct {
	path  string
	label message.Text
}

// wayOn is where an address that leads to nothing was about: a week, in which it can be planned, or
// the library. No path: it is about neither.
func wayOn(r *http.Request) way {
	if r.PathValue("recipe") != "" {
		return way{"/library", message.Textf("To your library")}
	}
	for _, name := range []string{"week", "date"} {
		if day, err := calendar.Parse(r.PathValue(name)); err == nil {
			return way{"/week/" + day.Monday().String(), message.Textf("To the week")}
		}
	}
	return way{}
}

// headline is the title of an error's page.
func headline(status int) message.Text {
	switch {
	case status == http.StatusUnauthorized:
		return message.Textf("Not signed in")
	case status == http.StatusNotFound:
		return message.Textf("Page not found")
	case status < http.StatusInternalServerError:
		return message.Textf("That did not work")
	default:
		return message.Textf("Something went wrong")
	}
}

// userOf is whose session it is, "" for nobody's. Requests that were refused before their session
// was read have none.
func (s *Site) userOf(ctx context.Context) (id string) {
	defer func() {
		if recover() != nil { // scs panics without a session
			id = ""
		}
	}()
	return s.sessions.GetString(ctx, sessionUser)
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

// refuse answers a form that did nothing: why, on the page to look at. Pressed again it is tried again.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, path string, why message.Text) error {
	w.Header().Set("Undone", "yes") // for web.Again
	return s.back(w, r, path, why)
}

// back answers a form: what to say, on the page to look at.
func (s *Site) back(w http.ResponseWriter, r *http.Request, path string, say message.Text) error {
	if !say.Empty() {
		s.sessions.Put(r.Context(), sessionFlash, say.In(spoken(r)))
	}
	http.Redirect(w, r, s.at(path), http.StatusSeeOther)
	return nil
}
