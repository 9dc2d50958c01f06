package planner

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// dislikedTag marks, for the engine, a recipe with a food the user dislikes. No keyword
// collides with it: Tandoor's keywords have no NUL.
const dislikedTag = "\x00disliked"

// candidateSet is the pool after the mandatory filters: without recipes that lack usable
// figures or could harm the user.
type candidateSet struct {
	recipes map[recipe.ID]recipe.Recipe
	ordered []recipe.Recipe // by id
	locks   []plan.Lock     // the user's locks that can be kept
	notes   []message.Text
	blocked message.Text // how many were left out for unclassified ingredients; "" = none
}

// candidates applies the gates no route into a plan may bypass: known nutrition, a
// stated yield, all lines of embedded recipes, no allergen of the user's, nothing that their
// diets leave out and, for a user with either, no ingredient of which that is not known. A lock on a recipe that fails a gate is
// an error, or, with lenient, left out with a note: a week without the locked dish is better
// than no week.
func candidates(in Inputs, pool recipe.Pool, lenient bool) (candidateSet, error) {
	const op = "choose recipes"
	if len(pool.Recipes) == 0 {
		return candidateSet{}, fault.New(fault.NoRecipesAvailable, op, "connection %q has no recipes: import them with `mealplanner import`", in.User.Connection)
	}
	gate, err := newGate(in.User.Settings, pool)
	if err != nil {
		return candidateSet{}, err
	}
	set := candidateSet{recipes: make(map[recipe.ID]recipe.Recipe, len(pool.Recipes))}
	rejected := map[recipe.ID]message.Text{}
	for _, r := range pool.Recipes {
		r, why := gate.admit(r)
		if why == nil {
			set.recipes[r.ID] = r
			set.ordered = append(set.ordered, r)
			continue
		}
		rejected[r.ID] = why.text
	}
	set.notes, set.blocked = gate.notes(), gate.blockedBy()
	for _, l := range in.Wishes.Locks {
		why, bad := rejected[l.Recipe]
		if _, ok := set.recipes[l.Recipe]; !ok && !bad {
			why, bad = message.Textf("is not in the library"), true
		}
		switch {
		case !bad:
			set.locks = append(set.locks, l)
		case lenient:
			set.notes = append(set.notes, message.Textf("Your lock on %v could not be kept: recipe %d %v.", l.Text(), int(l.Recipe), why))
		default:
			return set, fault.New(fault.InvalidConstraints, op, "%v cannot be planned as wished: %v %v", l.Text(), named(pool, l.Recipe), why)
		}
	}
	if len(set.ordered) == 0 {
		return set, set.explain(fault.New(fault.NoRecipesAvailable, op, "none of the %d recipes can be planned for %s (nutrition unknown, allergens, or a diet)", len(pool.Recipes), in.User.ID))
	}
	set.sample(in)
	slices.SortFunc(set.ordered, func(a, b recipe.Recipe) int { return cmp.Compare(a.ID, b.ID) })
	return set, nil
}

// named is what a recipe is called.
func named(pool recipe.Pool, id recipe.ID) message.Text {
	if i := slices.IndexFunc(pool.Recipes, func(r recipe.Recipe) bool { return r.ID == id }); i >= 0 {
		return message.Textf("“%s”", pool.Recipes[i].Name)
	}
	return message.Textf("recipe %d", int(id))
}

// explain adds to a shortage how many recipes were left out for unclassified ingredients: the
// user cannot see them in the plan, but can fix them.
func (c candidateSet) explain(err error) error {
	if err == nil || c.blocked.Empty() {
		return err
	}
	return fault.New(fault.KindOf(err), "", "%s. %s (mealplanner library report)", err, c.blocked)
}

