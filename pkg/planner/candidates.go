package planner

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
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
	notes   []string
	blocked string // how many were left out for unclassified ingredients; "" = none
}

// candidates applies the gates no route into a plan may bypass: known nutrition, a
// stated yield, all lines of embedded recipes, no allergen of the user's and, for a user with
// an allergy, no ingredient that cannot be classified. A lock on a recipe that fails a gate is
// an error, or, with lenient, left out with a note: a week without the locked dish is better
// than no week.
func candidates(in Inputs, pool recipe.Pool, lenient bool) (candidateSet, error) {
	const op = "choose recipes"
	if len(pool.Recipes) == 0 {
		return candidateSet{}, fault.New(fault.NoRecipesAvailable, op, "connection %q has no recipes: import them with `mealplanner import`", in.User.Connection)
	}
	gate, err := newGate(in.User.Settings.Allergens, pool)
	if err != nil {
		return candidateSet{}, err
	}
	set := candidateSet{recipes: make(map[recipe.ID]recipe.Recipe, len(pool.Recipes))}
	rejected := map[recipe.ID]string{}
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
			why, bad = "is not in the library", true
		}
		switch {
		case !bad:
			set.locks = append(set.locks, l)
		case lenient:
			set.notes = append(set.notes, fmt.Sprintf("Your lock on %s %s could not be kept: recipe %d %s.", l.Date.Weekday(), l.Meal, l.Recipe, why))
		default:
			return set, fault.New(fault.InvalidConstraints, op, "the lock on %s %s cannot be kept: recipe %d %s", l.Date, l.Meal, l.Recipe, why)
		}
	}
	if len(set.ordered) == 0 {
		return set, set.explain(fault.New(fault.NoRecipesAvailable, op, "none of the %d recipes can be planned for %s (nutrition unknown, or allergens)", len(pool.Recipes), in.User.ID))
	}
	set.sample(in)
	slices.SortFunc(set.ordered, func(a, b recipe.Recipe) int { return cmp.Compare(a.ID, b.ID) })
	return set, nil
}

// explain adds to a shortage how many recipes were left out for unclassified ingredients: the
// user cannot see them in the plan, but can fix them.
func (c candidateSet) explain(err error) error {
	if err == nil || c.blocked == "" {
		return err
	}
	return fault.New(fault.KindOf(err), "", "%s; %s (mealplanner library report)", err, c.blocked)
}

// Reason is a kind of cause for leaving a recipe out.
type Reason string

// The reasons.
const (
	NoServings   Reason = "states no servings"
	Embedded     Reason = "embeds recipes that cannot be put in"
	NoNutrition  Reason = "has no nutrition, and none can be estimated"
	BadNutrition Reason = "has impossible nutrition"
	HasAllergen  Reason = "contains an allergen of the user's"
	OldForm      Reason = "was stored by an older version"
	Unclassified Reason = "has ingredients whose allergens are unknown"
	ForNoMeal    Reason = "is no meal"
)

// rejection is why a recipe cannot be planned.
type rejection struct {
	reason Reason
	text   string   // continues "recipe 5 ..."
	foods  []string // that the reason would go with
}

// gate admits recipes for one user and counts rejections.
type gate struct {
	avoid     allergen.Set
	allergens *allergen.Pool // nil: the user avoids none

	total     int
	noFigures int
	noMeals   int
	gaps      []string       // names of recipes with incomplete lines
	blocked   int            // recipes with an unclassified ingredient
	blocking  map[string]int // number of recipes per unclassified ingredient
}

func newGate(names []string, pool recipe.Pool) (*gate, error) {
	avoid, err := allergens(names)
	if err != nil {
		return nil, err
	}
	g := &gate{avoid: avoid, total: len(pool.Recipes)}
	if avoid != 0 {
		g.allergens = allergen.NewPool(pool.Recipes)
	}
	return g, nil
}

// admit estimates missing figures and returns why a recipe cannot be planned, or nil.
func (g *gate) admit(r recipe.Recipe) (recipe.Recipe, *rejection) {
	if r.Servings <= 0 {
		return r, &rejection{NoServings, "does not say how many servings it makes", nil}
	}
	if len(r.Gaps) > 0 || len(r.Embeds) > 0 {
		g.gaps = append(g.gaps, r.Name)
		if len(r.Gaps) == 0 {
			return r, &rejection{Embedded, "embeds recipes that were not put in", nil}
		}
		return r, &rejection{Embedded, "embeds " + strings.Join(r.Gaps, ", and "), nil}
	}
	if r.Nutrition == recipe.Unknown || r.Nutrition == "" {
		est, ok := food.Estimate(r)
		if !ok {
			r.Nutrition = recipe.Unknown
			g.noFigures++
			return r, &rejection{NoNutrition, "has no nutrition, and none can be estimated: " + est.Refused, est.Unknown}
		}
		r.PerServing, r.Nutrition = est.PerServing, recipe.Estimated
	}
	if err := r.PerServing.Validate(); err != nil {
		g.noFigures++
		return r, &rejection{BadNutrition, "has impossible nutrition (" + err.Error() + ")", nil}
	}
	c := course.Of(r)
	if r.Meals = c.Meals; len(r.Meals) == 0 {
		g.noMeals++
		return r, &rejection{ForNoMeal, c.Why + "; a keyword breakfast, lunch or dinner makes it one", nil}
	}
	if g.allergens == nil {
		return r, nil
	}
	contains, unclassified := g.allergens.Of(r)
	if hit := contains & g.avoid; hit != 0 {
		return r, &rejection{HasAllergen, "contains " + hit.String(), nil}
	}
	switch {
	case r.Outdated:
		g.block(nil)
		return r, &rejection{OldForm, "was stored by an older version, and its allergens are not known before the next import", nil}
	case len(unclassified) > 0:
		g.block(unclassified)
		return r, &rejection{Unclassified, "has unclassified ingredients: " + strings.Join(unclassified, ", "), unclassified}
	}
	return r, nil
}

