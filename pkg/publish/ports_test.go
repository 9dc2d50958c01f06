package publish_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// monday is 2026-11-30.
var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

var (
	down = fault.New(fault.NetworkError, "tandoor", "reset")
	gone = fault.New(fault.DatabaseError, "postgres", "gone")
)

// no is the library's answer to a request that it will not have.
type no struct{ error }

func (no) Refused() bool   { return true }
func (n no) Unwrap() error { return n.error }

func refusal(what string) error { return no{fault.New(fault.TandoorError, "tandoor", "%s", what)} }

// shelf is a library in memory. A call fails by its name: before it has its effect, or, when
// the answer is lost, after.
type shelf struct {
	space publish.Space
	types []publish.MealType
	meals map[int64]publish.PlannedMeal
	lines map[int64]publish.Line
	ids   int64
	gone  map[recipe.ID]bool // recipes

	fail  map[string][]error
	lost  map[string][]error
	first map[string]func() // what a person does just before a call, once
	calls []string          // that change something
}

func newShelf() *shelf {
	return &shelf{
		space: publish.Space{ID: 1, Name: "home"}, types: []publish.MealType{{ID: 1, Name: "Brunch"}, {ID: 2, Name: "abendessen "}},
		meals: map[int64]publish.PlannedMeal{}, lines: map[int64]publish.Line{}, ids: 100, gone: map[recipe.ID]bool{}, fail: map[string][]error{}, lost: map[string][]error{}, first: map[string]func(){},
	}
}

func (s *shelf) next() int64 { s.ids++; return s.ids }

func take(from map[string][]error, call string) error {
	if errs := from[call]; len(errs) > 0 {
		from[call] = errs[1:]
		return errs[0]
	}
	return nil
}

func (s *shelf) Space(context.Context) (publish.Space, error) { return s.space, take(s.fail, "Space") }

func (s *shelf) MealTypes(context.Context) ([]publish.MealType, error) {
	return s.types, take(s.fail, "MealTypes")
}

func (s *shelf) CreateMealType(_ context.Context, name string) (publish.MealType, error) {
	if err := take(s.fail, "CreateMealType"); err != nil {
		return publish.MealType{}, err
	}
	t := publish.MealType{ID: s.next(), Name: name}
	s.types = append(s.types, t)
	s.calls = append(s.calls, "type "+name)
	return t, nil
}

func (s *shelf) Meals(_ context.Context, from, to calendar.Date) ([]publish.PlannedMeal, error) {
	var out []publish.PlannedMeal
	for _, id := range slices.Sorted(maps.Keys(s.meals)) {
		if m := s.see(id); m.Date >= from && m.Date <= to {
			out = append(out, m)
		}
	}
	return out, take(s.fail, "Meals")
}

func (s *shelf) meanwhile(call string) {
	if act := s.first[call]; act != nil {
		delete(s.first, call)
		act()
	}
}

// see is a meal as the library shows it.
func (s *shelf) see(id int64) publish.PlannedMeal {
	m := s.meals[id]
	m.ID = id
	for _, l := range s.lines {
		m.Shopping = m.Shopping || l.Meal == id
	}
	return m
}

func (s *shelf) Meal(_ context.Context, id int64) (publish.PlannedMeal, error) {
	s.meanwhile("Meal")
	if _, ok := s.meals[id]; !ok {
		return publish.PlannedMeal{}, fault.New(fault.NotFound, "meal", "%d", id)
	}
	return s.see(id), take(s.fail, "Meal")
}

func (s *shelf) CreateMeal(_ context.Context, m publish.Meal, mealType int64) (int64, error) {
	if err := take(s.fail, "CreateMeal"); err != nil {
		return 0, err
	}
	if s.gone[m.Recipe] {
		return 0, refusal("unknown recipe")
	}
	id := s.next()
	s.meals[id] = publish.PlannedMeal{Date: m.Date, Until: m.Date, MealType: mealType, Recipe: m.Recipe, Servings: m.Servings}
	s.calls = append(s.calls, "create meal")
	return id, take(s.lost, "CreateMeal")
}

func (s *shelf) ClearNote(_ context.Context, m publish.PlannedMeal) error {
	if s.see(m.ID).Shopping {
		return fault.New(fault.Internal, "meal", "to change %d changes the list on it", m.ID)
	}
	if err := take(s.fail, "ClearNote"); err != nil {
		return err
	}
	m.Note = ""
	s.meals[m.ID] = m
	return nil
}

func (s *shelf) DeleteMeal(_ context.Context, id int64) error {
	if err := take(s.fail, "DeleteMeal"); err != nil {
		return err
	}
	delete(s.meals, id)
	maps.DeleteFunc(s.lines, func(_ int64, l publish.Line) bool { return l.Meal == id })
	s.calls = append(s.calls, "delete meal")
	return take(s.lost, "DeleteMeal")
}

func (s *shelf) HasRecipe(_ context.Context, id recipe.ID) (bool, error) {
	return !s.gone[id], take(s.fail, "HasRecipe")
}

func (s *shelf) Lines(_ context.Context, meal int64) ([]publish.Line, error) {
	var out []publish.Line
	for _, id := range slices.Sorted(maps.Keys(s.lines)) {
		if l := s.lines[id]; meal == 0 || l.Meal == meal {
			out = append(out, l)
		}
	}
	return out, take(s.fail, "Lines")
}

func (s *shelf) Line(_ context.Context, id int64) (publish.Line, error) {
	s.meanwhile("Line")
	l, ok := s.lines[id]
	if !ok {
		return l, fault.New(fault.NotFound, "line", "%d", id)
	}
	return l, take(s.fail, "Line")
}

