// Package site is the pages of those who are signed in: their week, its dishes, the shopping
// list, their library and their settings. Everything works by plain links and forms; scripts
// only save reloads. A GET changes nothing.
package site

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/scs/v2"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// SignIn lets people in by a link.
type SignIn interface {
	Request(ctx context.Context, email string) error
	Redeem(ctx context.Context, token string) (string, error)
	// Whose returns the user of a link that works, and does not use it.
	Whose(ctx context.Context, token string) (string, error)
}

// Sessions are those of all browsers.
type Sessions interface {
	scs.CtxStore
	EndAll(ctx context.Context, userID string) error
}

// Users reads and changes users.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
	Export(ctx context.Context, id string) (json.RawMessage, error)
	Delete(ctx context.Context, id string) error
	// SetFatSecret stores the sealed access to a diary; nil ends it.
	SetFatSecret(ctx context.Context, id string, sealed []byte) error
}

// Settings changes what a visitor may set, unless it is not what they saw.
type Settings interface {
	Change(ctx context.Context, userID, seen string, apply func(*user.User) error) (user.User, error)
}

// Plans reads stored plans.
type Plans interface {
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
	Between(ctx context.Context, userID string, first, last calendar.Date) ([]plan.Plan, error)
}

// Commands carries out commands on a week.
type Commands interface {
	// Press carries out what a page wants of a week, or says what it would do. No mail answers it.
	Press(ctx context.Context, userID string, week calendar.Date, p replies.Press) (replies.Report, error)
	// History lists what was changed in a week by commands, the newest first.
	History(ctx context.Context, userID string, week calendar.Date) ([]replies.Past, error)
	// Wishes are those for a week, planned or not.
	Wishes(ctx context.Context, userID string, week calendar.Date) (plan.Wishes, error)
	// Eaten are the meals of a week that were said to be eaten.
	Eaten(ctx context.Context, userID string, week calendar.Date) ([]replies.Eaten, error)
	// PlanWeek plans a week that is not planned, of the running one what is left, and mails it.
	PlanWeek(ctx context.Context, userID string, week calendar.Date) error
	// FirstMeal is the first meal of a week that PlanWeek would plan; kind InvalidInput: there is none.
	FirstMeal(ctx context.Context, u user.User, week calendar.Date) (plan.Slot, error)
	// WouldPlan is the week as PlanWeek would plan it. It stores nothing.
	WouldPlan(ctx context.Context, userID string, week calendar.Date) (plan.Plan, error)
	// Alternatives are the dishes that could be in a slot's place, the best first.
	Alternatives(ctx context.Context, userID string, slot plan.Slot) ([]planner.Alternative, error)
}

// Recipes reads libraries.
type Recipes interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
}

// Shopping is the shopping list as people work it off.
type Shopping interface {
	List(ctx context.Context, userID string, week calendar.Date) (shopping.List, error)
	Version(ctx context.Context, userID string, week calendar.Date) (int64, error)
	Tick(ctx context.Context, userID string, week calendar.Date, key string, ticked bool) error
	Have(ctx context.Context, userID string, week calendar.Date, key string, have bool) error
	Always(ctx context.Context, userID string, week calendar.Date, key string, always bool) (name string, err error)
	TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error
	Add(ctx context.Context, userID string, week calendar.Date, text string) (shopping.OwnItem, error)
	Remove(ctx context.Context, userID string, week calendar.Date, id int64) error
}

// Connections lets people have their own libraries written to, and say how they are read.
type Connections interface {
	Owns(ctx context.Context, u user.User) (bool, error)
	// Others returns how many others cook from the same library.
	Others(ctx context.Context, u user.User) (int, error)
	SetWriteBack(ctx context.Context, userID string, on bool) error
	// Reading returns how the user's library is read, if it is theirs, and the keywords of its recipes.
	Reading(ctx context.Context, u user.User) (r connection.Reading, keywords []string, owns bool, err error)
	// SetReading changes it, and returns the connection whose recipes are to be fetched anew.
	SetReading(ctx context.Context, userID, seen string, want connection.Reading) (id string, err error)
}

// Pictures are those of recipes, as JPEG.
type Pictures interface {
	Get(ctx context.Context, connection string, r recipe.Recipe, size picture.Size) ([]byte, error)
}

// Library says what a library lacks.
type Library interface {
	Report(ctx context.Context, userID string) (planner.Report, []recipe.Answer, error)
	AnswerAs(ctx context.Context, userID string, a recipe.Answer) error
	TakeBackAs(ctx context.Context, userID, food string) error
}

