package planner

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Revision specifies what to change in a stored week.
type Revision struct {
	Free []plan.Slot // replanned, unless the user's wishes lock or skip them
	// Fixed are recipes for free slots. They are not locks: a later revision may change them.
	Fixed []plan.Lock
	// From is the first slot that may change: earlier ones are past.
	From plan.Slot
	// Retarget plans for the settings' targets instead of those the week was planned for.
	Retarget bool

	missing []plan.Slot // slots left empty because nothing fits
}

// Revise returns the week of in.Existing revised for the wishes and settings of in: a slot
// that is not free keeps its recipe and portion, unless the recipe is gone from the library
// or no longer allowed. A missing meal stays missing, unless it is free and something fits.
// Nothing is stored. Kinds of error as [Planner.Generate].
func (p *Planner) Revise(ctx context.Context, in Inputs, r Revision) (plan.Plan, error) {
	timeout := p.settings.Timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		fault.New(fault.TimeoutError, "revise", "not done after %s (setting generation timeout)", timeout))
	defer cancel()
	pool, body, err := p.fetch(ctx, in.User)
	if err != nil {
		return plan.Plan{}, err
	}
	var sel selection
	if err := p.step(ctx, "generation_algorithm", func(context.Context) (err error) {
		sel, _, err = rechooseMost(in, pool, body.kg, r, mayBeMissing(in, pool, r), p.settings.Effort)
		return err
	}); err != nil {
		return plan.Plan{}, err
	}
	return p.finish(ctx, in, sel)
}

// mayBeMissing are the slots that a revision may leave empty if nothing fits: missing ones,
// and those whose dish cannot stay.
func mayBeMissing(in Inputs, pool recipe.Pool, r Revision) (out []plan.Slot) {
	unlocked := in
	unlocked.Wishes.Locks = nil
	c, err := candidates(unlocked, pool, true)
	if err != nil {
		return nil
	}
	rules := newRules(in, c)
	for _, s := range plan.Slots(in.Existing.Week.WeekOf) {
		sv := in.Existing.Week.At(s)
		if sv == nil && in.Existing.Week.Missing(s) && slices.Contains(r.Free, s) || sv != nil && !s.Before(r.From) && rules.forbids(sv.Recipe) && !in.Wishes.Skipped(s) {
			out = append(out, s)
		}
	}
	return out
}

// finish validates a revised week and makes its shopping list and batches.
func (p *Planner) finish(ctx context.Context, in Inputs, sel selection) (plan.Plan, error) {
	if err := p.step(ctx, "macro_validation", func(context.Context) error {
		return fault.Wrap(fault.Internal, "validate the plan", sel.week.Validate())
	}); err != nil {
		return plan.Plan{}, err
	}
	out := plan.Plan{Week: sel.week}
	out.Week.GenerationID = in.Existing.Week.GenerationID
	err := p.step(ctx, "grocery_consolidation", func(context.Context) (err error) {
		dishes := sel.dishes()
		out.Groceries, err = grocery.Consolidate(dishes, in.User.Settings.Staples)
		out.Prep = prep.Plan(dishes)
		return err
	})
	return out, err
}

