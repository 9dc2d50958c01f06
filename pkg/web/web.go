// Package web is the HTTP interface of the roles: health probes for machines, and for people
// the pages behind the links in mails. A GET changes nothing, except FatSecret's callback and
// the recording of opens and clicks.
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

//go:embed templates/*.html
var files embed.FS

// pages are the templates, by language.
var pages sync.Map

func pagesIn(l message.Language) *template.Template {
	if t, ok := pages.Load(l); ok {
		return t.(*template.Template)
	}
	t, _ := pages.LoadOrStore(l, template.Must(template.New("").Funcs(template.FuncMap{
		"lang": l.Tag, "t": l.Say, "n": l.Count, "word": l.Word,
		"in":       func(v any) string { return l.Say("%v", v) },
		"weekday":  l.Weekday,
		"short":    l.ShortDay,
		"buy":      func(what string) string { return grocery.BuyIn(l, what) },
		"date":     l.Date,
		"monthday": func(d calendar.Date) int { return d.Time().Day() },
		"long":     func(d calendar.Date) string { return l.Weekday(d) + ", " + l.LongDate(d) },
		"meal": func(i int) string {
			first, size := utf8.DecodeRuneInString(l.Word(recipe.Meals[i].String()))
			return string(unicode.ToUpper(first)) + l.Word(recipe.Meals[i].String())[size:]
		},
		"dish":    func(i int) string { return recipe.Meals[i].String() }, // in addresses
		"took":    func(d time.Duration) string { return d.Round(10 * time.Microsecond).String() },
		"indent":  func(depth int) string { return strings.Repeat("\u2003", min(depth, 12)) },
		"missing": func(d plan.Day, i int) bool { return slices.Contains(d.Missing, recipe.Meals[i]) },
		"kcal":    func(m nutrition.Macros) string { return l.Number(m.Energy().Kcal()) },
		"grams": func(m nutrition.Macros) string {
			return l.Say("%.0f protein, %.0f fat, %.0f carbs g", m.Protein.Grams(), m.Fat.Grams(), m.Carbs.Grams())
		},
	}).ParseFS(files, "templates/*.html")))
	return t.(*template.Template)
}

// Purposes of signed links.
const (
	PlanLink        = "plan"
	LibraryLink     = "library"
	ListLink        = "list"
	UnsubscribeLink = "unsubscribe"
	ConnectLink     = "connect"
	CommandLink     = "command"
	ClickLink       = "click"
	OpenLink        = "open"
	DeletionLink    = "deletion"
)

// How long links in a mail work.
const (
	planValid        = 60 * 24 * time.Hour
	libraryValid     = 60 * 24 * time.Hour
	listValid        = 14 * 24 * time.Hour
	unsubscribeValid = 2 * 365 * 24 * time.Hour
	connectValid     = time.Hour
	commandValid     = 14 * 24 * time.Hour

	// DeletionValid is that of the link by which a user deletes everything.
	DeletionValid = time.Hour
)

// LongestLink is how long the last link of a mail works.
const LongestLink = unsubscribeValid

// Links builds the links in mails.
type Links struct {
	Base   string // public URL without a slash at the end
	Signer *signedlink.Signer
	// Inbox is the address of the reply mailbox; "" if there is none.
	Inbox string
}

// Key names a mail.
func (l Links) Key(kind, userID, period string) [signedlink.ReplyKeySize]byte {
	return l.Signer.Key(kind, userID, period)
}

// Reply returns the reply address of a mail: the inbox with an unguessable tag after a plus
// sign.
func (l Links) Reply(key [signedlink.ReplyKeySize]byte, userID string, week calendar.Date) string {
	local, domain, ok := strings.Cut(l.Inbox, "@")
	if !ok {
		return ""
	}
	return local + "+" + l.Signer.ReplyTag(key, userID, week.String()) + "@" + domain
}

// Plan returns the address of the user's plan of a week.
func (l Links) Plan(userID string, week calendar.Date) string {
	return l.Base + "/plan/" + l.Signer.Sign(PlanLink, userID, week.String(), planValid)
}

// List returns the address at which anybody can tick the user's shopping list of a week.
func (l Links) List(userID string, week calendar.Date) string {
	return l.Base + "/list/" + l.Signer.Sign(ListLink, userID, week.String(), listValid)
}

// Calendar returns the address of a calendar, by its secret.
func (l Links) Calendar(secret string) string { return l.Base + "/calendar/" + secret + ".ics" }

// SignIn returns the address of the page that signs the holder of the token in.
func (l Links) SignIn(token string) string { return l.Base + "/sign-in/" + token }

// Invitation returns the address at which the holder of the token sets themselves up.
func (l Links) Invitation(token string) string { return l.Base + "/invitation/" + token }

