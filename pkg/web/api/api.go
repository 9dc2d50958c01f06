// Package api is what programs use: the same use cases as the pages, as an HTTP API that is
// described by an OpenAPI document made from its code. A GET changes nothing.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Tokens are what programs sign in with.
type Tokens interface {
	Use(ctx context.Context, secret string) (access.Token, error)
	UseCalendar(ctx context.Context, secret string) (access.Token, error)
	CreateCalendar(ctx context.Context, userID, name string) (access.Token, string, error)
	List(ctx context.Context, userID string) ([]access.Token, error)
	Revoke(ctx context.Context, userID string, id int64) error
}

// Answers keeps answers to requests that may be repeated.
type Answers interface {
	// Claim claims a token's key for a request, by its digest. Kind InvalidInput if the key was
	// used for another request.
	Claim(ctx context.Context, tokenID int64, key string, request []byte) (access.Claim, error)
	// Settle stores an attempt's answer for a day, or with nil gives the attempt up.
	Settle(ctx context.Context, tokenID int64, key string, claim, answer []byte) error
}

// Users reads users.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
	Export(ctx context.Context, id string) (json.RawMessage, error)
}

// Settings changes them.
type Settings interface {
	Change(ctx context.Context, userID, seen string, apply func(*user.User) error) (user.User, error)
}

// Plans reads stored plans.
type Plans interface {
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
	Between(ctx context.Context, userID string, first, last calendar.Date) ([]plan.Plan, error)
	// Weeks lists what is planned, the newest first.
	Weeks(ctx context.Context, userID string) ([]Planned, error)
}

// Planned is a week that is planned.
type Planned struct {
	Week     calendar.Date
	Status   string
	Balanced int    // days in band
	Mail     string // what became of its mail: sent, pending, failed, or empty for none
	Created  time.Time
}

// Commands plans and changes weeks.
type Commands interface {
	// PlanWeek plans a week that is not planned, and mails it.
	PlanWeek(ctx context.Context, userID string, week calendar.Date) error
	// Press carries out commands; their id works once. No mail answers it.
	Press(ctx context.Context, userID string, week calendar.Date, p replies.Press) (replies.Report, error)
	// Wishes are those of a week, and History what was done to it, the newest first.
	Wishes(ctx context.Context, userID string, week calendar.Date) (plan.Wishes, error)
	History(ctx context.Context, userID string, week calendar.Date) ([]replies.Past, error)
	// Eaten are the meals of a week that were said to be eaten.
	Eaten(ctx context.Context, userID string, week calendar.Date) ([]replies.Eaten, error)
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
	Tick(ctx context.Context, userID string, week calendar.Date, key string, ticked bool) error
	Have(ctx context.Context, userID string, week calendar.Date, key string, have bool) error
	TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error
	Add(ctx context.Context, userID string, week calendar.Date, text string) (shopping.OwnItem, error)
	Remove(ctx context.Context, userID string, week calendar.Date, id int64) error
}

// Library says what a library lacks.
type Library interface {
	Report(ctx context.Context, userID string) (planner.Report, []recipe.Answer, error)
	AnswerAs(ctx context.Context, userID string, a recipe.Answer) error
	TakeBackAs(ctx context.Context, userID, food string) error
}

// Ports are what the API works with.
type Ports struct {
	Tokens   Tokens
	Answers  Answers
	Users    Users
	Settings Settings
	Plans    Plans
	Commands Commands
	Recipes  Recipes
	Pictures Pictures
	Shopping Shopping
	// Push writes a week and its list to the library.
	Push     func(ctx context.Context, userID string, week calendar.Date) (publish.Report, error)
	Library  Library
	Webhooks Webhooks
	Trends   Trends
	// Calendar is the address of a calendar, by its secret.
	Calendar func(secret string) string
}

// API answers programs.
type API struct {
	Ports
	base *url.URL
	now  func() time.Time
	log  *slog.Logger
	huma huma.API
	mux  *http.ServeMux
}

// root is where the operations lie.
const root = "/api/v1"

// New returns the API on its ports; base is the public URL.
func New(p Ports, base *url.URL, now func() time.Time, log *slog.Logger) *API {
	return &API{Ports: p, base: base, now: now, log: log}
}

// Register adds the operations, their document and its page to the mux.
func (a *API) Register(mux *http.ServeMux) {
	a.mux = mux
	a.huma = humago.NewWithPrefix(guarded{a, mux}, root, huma.Config{
		OpenAPI: a.document(),
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
	})
	a.registerAccount()
	a.registerWeeks()
	a.registerMeals()
	a.registerCooking()
	a.registerShopping()
	a.registerHome()
	a.registerTrends()
	a.registerLibrary()
	a.registerSettings()
	a.registerWebhooks()
	for _, m := range append(methods[:], http.MethodOptions) {
		mux.HandleFunc(m+" "+root+"/", a.unknown)
	}
	mux.HandleFunc("GET /calendar/{file}", a.calendar)
	a.registerDocs(mux)
}

// guarded puts the guard before each operation.
type guarded struct {
	api *API
	mux *http.ServeMux
}

// HandleFunc implements [humago.Mux].
func (g guarded) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	g.mux.Handle(pattern, g.api.guard(http.HandlerFunc(h)))
}

// ServeHTTP implements [humago.Mux].
func (g guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.mux.ServeHTTP(w, r) }

// methods are those that operations have.
var methods = [...]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// unknown answers requests for what is not there, or not with this method.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	allowed := ""
	for _, m := range methods {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := a.mux.Handler(other); pattern != m+" "+root+"/" && pattern != "" {
			if allowed != "" {
				allowed += ", "
			}
			allowed += m
		}
	}
	headers(w.Header())
	if allowed != "" {
		w.Header().Set("Allow", allowed)
		write(w, newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This address takes "+allowed+"."))
		return
	}
	write(w, newProblem(http.StatusNotFound, "not_found", "There is no such address: /api lists those there are."))
}

// operation is what all operations have in common, described once.
type operation struct {
	id, method, path string
	tag              string
	summary, about   string
	scopes           []access.Scope
	status           int          // 0: 200
	errors           []int        // besides those that every operation has
	media            string       // of the answer; "": JSON of the output's type
	schema           *huma.Schema // of such an answer
}

// add registers an operation.
func add[I, O any](a *API, o operation, h func(ctx context.Context, c caller, in *I) (*O, error)) {
	names := make([]string, len(o.scopes))
	for i, s := range o.scopes {
		names[i] = string(s)
	}
	errs := append([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError}, o.errors...)
	if o.method != http.MethodGet {
		errs = append(errs, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag}, Summary: o.summary, Description: o.about,
		Security: []map[string][]string{{scheme: names}}, DefaultStatus: o.status, Errors: append(errs, http.StatusUnprocessableEntity),
		MaxBodyBytes: maxBody, Middlewares: huma.Middlewares{a.scoped(o.scopes)},
	}
	if o.media != "" {
		op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{o.media: {Schema: o.schema}}}}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}
