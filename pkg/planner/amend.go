package planner

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Outdated is why a stored plan must not be followed until it has been amended.
type Outdated string

// The reasons, in ascending severity.
const (
	SettingsRelaxed Outdated = "relaxed"  // fewer of them: the meals stay, the notes may not
	RecipesChanged  Outdated = "recipes"  // of the library it was planned from
	SettingsChanged Outdated = "settings" // more allergens, diets, dislikes or tags to avoid
	LibraryChanged  Outdated = "library"  // its recipe numbers mean other dishes now
)

// Grave reports whether the whole plan must not be followed or mailed until then.
func (o Outdated) Grave() bool { return o == SettingsChanged || o == LibraryChanged }

// Amended is a week brought in line with its user's settings.
type Amended struct {
	plan.Plan
	Wishes plan.Wishes // without the locks that cannot be kept
	// Changed reports whether a dish or a portion changed; Lost, that some meals could not be
	// replaced and are empty.
	Changed, Lost bool
}

// Amend returns the week of in.Existing in line with the settings of in: from the given slot
// on, it replaces each forbidden meal, or removes it if the library has no replacement. It
// stores nothing. It fails if the recipes cannot be read.
func (p *Planner) Amend(ctx context.Context, in Inputs, why Outdated, from plan.Slot) (Amended, error) {
	timeout := p.settings.Timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		fault.New(fault.TimeoutError, "amend", "not done after %s (setting generation timeout)", timeout))
	defer cancel()
	pool, body, err := p.fetch(ctx, in.User)
	if err != nil {
		return Amended{}, err
	}
	old := in.Existing.Week
	if why == LibraryChanged {
		in.Wishes.Locks = slices.DeleteFunc(slices.Clone(in.Wishes.Locks), func(l plan.Lock) bool { return !l.Before(from) })
	}
	unlocked := in
	unlocked.Wishes.Locks = nil
	c, err := candidates(unlocked, pool, true)
	if err != nil && fault.KindOf(err) != fault.NoRecipesAvailable {
		return Amended{}, err
	}
	rules := newRules(in, c)
	in.Wishes.Locks = slices.DeleteFunc(slices.Clone(in.Wishes.Locks), func(l plan.Lock) bool { return rules.forbids(l.Recipe) })

	r := Revision{From: from}
	for _, slot := range plan.Slots(old.WeekOf) {
		sv := old.At(slot)
		switch {
		case slot.Before(from):
			continue
		case sv == nil:
			if old.Missing(slot) { // a replacement may exist by now
				r.Free = append(r.Free, slot)
			}
			continue
		}
		if why == LibraryChanged || rules.forbids(sv.Recipe) || why == SettingsChanged && !in.Wishes.Locked(slot) && rules.unwanted(sv.Recipe) {
			r.Free = append(r.Free, slot)
		}
	}
	if len(r.Free) == 0 && why == RecipesChanged {
		return Amended{Plan: *in.Existing, Wishes: in.Wishes}, nil
	}
	var (
		sel  selection
		lost []plan.Slot
	)
	if err := p.step(ctx, "generation_algorithm", func(context.Context) (err error) {
		sel, lost, err = rechooseMost(in, pool, body.kg, r, r.Free, p.settings.Effort)
		return err
	}); err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return Amended{}, err
		}
		// Whatever prevents planning, forbidden meals are removed.
		sel, lost = selection{week: without(old, in, r.Free), recipes: byID(pool)}, r.Free
	}
	if len(lost) > 0 {
		sel.week.Notes = append([]message.Text{lostNote(lost)}, sel.week.Notes...)
	}
	stored, err := p.finish(ctx, in, sel)
	return Amended{Plan: stored, Wishes: in.Wishes, Changed: len(plan.Diff(old, stored.Week)) > 0, Lost: len(lost) > 0}, err
}

func lostNote(slots []plan.Slot) message.Text {
	slices.SortFunc(slots, func(a, b plan.Slot) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Meal, b.Meal))
	})
	names := make([]message.Text, len(slots))
	for i, s := range slots {
		names[i] = s.Text()
	}
	return message.Textf("Missing, because the library has nothing that fits your settings: %v.", message.List(names...))
}

// rules applies the user's settings to a pool's recipes.
type rules struct {
	in candidateSet
	// disliked holds names of foods, tags the keywords that the user avoids.
	disliked, tags []string
}

func newRules(in Inputs, c candidateSet) rules {
	return rules{c, forms(in.User.Settings.Dislikes), lower(in.User.Settings.AvoidTags)}
}

// forbids reports whether the recipe must not be planned, even if locked.
func (r rules) forbids(id recipe.ID) bool { return r.in.recipes[id].ID != id }

// unwanted reports a dislike or a tag to avoid, which a lock overrides.
func (r rules) unwanted(id recipe.ID) bool {
	dish := r.in.recipes[id]
	tagged := func(keyword string) bool { return slices.Contains(r.tags, keyword) }
	return slices.ContainsFunc(lower(dish.Keywords), tagged) || holds(dish, r.disliked)
}

// without removes meals from a stored week.
func without(w plan.Week, in Inputs, slots []plan.Slot) plan.Week {
	w.Reasons, w.Notes = nil, nil
	for _, s := range plan.Slots(w.WeekOf) {
		if w.Missing(s) {
			slots = append(slices.Clone(slots), s)
		}
	}
	for _, s := range slots {
		w.Days[s.Date-w.WeekOf].Meals[s.Meal] = nil
	}
	markMissing(&w, in, slots)
	w.Status = plan.Balanced
	for i := range w.Days {
		d := &w.Days[i]
		if slices.ContainsFunc(slots, func(s plan.Slot) bool { return s.Date == d.Date }) {
			d.Sum(w.Target, w.TolerancePct)
		}
		if d.Planned() && !d.Balanced {
			w.Status = plan.Unbalanced
		}
	}
	w.Notes = lean(w)
	return w
}

// markMissing marks exactly those slots as missing that are empty although the user plans
// and does not skip them.
func markMissing(w *plan.Week, in Inputs, slots []plan.Slot) {
	for i := range w.Days {
		w.Days[i].Missing = nil
	}
	for _, s := range plan.Slots(w.WeekOf) {
		if slices.Contains(slots, s) && w.At(s) == nil && in.User.Settings.Plans(s.Meal) && !in.Wishes.Skipped(s) {
			d := &w.Days[s.Date-w.WeekOf]
			d.Missing = append(d.Missing, s.Meal)
		}
	}
	// The engine's reasons cover only the rest of such a day.
	w.Reasons = slices.DeleteFunc(w.Reasons, func(r plan.Reason) bool {
		return r.Code == generate.MacroOutOfBand && len(w.Days[r.Date-w.WeekOf].Missing) > 0
	})
}

func byID(pool recipe.Pool) map[recipe.ID]recipe.Recipe {
	out := make(map[recipe.ID]recipe.Recipe, len(pool.Recipes))
	for _, r := range pool.Recipes {
		out[r.ID] = r
	}
	return out
}
