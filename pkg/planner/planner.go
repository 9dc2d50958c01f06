// Package planner is the main use case: one user's week, from the recipe library to a
// stored plan with its mail in the outbox. Generate reads as the list of its components.
// It declares the ports it needs; telemetry and technology live outside.
package planner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Library returns the recipes of a connection, refreshed from the upstream as far as the
// context's deadline allows, the rest from the cache. It fails only if both are empty.
type Library interface {
	Recipes(ctx context.Context, connection string) (recipe.Pool, error)
}

// Profiles returns a user's body data from a tracking service.
type Profiles interface {
	// Weight returns kilograms, 0 if the service has none. Its errors do not fail a plan,
	// which then uses the user's own figures.
	Weight(ctx context.Context, u user.User) (float64, error)
}

// Store is the database.
type Store interface {
	// Inputs loads the user's data for the week. Kind NotFound: no such user.
	Inputs(ctx context.Context, userID string, week calendar.Date) (Inputs, error)
	// Save stores the plan, its meals and its mail in one transaction. It returns false and
	// changes nothing if the user already has a plan for the week. Error: [ErrChanged].
	Save(ctx context.Context, d Draft) (bool, error)
}

// Inputs are the stored data a run starts from.
type Inputs struct {
	User     user.User
	Wishes   plan.Wishes
	LastUsed map[recipe.ID][3]calendar.Date // by meal; 0 = never
	Existing *plan.Plan                     // the week's plan; nil if there is none
	Proposal bool                           // the newest trends propose a change
}

// skips are the slots that stay empty: those the user skips, and those of meals excluded by
// their settings. Of the latter, a stored week keeps those not freed, and locked ones are
// planned.
func (in Inputs) skips(week calendar.Date, stored *plan.Week, free []plan.Slot) []plan.Slot {
	out := slices.Clone(in.Wishes.Skips)
	for _, s := range plan.Slots(week) {
		kept := stored != nil && stored.At(s) != nil && !slices.Contains(free, s)
		if stored != nil && s.Before(stored.Begins) && !kept && !slices.Contains(free, s) && !in.Wishes.Skipped(s) {
			out = append(out, s) // it was over when the week was planned
			continue
		}
		if !in.User.Settings.Plans(s.Meal) && !kept && !in.Wishes.Locked(s) && !in.Wishes.Skipped(s) {
			out = append(out, s)
		}
	}
	return out
}

// Draft is what Save stores.
type Draft struct {
	plan.Plan
	Mail *mail.Mail // nil: the user has unsubscribed
	// User and Wishes are what the plan was made from: if they have changed in the database,
	// Save stores nothing.
	User   user.User
	Wishes plan.Wishes
}

// ErrChanged reports that the user's settings or wishes changed after a plan was made from
// them.
var ErrChanged = fault.New(fault.Conflict, "save the plan", "settings or wishes were changed while it was made; run again")

// Renderer renders the mail from its arguments alone.
type Renderer interface {
	WeeklyPlan(u user.User, s plan.Plan) (mail.Mail, error)
}

// Step runs one component of a generation. In production it is a span whose duration
// is the component's time; in unit tests it just calls fn.
type Step func(ctx context.Context, component string, fn func(context.Context) error) error

// Settings bound a run.
type Settings struct {
	Timeout    func() time.Duration // of the whole run; read when it starts
	Effort     int                  // of the engine; 1 proves everything up to 100 recipes per meal
	Sequential bool                 // fetch sequentially; for comparison only
	// RequireUpstreams makes a run fail, and be retried, instead of planning from a stale
	// pool or without the weight of a service that does not answer.
	RequireUpstreams bool
}

// Planner generates weeks.
type Planner struct {
	library  Library
	profiles Profiles
	store    Store
	renderer Renderer
	step     Step
	settings Settings
}

// New returns a planner on its ports.
func New(l Library, p Profiles, s Store, r Renderer, step Step, settings Settings) *Planner {
	return &Planner{library: l, profiles: p, store: s, renderer: r, step: step, settings: settings}
}

// Request asks for one week.
type Request struct {
	User   string
	Week   calendar.Date // a Monday
	From   plan.Slot     // the first meal that is planned; the zero slot: the week's first
	DryRun bool          // store and mail nothing
	// Attempt counts the attempts of a run, from 1; 0 is 1. WillRetry reports that a retry
	// follows a failure: a run counts once, by its final outcome.
	Attempt   int
	WillRetry bool
}

// Result is a finished run.
type Result struct {
	plan.Plan
	Mail       mail.Mail
	Existing   bool // the week already had a plan; nothing was done
	Candidates [3]int
	Conflicts  []string
	Work       int64 // the engine's units
	Pool       recipe.Pool
	// ProfileCause is why reading the weight failed, and the user's own figures were used;
	// nil if it did not fail.
	ProfileCause error
}