// sample reduces a library to the engine's limit: it keeps locked recipes and an arbitrary
// but repeatable sample of the others.
func (c *candidateSet) sample(in Inputs) {
	if len(c.ordered) <= generate.MaxRecipes {
		return
	}
	locked := map[recipe.ID]bool{}
	for _, l := range in.Wishes.Locks {
		locked[l.Recipe] = true
	}
	if in.Existing != nil { // a revision keeps most of its meals
		for _, d := range in.Existing.Week.Days {
			for _, s := range d.Meals {
				if s != nil {
					locked[s.Recipe] = true
				}
			}
		}
	}
	rank := func(r recipe.Recipe) uint64 {
		if locked[r.ID] {
			return 0
		}
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%s/%d", in.User.ID, r.ID) // a hash never fails to write
		return h.Sum64() | 1
	}
	slices.SortFunc(c.ordered, func(a, b recipe.Recipe) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	c.notes = append(c.notes, message.Textf("Of %d recipes %d were considered.", len(c.ordered), generate.MaxRecipes))
	c.ordered = c.ordered[:generate.MaxRecipes]
}

// problem states the week for the engine.
func problem(in Inputs, c candidateSet, target nutrition.Macros, week calendar.Date) generate.Problem {
	s := in.User.Settings
	p := generate.Problem{
		WeekOf: week, Seed: seed(in.User.ID, week), Target: target,
		Tolerance:     generate.Ratio(s.TolerancePct) * generate.RatioOne / 100,
		RotationDays:  s.RotationDays,
		Portions:      generate.Portions{Min: s.MinServings, Max: s.MaxServings, Step: s.ServingsStep},
		PortionWeight: generate.Ratio(s.PortionWeight * float64(generate.RatioOne)),
		QuickMinutes:  s.QuickMinutes,
		TravelDates:   in.Wishes.Travel,
		AvoidRepeats:  in.Wishes.AvoidRepeats,
		AvoidTags:     lower(s.AvoidTags),
	}
	disliked := forms(s.Dislikes)
	if len(disliked) > 0 {
		p.AvoidTags = append(p.AvoidTags, dislikedTag)
	}
	for _, r := range c.ordered {
		tags := lower(r.Keywords)
		if holds(r, disliked) {
			tags = append(tags, dislikedTag)
		}
		p.Recipes = append(p.Recipes, generate.Recipe{
			ID: r.ID, Name: r.Name, Meals: r.Meals, PerServing: r.PerServing, Minutes: r.Minutes(), Tags: tags, LastUsed: in.LastUsed[r.ID],
		})
	}
	p.Locks, p.Skips = c.locks, slices.Clone(in.Wishes.Skips)
	return p
}

func lower(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.Join(strings.Fields(strings.ToLower(s)), " ")
	}
	return out
}

// forms returns the names in singular and plural: disliking leeks includes a leek.
func forms(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, food.Forms(n)...)
	}
	return out
}

// holds reports whether an ingredient, or a food it descends from, is among the names.
func holds(r recipe.Recipe, names []string) bool {
	if len(names) == 0 {
		return false
	}
	hit := func(n string) bool { return n != "" && slices.Contains(names, strings.ToLower(n)) }
	for _, i := range r.Ingredients {
		if hit(i.Food.Name) || hit(i.Food.Plural) {
			return true
		}
		for _, a := range i.Food.Ancestors {
			if hit(a.Name) {
				return true
			}
		}
	}
	return false
}

// toWeek converts the engine's answer to the domain's types.
func toWeek(in Inputs, c candidateSet, p generate.Plan, target nutrition.Macros, source targets.Source) plan.Week {
	w := plan.Week{
		User: in.User.ID, WeekOf: p.WeekOf, GenerationID: plan.GenerationID(in.User.ID, p.WeekOf),
		Status: p.Status, Optimal: p.Optimal, Target: target, TargetSource: source, Mode: in.Wishes.Mode,
		TolerancePct: in.User.Settings.TolerancePct, People: in.User.Eaters(), Household: in.User.Household(),
	}
	for i, d := range p.Days {
		day := plan.Day{Date: d.Date, Balanced: d.Balanced}
		var slots nutrition.Mass // that are not skipped
		for m, s := range d.Meals {
			if s == nil {
				continue
			}
			r := c.recipes[original(s.Recipe)]
			day.Meals[m] = &plan.Serving{
				Recipe: r.ID, Name: r.Name, Servings: s.Servings, Source: s.Source, Minutes: r.Minutes(),
				PerServing: r.PerServing, Estimated: r.Nutrition == recipe.Estimated,
			}
			day.Actual = day.Actual.Add(r.PerServing.Scale(s.Servings))
			slots++
		}
		day.Target = nutrition.Macros{Protein: target.Protein * slots / 3, Fat: target.Fat * slots / 3, Carbs: target.Carbs * slots / 3}
		w.Days[i] = day
	}
	for _, r := range p.Reasons {
		if r.Recipe >= copied { // that it comes twice is said of the week
			continue
		}
		w.Reasons = append(w.Reasons, toReason(r))
	}
	return w
}

func toReason(r generate.Reason) plan.Reason {
	out := plan.Reason{Code: r.Code, Date: r.Date, Recipe: r.Recipe, DaysMissing: r.DaysMissing, Macro: r.Macro}
	switch r.Code {
	case generate.MacroOutOfBand:
		out.Short = nutrition.Mass(r.ShortGrams * float64(nutrition.Gram))
		if r.Remedy != nil && edible(r.Remedy.PerServing) {
			m := r.Remedy.PerServing
			out.RemedyMeal, out.Remedy = r.Remedy.Meal.String(), &m
		}
	case generate.CountMissed:
		out.Rule, out.Have = r.Name, r.Have
	default:
		out.Meal = r.Meal.String()
	}
	return out
}

// edible reports whether a person could eat so much at once. The contract of the selection
// problem proposes remedies of any size.
func edible(perServing nutrition.Macros) bool { return perServing.Energy() <= nutrition.MostEnergy }

// seed is the same for the same user and week, on every machine.
func seed(userID string, week calendar.Date) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%s", userID, week) // a hash never fails to write
	return h.Sum64()
}
