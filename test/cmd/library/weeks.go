package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// stored is a draw of a collection as the planner's ports, in memory.
type stored struct {
	pool recipe.Pool
	in   planner.Inputs
}

func (s *stored) Recipes(context.Context, string) (recipe.Pool, error) { return s.pool, nil }
func (s *stored) Weight(context.Context, user.User) (float64, error)   { return 0, nil }
func (s *stored) Save(context.Context, planner.Draft) (bool, error)    { return true, nil }
func (s *stored) WeeklyPlan(user.User, plan.Plan) (mail.Mail, error)   { return mail.Mail{}, nil }
func (s *stored) Inputs(context.Context, string, calendar.Date) (planner.Inputs, error) {
	return s.in, nil
}

// trial is what was asked for: weeks of a person, from draws of a collection.
type trial struct {
	weeks, draw int
	person      string
	foods       bool // print what the dishes are made of
}

// sums are the checks over all weeks of a person.
type sums struct {
	weeks, none, days               int
	portions, swings, twice, poured int
	dishes                          int // the most cooked in a day
	lines, missed                   int
}

func (t trial) files(names []string) error {
	var all []dish
	for _, name := range names {
		if err := each(name, func(d dish) { all = append(all, d) }); err != nil {
			return err
		}
	}
	return t.run(all)
}

// run plans the weeks and prints them for a cook to judge.
func (t trial) run(all []dish) error {
	library := make([]recipe.Recipe, len(all))
	for i, d := range all {
		library[i] = d.kept(recipe.ID(i + 1))
	}
	for _, u := range people() {
		if t.person != "" && t.person != u.ID {
			continue
		}
		var s sums
		for n := range t.weeks {
			if err := t.week(u, library, n, &s); err != nil {
				return err
			}
		}
		fmt.Printf("== %s: %d weeks; %d without a plan; %d of %d days on target; portions out of bounds %d, swings within a batch %d, rules missed %d; at most %d dishes cooked in a day; of %d lines to buy %d foods twice, %d solids in millilitres\n",
			u.ID, s.weeks, s.none, s.days, 7*(s.weeks-s.none), s.portions, s.swings, s.missed, s.dishes, s.lines, s.twice, s.poured)
	}
	return nil
}

func (t trial) week(u user.User, library []recipe.Recipe, n int, s *sums) error {
	first, err := calendar.Parse("2026-11-30")
	if err != nil {
		return err
	}
	const days = 7
	monday := first + calendar.Date(days*n)
	pool := make([]recipe.Recipe, 0, t.draw)
	for _, i := range rand.New(rand.NewPCG(uint64(n), 1)).Perm(len(library)) {
		if len(pool) < t.draw {
			pool = append(pool, library[i])
		}
	}
	st := &stored{recipe.Pool{Recipes: pool}, planner.Inputs{User: u}}
	inline := func(ctx context.Context, _ string, fn func(context.Context) error) error { return fn(ctx) }
	settings := planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}
	res, err := planner.New(st, st, st, st, inline, settings).Generate(context.Background(), planner.Request{User: u.ID, Week: monday, DryRun: true})
	s.weeks++
	if err != nil {
		s.none++
		fmt.Printf("-- %s %s: no plan, %v\n", u.ID, monday, err)
		return nil
	}
	fmt.Printf("-- %s %s: candidates %v, %d of 7 days on target\n", u.ID, monday, res.Candidates, res.Week.BalancedDays())
	t.print(res.Plan, pool)
	s.count(u, res.Plan)
	return nil
}