// Library returns the address of the page that says what the user's library lacks.
func (l Links) Library(userID string) string {
	return l.Base + "/library/" + l.Signer.Sign(LibraryLink, userID, "", libraryValid)
}

// Unsubscribe returns the one-click unsubscribe address of a mail type (RFC 8058).
func (l Links) Unsubscribe(userID, emailType string) string {
	return l.Base + "/unsubscribe/" + l.Signer.Sign(UnsubscribeLink, userID, emailType, unsubscribeValid)
}

// Command returns the address of the page that confirms a command for the user's week.
func (l Links) Command(userID string, week calendar.Date, line string) string {
	return l.Base + "/do/" + l.Signer.Sign(CommandLink, userID, week.String()+" "+line, commandValid)
}

// Deletion returns the address at which the user deletes everything.
func (l Links) Deletion(userID string) string {
	return l.Base + "/delete/" + l.Signer.Sign(DeletionLink, userID, "", DeletionValid)
}

// Connect returns the address where the user connects their FatSecret account.
func (l Links) Connect(userID string) string {
	return l.Base + "/fatsecret/connect/" + l.Signer.Sign(ConnectLink, userID, "", connectValid)
}

// Plans reads stored plans.
type Plans interface {
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
}

// Users knows and changes users.
type Users interface {
	Unsubscribe(ctx context.Context, id, emailType string) error
	// LinksFrom returns the time since which the user's links are valid: links in mails to
	// a former address are not; and the user's language.
	LinksFrom(ctx context.Context, id string) (time.Time, message.Language, error)
	Get(ctx context.Context, id string) (user.User, error)
}

// Pages are the pages for people.
type Pages struct {
	Plans     Plans
	Users     Users
	FatSecret *account.Accounts
	Mails     Mails
	Commands  Commander
	Links     Links
	Signer    *signedlink.Signer
	PublicURL *url.URL // how browsers reach these pages
	Now       func() time.Time
	Log       *slog.Logger
}

// Register adds the pages to the mux.
func (p *Pages) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /plan/{token}", listened(p.plan))
	mux.HandleFunc("GET /r/{token}", p.click)
	mux.HandleFunc("GET /o/{token}", p.open)
	mux.HandleFunc("GET /unsubscribe/{token}", listened(p.confirmUnsubscribe))
	mux.HandleFunc("POST /unsubscribe/{token}", listened(p.unsubscribe))
	mux.HandleFunc("GET /do/{token}", listened(p.confirmDo))
	mux.HandleFunc("POST /do/{token}", listened(p.do))
	mux.HandleFunc("GET /fatsecret/connect/{token}", listened(p.confirmConnect))
	mux.HandleFunc("POST /fatsecret/connect/{token}", listened(p.connect))
	mux.HandleFunc("GET /fatsecret/callback", listened(p.connected))
}

// verify returns the claims of the request's token, unless it was issued for another purpose
// or in a mail to a former address of its user.
func (p *Pages) verify(r *http.Request, purpose string) (signedlink.Claims, error) {
	return p.claims(r.Context(), purpose, r.PathValue("token"))
}

type readerKey struct{}

// listened gives the request a reader, who speaks what the browser asks for until a link tells
// whose it is.
func listened(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := message.Accepted(r.Header.Get("Accept-Language"))
		h(w, r.WithContext(context.WithValue(r.Context(), readerKey{}, &l)))
	}
}

// spoken is the language of the request's reader, as it is printed.
func spoken(r *http.Request) message.Language {
	if l, ok := r.Context().Value(readerKey{}).(*message.Language); ok {
		return l.Typeset()
	}
	return message.English.Typeset()
}

// Listed returns whose list of which week a token of [Links.List] is for; kind Unauthorized.
func (p *Pages) Listed(ctx context.Context, token string) (userID string, week calendar.Date, err error) {
	c, err := p.claims(ctx, ListLink, token)
	if err != nil {
		return "", 0, err
	}
	week, err = calendar.Parse(c.Subject)
	return c.User, week, fault.Wrap(fault.InvalidInput, "list", err)
}

// Librarian returns whose library a token of [Links.Library] is for; kind Unauthorized.
func (p *Pages) Librarian(ctx context.Context, token string) (userID string, err error) {
	c, err := p.claims(ctx, LibraryLink, token)
	return c.User, err
}

// Leaving returns whom a token of [Links.Deletion] is of; kinds Unauthorized, and NotFound for
// somebody who was deleted.
func (p *Pages) Leaving(ctx context.Context, token string) (userID string, err error) {
	c, err := p.claims(ctx, DeletionLink, token)
	return c.User, err
}