// Ports are what the pages work with.
type Ports struct {
	SignIn      SignIn
	Sessions    Sessions
	Users       Users
	Plans       Plans
	Commands    Commands
	Recipes     Recipes
	Settings    Settings
	Shopping    Shopping
	Push        func(ctx context.Context, userID string, week calendar.Date) (publish.Report, error) // a week and its list to the library
	Connections Connections
	Library     Library
	Pictures    Pictures
	Tokens      Tokens
	Trends      Trends
	// Calendar is the address of a calendar, by its secret.
	Calendar func(secret string) string

	// Diary is the address at which a user connects a diary; "" if there is no service for it.
	Diary func(userID string) string
	// Farewell mails a link by which the user deletes everything, and Leaving reads its token.
	Farewell func(ctx context.Context, u user.User) error
	Leaving  func(ctx context.Context, token string) (userID string, err error)

	Operations  Operations
	Invitations Invitations
	Beginning   Beginning
	// Share makes an address at which anybody can tick a list, and Shared reads its token.
	Share  func(userID string, week calendar.Date) string
	Shared func(ctx context.Context, token string) (userID string, week calendar.Date, err error)
	// Librarian reads the token of an address in mails that leads to a user's library.
	Librarian func(ctx context.Context, token string) (userID string, err error)
}

// Site is the pages.
type Site struct {
	Ports
	base     *url.URL
	now      func() time.Time
	log      *slog.Logger
	sessions *scs.SessionManager
	cross    *http.CrossOriginProtection
	work     sync.WaitGroup // that goes on after an answer
	planning sync.Map       // users whose first week is being planned
	weighing sync.Map       // users one of whose weeks is being planned
	failed   sync.Map       // why it was not, by user
	closing  chan struct{}  // closed when browsers are to stop watching
	once     sync.Once
}

// How long a browser stays signed in, and how long unused.
const (
	lifetime = 90 * 24 * time.Hour
	idle     = 30 * 24 * time.Hour
)

// New returns the pages, which browsers reach at base.
func New(p Ports, base *url.URL, now func() time.Time, log *slog.Logger) *Site {
	s := &Site{Ports: p, base: base, now: now, log: log, cross: http.NewCrossOriginProtection(), closing: make(chan struct{})}
	if err := s.cross.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		log.Warn("PUBLIC_URL names no origin", "component", "web", "error_message", err.Error())
	}
	s.sessions = &scs.SessionManager{ // scs.New would start a store of its own
		Lifetime: lifetime, IdleTimeout: idle, Store: p.Sessions, HashTokenInStore: true, Codec: scs.GobCodec{}, ErrorFunc: s.fail,
		Cookie: scs.SessionCookie{Name: "mealplanner", Path: trimSlash(base.Path) + "/", HttpOnly: true, Secure: base.Scheme == "https", SameSite: http.SameSiteLaxMode, Persist: true},
	}
	return s
}

// Mux is what the pages are added to.
type Mux interface {
	Handle(pattern string, h http.Handler)
}

// Register adds the pages to the mux.
func (s *Site) Register(mux Mux) {
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                 s.home,
		"GET /sign-in":             s.askSignIn,
		"POST /sign-in":            s.requestLink,
		"GET /sign-in/{token}":     s.confirmSignIn,
		"POST /sign-in/{token}":    s.redeem,
		"POST /sign-out":           s.signOut,
		"GET /invitation/{token}":  s.invitation,
		"POST /invitation/{token}": s.openInvitation,
		"GET /setup":               s.invited(s.setup),
		"GET /setup/{step}":        s.invited(s.setupStep),
		"POST /setup/{step}":       s.invited(s.passStep),
		"GET /status":              s.status,
		"GET /delete/{token}":      s.confirmLeaving,
		"POST /delete/{token}":     s.deleteAccount,
		"GET /library/{token}":     s.linkedLibrary,
		"POST /library/{token}":    s.linkedAnswer,
		"GET /list/{token}":        s.sharedList,
		"POST /list/{token}":       s.sharedShop,
	} {
		mux.Handle(pattern, s.page(h))
	}
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, string) error{
		"GET /first":                          s.first,
		"POST /first":                         s.tryFirst,
		"GET /week":                           s.thisWeek,
		"GET /week/{week}":                    s.week,
		"POST /week/{week}":                   s.command,
		"GET /week/{week}/preview":            s.preview,
		"GET /week/{week}/plan":               s.askPlan,
		"POST /week/{week}/plan":              s.planWeek,
		"GET /week/{week}/history":            s.history,
		"GET /week/{week}/wishes":             s.wishes,
		"POST /week/{week}/wishes":            s.wish,
		"GET /meal/{date}/{meal}":             s.meal,
		"POST /meal/{date}/{meal}":            s.ate,
		"GET /meal/{date}/{meal}/others":      s.others,
		"GET /meal/{date}/{meal}/cook/{step}": s.cookStep,
		"GET /cooking/{week}":                 s.cooking,
		"GET /shopping":                       s.thisList,
		"GET /shopping/{week}":                s.list,
		"POST /shopping/{week}":               s.shop,
		"POST /shopping/{week}/push":          s.push,
		"GET /shopping/{week}/events":         s.listEvents,
		"GET /shopping/{week}/list.txt":       s.listText,
		"GET /trends":                         s.trends,
		"GET /settings":                       s.settings,
		"POST /settings":                      s.change,
		"GET /library":                        s.library,
		"POST /library":                       s.answer,
		"POST /library/reading":               s.setReading,
		"GET /recipe/{recipe}":                s.recipe,
		"GET /operations":                     s.operator(s.operations),
		"GET /operations/trace/{id}":          s.operator(s.trace),
		"GET /account":                        s.account,
		"GET /account/tokens":                 s.tokens,
		"POST /account/tokens":                s.changeTokens,
		"GET /account/export.json":            s.export,
		"POST /account/sign-out":              s.signOutEverywhere,
		"POST /account":                       s.changeAccount,
		"POST /account/push":                  s.setWriteBack,
		"POST /account/delete":                s.leave,
	} {
		mux.Handle(pattern, s.page(s.signedIn(h)))
	}
	mux.Handle("GET /picture/{recipe}/{size}", s.glance(s.signedIn(s.picture)))
	mux.Handle("GET /list/{token}/events", s.page(s.sharedEvents))
	mux.Handle("GET /static/{file}", http.HandlerFunc(s.static))
	mux.Handle("/", s.page(func(w http.ResponseWriter, r *http.Request) error { return nowhere(mux, w, r) }))
}