// print shows each dish once, with its portions.
func (t trial) print(p plan.Plan, pool []recipe.Recipe) {
	type eaten struct {
		plan.Serving
		meal recipe.Meal
		when []string
	}
	var dishes []*eaten
	for m := range recipe.Meals {
		for _, d := range p.Week.Days {
			sv := d.Meals[m]
			if sv == nil {
				continue
			}
			i := slices.IndexFunc(dishes, func(e *eaten) bool { return e.Recipe == sv.Recipe && e.meal == recipe.Meals[m] })
			if i < 0 {
				i = len(dishes)
				dishes = append(dishes, &eaten{Serving: *sv, meal: recipe.Meals[m]})
			}
			dishes[i].when = append(dishes[i].when, fmt.Sprintf("%s x%s", d.Date.Weekday().String()[:2], sv.Servings))
		}
	}
	for _, e := range dishes {
		fmt.Printf("   %-9s %s | %.0f kcal, %.0f g protein a serving | %d min | %s\n", e.meal, e.Name,
			e.PerServing.Energy().Kcal(), e.PerServing.Protein.Grams(), e.Minutes, strings.Join(e.when, " "))
		if i := slices.IndexFunc(pool, func(r recipe.Recipe) bool { return r.ID == e.Recipe }); t.foods && i >= 0 {
			var names []string
			for _, l := range pool[i].Ingredients {
				names = append(names, strings.TrimSpace(l.Unit.Name+" "+l.Food.Name+" "+l.Note))
			}
			fmt.Printf("             [%s]\n", strings.Join(names, "; "))
		}
	}
}

// count adds what a test of the week finds.
func (s *sums) count(u user.User, p plan.Plan) {
	s.days += p.Week.BalancedDays()
	for _, r := range p.Week.Reasons {
		if r.Rule != "" {
			s.missed++
		}
	}
	cooked := map[calendar.Date]int{}
	portions := map[calendar.Date]map[recipe.Meal]nutrition.Servings{}
	for _, d := range p.Week.Days {
		portions[d.Date] = map[recipe.Meal]nutrition.Servings{}
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			portions[d.Date][recipe.Meals[m]] = sv.Servings
			if sv.Servings < u.Settings.MinServings || sv.Servings > u.Settings.MaxServings {
				s.portions++
			}
		}
	}
	for _, b := range p.Prep.Batches {
		cooked[b.Cook]++
		s.dishes = max(s.dishes, cooked[b.Cook])
		s.swings += swings(b, portions, u.Settings.Cooking.SamePortions)
	}
	seen := map[string]bool{}
	for _, section := range p.Groceries.Sections {
		for _, l := range section.Lines {
			s.lines++
			f, ok := food.Of(recipe.Food{Name: l.Name})
			if !ok {
				continue
			}
			if same, _ := food.Same(l.Name); same != "" {
				same += " in " + section.Name // German paprika is a vegetable or a spice
				if seen[same] {
					s.twice++
					fmt.Printf("   !! twice: %s\n", l.Name)
				}
				seen[same] = true
			}
			if (strings.Contains(l.Buy, " ml") || strings.HasSuffix(l.Buy, " l")) && !f.Pours() {
				s.poured++
				fmt.Printf("   !! poured: %s %s\n", l.Name, l.Buy)
			}
		}
	}
}

// swings counts the meals of a batch with another portion than its first, if they must not.
func swings(b prep.Batch, portions map[calendar.Date]map[recipe.Meal]nutrition.Servings, same bool) int {
	n := 0
	for _, e := range b.Eaten {
		if same && portions[e.Date][e.Meal] != portions[b.Eaten[0].Date][b.Eaten[0].Meal] {
			n++
		}
	}
	return n
}

// kept is the recipe as a library of Tandoor keeps it after an import.
func (d dish) kept(id recipe.ID) recipe.Recipe {
	r := d.recipe()
	r.ID, r.Nutrition, r.Keywords, r.WorkingMinutes = id, recipe.Unknown, d.Keywords, d.Minutes
	for _, text := range d.Steps {
		r.Steps = append(r.Steps, recipe.Step{Instruction: text})
	}
	for i := range r.Ingredients {
		h := fnv.New32a()
		_, _ = h.Write([]byte(r.Ingredients[i].Food.Name)) // a hash never fails to write
		r.Ingredients[i].Food.ID = int64(h.Sum32())
	}
	for _, k := range d.Keywords {
		if m, err := recipe.ParseMeal(strings.TrimSpace(k)); err == nil {
			r.Meals = append(r.Meals, m)
		}
	}
	for est, ok := food.Estimate(r); d.doubles(est, ok, r.Servings); est, ok = food.Estimate(r) {
		r.Servings *= 2
	}
	if slices.Sort(r.Meals); len(r.Meals) > 0 {
		r.Meals, r.MealsSaid = slices.Compact(r.Meals), true
		return r
	}
	r.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
	return r
}