// Generate plans, stores and mails the user's week. Kinds of error: NotFound (no such
// user), InvalidInput, InvalidConstraints, NoRecipesAvailable, NotEnoughRecipes, the
// upstream's when it failed and nothing is cached, DatabaseError, TimeoutError.
func (p *Planner) Generate(ctx context.Context, req Request) (Result, error) {
	const op = "generate"
	if req.Week != req.Week.Monday() {
		return Result{}, fault.New(fault.InvalidInput, op, "week: %s is not a Monday (the week's Monday is %s)", req.Week, req.Week.Monday())
	}
	timeout := p.settings.Timeout()
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		fault.New(fault.TimeoutError, op, "not done after %s (setting generation timeout)", timeout))
	defer cancel()
	res, err := p.generate(ctx, req)
	for again := 0; errors.Is(err, ErrChanged) && again < maxChanges; again++ {
		res, err = p.generate(ctx, req)
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(context.Cause(ctx), err)
	}
	return res, err
}

// maxChanges is how often a week is replanned because its user changed something meanwhile.
const maxChanges = 3

func (p *Planner) generate(ctx context.Context, req Request) (Result, error) {
	in, err := p.store.Inputs(ctx, req.User, req.Week)
	if err != nil {
		return Result{}, err
	}
	if in.Existing != nil && !req.DryRun {
		return Result{Plan: *in.Existing, Existing: true}, nil
	}
	pool, weight, err := p.fetch(ctx, in.User)
	if err != nil {
		return Result{}, err
	}
	if p.settings.RequireUpstreams {
		if err := missed(pool, weight); err != nil {
			return Result{}, err
		}
	}
	res := Result{Pool: pool, ProfileCause: weight.cause}

	var sel selection
	if err := p.step(ctx, "generation_algorithm", func(context.Context) (err error) {
		sel, err = choose(in, pool, weight.kg, begin(req.Week, req.From), p.settings.Effort)
		return err
	}); err != nil {
		return res, err
	}
	res.Week, res.Candidates, res.Conflicts, res.Work = sel.week, sel.candidates, sel.conflicts, sel.work

	if err := p.step(ctx, "macro_validation", func(context.Context) error {
		return fault.Wrap(fault.Internal, "validate the plan", sel.week.Validate())
	}); err != nil {
		return res, err
	}
	if err := p.step(ctx, "grocery_consolidation", func(context.Context) (err error) {
		dishes := sel.dishes()
		if res.Groceries, err = grocery.Consolidate(dishes, in.User.Settings.Staples); err != nil {
			return err
		}
		res.Prep = prep.Plan(dishes)
		return nil
	}); err != nil {
		return res, err
	}
	if err := p.step(ctx, "email_render", func(context.Context) (err error) {
		res.Mail, err = p.renderer.WeeklyPlan(in.User, res.Plan)
		return err
	}); err != nil {
		return res, err
	}
	if req.DryRun {
		return res, nil
	}
	draft := Draft{Plan: res.Plan, Mail: &res.Mail, User: in.User, Wishes: in.Wishes}
	if !in.User.Settings.Wants(res.Mail.Type) {
		draft.Mail = nil
	}
	saved, err := p.store.Save(ctx, draft)
	if err != nil {
		return res, err
	}
	if !saved { // another process was faster: its plan holds
		in, err := p.store.Inputs(ctx, req.User, req.Week)
		if err != nil {
			return res, err
		}
		if in.Existing == nil {
			return res, fault.New(fault.Conflict, "save the plan", "the week's plan appeared and vanished; run again")
		}
		return Result{Plan: *in.Existing, Existing: true}, nil
	}
	return res, nil
}

// weight is the tracking service's answer, or the reason why there is none.
type bodyWeight struct {
	kg    float64
	cause error
}

