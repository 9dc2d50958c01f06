// Package conformance is what any FatSecret client of this program must get right, as
// cases over a stand-in server that verifies signatures for real.
package conformance

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// Client is what the cases use of a client.
type Client interface {
	Profile(context.Context, fatsecret.Token) (fatsecret.Profile, error)
	Weights(context.Context, fatsecret.Token, fatsecret.Day) ([]fatsecret.Weight, error)
	Diary(context.Context, fatsecret.Token, fatsecret.Day) ([]fatsecret.Entry, error)
	Entry(ctx context.Context, user fatsecret.Token, id string) (fatsecret.Entry, error)
	DiaryMonth(context.Context, fatsecret.Token, fatsecret.Day) ([]fatsecret.DayTotal, error)
	CreateEntry(context.Context, fatsecret.Token, fatsecret.NewEntry) (string, error)
	EnsureEntry(ctx context.Context, user fatsecret.Token, e fatsecret.NewEntry, known []string) (string, bool, error)
	EditEntry(ctx context.Context, user fatsecret.Token, id string, e fatsecret.Edit) error
	DeleteEntry(ctx context.Context, user fatsecret.Token, id string) error
	SearchFoods(ctx context.Context, text string, page, results int) (fatsecret.Hits, error)
	Food(ctx context.Context, id string) (fatsecret.Food, error)
	RequestToken(ctx context.Context, callback string) (fatsecret.Token, error)
	AuthorizeURL(fatsecret.Token) string
	AccessToken(ctx context.Context, request fatsecret.Token, verifier string) (fatsecret.Token, error)
}

// Settings are what a client under test is made with.
type Settings struct {
	URL                         string // of the stand-in, without a path
	ConsumerKey, ConsumerSecret string
	Now                         func() time.Time
	Sleep                       func(context.Context, time.Duration) error // before a further try; nil = a real wait
	Budget                      fatsecret.Budget
	Observe                     resilient.Observer
}

// Factory makes a client under test.
type Factory func(testing.TB, Settings) Client

// Case is one thing that must hold.
type Case struct {
	Name    string
	Options func(*fatsecrettest.Options) // changes the server; nil = as it comes
	Check   func(context.Context, *Env) error
}

// Env is where a case runs: a fresh stand-in.
type Env struct {
	t        testing.TB
	make     Factory
	Settings Settings
	Server   *fatsecrettest.Server
	Faults   *faultswitch.Switch

	mu     sync.Mutex
	labels map[string]string
}

// Label returns the last status label the client told of an endpoint.
func (e *Env) Label(endpoint string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.labels[endpoint]
}

// Client returns a client of the application the server knows.
func (e *Env) Client() Client { return e.make(e.t, e.Settings) }

// With returns a client with changed settings.
func (e *Env) With(change func(*Settings)) Client {
	s := e.Settings
	change(&s)
	return e.make(e.t, s)
}

// Clock is the time of both sides: an evening in New York, already tomorrow in UTC.
var Clock = time.Date(2026, 12, 3, 21, 0, 0, 0, time.FixedZone("New York", -5*3600))

// Today is the user's calendar day: 20790, and not UTC's 20791.
const Today = fatsecret.Day(20790)

var user = fatsecret.Token{Key: "user-token", Secret: "user-secret"}

// Options returns the server of the cases: one user with a profile, weights and a diary.
func Options() fatsecrettest.Options {
	return fatsecrettest.Options{
		ConsumerKey: "demo-key", ConsumerSecret: "demo-secret", Now: func() time.Time { return Clock },
		Users: []fatsecrettest.User{{
			Token: user.Key, Secret: user.Secret.Reveal(), HeightCm: 187.96, GoalKg: 78, LastKg: 80, LastDate: 20780,
			Weights: map[int]float64{20788: 80.2, 20790: 80, 20700: 85},
			Entries: []fatsecrettest.Entry{{ID: "1", FoodID: "10", ServingID: "100", Name: "Oats", Meal: "breakfast", Date: 20789, Units: 50}},
		}},
		Foods: []fatsecrettest.Food{
			{ID: "10", Name: "Oats", Type: "Generic", Servings: []fatsecrettest.Serving{
				{ID: "100", Description: "100 g", Metric: 100, MetricUnit: "g", Measurement: "g", NumberOfUnits: 100, Calories: 379, Protein: 13.15, Fat: 6.52, Carb: 67.7},
				{ID: "101", Description: "1 cup", Metric: 81, MetricUnit: "g", Measurement: "cup", NumberOfUnits: 1, Calories: 307, Protein: 10.65, Fat: 5.28, Carb: 54.84},
			}},
			{ID: "11", Name: "Crème brûlée (12 oz) 85% + tea", Type: "Brand", Brand: "Bistro", Servings: []fatsecrettest.Serving{
				{ID: "110", Description: "1 serving", Metric: 340, MetricUnit: "g", Measurement: "serving", NumberOfUnits: 1, Calories: 900, Protein: 12, Fat: 60, Carb: 80},
			}},
		},
	}
}

// Try runs one case and returns what it found wrong.
func Try(t testing.TB, c Case, factory Factory) error {
	t.Helper()
	opt := Options()
	if c.Options != nil {
		c.Options(&opt)
	}
	srv := fatsecrettest.New(opt)
	faults := faultswitch.New(1, resilient.Sleep)
	front := httptest.NewServer(faults.Middleware("fatsecret", fatsecrettest.Operation, srv))
	defer front.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	now := func() time.Time { return Clock }
	env := &Env{t: t, make: factory, Server: srv, Faults: faults, labels: map[string]string{}}
	env.Settings = Settings{
		URL: front.URL, ConsumerKey: opt.ConsumerKey, ConsumerSecret: opt.ConsumerSecret,
		Now: now, Budget: newBudget(1000),
		Observe: func(_ context.Context, call resilient.Call) {
			env.mu.Lock()
			defer env.mu.Unlock()
			env.labels[call.Endpoint] = call.Status
		},
	}
	return c.Check(ctx, env)
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
	for _, group := range [][]Case{signing(), codes(), shapes(), diary()} {
		all = append(all, group...)
	}
	return all
}

func wantKind(err error, kind fault.Kind, text string) error {
	if fault.KindOf(err) != kind {
		return fmt.Errorf("err = %v (%s); want kind %s", err, fault.KindOf(err), kind)
	}
	if text != "" && !strings.Contains(err.Error(), text) {
		return fmt.Errorf("message %q does not say %q", err, text)
	}
	return nil
}