func (g *gate) block(by []string) {
	g.blocked++
	if g.blocking == nil {
		g.blocking = map[string]int{}
	}
	for _, n := range by {
		g.blocking[n]++
	}
}

// namesShown is how many names a note lists.
const namesShown = 10

func (g *gate) notes() []string {
	var out []string
	if g.noFigures > 0 {
		out = append(out, count(g.noFigures)+" left out because the nutrition is unknown.")
	}
	if g.noMeals > 0 {
		out = append(out, count(g.noMeals)+" left out because they are no meals: sweets, drinks, sauces, breads, or too little.")
	}
	if n := len(g.gaps); n > 0 {
		out = append(out, fmt.Sprintf("%s left out because of embedded recipes that cannot be seen, or that embed themselves: %s.", count(n), some(g.gaps)))
	}
	if text := g.blockedBy(); text != "" {
		out = append(out, strings.ToUpper(text[:1])+text[1:]+".")
	}
	return out
}

// blockedBy says how many recipes unclassified ingredients keep out, and which.
func (g *gate) blockedBy() string {
	if g.blocked == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %s", g.blocked, count(g.total))
	names := slices.SortedFunc(maps.Keys(g.blocking), func(a, b string) int {
		return cmp.Or(cmp.Compare(g.blocking[b], g.blocking[a]), cmp.Compare(a, b))
	})
	switch len(names) {
	case 0:
		return text + " left out because their allergens are not known before the next import"
	case 1:
		return text + " left out because this ingredient is unknown: " + some(names)
	default:
		return fmt.Sprintf("%s left out because these %d ingredients are unknown: %s", text, len(names), some(names))
	}
}

func count(n int) string {
	if n == 1 {
		return "1 recipe was"
	}
	return fmt.Sprintf("%d recipes were", n)
}

// some lists the first names in at most one line.
func some(names []string) string {
	out := make([]string, 0, namesShown+1)
	for _, n := range names[:min(len(names), namesShown)] {
		if r := []rune(n); len(r) > 60 {
			n = string(r[:59]) + "…"
		}
		out = append(out, strconv.Quote(n))
	}
	if more := len(names) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

func allergens(names []string) (allergen.Set, error) {
	var set allergen.Set
	for _, n := range names {
		s, err := allergen.Parse(n)
		if err != nil {
			return 0, fault.Wrap(fault.InvalidConstraints, "settings: allergens", err)
		}
		set |= s
	}
	return set, nil
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
	c.notes = append(c.notes, fmt.Sprintf("Of %d recipes %d were considered.", len(c.ordered), generate.MaxRecipes))
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
		out[i] = strings.ToLower(strings.TrimSpace(s))
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
			r := c.recipes[s.Recipe]
			day.Meals[m] = &plan.Serving{
				Recipe: s.Recipe, Name: r.Name, Servings: s.Servings, Source: s.Source, Minutes: r.Minutes(),
				PerServing: r.PerServing, Estimated: r.Nutrition == recipe.Estimated,
			}
			day.Actual = day.Actual.Add(r.PerServing.Scale(s.Servings))
			slots++
		}
		day.Target = nutrition.Macros{Protein: target.Protein * slots / 3, Fat: target.Fat * slots / 3, Carbs: target.Carbs * slots / 3}
		w.Days[i] = day
	}
	for _, r := range p.Reasons {
		w.Reasons = append(w.Reasons, toReason(r))
	}
	return w
}

func toReason(r generate.Reason) plan.Reason {
	out := plan.Reason{Code: r.Code, Date: r.Date, Recipe: r.Recipe, DaysMissing: r.DaysMissing, Macro: r.Macro}
	switch r.Code {
	case generate.MacroOutOfBand:
		out.Short = nutrition.Mass(r.ShortGrams * float64(nutrition.Gram))
		if r.Remedy != nil {
			m := r.Remedy.PerServing
			out.RemedyMeal, out.Remedy = r.Remedy.Meal.String(), &m
		}
	default:
		out.Meal = r.Meal.String()
	}
	return out
}

// seed is the same for the same user and week, on every machine.
func seed(userID string, week calendar.Date) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%s", userID, week) // a hash never fails to write
	return h.Sum64()
}
