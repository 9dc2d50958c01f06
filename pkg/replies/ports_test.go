package replies_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/replies"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// week is the Monday 2026-11-30; the clock shows noon of its Tuesday in Berlin.
var (
	week    = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	tuesday = time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
)

var (
	gone   = fault.New(fault.DatabaseError, "postgres", "gone")
	broken = fault.New(fault.Internal, "somewhere", "a bug")
)

// world is a user with a week, and everything that replies work with, in memory.
type world struct {
	now       time.Time
	in        planner.Inputs
	recipes   []recipe.Recipe
	origins   map[string]replies.Origin // by reply key
	proposals map[string][]string       // by user and key
	signer    *signedlink.Signer

	changes   []replies.Change // that were stored, oldest first
	at        []time.Time      // when
	asked     []planner.Revision
	loads     int
	rendered  []replies.Answer
	addressee []user.User
	letters   int
	transacts int
	fail      map[string]error // by call
	failOnce  map[string]error
}

// newWorld has a week with 21 dishes, of which those of the library are called as they are
// numbered: Dish 1 is Monday's breakfast, Dish 15 Friday's dinner.
func newWorld() *world {
	w := &world{now: tuesday, origins: map[string]replies.Origin{}, proposals: map[string][]string{}, fail: map[string]error{}, failOnce: map[string]error{}}
	w.signer = signedlink.New(signedlink.Key("a key"), func() time.Time { return w.now })
	w.in.User = user.User{ID: "ana", Email: "ana@example.org", TimeZone: "Europe/Berlin", Enabled: true, Connection: "home", Settings: user.DefaultSettings()}
	stored := plan.Plan{Week: plan.Week{User: "ana", WeekOf: week}}
	for i, s := range plan.Slots(week) {
		id := recipe.ID(i + 1)
		d := &stored.Week.Days[s.Date-week]
		d.Date = s.Date
		d.Meals[s.Meal] = &plan.Serving{Recipe: id, Name: fmt.Sprint("Dish ", id), Servings: nutrition.OneServing}
		w.recipes = append(w.recipes, recipe.Recipe{ID: id, Name: fmt.Sprint("Dish ", id), Meals: []recipe.Meal{s.Meal}})
	}
	w.in.Existing = &stored
	w.recipes = append(w.recipes, recipe.Recipe{ID: 40, Name: "Grilled Salmon", Meals: []recipe.Meal{recipe.Dinner}})
	return w
}

func (w *world) service() *replies.Service {
	return replies.New(replies.Ports{Store: w, Planner: w, Library: w, Tokens: w.signer, Renderer: w}, 1, func() time.Time { return w.now })
}

// holds gives a recipe an ingredient.
func (w *world) holds(id recipe.ID, f recipe.Food) {
	i := slices.IndexFunc(w.recipes, func(r recipe.Recipe) bool { return r.ID == id })
	w.recipes[i].Ingredients = append(w.recipes[i].Ingredients, recipe.Ingredient{Food: f})
}

// address is where replies to the mail about Ana's week go.
func (w *world) address() string {
	key := w.signer.Key("mail", "ana")
	w.origins[hex.EncodeToString(key[:])] = replies.Origin{User: w.in.User, Week: week}
	return "plan+" + w.signer.ReplyTag(key, "ana", week.String()) + "@meals.example.org"
}

// letter is a reply of Ana's, whom her provider vouches for.
func (w *world) letter(text string) replies.Letter {
	w.letters++
	return replies.Letter{
		MessageID: fmt.Sprintf("letter-%d@example.org", w.letters), From: "Ana@example.org", Recipients: []string{"someone@example.org", w.address()},
		Date: w.now.Add(time.Duration(w.letters) * time.Second), Text: text, Proof: replies.Proven,
	}
}