func (p *Pages) claims(ctx context.Context, purpose, token string) (signedlink.Claims, error) {
	c, err := p.Signer.Verify(purpose, token)
	if err != nil {
		return c, err
	}
	from, language, err := p.Users.LinksFrom(ctx, c.User)
	if err != nil {
		return c, err
	}
	if reader, ok := ctx.Value(readerKey{}).(*message.Language); ok {
		*reader = language
	}
	if c.Issued <= from.Unix() {
		return c, fault.New(fault.Unauthorized, "link", "this link belongs to a mail to a former address: use the one in the latest mail")
	}
	return c, nil
}

func (p *Pages) confirmUnsubscribe(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, UnsubscribeLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.showUnsubscribe(w, r, c, false)
}

func (p *Pages) unsubscribe(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, UnsubscribeLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if err := p.Users.Unsubscribe(r.Context(), c.User, c.Subject); err != nil {
		p.fail(w, r, err)
		return
	}
	p.showUnsubscribe(w, r, c, true)
}

func (p *Pages) showUnsubscribe(w http.ResponseWriter, r *http.Request, c signedlink.Claims, done bool) {
	u, err := p.Users.Get(r.Context(), c.User)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "unsubscribe.html", map[string]any{
		"Type": spoken(r).Word(strings.ReplaceAll(c.Subject, "_", " ")), "Done": done, "Name": u.Name, "Home": p.Links.Base + "/", "Settings": p.Links.Base + "/settings",
	})
}

func (p *Pages) confirmConnect(w http.ResponseWriter, r *http.Request) {
	if _, err := p.verify(r, ConnectLink); err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "connect.html", map[string]any{"Home": p.Links.Base + "/"})
}

// connectCookie ties FatSecret's callback to the browser that started the flow.
const connectCookie = "fatsecret_connect"

// connect sends the visitor to FatSecret's consent page.
func (p *Pages) connect(w http.ResponseWriter, r *http.Request) {
	c, err := p.verify(r, ConnectLink)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	agree, request, err := p.FatSecret.ConnectURL(r.Context(), c.User)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: connectCookie, Value: digest(request), Path: strings.TrimRight(p.PublicURL.Path, "/") + "/fatsecret/", MaxAge: int(connectValid.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.PublicURL.Scheme == "https",
	})
	// A link, not a redirect: browsers apply form-action to a form's redirect too.
	p.show(w, r, http.StatusOK, "continue.html", agree)
}

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// connected is FatSecret's callback, in the browser that started the flow; the request token
// works once. It is a GET that changes state, as the protocol requires.
func (p *Pages) connected(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	began, err := r.Cookie(connectCookie)
	if err != nil || subtle.ConstantTimeCompare([]byte(began.Value), []byte(digest(q.Get("oauth_token")))) != 1 {
		p.fail(w, r, fault.New(fault.Unauthorized, "connect FatSecret", "this browser did not start the connection: open the link again"))
		return
	}
	if _, err := p.FatSecret.Connect(r.Context(), q.Get("oauth_token"), q.Get("oauth_verifier")); err != nil {
		p.fail(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "connected.html", nil)
}

// fail shows an error: its message if the visitor can act on it, else a generic text, and logs
// it.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	status := fault.HTTPStatus(err)
	if status >= http.StatusInternalServerError && !errors.Is(r.Context().Err(), context.Canceled) { // else the reader went away
		p.Log.ErrorContext(r.Context(), "Page failed", append([]any{"component", "web"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
	p.show(w, r, status, "error.html", map[string]any{"Link": status == http.StatusUnauthorized, "Text": message.Sentence(told(err, spoken(r))), "Home": p.Links.Base + "/"})
}

// told is what a visitor reads of an error.
func told(err error, l message.Language) string {
	if _, ok := errors.AsType[*fault.Error](err); ok && fault.HTTPStatus(err) < http.StatusInternalServerError {
		return fault.Message(err).In(l)
	}
	return l.Say("Something went wrong on our side. Please try again later.")
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	var b bytes.Buffer
	if err := pagesIn(spoken(r)).ExecuteTemplate(&b, name, data); err != nil {
		p.Log.ErrorContext(r.Context(), "Page template failed", append([]any{"component", "web"}, fault.Fields(fault.Internal, err)...)...)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader went away
}

// Health adds the probes: /healthz answers while the process runs, /readyz while ready
// returns nil.
func Health(mux *http.ServeMux, ready func(context.Context) error) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := ready(ctx); err != nil {
			status(w, http.StatusServiceUnavailable, string(fault.KindOf(err)))
			return
		}
		status(w, http.StatusOK, "ready")
	})
}

func status(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": text}) // the prober went away
}
