package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// today is the Wednesday 2026-12-02.
var today = calendar.On(time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC))

var (
	down = fault.New(fault.NetworkError, "fatsecret", "refused")
	gone = fault.New(fault.DatabaseError, "postgres", "gone")
)

// world is everything an account works with, in memory. fail makes a call fail, by its name.
type world struct {
	fail    map[string]error
	calls   []string // of the service, in order
	users   map[string]user.User
	tokens  map[string][]byte
	service service
	cache   cache
	diary   diary
	ring    *seal.Ring
}

type service struct {
	*world
	weight float64
	days   map[calendar.Date]insight.Eaten
	foods  map[string]account.FoodRef
	logged []string
}

type cache struct {
	*world
	usage   float64
	weights map[string]float64
	days    []insight.Eaten
	pending map[string][]byte
	owner   map[string]string
}

type diary struct {
	*world
	confirmed []account.Meal
	entries   []account.Entry
	foods     map[string]account.FoodRef
	recipes   []recipe.Recipe
}

// newWorld has one user, Ana, whose account is linked.
func newWorld(t *testing.T) *world {
	t.Helper()
	ring, err := seal.ParseRing(seal.Secret(strings.Repeat("0f", seal.KeyHexLen/2)))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{fail: map[string]error{}, users: map[string]user.User{"ana": ana()}, tokens: map[string][]byte{}, ring: ring}
	w.service = service{world: w, weight: 61.5, days: map[calendar.Date]insight.Eaten{}, foods: map[string]account.FoodRef{}}
	w.cache = cache{world: w, weights: map[string]float64{}, pending: map[string][]byte{}, owner: map[string]string{}}
	w.diary = diary{world: w, foods: map[string]account.FoodRef{}}
	if w.tokens["ana"], err = w.accounts().Seal("ana", account.Token{Key: "access", Secret: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func ana() user.User {
	return user.User{ID: "ana", Email: "ana@example.org", TimeZone: "Europe/Berlin", Connection: "home", FatSecret: true, Settings: user.DefaultSettings()}
}

func (w *world) accounts() *account.Accounts {
	return account.New(account.Ports{
		Service: &w.service, Users: w, Cache: &w.cache, Diary: &w.diary, Ring: w.ring, Callback: "https://meals.example.org/connected", Timeout: time.Minute,
	})
}

// off are accounts of an installation without keys for the service.
func (w *world) off() *account.Accounts {
	return account.New(account.Ports{Users: w, Cache: &w.cache, Diary: &w.diary, Ring: w.ring})
}

func (w *world) call(name string) error {
	w.calls = append(w.calls, name)
	return w.fail[name]
}

func (w *world) Get(_ context.Context, id string) (user.User, error) {
	u, ok := w.users[id]
	if !ok {
		return u, fault.New(fault.NotFound, "user", "%s", id)
	}
	return u, w.fail["Users.Get"]
}

func (w *world) List(context.Context) ([]user.User, error) {
	var out []user.User
	for _, id := range []string{"ana", "ben", "cleo"} {
		if u, ok := w.users[id]; ok {
			out = append(out, u)
		}
	}
	return out, w.fail["Users.List"]
}

func (w *world) FatSecretToken(_ context.Context, id string) ([]byte, error) {
	return w.tokens[id], w.fail["Users.FatSecretToken"]
}

func (w *world) SetFatSecret(_ context.Context, id string, sealed []byte) error {
	if err := w.fail["Users.SetFatSecret"]; err != nil {
		return err
	}
	w.tokens[id] = sealed
	return nil
}

// allowed refuses every token but Ana's.
func (s *service) allowed(t account.Token) error {
	if t.Key != "access" || t.Secret.Reveal() != "s3cret" {
		return fault.New(fault.Unauthorized, "fatsecret", "token %q", t.Key)
	}
	return nil
}

func (s *service) RequestToken(_ context.Context, callback string) (account.Token, string, error) {
	if callback == "" {
		return account.Token{}, "", fault.New(fault.FatSecretError, "fatsecret", "no callback")
	}
	return account.Token{Key: "request", Secret: "r3quest"}, "https://agree.example.org/request", s.call("RequestToken")
}

func (s *service) AccessToken(_ context.Context, request account.Token, verifier string) (account.Token, error) {
	if request.Key != "request" || request.Secret.Reveal() != "r3quest" || verifier != "v" {
		return account.Token{}, fault.New(fault.Unauthorized, "fatsecret", "%q, %q", request.Key, verifier)
	}
	return account.Token{Key: "access", Secret: "s3cret"}, s.call("AccessToken")
}

func (s *service) Weight(ctx context.Context, t account.Token) (float64, error) {
	if err := s.allowed(t); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return s.weight, s.call("Weight")
}

func (s *service) Totals(_ context.Context, t account.Token, first, last calendar.Date) ([]insight.Eaten, error) {
	if err := s.allowed(t); err != nil {
		return nil, err
	}
	var out []insight.Eaten
	for d := first; d <= last; d++ {
		if e, ok := s.days[d]; ok {
			e.Meals = nil
			out = append(out, e)
		}
	}
	return out, s.call("Totals")
}

func (s *service) Day(_ context.Context, t account.Token, d calendar.Date) (*insight.Eaten, error) {
	if err := s.allowed(t); err != nil {
		return nil, err
	}
	if err := s.call("Day"); err != nil {
		return nil, err
	}
	if e, ok := s.days[d]; ok {
		return &e, nil
	}
	return nil, nil
}

func (s *service) FindFood(_ context.Context, name string) (account.FoodRef, error) {
	return s.foods[name], s.call("FindFood " + name)
}

func (s *service) Log(_ context.Context, t account.Token, e account.Entry, dish string, amount nutrition.Mass, known []string) (string, error) {
	if err := s.allowed(t); err != nil {
		return "", err
	}
	if err := s.call("Log " + e.Food); err != nil {
		return "", err
	}
	s.logged = append(s.logged, fmt.Sprintf("%s %s: %s of %s as %s/%s, beside %d", e.Date, e.Meal, amount, dish, e.Ref.Food, e.Ref.Serving, len(known)))
	return fmt.Sprintf("entry%d", len(s.logged)), nil
}

func (c *cache) PutWeight(_ context.Context, userID string, kg float64) error {
	c.weights[userID] = kg
	return c.fail["Cache.PutWeight"]
}

func (c *cache) Weight(_ context.Context, userID string) (float64, bool, error) {
	kg, ok := c.weights[userID]
	return kg, ok, c.fail["Cache.Weight"]
}

func (c *cache) PutDay(_ context.Context, _ string, day insight.Eaten) error {
	c.days = append(c.days, day)
	return c.fail["Cache.PutDay"]
}

func (c *cache) Days(context.Context, string) ([]insight.Eaten, error) {
	return c.days, c.fail["Cache.Days"]
}

func (c *cache) PutPending(_ context.Context, requestToken, userID string, sealed []byte) error {
	c.pending[requestToken], c.owner[requestToken] = sealed, userID
	return c.fail["Cache.PutPending"]
}

func (c *cache) TakePending(_ context.Context, requestToken string) (string, []byte, error) {
	sealed, ok := c.pending[requestToken]
	if !ok {
		return "", nil, fault.New(fault.NotFound, "pending", "%s", requestToken)
	}
	delete(c.pending, requestToken)
	return c.owner[requestToken], sealed, c.fail["Cache.TakePending"]
}

func (c *cache) Usage(context.Context) (float64, error) { return c.usage, c.fail["Cache.Usage"] }

func (d *diary) Confirmed(_ context.Context, _ string, after calendar.Date) ([]account.Meal, error) {
	var out []account.Meal
	for _, m := range d.confirmed {
		if m.Date > after {
			out = append(out, m)
		}
	}
	return out, d.fail["Diary.Confirmed"]
}

func (d *diary) Entries(_ context.Context, _ string, after calendar.Date) ([]account.Entry, error) {
	var out []account.Entry
	for _, e := range d.entries {
		if e.Date > after {
			out = append(out, e)
		}
	}
	return out, d.fail["Diary.Entries"]
}

// set stores an entry in the place of the one of its date, meal and line.
func (d *diary) set(e account.Entry) {
	d.entries = append(slices.DeleteFunc(d.entries, func(x account.Entry) bool {
		return x.Date == e.Date && x.Meal == e.Meal && x.Line == e.Line
	}), e)
}

func (d *diary) Intend(_ context.Context, _ string, e account.Entry) error {
	if err := d.fail["Diary.Intend"]; err != nil {
		return err
	}
	d.set(e)
	return nil
}

func (d *diary) Wrote(_ context.Context, _ string, e account.Entry) error {
	if err := d.fail["Diary.Wrote"]; err != nil {
		return err
	}
	d.set(e)
	return nil
}

func (d *diary) Food(_ context.Context, name string) (account.FoodRef, bool, error) {
	r, ok := d.foods[name]
	return r, ok, d.fail["Diary.Food"]
}

func (d *diary) PutFood(_ context.Context, name string, r account.FoodRef) error {
	if name != food.Normalize(name) {
		return fault.New(fault.Internal, "diary", "%q is not normalised", name)
	}
	d.foods[name] = r
	return d.fail["Diary.PutFood"]
}

func (d *diary) Recipes(_ context.Context, connection string) ([]recipe.Recipe, error) {
	if connection != "home" {
		return nil, fault.New(fault.NotFound, "recipes", "%s", connection)
	}
	return d.recipes, d.fail["Diary.Recipes"]
}
