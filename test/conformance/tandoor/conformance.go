// Package conformance is what any Tandoor client of this program must get right, as
// cases over a stand-in server or, for those marked live, over a real one. It judges
// results, not calls, except where the number of calls is the point.
package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// Client is what the cases use of a client.
type Client interface {
	Probe(context.Context) (string, error)
	Check(context.Context) (tandoor.Status, error)
	Changed(ctx context.Context, since time.Time) ([]tandoor.Overview, error)
	Recipe(context.Context, recipe.ID) (recipe.Recipe, []tandoor.Problem, error)
	Sync(context.Context, tandoor.Ask) (tandoor.Result, error)
	Picture(ctx context.Context, path string) ([]byte, error)
	publish.Library
}

// Factory makes a client under test. pageSize 0 means its default.
type Factory func(t testing.TB, url, token string, pageSize int) Client

// Case is one thing that must hold.
type Case struct {
	Name    string
	Options func(*tandoortest.Options) // changes the server; nil = as it comes
	StandIn bool                       // needs what only the stand-in can be made to do or be
	Spoils  bool                       // leaves the library changed
	Check   func(context.Context, *Env) error
}

// World is a Tandoor for one case, stand-in or real: its API, and what a case must know of
// the library in it or do to it.
type World interface {
	http.Handler
	RecipeID(name string) int
	FoodID(name string) int
	SwitchSpace(name string, l tandoortest.Library) error
	// Amend changes how a recipe's detail looks, and counts as an update of it.
	Amend(id int, change func(detail map[string]any)) error
}

// Env is where a case runs: a fresh world behind a proxy that changes the host name.
type Env struct {
	t      testing.TB
	make   Factory
	URL    string
	Token  string // may do everything
	Server World
	Faults *faultswitch.Switch
	Clock  time.Time     // when the recipes were last changed
	Monday calendar.Date // of a week to plan
	*recorder
}

// recorder notes what reaches the server.
type recorder struct {
	http.Handler
	under sync.RWMutex // read-locked while a request is under way: its answer may be read before
	mu    sync.Mutex
	log   []tandoortest.Request
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// ServeHTTP implements [http.Handler].
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.under.RLock()
	defer r.under.RUnlock()
	noted := tandoortest.Request{Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery}
	sw := &statusWriter{w, http.StatusOK}
	r.Handler.ServeHTTP(sw, req)
	noted.Status = sw.status
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, noted)
}

// Requests returns what reached the server, oldest first.
func (r *recorder) Requests() []tandoortest.Request {
	r.under.Lock()
	defer r.under.Unlock()
	return slices.Clone(r.log)
}

// ResetLog forgets what reached the server.
func (r *recorder) ResetLog() {
	r.under.Lock()
	defer r.under.Unlock()
	r.log = nil
}

// count says how often a path was asked for.
func (r *recorder) count(method, path string) (n int) {
	for _, q := range r.Requests() {
		if q.Method == method && q.Path == path {
			n++
		}
	}
	return n
}

// details says how often the details of a recipe were asked for.
func (r *recorder) details() (n int) {
	for _, q := range r.Requests() {
		if q.Method == http.MethodGet && recipePath.MatchString(q.Path) {
			n++
		}
	}
	return n
}

var recipePath = regexp.MustCompile(`^/api/recipe/\d+/$`)

// Client returns a client with the token that may do everything.
func (e *Env) Client() Client { return e.With(e.URL, e.Token, 0) }

// With returns a client for another address, token or page size.
func (e *Env) With(url, token string, pageSize int) Client { return e.make(e.t, url, token, pageSize) }

// Recipe fetches a recipe of the library by name.
func (e *Env) Recipe(ctx context.Context, name string) (recipe.Recipe, []tandoor.Problem, error) {
	return e.Client().Recipe(ctx, recipe.ID(e.Server.RecipeID(name)))
}

// standIn is the server of a case that says StandIn.
func (e *Env) standIn() *tandoortest.Server { return e.Server.(*tandoortest.Server) }

// day is a day of the week to plan, as Tandoor writes it; 0 = Monday.
func (e *Env) day(n int) string { return (e.Monday + calendar.Date(n)).String() }

// absent is an id that nothing has.
const absent = 1 << 30

// zone is the stand-in's: not UTC, as in the stock image.
var zone = time.FixedZone("server", 3600)

// Clock is the stand-in's time when it starts: a Friday in winter.
var Clock = time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC)

func (c Case) options() tandoortest.Options {
	opt := tandoortest.Options{Library: tandoortest.Small(), Location: zone, Now: func() time.Time { return Clock }}
	if c.Options != nil {
		c.Options(&opt)
	}
	return opt
}

// Try runs one case on a stand-in and returns what it found wrong.
func Try(t testing.TB, c Case, factory Factory) error {
	t.Helper()
	srv, err := tandoortest.New(c.options())
	if err != nil {
		t.Fatal(err)
	}
	return try(t, c, Env{t: t, make: factory, Token: tandoortest.DefaultToken, Server: srv, Clock: Clock, Monday: calendar.On(Clock) + 3}, 20*time.Second)
}

func try(t testing.TB, c Case, e Env, limit time.Duration) error {
	t.Helper()
	e.Faults, e.recorder = faultswitch.New(1, resilient.Sleep), &recorder{Handler: e.Server}
	broken := e.Faults.Middleware("tandoor", nil, e.recorder)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "inside.invalid" // what a proxy that does not pass the host on makes of it
		broken.ServeHTTP(w, r)
	}))
	defer front.Close()
	e.URL = front.URL
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return c.Check(ctx, &e)
}

// Run runs all cases as subtests, each on a stand-in of its own.
func Run(t *testing.T, factory Factory) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if err := Try(t, c, factory); err != nil {
				t.Error(err)
			}
		})
	}
}

// RunOn runs the cases that need no stand-in, one after the other. world makes a Tandoor with
// a library and property types, of its own when the case spoils it, and the token that may do
// everything in it.
func RunOn(t *testing.T, factory Factory, world func(t testing.TB, o tandoortest.Options, own bool) (World, string)) {
	for _, c := range Cases() {
		if c.StandIn {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			w, token := world(t, c.options(), c.Spoils)
			now := time.Now()
			if err := try(t, c, Env{t: t, make: factory, Token: token, Server: w, Clock: now, Monday: calendar.On(now).Monday() + 7}, 2*time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
}

// Cases returns all cases.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{transport(), reading(), nutritionCases(), writingCases()} {
		all = append(all, group...)
	}
	return all
}

// wantKind checks an error's kind and that its message holds a text.
func wantKind(err error, kind fault.Kind, text string) error {
	if fault.KindOf(err) != kind {
		return fmt.Errorf("err = %v (%s); want kind %s", err, fault.KindOf(err), kind)
	}
	return wantText(err, text)
}
