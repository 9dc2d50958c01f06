package course

import (
	"hash/maphash"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// memory keeps verdicts by all that they depend on: every page and generation asks for those of
// the whole library again.
var memory = struct {
	sync.RWMutex
	known map[uint64]Verdict
}{known: map[uint64]Verdict{}}

// mostKept bounds the verdicts that are kept; beyond it all are judged anew.
const mostKept = 50_000

var seed = maphash.MakeSeed()

func judge(r recipe.Recipe) Verdict {
	key := digest(r)
	memory.RLock()
	v, ok := memory.known[key]
	memory.RUnlock()
	if ok {
		return v
	}
	v = consider(r)
	memory.Lock()
	defer memory.Unlock()
	if len(memory.known) >= mostKept {
		clear(memory.known)
	}
	memory.known[key] = v
	return v
}

// digest is of all that [consider] looks at.
func digest(r recipe.Recipe) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	text := func(s string) {
		_, _ = h.WriteString(s) // never fails
		_ = h.WriteByte(0)
	}
	text(r.Name)
	for _, k := range r.Keywords {
		text(k)
	}
	for _, m := range r.Meals {
		maphash.WriteComparable(&h, m)
	}
	maphash.WriteComparable(&h, struct {
		servings, lines int
		said            bool
		per             any
	}{r.Servings, len(r.Ingredients), r.MealsSaid, r.PerServing})
	for i := range r.Ingredients {
		line(&h, &r.Ingredients[i], text)
	}
	return h.Sum64()
}

func line(h *maphash.Hash, i *recipe.Ingredient, text func(string)) {
	f := &i.Food
	text(f.Name)
	text(f.Plural)
	text(f.Slug)
	text(f.Category.Name)
	text(i.Note)
	maphash.WriteComparable(h, i.Unit)
	maphash.WriteComparable(h, struct {
		id, fdc               int64
		recipe                recipe.ID
		amount                recipe.Amount
		none                  bool
		ancestors, conversion int
	}{f.ID, f.FDC, f.Recipe, i.Amount, i.NoAmount, len(f.Ancestors), len(f.Conversions)})
	for _, a := range f.Ancestors {
		text(a.Name)
	}
	for _, c := range f.Conversions {
		maphash.WriteComparable(h, c)
	}
	if a := f.Answer; a != nil {
		text(a.Food)
		text(a.Is)
		maphash.WriteComparable(h, struct {
			told, ignored bool
			contains      int
		}{a.Told, a.Ignored, len(a.Contains)})
	}
}
