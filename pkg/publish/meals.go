package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

type slot struct {
	date calendar.Date
	meal recipe.Meal
}

func slotOf(m Meal) slot { return slot{m.Date, m.Meal} }

func same(a, b Meal) bool {
	return slotOf(a) == slotOf(b) && a.Recipe == b.Recipe && a.Servings == b.Servings
}

// shows reports whether the meal is unchanged since it was written.
func (c Content) shows(m PlannedMeal) bool {
	return m.Date == c.Meal.Date && m.Until == c.Meal.Date && m.MealType == c.MealType && m.Recipe == c.Meal.Recipe && m.Servings == c.Meal.Servings &&
		(m.Note == "" || m.Note == c.Note) && m.Title == ""
}

// settleMeals updates the state of the written meals from the library.
func (w *writer) settleMeals(ctx context.Context) error {
	for _, r := range w.of(KindMeal) {
		if err := w.settleMeal(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) settleMeal(ctx context.Context, r *Row) error {
	switch r.State {
	case Pending:
		if r.Remote = w.lostMeal(r.Content); r.Remote != 0 {
			w.report.Created++
			return w.become(ctx, r, Ours)
		}
		return w.drop(ctx, r)
	case Refused: // tried again: this is another write-back
		return w.drop(ctx, r)
	case Ours, Leaving:
		m, found := w.meals[r.Remote]
		if !found {
			var err error
			m, err = w.lib.Meal(ctx, r.Remote)
			if found = err == nil; err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
		switch {
		case found && r.Content.shows(m):
			return nil
		case !found && r.State == Leaving:
			w.report.Deleted++
			return w.drop(ctx, r)
		default:
			return w.become(ctx, r, Theirs)
		}
	default:
		return nil
	}
}

// lostMeal finds a meal whose creation succeeded although the answer was lost: it has the
// intended content, is new, and belongs to no row.
func (w *writer) lostMeal(c Content) int64 {
	for _, id := range slices.Sorted(maps.Keys(w.meals)) {
		if id > c.After && !w.taken[KindMeal][id] && c.shows(w.meals[id]) {
			return id
		}
	}
	return 0
}

func (w *writer) writeMeals(ctx context.Context) error {
	rows := map[slot][]*Row{}
	for _, r := range w.of(KindMeal) {
		s := slotOf(*r.Content.Meal)
		rows[s] = append(rows[s], r)
	}
	for _, m := range w.plan.Meals {
		if err := w.writeMeal(ctx, m, rows[slotOf(m)]); err != nil {
			return err
		}
		delete(rows, slotOf(m))
	}
	for _, s := range slices.SortedFunc(maps.Keys(rows), func(a, b slot) int { return int(a.date-b.date)*len(recipe.Meals) + int(a.meal) - int(b.meal) }) {
		if err := w.clear(ctx, rows[s]); err != nil {
			return err
		}
	}
	return nil
}

// writeMeal updates one slot. Its newest row holds what the plan last wanted.
func (w *writer) writeMeal(ctx context.Context, m Meal, rows []*Row) error {
	if n := len(rows); n > 0 && same(*rows[n-1].Content.Meal, m) && rows[n-1].State != Leaving {
		if rows[n-1].State == Ours {
			w.report.Kept++
		} else {
			w.report.Theirs++
		}
		return w.clear(ctx, rows[:n-1])
	}
	r := &Row{Kind: KindMeal, State: Pending, Content: Content{After: w.last[KindMeal], Meal: &m, MealType: w.types[m.Meal]}}
	if err := w.put(ctx, r); err != nil {
		return err
	}
	w.rows = append(w.rows, r)
	id, err := w.lib.CreateMeal(ctx, m, r.Content.MealType)
	what := describe(m)
	if refused(err) {
		there, herr := w.lib.HasRecipe(ctx, m.Recipe)
		if herr != nil {
			return herr // it is not about this meal
		}
		if !there {
			what += fmt.Sprintf(": recipe %d is no longer in Tandoor; replan the meal", m.Recipe)
		}
	}
	if err := w.made(ctx, r, id, err, what); err != nil {
		return err
	}
	return w.clear(ctx, rows)
}

func describe(m Meal) string {
	name := m.Name
	if name == "" {
		name = fmt.Sprintf("recipe %d", m.Recipe)
	}
	return fmt.Sprintf("%s, %s, %s", m.Date, m.Meal, name)
}

// clear deletes our meals of a slot that now wants something else, and forgets the rest.
func (w *writer) clear(ctx context.Context, rows []*Row) error {
	for _, r := range rows {
		if r.State != Ours && r.State != Leaving {
			if err := w.drop(ctx, r); err != nil {
				return err
			}
			continue
		}
		err := w.remove(ctx, r, describe(*r.Content.Meal), func() (State, error) {
			m, err := w.lib.Meal(ctx, r.Remote)
			if fault.KindOf(err) == fault.NotFound {
				return Theirs, nil
			}
			if err != nil {
				return "", err
			}
			if !r.Content.shows(m) {
				return Theirs, nil
			}
			if !m.Shopping {
				return "", nil
			}
			lines, err := w.lib.Lines(ctx, m.ID) // they would be deleted with it
			if len(lines) > 0 {
				return Theirs, err
			}
			return "", err
		}, w.lib.DeleteMeal)
		if err != nil {
			return err
		}
	}
	return nil
}

// names are the known names of meal types, by meal; new ones get the first.
var names = [...][]string{
	recipe.Breakfast: {"Breakfast", "Frühstück", "petit-déjeuner", "petit déjeuner", "desayuno", "colazione", "ontbijt"},
	recipe.Lunch:     {"Lunch", "Mittagessen", "Mittag", "déjeuner", "almuerzo", "comida", "pranzo", "middageten"},
	recipe.Dinner:    {"Dinner", "Abendessen", "Abendbrot", "dîner", "diner", "cena", "avondeten", "supper"},
}

// mealTypes returns the library's meal type for each meal that is planned: the one used
// before, else one with a name for it, else a new one.
func mealTypes(ctx context.Context, lib Library, book Book, p Plan) ([3]int64, error) {
	types, err := book.MealTypes(ctx, p.Connection)
	if err != nil {
		return types, err
	}
	there, err := lib.MealTypes(ctx)
	if err != nil {
		return types, err
	}
	was := types
	for _, m := range p.Meals {
		if t := types[m.Meal]; t != 0 && slices.ContainsFunc(there, func(x MealType) bool { return x.ID == t }) {
			continue
		}
		if types[m.Meal] = typeNamed(there, m.Meal); types[m.Meal] != 0 {
			continue
		}
		made, err := lib.CreateMealType(ctx, names[m.Meal][0])
		if err != nil {
			return types, err
		}
		types[m.Meal] = made.ID
		there = append(there, made)
	}
	if types == was {
		return types, nil
	}
	return types, book.SetMealTypes(ctx, p.Connection, types)
}

func typeNamed(there []MealType, m recipe.Meal) int64 {
	for _, name := range names[m] {
		for _, t := range there {
			if fold(t.Name) == fold(name) {
				return t.ID
			}
		}
	}
	return 0
}
