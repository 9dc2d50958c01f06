package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// key identifies a need: a food, by id if it has one, and a unit.
type key struct {
	food int64
	name string
	unit string
}

func keyOf(n Need) key {
	if n.FoodID != 0 {
		return key{food: n.FoodID, unit: fold(n.Unit)}
	}
	return key{name: fold(n.Food), unit: fold(n.Unit)}
}

// kindOf is the key of a need whatever the library calls it: the food and the unit as the tables know
// them, else by name.
func kindOf(n Need) key {
	k := key{name: fold(n.Food), unit: fold(n.Unit)}
	if same, ok := food.Same(n.Food); ok {
		k.name = same
	}
	if unit, ok := grocery.UnitOf(recipe.Ingredient{Amount: recipe.One, Unit: recipe.Unit{Name: n.Unit}}); ok {
		k.unit = unit
	}
	return k
}

// shows reports whether the line is unchanged since the library created it.
func (c Content) showsLine(l Line) bool {
	return c.Made != nil && l.FoodID == c.Made.FoodID && fold(l.Unit) == fold(c.Made.Unit) && l.Amount == c.Made.Amount && l.Meal == c.Made.Meal
}

// names reports whether the line shows the food and the unit of a need, under its id or its name.
func (c Content) names(n Need) bool {
	return (n.FoodID != 0 && (c.Need.FoodID == n.FoodID || c.Made.FoodID == n.FoodID) || fold(c.Need.Food) == fold(n.Food)) && fold(c.Need.Unit) == fold(n.Unit)
}

