package recipe

import (
	"fmt"
	"slices"
)

// maxLines bounds an assembled recipe: embeds may multiply.
const maxLines = 10_000

// Assemble returns the library with the lines, steps and texts of embedded recipes put
// where they belong, at any depth. An embedded recipe that the library does not hold, or
// that embeds itself, is a gap. The given recipes are not changed; slices of those without
// embeds are shared.
func Assemble(library []Recipe) []Recipe {
	if !slices.ContainsFunc(library, func(r Recipe) bool { return len(r.Embeds) > 0 }) {
		return library
	}
	a := assembly{by: make(map[ID]Recipe, len(library)), done: map[ID]Recipe{}, open: map[ID]bool{}}
	for _, r := range library {
		a.by[r.ID] = r
	}
	out := make([]Recipe, len(library))
	for i, r := range library {
		out[i] = a.whole(r)
	}
	return out
}

type assembly struct {
	by, done map[ID]Recipe
	open     map[ID]bool // being put together: meeting it again is a cycle
}

func (a *assembly) whole(r Recipe) Recipe {
	if len(r.Embeds) == 0 {
		return r
	}
	if w, ok := a.done[r.ID]; ok {
		return w
	}
	a.open[r.ID] = true
	w := r
	w.Embeds, w.Gaps = nil, slices.Clone(r.Gaps)
	w.Ingredients, w.Steps, w.Texts, w.Foodless = nil, nil, slices.Clone(r.Texts), slices.Clone(r.Foodless)
	line, step := 0, 0
	for _, e := range r.Embeds {
		l, s := min(max(e.Line, line), len(r.Ingredients)), min(max(e.Step, step), len(r.Steps))
		w.Ingredients, w.Steps = append(w.Ingredients, r.Ingredients[line:l]...), append(w.Steps, r.Steps[step:s]...)
		line, step = l, s
		a.put(&w, e.Recipe)
	}
	w.Ingredients, w.Steps = append(w.Ingredients, r.Ingredients[line:]...), append(w.Steps, r.Steps[step:]...)
	delete(a.open, r.ID)
	a.done[r.ID] = w
	return w
}

// put appends what the recipe with the id holds.
func (a *assembly) put(w *Recipe, id ID) {
	gap := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !slices.Contains(w.Gaps, text) {
			w.Gaps = append(w.Gaps, text)
		}
	}
	in, ok := a.by[id]
	switch {
	case !ok:
		gap("recipe %d, which the library does not show", id)
		return
	case a.open[id]:
		gap("recipe %d %q, which embeds itself", id, in.Name)
		return
	}
	in = a.whole(in)
	for _, g := range in.Gaps {
		gap("%s", g)
	}
	if len(w.Ingredients)+len(in.Ingredients) > maxLines || len(w.Texts)+len(in.Texts) > maxLines || len(w.Steps)+len(in.Steps) > maxLines {
		gap("recipe %d %q, with which it has more than %d lines", id, in.Name, maxLines)
		return
	}
	w.Ingredients, w.Steps = append(w.Ingredients, in.Ingredients...), append(w.Steps, in.Steps...)
	w.Texts, w.Foodless = append(append(w.Texts, in.Name), in.Texts...), append(w.Foodless, in.Foodless...)
	w.Outdated = w.Outdated || in.Outdated
}