// nowhere answers what no page takes: with 405 if there is one to look at.
func nowhere(mux Mux, w http.ResponseWriter, r *http.Request) error {
	look := r.Clone(r.Context())
	look.Method = http.MethodGet
	if all, ok := mux.(*http.ServeMux); ok && r.Method != http.MethodGet && r.Method != http.MethodHead {
		if _, pattern := all.Handler(look); pattern != "/" && pattern != "" {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "This page takes no form.", http.StatusMethodNotAllowed)
			return nil
		}
	}
	return fault.New(fault.NotFound, "pages", "there is no page at this address")
}

// maxForm bounds what is posted.
const maxForm = 64 << 10

// page is a handler with session, headers and protection.
func (s *Site) page(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	inner := s.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		r = listened(r)
		err := readable(r)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers(w.Header(), s.base.Scheme == "https")
		if err := s.cross.Check(r); err != nil {
			s.fail(w, r, fault.New(fault.Unauthorized, "pages", "this form came from another site: open the page here and try again"))
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// glance is a handler that reads its session and does not store it again: what a page loads beside
// itself must not bring back what the page has said.
func (s *Site) glance(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		headers(w.Header(), s.base.Scheme == "https")
		token := ""
		if c, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
			token = c.Value
		}
		ctx, err := s.sessions.Load(r.Context(), token)
		if err == nil {
			r = listened(r.WithContext(ctx))
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// readable reads the request's form, whose texts must be texts.
func readable(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLong
		}
		return fault.New(fault.InvalidInput, "form", "the form cannot be read")
	}
	for name, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return fault.New(fault.InvalidInput, "form", "%q holds characters that are none", name)
			}
		}
	}
	return nil
}

// headers keeps pages out of frames, caches and other sites, and scripts and styles to ours.
func headers(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// signedIn is a page of somebody who is signed in; others are asked to.
func (s *Site) signedIn(h func(http.ResponseWriter, *http.Request, string) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := s.sessions.GetString(r.Context(), sessionUser)
		if id == "" {
			if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
				s.remember(w, r.URL.Path)
				http.Redirect(w, r, s.at("/sign-in"), http.StatusSeeOther)
				return nil
			}
			return fault.New(fault.Unauthorized, "pages", "you are not signed in any longer")
		}
		if err := s.recognise(r, id); err != nil {
			return err
		}
		return h(w, r, id)
	}
}

// nextCookie holds where to go after signing in, for an hour: a session would be stored for
// everybody who looks.
const nextCookie = "mealplanner_next"

func (s *Site) remember(w http.ResponseWriter, path string) {
	const hour = 3600
	http.SetCookie(w, &http.Cookie{Name: nextCookie, Value: url.PathEscape(path), Path: s.at("/"), MaxAge: hour, HttpOnly: true, Secure: s.base.Scheme == "https", SameSite: http.SameSiteLaxMode})
}

// next is where the visitor wanted to go before signing in: a page of ours, or the week.
func (s *Site) next(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(nextCookie)
	if err != nil {
		return "/week"
	}
	http.SetCookie(w, &http.Cookie{Name: nextCookie, Path: s.at("/"), MaxAge: -1})
	path, err := url.PathUnescape(c.Value)
	if err != nil || !pagePath().MatchString(path) {
		return "/week"
	}
	return path
}

var pagePath = lazyregexp.New(`^/(week|shopping|library|recipe|settings|account|meal|cooking|trends|operations)(/[a-z0-9-]+)*$`)

// at is the address of a path of ours, which may lie below a proxy's prefix.
func (s *Site) at(path string) string { return trimSlash(s.base.Path) + path }

func trimSlash(path string) string {
	for path != "" && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

func wantsJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

// What sessions hold.
const (
	sessionUser  = "user"
	sessionFlash = "flash" // what to say on the next page
)

// Close ends the answers that go on for as long as a browser watches a list, so that the server
// can stop.
func (s *Site) Close() { s.once.Do(func() { close(s.closing) }) }

// Wait returns when what went on after answers is done.
func (s *Site) Wait() { s.work.Wait() }