// write has a reply of Ana's handled.
func (w *world) write(t *testing.T, text string) replies.Report {
	t.Helper()
	r, err := w.service().Receive(t.Context(), w.letter(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return r
}

// click has a button of Ana's handled, a new one each time.
func (w *world) click(t *testing.T, line string) replies.Report {
	t.Helper()
	w.letters++
	r, err := w.service().Click(t.Context(), w.in.User, week, line, fmt.Sprint("button ", w.letters))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return r
}

// last is what was stored last.
func (w *world) last(t *testing.T) replies.Change {
	t.Helper()
	if len(w.changes) == 0 {
		t.Fatal("nothing is stored")
	}
	return w.changes[len(w.changes)-1]
}

func (w *world) failing(call string) error {
	if err := w.failOnce["panic"]; err != nil && call == "Inputs" {
		delete(w.failOnce, "panic")
		panic(err)
	}
	if err := w.failOnce[call]; err != nil {
		delete(w.failOnce, call)
		return err
	}
	return w.fail[call]
}

func (w *world) Origin(_ context.Context, key string) (replies.Origin, error) {
	o, ok := w.origins[key]
	if !ok {
		return o, fault.New(fault.NotFound, "mail", "%s", key)
	}
	return o, w.failing("Origin")
}

func (w *world) Proposal(_ context.Context, userID, key string) ([]string, error) {
	return w.proposals[userID+" "+key], w.failing("Proposal")
}

// Transact stores what fn saved unless it fails.
func (w *world) Transact(ctx context.Context, userID string, fn func(context.Context, replies.Tx) error) error {
	if userID != w.in.User.ID {
		return fault.New(fault.NotFound, "user", "%s", userID)
	}
	w.transacts++
	saved := &tx{world: w}
	if err := fn(ctx, saved); err != nil {
		return err
	}
	if err := w.failing("Transact"); err != nil {
		return err
	}
	for _, c := range saved.changes {
		w.changes, w.at = append(w.changes, c), append(w.at, w.now)
		w.apply(c)
	}
	return nil
}

func (w *world) apply(c replies.Change) {
	if c.User != nil {
		w.in.User = *c.User
	}
	if c.Wishes != nil {
		w.in.Wishes = *c.Wishes
	}
	if c.Stored != nil {
		w.in.Existing = c.Stored
	}
	if len(c.Record.Commands) > 0 && c.Record.Outcome == command.Unproven {
		w.proposals[w.in.User.ID+" "+c.Record.Digest[:16]] = c.Record.Commands
	}
}

// tx is a transaction.
type tx struct {
	*world
	changes []replies.Change
}

func (x *tx) Inputs(_ context.Context, monday calendar.Date) (planner.Inputs, error) {
	if monday != week {
		return planner.Inputs{}, fault.New(fault.NotFound, "week", "%s", monday)
	}
	return x.in, x.failing("Inputs")
}

func (x *tx) Seen(_ context.Context, messageID, digest string) (bool, error) {
	return slices.ContainsFunc(x.world.changes, func(c replies.Change) bool {
		return c.Record.MessageID == messageID || c.Record.Digest == digest
	}), x.failing("Seen")
}

// count counts the records that are younger than since.
func (x *tx) count(since time.Duration, which func(replies.Record) bool) int {
	n := 0
	for i, c := range x.world.changes {
		if x.now.Sub(x.at[i]) < since && which(c.Record) {
			n++
		}
	}
	return n
}

func (x *tx) Recent(_ context.Context, since time.Duration, by replies.Source, o command.Outcome) (int, error) {
	return x.count(since, func(r replies.Record) bool { return r.Source == by && (o == "" || r.Outcome == o) }), x.failing("Recent " + string(o))
}

func (x *tx) Repeats(_ context.Context, said string, since time.Duration) (int, error) {
	return x.count(since, func(r replies.Record) bool { return r.Said == said }), x.failing("Said")
}

func (x *tx) Last(_ context.Context, monday calendar.Date) (*replies.Last, error) {
	if err := x.failing("Last"); err != nil {
		return nil, err
	}
	for i, c := range slices.Backward(x.world.changes) {
		if c.Record.Before == nil || c.Record.Week != monday {
			continue
		}
		undone := slices.ContainsFunc(x.world.changes, func(later replies.Change) bool { return later.Undone == int64(i)+1 })
		return &replies.Last{ID: int64(i) + 1, MessageID: c.Record.MessageID, Commands: c.Record.Commands, Results: c.Record.Results, Before: *c.Record.Before, Undone: undone}, nil
	}
	return nil, nil
}

// Eaten adds up what the changes say.
func (x *tx) Eaten(context.Context, calendar.Date) ([]replies.Eaten, error) {
	var out []replies.Eaten
	for _, c := range x.world.changes {
		for _, e := range c.Eaten {
			out = slices.DeleteFunc(out, func(o replies.Eaten) bool { return o.Slot == e.Slot })
			if e.Servings > 0 {
				out = append(out, e)
			}
		}
	}
	return out, x.failing("Eaten")
}

func (x *tx) Save(_ context.Context, c replies.Change) error {
	x.changes = append(x.changes, c)
	return x.failing("Save")
}

func (w *world) Check(context.Context, planner.Inputs) error { return w.failing("Check") }

// Revise puts a new dish into each free slot: the one that is locked or fixed there, else
// the present one's number and 100.
func (w *world) Revise(_ context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error) {
	w.asked = append(w.asked, r)
	if err := w.failing("Revise"); err != nil {
		return plan.Plan{}, err
	}
	out := *in.Existing
	for _, s := range r.Free {
		now := out.Week.At(s)
		next := &plan.Serving{Recipe: 100, Servings: nutrition.OneServing}
		if now != nil {
			next.Recipe = now.Recipe + 100
		}
		for _, l := range slices.Concat(r.Fixed, in.Wishes.Locks) {
			if l.Slot == s {
				next.Recipe = l.Recipe
			}
		}
		if next.Name = fmt.Sprint("Dish ", next.Recipe); in.Wishes.Skipped(s) {
			next = nil
		}
		out.Week.Days[s.Date-week].Meals[s.Meal] = next
	}
	return out, nil
}

func (w *world) Load(_ context.Context, connection string) ([]recipe.Recipe, error) {
	if connection != "home" {
		return nil, fault.New(fault.NotFound, "connection", "%s", connection)
	}
	w.loads++
	return w.recipes, w.failing("Load")
}

func (w *world) Answer(u user.User, a replies.Answer) (mail.Mail, error) {
	w.rendered, w.addressee = append(w.rendered, a), append(w.addressee, u)
	return mail.Mail{Type: "confirmation", Period: a.Key, To: u.Email}, w.failing("Answer")
}

func (w *world) Fixed() quotation.Fingerprint { return nil }
