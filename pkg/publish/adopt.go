package publish

import (
	"context"
	"maps"
	"slices"
)

// adopt takes over, once, the meals and lines that are exactly as older versions wrote them.
// It leaves the rest alone.
func (w *writer) adopt(ctx context.Context) error {
	done, err := w.book.Adopted(ctx, w.plan.ID)
	if err != nil || done {
		return err
	}
	if w.plan.Old.Marker != "" {
		if err := w.adoptMeals(ctx); err != nil {
			return err
		}
		if err := w.adoptLines(ctx); err != nil {
			return err
		}
	}
	return w.book.SetAdopted(ctx, w.plan.ID)
}

func (w *writer) adoptMeals(ctx context.Context) error {
	have := map[slot]*Row{}
	for _, r := range w.of(KindMeal) {
		have[slotOf(*r.Content.Meal)] = r
	}
	for _, old := range w.plan.Old.Meals {
		r := have[slotOf(old)]
		if r == nil {
			r = &Row{Kind: KindMeal, State: Ours, Content: Content{Meal: &old, MealType: w.types[old.Meal], Note: w.plan.Old.Marker}}
			if r.Remote = w.marked(r.Content); r.Remote == 0 {
				continue
			}
			if err := w.put(ctx, r); err != nil {
				return err
			}
			w.rows = append(w.rows, r)
		}
		m := w.meals[r.Remote]
		if m.Note != w.plan.Old.Marker || m.Shopping { // changing a meal changes its shopping list
			continue
		}
		if err := w.lib.ClearNote(ctx, m); err != nil && !refused(err) {
			return err
		}
		m.Note = ""
		w.meals[m.ID] = m
	}
	return nil
}

// marked finds the meal that an older version wrote.
func (w *writer) marked(c Content) int64 {
	for _, id := range slices.Sorted(maps.Keys(w.meals)) {
		if m := w.meals[id]; m.Note == c.Note && !w.taken[KindMeal][id] && c.shows(m) {
			return id
		}
	}
	return 0
}

// adoptLines takes over the lines of the first meal, to which older versions attached them.
func (w *writer) adoptLines(ctx context.Context) error {
	var first int64
	for _, r := range w.of(KindMeal) {
		if w.meals[r.Remote].Shopping {
			first = r.Remote
			break
		}
	}
	if first == 0 {
		return nil
	}
	for _, n := range w.plan.Old.Needs {
		for _, id := range slices.Sorted(maps.Keys(w.lines)) {
			l := w.lines[id]
			if l.Meal != first || w.taken[KindLine][id] || l.FoodID != n.FoodID || fold(l.Unit) != fold(n.Unit) || l.Amount != n.Amount {
				continue
			}
			n.Unit = w.unitNow(n)
			r := &Row{Kind: KindLine, State: Ours, Remote: id, Content: Content{Need: &n, Made: &l}}
			if err := w.put(ctx, r); err != nil {
				return err
			}
			w.rows = append(w.rows, r)
			break
		}
	}
	return nil
}

// unitNow returns today's name of an old need's unit, so that ticked lines count.
func (w *writer) unitNow(old Need) string {
	for _, n := range w.plan.Needs {
		if n.FoodID == old.FoodID && (fold(n.Unit) == fold(old.Unit) || n.Amount == old.Amount) {
			return n.Unit
		}
	}
	return old.Unit
}