// rechoose is [choose] for a week that exists.
func rechoose(in Inputs, pool recipe.Pool, weightKG float64, r Revision, effort int) (selection, error) {
	old := in.Existing.Week
	wished := in.Wishes
	in.Wishes.Locks = slices.DeleteFunc(slices.Concat(wished.Locks, r.Fixed), func(l plan.Lock) bool { // of what was over when the week was planned
		return l.Before(old.Begins) && old.At(l.Slot) == nil && !slices.Contains(r.Free, l.Slot)
	})
	in.Proposal = false
	absent := slices.Clone(r.missing)
	for _, slot := range plan.Slots(old.WeekOf) {
		if old.Missing(slot) && !slices.Contains(r.Free, slot) && !wished.Locked(slot) {
			absent = append(absent, slot)
		}
	}
	skips := in.skips(old.WeekOf, &old, r.Free)
	for _, slot := range absent {
		if !slices.Contains(skips, slot) {
			skips = append(skips, slot)
		}
	}
	in.Wishes.Skips = skips
	s, c, err := formulate(in, pool, weightKG, old.WeekOf, false)
	if err != nil {
		return selection{}, err
	}
	if in.Wishes.Mode == old.Mode && !r.Retarget { // a fresher weight changes the next week, not this one
		s.target, s.source, s.problem.Target = old.Target, old.TargetSource, old.Target
	}
	scopes := make([]generate.Scope, 0, len(r.Free))
	for _, f := range r.Free {
		scopes = append(scopes, generate.Scope{Date: f.Date, Meal: &f.Meal})
	}
	was := generate.Plan{WeekOf: old.WeekOf, Days: make([]generate.PlanDay, len(old.Days))}
	for i, d := range old.Days {
		was.Days[i].Date = d.Date
		for m, sv := range d.Meals {
			slot := plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}
			switch {
			case sv == nil || in.Wishes.Skipped(slot):
			case c.recipes[sv.Recipe].ID != sv.Recipe:
				scopes = append(scopes, generate.Scope{Date: d.Date, Meal: &slot.Meal})
			default:
				was.Days[i].Meals[m] = &generate.Serving{Recipe: sv.Recipe, Servings: sv.Servings}
			}
		}
	}
	if times := mornings(&was, in.Wishes.Locked); times > 1 {
		s.problem = copies(s.problem, times)
	}
	if s.problem, err = generate.Regenerate(s.problem, was, scopes...); err != nil {
		return selection{}, err
	}
	sel, err := s.solve(in, c, pool, effort)
	if err != nil {
		return sel, err
	}
	sel.week.Begins = old.Begins
	restoreSources(&sel.week, old, wished)
	in.Wishes = wished
	markMissing(&sel.week, in, absent)
	restorePast(&sel.week, old, r.From)
	sel.week.Optimal = false // the proof was about the meals that were free: with others changed too, a better week may exist
	return sel, nil
}

// restorePast restores past meals, and recomputes the sums of days that then differ from the
// engine's answer.
func restorePast(w *plan.Week, old plan.Week, from plan.Slot) {
	w.Status = plan.Balanced
	for i := range w.Days {
		d := &w.Days[i]
		switch {
		case d.Date < from.Date:
			*d = old.Days[i]
		case d.Date == from.Date && from.Meal > recipe.Breakfast:
			copy(d.Meals[:from.Meal], old.Days[i].Meals[:from.Meal])
			d.Missing = slices.DeleteFunc(d.Missing, func(m recipe.Meal) bool { return d.Meals[m] != nil })
			d.Sum(w.Target, w.TolerancePct)
		case len(d.Missing) > 0:
			d.Sum(w.Target, w.TolerancePct)
		}
		if d.Planned() && !d.Balanced {
			w.Status = plan.Unbalanced
		}
	}
}

// Check reports whether the wishes for a week without a plan can be kept: a lock on a dish
// the user must not eat cannot. Kinds as [Planner.Generate].
func (p *Planner) Check(ctx context.Context, in Inputs) error {
	pool, err := p.library.Recipes(ctx, in.User.Connection)
	if err != nil {
		return err
	}
	_, err = candidates(in, pool, false)
	return err
}

// restoreSources marks as locked only the slots the user locked.
func restoreSources(w *plan.Week, old plan.Week, wished plan.Wishes) {
	for i, d := range w.Days {
		for m, sv := range d.Meals {
			if sv == nil || sv.Source != plan.Locked {
				continue
			}
			slot := plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}
			if wished.Locked(slot) {
				continue
			}
			sv.Source = plan.Chosen
			if was := old.Days[i].Meals[m]; was != nil && was.Recipe == sv.Recipe && was.Source == plan.Travel {
				sv.Source = plan.Travel
			}
		}
	}
}

// rechooseMost is [rechoose] that may leave slots of may empty if the library has too few
// recipes: as few as possible, the latest first.
func rechooseMost(in Inputs, pool recipe.Pool, weightKG float64, r Revision, may []plan.Slot, effort int) (_ selection, lost []plan.Slot, err error) {
	open := slices.Clone(may)
	for {
		sel, err := rechoose(in, pool, weightKG, r, effort)
		if fault.KindOf(err) != fault.NotEnoughRecipes || len(open) == 0 {
			return sel, lost, err
		}
		i := len(open) - 1
		for ; i > 0; i-- {
			if slices.Contains(sel.shortage.Dates, open[i].Date) && slices.Contains(sel.shortage.Meals, open[i].Meal) {
				break
			}
		}
		slot := open[i]
		lost = append(lost, slot)
		r.Free = slices.DeleteFunc(slices.Clone(r.Free), func(s plan.Slot) bool { return s == slot })
		r.missing = append(r.missing, slot)
		open = slices.Delete(open, i, i+1)
	}
}