func (s *shelf) CreateLine(_ context.Context, n publish.Need) (publish.Line, error) {
	if err := take(s.fail, "CreateLine"); err != nil {
		return publish.Line{}, err
	}
	l := publish.Line{ID: s.next(), FoodID: n.FoodID, Food: n.Food, Unit: n.Unit, Amount: n.Amount}
	s.lines[l.ID] = l
	s.calls = append(s.calls, "create line")
	if err := take(s.lost, "CreateLine"); err != nil {
		return publish.Line{}, err
	}
	return l, nil
}

func (s *shelf) DeleteLine(_ context.Context, id int64) error {
	if err := take(s.fail, "DeleteLine"); err != nil {
		return err
	}
	delete(s.lines, id)
	s.calls = append(s.calls, "delete line")
	return take(s.lost, "DeleteLine")
}

// book is what was written, in memory.
type book struct {
	rows    []publish.Row
	ids     int64
	space   publish.Space
	types   [3]int64
	adopted bool
	others  map[int64]bool // ids in the rows of other plans
	fail    map[string][]error
}

func (b *book) Rows(context.Context, string, int64, int64) ([]publish.Row, error) {
	return slices.Clone(b.rows), take(b.fail, "Rows")
}

func (b *book) Remotes(_ context.Context, _ string, k publish.Kind) (map[int64]bool, error) {
	out := maps.Clone(b.others)
	if out == nil {
		out = map[int64]bool{}
	}
	for _, r := range b.rows {
		if r.Kind == k && r.Remote != 0 {
			out[r.Remote] = true
		}
	}
	return out, take(b.fail, "Remotes")
}

func (b *book) Put(_ context.Context, _ string, _, _ int64, r publish.Row) (int64, error) {
	if err := take(b.fail, "Put"); err != nil {
		return 0, err
	}
	if i := slices.IndexFunc(b.rows, func(x publish.Row) bool { return x.ID == r.ID }); i >= 0 {
		b.rows[i] = r
		return r.ID, nil
	}
	b.ids++
	r.ID = b.ids
	b.rows = append(b.rows, r)
	return r.ID, nil
}

func (b *book) Drop(_ context.Context, id int64) error {
	if err := take(b.fail, "Drop"); err != nil {
		return err
	}
	b.rows = slices.DeleteFunc(b.rows, func(r publish.Row) bool { return r.ID == id })
	return nil
}

func (b *book) Space(context.Context, string) (publish.Space, error) {
	return b.space, take(b.fail, "Space")
}

func (b *book) SetSpace(_ context.Context, _ string, s publish.Space) error {
	if err := take(b.fail, "SetSpace"); err != nil {
		return err
	}
	b.space = s
	return nil
}

func (b *book) MealTypes(context.Context, string) ([3]int64, error) {
	return b.types, take(b.fail, "MealTypes")
}

func (b *book) SetMealTypes(_ context.Context, _ string, t [3]int64) error {
	if err := take(b.fail, "SetMealTypes"); err != nil {
		return err
	}
	b.types = t
	return nil
}

func (b *book) Adopted(context.Context, int64) (bool, error) {
	return b.adopted, take(b.fail, "Adopted")
}

func (b *book) SetAdopted(context.Context, int64) error {
	if err := take(b.fail, "SetAdopted"); err != nil {
		return err
	}
	b.adopted = true
	return nil
}

// states lists the rows of a kind as their states.
func (b *book) states(k publish.Kind) string {
	var out []string
	for _, r := range b.rows {
		if r.Kind == k {
			out = append(out, string(r.State))
		}
	}
	return strings.Join(out, ", ")
}

// world is a library, its book, and what the library should show: two dinners, rice and
// eggs.
type world struct {
	*shelf
	book *book
	plan publish.Plan
}

func newWorld() *world {
	return &world{newShelf(), &book{fail: map[string][]error{}}, publish.Plan{ID: 7, Connection: "home", Meals: []publish.Meal{dinner(0, 1), dinner(1, 2)}, Needs: []publish.Need{
		{FoodID: 5, Food: "Rice", Unit: "g", Amount: 500 * recipe.One}, {Food: "Egg", Amount: 6 * recipe.One},
	}}}
}

func dinner(day calendar.Date, id recipe.ID) publish.Meal {
	return publish.Meal{Date: monday + day, Meal: recipe.Dinner, Recipe: id, Servings: 2 * nutrition.OneServing}
}

func (w *world) write(t *testing.T) publish.Report {
	t.Helper()
	r, err := publish.Write(t.Context(), w.shelf, w.book, w.plan)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// right fails when the library shows anything but the plan: one meal for each that is
// planned, and of each food what is needed.
func (w *world) right(t *testing.T, when string) {
	t.Helper()
	for _, m := range w.plan.Meals {
		n := 0
		for _, x := range w.meals {
			if x.Date == m.Date && x.Recipe == m.Recipe && x.Servings == m.Servings {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: %d meals of %s with recipe %d", when, n, m.Date, m.Recipe)
		}
	}
	if len(w.meals) != len(w.plan.Meals) || len(w.lines) != len(w.plan.Needs) {
		t.Errorf("%s: %d meals and %d lines: %+v, %+v", when, len(w.meals), len(w.lines), w.meals, w.lines)
	}
	for _, n := range w.plan.Needs {
		var sum recipe.Amount
		for _, l := range w.lines {
			if l.Food == n.Food && l.Unit == n.Unit {
				sum += l.Amount
			}
		}
		if sum != n.Amount {
			t.Errorf("%s: %g %s of %s", when, sum.Float(), n.Unit, n.Food)
		}
	}
}
