// Package conformance is what any Tandoor client of this program must get right, as
// cases over a stand-in server or, for those marked live, over a real one. It judges
// results, not calls, except where the number of calls is the point.
package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/recipe"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/tandoor/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/writeback"
)

// Client is what the cases use of a client.
type Client interface {
	Probe(context.Context) (string, error)
	Check(context.Context) (tandoor.Status, error)
	Changed(ctx context.Context, since time.Time) ([]tandoor.Overview, error)
	Recipe(context.Context, recipe.ID) (recipe.Recipe, []tandoor.Problem, error)
	Sync(context.Context, tandoor.Ask) (tandoor.Result, error)
	writeback.Library
}

// Factory makes a client under test. pageSize 0 means its default.
type Factory func(t testing.TB, url, token string, pageSize int) Client

// Case is one thing that must hold.
type Case struct {
	Name    string
	Options func(*tandoortest.Options) // changes the server; nil = as it comes
	Check   func(context.Context, *Env) error
}

// Env is where a case runs: a fresh stand-in behind a proxy that changes the host name.
type Env struct {
	t      testing.TB
	make   Factory
	URL    string
	Server *tandoortest.Server
	Faults *faultswitch.Switch
}

// Client returns a client with the token that may do everything.
func (e *Env) Client() Client { return e.With(e.URL, tandoortest.DefaultToken, 0) }

// With returns a client for another address, token or page size.
func (e *Env) With(url, token string, pageSize int) Client { return e.make(e.t, url, token, pageSize) }

// Recipe fetches a recipe of the library by name.
func (e *Env) Recipe(ctx context.Context, name string) (recipe.Recipe, []tandoor.Problem, error) {
	return e.Client().Recipe(ctx, recipe.ID(e.Server.RecipeID(name)))
}

// zone is the server's: not UTC, as in the stock image.
var zone = time.FixedZone("server", 3600)

// Clock is the stand-in's time when it starts: a Friday in winter.
var Clock = time.Date(2026, 12, 4, 5, 0, 0, 0, time.UTC)

// Try runs one case and returns what it found wrong.
func Try(t testing.TB, c Case, factory Factory) error {
	t.Helper()
	opt := tandoortest.Options{Library: tandoortest.Small(), Location: zone, Now: func() time.Time { return Clock }}
	if c.Options != nil {
		c.Options(&opt)
	}
	srv, err := tandoortest.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	faults := faultswitch.New(1, resilient.Sleep)
	broken := faults.Middleware("tandoor", nil, srv)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "inside.invalid" // what a proxy that does not pass the host on makes of it
		broken.ServeHTTP(w, r)
	}))
	defer front.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return c.Check(ctx, &Env{t, factory, front.URL, srv, faults})
}

// Run runs all cases as subtests.
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
