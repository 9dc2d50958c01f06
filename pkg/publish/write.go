// Package publish is the use case of writing a plan back to its library: its meals and
// shopping list. It owns only what it wrote, by stored id. Anything a person moves, changes,
// ticks or deletes is theirs from then on.
package publish

import (
	"context"
	"errors"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Meal is one planned meal. Servings are for all who eat.
type Meal struct {
	Date     calendar.Date      `json:"date"`
	Meal     recipe.Meal        `json:"meal"`
	Recipe   recipe.ID          `json:"recipe"`
	Servings nutrition.Servings `json:"servings"`
	Name     string             `json:"name,omitempty"` // of the recipe, for messages
}

// Need is one food to buy, in one unit.
type Need struct {
	FoodID int64         `json:"food_id"`
	Food   string        `json:"food"`           // the library's name of it, singular
	Unit   string        `json:"unit,omitempty"` // the library's name; "" = pieces
	Amount recipe.Amount `json:"amount"`
}

// Plan is the desired state of the library.
type Plan struct {
	ID         int64
	Connection string
	Meals      []Meal
	Needs      []Need
	Old        Old
}

// Old is the same plan as versions without stored ids wrote it: with a marker as the meals'
// note, servings for one person, and unit codes.
type Old struct {
	Marker string
	Meals  []Meal
	Needs  []Need
}

// Space is the tenant that the library's token belongs to.
type Space struct {
	ID   int64
	Name string
}

// MealType is a row of the library's calendar ("Dinner").
type MealType struct {
	ID   int64
	Name string
}

// PlannedMeal is a meal as the library shows it.
type PlannedMeal struct {
	ID       int64
	Date     calendar.Date
	Until    calendar.Date // the last day
	MealType int64
	Recipe   recipe.ID // 0 = none
	Servings nutrition.Servings
	Note     string
	Title    string
	Shopping bool // it has a shopping list, which is deleted with it
}

// Line is a line of the library's shopping list.
type Line struct {
	ID      int64         `json:"-"`
	FoodID  int64         `json:"food_id"`
	Food    string        `json:"food,omitempty"`
	Plural  string        `json:"-"`
	Unit    string        `json:"unit,omitempty"`
	Amount  recipe.Amount `json:"amount"`
	Checked bool          `json:"-"`
	Meal    int64         `json:"meal,omitempty"` // the meal it belongs to; 0 = none
}

// Library is the target of write-back. An error whose chain holds a [Refusal] that says so
// answers this very request, which had no effect; any other may hide an effect.
type Library interface {
	Space(ctx context.Context) (Space, error)
	MealTypes(ctx context.Context) ([]MealType, error)
	CreateMealType(ctx context.Context, name string) (MealType, error)

	Meals(ctx context.Context, from, to calendar.Date) ([]PlannedMeal, error)
	Meal(ctx context.Context, id int64) (PlannedMeal, error) // kind NotFound
	CreateMeal(ctx context.Context, m Meal, mealType int64) (int64, error)
	// ClearNote empties the note of a meal without a shopping list.
	ClearNote(ctx context.Context, m PlannedMeal) error
	DeleteMeal(ctx context.Context, id int64) error
	HasRecipe(ctx context.Context, id recipe.ID) (bool, error)

	// Lines lists the lines of a meal, or all with 0: unticked and recently ticked ones.
	Lines(ctx context.Context, meal int64) ([]Line, error)
	Line(ctx context.Context, id int64) (Line, error) // at any age; kind NotFound
	CreateLine(ctx context.Context, n Need) (Line, error)
	DeleteLine(ctx context.Context, id int64) error
}

// Refusal is an error that reports whether the library refused the request.
type Refusal interface {
	error
	Refused() bool
}

func refused(err error) bool {
	r, ok := errors.AsType[Refusal](err)
	return ok && r.Refused()
}

// Kind is the kind of a row.
type Kind string

// The kinds of rows.
const (
	KindMeal Kind = "meal"
	KindLine Kind = "line"
)

// State is the state of a written thing.
type State string

// The states of a row.
const (
	Pending State = "pending" // about to be created, or created with the answer lost
	Ours    State = "ours"    // as we wrote it
	Leaving State = "leaving" // about to be deleted, or deleted with the answer lost
	Theirs  State = "theirs"  // moved, changed or deleted by a person
	Bought  State = "bought"  // a line that is ticked
	Refused State = "refused" // the library refuses it
)

// Row is one thing that we wrote.
type Row struct {
	ID      int64
	Kind    Kind
	State   State
	Remote  int64 // its id in the library; 0 = not known
	Content Content
}

// Content is what was written.
type Content struct {
	After    int64         `json:"after,omitempty"` // things with this id or a lower one existed before
	Meal     *Meal         `json:"meal,omitempty"`
	MealType int64         `json:"meal_type,omitempty"`
	Note     string        `json:"note,omitempty"`
	Need     *Need         `json:"need,omitempty"`
	Made     *Line         `json:"made,omitempty"`   // the line as the library made it
	Got      recipe.Amount `json:"got,omitempty"`    // the amount a bought line, or a person's, counts for
	Reason   string        `json:"reason,omitempty"` // why it was refused
}

// Book keeps the rows. Each call is stored at once.
type Book interface {
	// Rows lists the plan's rows of a connection and space, oldest first.
	Rows(ctx context.Context, connection string, plan, space int64) ([]Row, error)
	// Remotes returns the library's ids in the rows of all plans of a connection.
	Remotes(ctx context.Context, connection string, k Kind) (map[int64]bool, error)
	// Put adds a row, or changes the one with its id, and returns the id.
	Put(ctx context.Context, connection string, plan, space int64, r Row) (int64, error)
	Drop(ctx context.Context, id int64) error

	// Space returns the space the connection was first seen with; 0 = not seen yet.
	Space(ctx context.Context, connection string) (Space, error)
	SetSpace(ctx context.Context, connection string, s Space) error
	// MealTypes returns the library's meal type for each meal; 0 = not known.
	MealTypes(ctx context.Context, connection string) ([3]int64, error)
	SetMealTypes(ctx context.Context, connection string, t [3]int64) error

	// Adopted reports whether adopt has run.
	Adopted(ctx context.Context, plan int64) (bool, error)
	SetAdopted(ctx context.Context, plan int64) error
}

// Report is the result of a write-back.
type Report struct {
	Created, Deleted, Kept int
	Theirs                 int      // left to the person who changed them
	Refused                []string // what the library refused, and why
}

// SpaceChanged is the error for a library that shows a different space.
func SpaceChanged(connection string, was, is Space) error {
	return fault.New(fault.Conflict, "connection "+connection,
		"Tandoor now shows space %q (id %d), and showed %q (id %d) before: a token follows the space its user has active. Make that one active again in Tandoor, or take the new one with `mealplanner import --connection %s --accept-changes`",
		is.Name, is.ID, was.Name, was.ID, connection)
}

const rounds = 2

// Write makes the library show the plan. It reads the current state, adds what is missing and
// removes entries of ours that are no longer wanted; after a failure that may hide an effect
// it starts over once. Refusals of the library are reported and do not stop the rest. Calls
// for one connection must not run concurrently. Kinds: the library's, the book's, Conflict
// if the library shows another space.
func Write(ctx context.Context, lib Library, book Book, p Plan) (Report, error) {
	is, err := lib.Space(ctx)
	if err != nil {
		return Report{}, err
	}
	was, err := book.Space(ctx, p.Connection)
	if err != nil {
		return Report{}, err
	}
	if was.ID == 0 {
		err = book.SetSpace(ctx, p.Connection, is)
	} else if was.ID != is.ID {
		err = SpaceChanged(p.Connection, was, is)
	}
	if err != nil {
		return Report{}, err
	}
	var total Report
	for round := 1; ; round++ {
		w := &writer{lib: lib, book: book, plan: p, space: is.ID}
		err := w.write(ctx)
		created, deleted := total.Created+w.report.Created, total.Deleted+w.report.Deleted
		total = w.report
		total.Created, total.Deleted = created, deleted
		if err == nil {
			total.Kept -= created - w.fresh // entries created before are visible by now
			return total, nil
		}
		if k := fault.KindOf(err); round == rounds || ctx.Err() != nil || k != fault.TimeoutError && k != fault.NetworkError && k != fault.Unavailable {
			return total, err
		}
	}
}

type writer struct {
	lib    Library
	book   Book
	plan   Plan
	space  int64
	types  [3]int64
	rows   []*Row
	report Report
	fresh  int // made in this round

	meals map[int64]PlannedMeal // that the library shows around the week
	lines map[int64]Line
	taken map[Kind]map[int64]bool // ids that have a row
	last  map[Kind]int64          // the highest id seen
}

func (w *writer) write(ctx context.Context) error {
	rows, err := w.book.Rows(ctx, w.plan.Connection, w.plan.ID, w.space)
	if err != nil {
		return err
	}
	for i := range rows {
		w.rows = append(w.rows, &rows[i])
	}
	if err := w.look(ctx); err != nil {
		return err
	}
	if err := w.adopt(ctx); err != nil {
		return err
	}
	if err := w.settleMeals(ctx); err != nil {
		return err
	}
	if err := w.settleLines(ctx); err != nil {
		return err
	}
	// Lines first: older versions attached them to a meal, which is deleted only once none is left.
	if err := w.writeLines(ctx); err != nil {
		return err
	}
	return w.writeMeals(ctx)
}

// around is how many days beyond the week meals are searched for.
const around = 7

// look reads the library's current state.
func (w *writer) look(ctx context.Context) (err error) {
	if w.types, err = mealTypes(ctx, w.lib, w.book, w.plan); err != nil {
		return err
	}
	w.meals, w.lines, w.last, w.taken = map[int64]PlannedMeal{}, map[int64]Line{}, map[Kind]int64{}, map[Kind]map[int64]bool{}
	for _, k := range []Kind{KindMeal, KindLine} {
		if w.taken[k], err = w.book.Remotes(ctx, w.plan.Connection, k); err != nil {
			return err
		}
		for id := range w.taken[k] {
			w.last[k] = max(w.last[k], id)
		}
	}
	if from, to, ok := w.span(); ok {
		meals, err := w.lib.Meals(ctx, from-around, to+around)
		if err != nil {
			return err
		}
		for _, m := range meals {
			w.meals[m.ID] = m
			w.last[KindMeal] = max(w.last[KindMeal], m.ID)
		}
	}
	lines, err := w.lib.Lines(ctx, 0)
	if err != nil {
		return err
	}
	for _, l := range lines {
		w.lines[l.ID] = l
		w.last[KindLine] = max(w.last[KindLine], l.ID)
	}
	return nil
}

// span returns the first and the last day that was or will be written.
func (w *writer) span() (from, to calendar.Date, ok bool) {
	see := func(m *Meal) {
		if m == nil {
			return
		}
		if !ok || m.Date < from {
			from = m.Date
		}
		if !ok || m.Date > to {
			to = m.Date
		}
		ok = true
	}
	for i := range w.plan.Meals {
		see(&w.plan.Meals[i])
	}
	for _, r := range w.rows {
		see(r.Content.Meal)
	}
	return from, to, ok
}

func (w *writer) put(ctx context.Context, r *Row) error {
	id, err := w.book.Put(ctx, w.plan.Connection, w.plan.ID, w.space, *r)
	if err != nil {
		return err
	}
	r.ID = id
	if r.Remote != 0 {
		w.taken[r.Kind][r.Remote] = true
	}
	return nil
}

func (w *writer) become(ctx context.Context, r *Row, s State) error {
	r.State = s
	return w.put(ctx, r)
}

func (w *writer) drop(ctx context.Context, r *Row) error {
	if err := w.book.Drop(ctx, r.ID); err != nil {
		return err
	}
	for i, other := range w.rows {
		if other == r {
			w.rows = append(w.rows[:i:i], w.rows[i+1:]...)
			break
		}
	}
	return nil
}

// of returns the rows of a kind, oldest first.
func (w *writer) of(k Kind) (out []*Row) {
	for _, r := range w.rows {
		if r.Kind == k {
			out = append(out, r)
		}
	}
	return out
}

// made records the result of a creation: id if err is nil.
func (w *writer) made(ctx context.Context, r *Row, id int64, err error, what string) error {
	switch {
	case err == nil:
		r.Remote = id
		w.report.Created++
		w.fresh++
		return w.become(ctx, r, Ours)
	case refused(err):
		r.Content.Reason = what + ": " + err.Error()
		w.report.Refused = append(w.report.Refused, r.Content.Reason)
		return w.become(ctx, r, Refused)
	case fault.KindOf(err) == fault.Unauthorized, fault.KindOf(err) == fault.QuotaExceeded:
		return errors.Join(err, w.drop(ctx, r)) // it had no effect
	default:
		return err
	}
}

// remove deletes what is ours unless a person did so first, and drops the row. gone returns
// the state of a row that must not be deleted; "" = delete it.
func (w *writer) remove(ctx context.Context, r *Row, what string, gone func() (State, error), del func(context.Context, int64) error) error {
	s, err := gone()
	if err != nil {
		return err
	}
	if s != "" {
		w.report.Theirs++
		return w.become(ctx, r, s)
	}
	if err := w.become(ctx, r, Leaving); err != nil {
		return err
	}
	switch err := del(ctx, r.Remote); {
	case err == nil:
		w.report.Deleted++
		return w.drop(ctx, r)
	case refused(err):
		w.report.Refused = append(w.report.Refused, what+" was not removed: "+err.Error())
		return w.become(ctx, r, Ours)
	default:
		return err
	}
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