func (w *writer) settleLines(ctx context.Context) error {
	for _, r := range w.of(KindLine) {
		if err := w.settleLine(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) settleLine(ctx context.Context, r *Row) error {
	switch r.State {
	case Pending:
		if l, ok := w.lostLine(r.Content); ok {
			r.Remote, r.Content.Made = l.ID, &l
			w.report.Created++
			if err := w.become(ctx, r, Ours); err != nil {
				return err
			}
			return w.settleLine(ctx, r)
		}
		return w.drop(ctx, r)
	case Refused:
		return w.drop(ctx, r)
	case Theirs:
		l, found := w.lines[r.Remote]
		if !found || l.Amount <= r.Content.Got {
			return nil
		}
		r.Content.Got = l.Amount
		return w.put(ctx, r)
	default:
		s, err := w.lineState(ctx, r, w.lines[r.Remote])
		if err != nil || s == r.State || s == Ours && r.State == Leaving {
			return err
		}
		if s == Theirs && r.State == Leaving && r.Content.Got == 0 {
			w.report.Deleted++
			return w.drop(ctx, r)
		}
		return w.become(ctx, r, s)
	}
}

// lineState compares a line of ours with what the library shows, asking for the line itself
// when l is none, and notes what it counts for. Got stays 0 for one that we were about to
// delete and that is gone.
func (w *writer) lineState(ctx context.Context, r *Row, l Line) (State, error) {
	if l.ID == 0 {
		var err error
		l, err = w.lib.Line(ctx, r.Remote)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			switch r.State {
			case Bought, Leaving:
			default:
				r.Content.Got = r.Content.Need.Amount
			}
			if r.State == Bought {
				return Bought, nil // ticked and cleared
			}
			return Theirs, nil
		case err != nil:
			return "", err
		}
	}
	switch {
	case l.Checked:
		r.Content.Got = max(r.Content.Need.Amount, l.Amount)
		return Bought, nil
	case r.Content.showsLine(l):
		r.Content.Got = 0
		return Ours, nil
	default:
		r.Content.Got = max(r.Content.Need.Amount, l.Amount)
		return Theirs, nil
	}
}

// lostLine finds a line whose creation succeeded although the answer was lost.
func (w *writer) lostLine(c Content) (Line, bool) {
	for _, id := range slices.Sorted(maps.Keys(w.lines)) {
		l := w.lines[id]
		same := l.FoodID == c.Need.FoodID || fold(l.Food) == fold(c.Need.Food) || fold(l.Plural) == fold(c.Need.Food) && l.Plural != ""
		if id > c.After && !w.taken[KindLine][id] && same && fold(l.Unit) == fold(c.Need.Unit) && l.Amount == c.Need.Amount && l.Meal == 0 {
			return l, true
		}
	}
	return Line{}, false
}

// writeLines updates the list: one line per food and unit with the amount that is neither
// bought nor covered by a person's own line.
func (w *writer) writeLines(ctx context.Context) error {
	rows, rest := w.rowsOf(w.plan.Needs)
	for i, n := range w.plan.Needs {
		if err := w.writeLine(ctx, n, rows[i]); err != nil {
			return err
		}
	}
	return w.clearLines(ctx, rest, nil)
}

// rowsOf finds the lines that were written for each need, and those of none. A food that had no id
// or another one then is found by what it is: what is ticked stays bought, whatever the library calls it.
func (w *writer) rowsOf(needs []Need) (rows [][]*Row, rest []*Row) {
	exact, alike := map[key]int{}, map[key]int{}
	for i, n := range slices.Backward(needs) {
		exact[keyOf(n)], alike[kindOf(n)] = i, i
	}
	rows = make([][]*Row, len(needs))
	for _, r := range w.of(KindLine) {
		i, ok := exact[keyOf(*r.Content.Need)]
		if !ok {
			i, ok = alike[kindOf(*r.Content.Need)]
		}
		if !ok {
			rest = append(rest, r)
			continue
		}
		rows[i] = append(rows[i], r)
	}
	return rows, rest
}

func (w *writer) writeLine(ctx context.Context, n Need, rows []*Row) error {
	rest := n
	for _, r := range rows {
		if r.State == Bought || r.State == Theirs {
			rest.Amount -= r.Content.Got
			w.report.Theirs++
		}
	}
	var keep *Row
	if rest.Amount > 0 {
		for _, r := range rows {
			if r.State == Ours && r.Content.names(n) && r.Content.Need.Amount == rest.Amount && r.Content.Made.Meal == 0 {
				keep = r
				w.report.Kept++
				break
			}
		}
		if keep == nil {
			if err := w.createLine(ctx, rest); err != nil {
				return err
			}
		}
	}
	return w.clearLines(ctx, rows, keep)
}

func (w *writer) createLine(ctx context.Context, n Need) error {
	r := &Row{Kind: KindLine, State: Pending, Content: Content{After: w.last[KindLine], Need: &n}}
	if err := w.put(ctx, r); err != nil {
		return err
	}
	w.rows = append(w.rows, r)
	l, err := w.lib.CreateLine(ctx, n)
	if err == nil {
		r.Content.Made = &l
	}
	return w.made(ctx, r, l.ID, err, "shopping list, "+describeNeed(n))
}

func describeNeed(n Need) string {
	return fmt.Sprintf("%v %s %s", n.Amount.Float(), n.Unit, n.Food)
}

func (w *writer) clearLines(ctx context.Context, rows []*Row, keep *Row) error {
	for _, r := range rows {
		if r == keep || r.State != Ours && r.State != Leaving {
			continue
		}
		err := w.remove(ctx, r, "shopping list, "+describeNeed(*r.Content.Need), func() (State, error) {
			s, err := w.lineState(ctx, r, Line{})
			if s == Ours {
				s = ""
			}
			return s, err
		}, w.lib.DeleteLine)
		if err != nil {
			return err
		}
	}
	return nil
}

// Merge adds up needs of one food and unit, in the order in which they first come.
func Merge(needs []Need) []Need {
	var out []Need
	at := map[key]int{}
	for _, n := range needs {
		if i, ok := at[keyOf(n)]; ok {
			out[i].Amount += n.Amount
			continue
		}
		at[keyOf(n)] = len(out)
		out = append(out, n)
	}
	return out
}