// fetch gets recipes and weight concurrently. A missing weight is not an error.
func (p *Planner) fetch(ctx context.Context, u user.User) (recipe.Pool, bodyWeight, error) {
	var (
		pool recipe.Pool
		w    bodyWeight
	)
	recipes := func(ctx context.Context) error {
		return p.step(ctx, "recipe_fetch", func(ctx context.Context) (err error) {
			pool, err = p.library.Recipes(ctx, u.Connection)
			return err
		})
	}
	profile := func(ctx context.Context) {
		w.cause = p.step(ctx, "profile_fetch", func(ctx context.Context) (err error) {
			w.kg, err = p.profiles.Weight(ctx, u)
			return err
		})
	}
	if p.settings.Sequential {
		if err := recipes(ctx); err != nil {
			return pool, w, err
		}
		profile(ctx)
		return pool, w, nil
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(fault.Guarded("recipes", func() error { return recipes(gctx) }))
	g.Go(fault.Guarded("profile", func() error { profile(gctx); return nil }))
	err := g.Wait()
	return pool, w, err
}

// missed returns why an upstream's answer is missing, if a retry may get it.
func missed(pool recipe.Pool, w bodyWeight) error {
	if pool.Stale {
		return pool.Cause
	}
	if fault.KindOf(w.cause).Transient() {
		return w.cause
	}
	return nil
}

// remedy names the macro that binds and the one further recipe that would help most.
func remedy(r *generate.WeeklyRemedy) []message.Text {
	if r == nil {
		return nil
	}
	if len(r.Dates) == 0 || !edible(r.PerServing) {
		return []message.Text{message.Textf("What misses its target most often is %v. No one recipe more that a person could eat would bring a day on target.", message.Textf(strings.TrimSuffix(r.Macro, "_g")))}
	}
	g := func(m nutrition.Mass) string { return fmt.Sprintf("%.0f g", m.Grams()) }
	return []message.Text{plan.HelpsMost(
		message.Textf(strings.TrimSuffix(r.Macro, "_g")), r.Meal, g(r.PerServing.Protein), g(r.PerServing.Fat), g(r.PerServing.Carbs), message.Counted(len(r.Dates), "%d more day", "%d more days"))}
}

// lean warns of days with far too little energy: a plan that misses its targets must not
// pass for a diet.
func lean(w plan.Week) []message.Text {
	var days []message.Text
	for _, d := range w.Days {
		if d.Actual.Energy() < d.Target.Energy()*8/10 {
			days = append(days, message.Textf(d.Date.Weekday().String()))
		}
	}
	if len(days) == 0 {
		return nil
	}
	return []message.Text{plan.LeanNote(days...)}
}

// selection is the engine's answer in the domain's terms.
type selection struct {
	week       plan.Week
	recipes    map[recipe.ID]recipe.Recipe
	candidates [3]int
	conflicts  []string
	work       int64
	shortage   generate.Reason // with an error of kind NotEnoughRecipes: how many recipes each slot lacks
}

func (s selection) dishes() []grocery.Dish {
	var out []grocery.Dish
	for _, d := range s.week.Days {
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			if r := s.recipes[sv.Recipe]; r.ID != sv.Recipe || r.Name != sv.Name { // it is past, and the recipe is gone from the library
				continue
			}
			out = append(out, grocery.Dish{
				Date: d.Date, Meal: recipe.Meals[m], Recipe: s.recipes[sv.Recipe],
				Servings: s.week.Cooked(*sv),
			})
		}
	}
	return out
}

// task is a week as the engine's input.
type task struct {
	problem generate.Problem
	target  nutrition.Macros
	source  targets.Source
}

// formulate filters the pool and states the problem; lenient as in [candidates].
func formulate(in Inputs, pool recipe.Pool, weightKG float64, week calendar.Date, lenient bool) (task, candidateSet, error) {
	daily, source := in.User.Settings.Target(weightKG)
	target, err := in.Wishes.Mode.Apply(daily)
	if err != nil {
		return task{}, candidateSet{}, fault.Wrap(fault.InvalidConstraints, "targets", err)
	}
	c, err := candidates(in, pool, lenient)
	if err != nil {
		return task{}, c, err
	}
	t := task{problem(in, c, target, week), target, source}
	return t, c, cooking(&t.problem, in.User.Settings.Cooking, c)
}

func notes(in Inputs, pool recipe.Pool, source targets.Source, w plan.Week) []message.Text {
	var out []message.Text
	if source == targets.Default {
		out = append(out, message.Textf("Your daily targets are our defaults (2,000 kcal): set your own, or fill in weight, height, age and activity."))
	}
	if pool.Stale {
		at := pool.FetchedAt.UTC()
		out = append(out, message.Joined(stale(in.User.Connection, pool.Cause), message.Textf("The recipes are those of %d %v, %s UTC.", at.Day(), at.Month(), at.Format("15:04"))))
	}
	if in.Proposal && in.Wishes.Mode == "" {
		out = append(out, message.Textf("The trends of your diary propose a change; nothing was changed by itself. Thursday's mail has the reasons and a button."))
	}
	out = append(out, lean(w)...)
	estimated := map[recipe.ID]bool{}
	for _, d := range w.Days {
		for _, s := range d.Meals {
			if s != nil && s.Estimated {
				estimated[s.Recipe] = true
			}
		}
	}
	if n := len(estimated); n > 0 {
		out = append(out, message.Counted(n, "%d recipe has estimated nutrition, computed from its ingredients with the USDA table.", "%d recipes have estimated nutrition, computed from their ingredients with the USDA table."))
	}
	if d := in.User.Settings.Diets; len(d) > 0 {
		out = append(out, plan.DietNote(d...))
	}
	if len(in.User.Settings.Allergens) > 0 {
		out = append(out, plan.AllergyNote)
	}
	return out
}
