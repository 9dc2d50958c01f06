package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// A dead upstream is no reason for no plan: the pool of yesterday and the user's own
// figures serve, and the plan says so.
func TestFallbacks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule faultswitch.Rule
		note string
	}{
		"tandoor down":          {faultswitch.Rule{Outage: true}, `(connection "` + sandbox.Connection + `") could not be reached`},
		"tandoor slow":          {faultswitch.Rule{LatencyMS: 5000}, "was too slow to say in time"},
		"tandoor answers HTML":  {faultswitch.Rule{Body: faultswitch.BodyHTML}, "were not taken over: status 200 with content type"},
		"tandoor answers 20MB":  {faultswitch.Rule{Body: faultswitch.BodyOversized}, ""}, // refused, or too slow
		"tandoor cuts off":      {faultswitch.Rule{Body: faultswitch.BodyMalformed}, "were not taken over: answer is not the JSON"},
		"tandoor 503":           {faultswitch.Rule{Status: 503}, "is starting, overloaded or down"},
		"tandoor refuses":       {faultswitch.Rule{Status: 403}, `refused the token of connection "` + sandbox.Connection + `": make a new one`},
		"tandoor's own failure": {faultswitch.Rule{Status: 500, Body: faultswitch.BodyHTML}, "were not taken over: Tandoor failed on this very request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{change: func(c *config.Config) { c.Generation.UpstreamTimeout = time.Second }})
			tc.rule.Upstream = "tandoor"
			w.fault(t, tc.rule)
			m := w.mustGenerate(t, kenji)
			if !m.Pool.Stale || !slices.ContainsFunc(m.Week.Notes, func(n message.Text) bool {
				return strings.Contains(n.String(), tc.note) && strings.Contains(n.String(), "The recipes are those of")
			}) {
				t.Errorf("stale %t, notes %q; want %q", m.Pool.Stale, m.Week.Notes, tc.note)
			}
			if !strings.Contains(w.logs.String(), "Recipe pool is stale") {
				t.Error("no line says that the pool is stale")
			}
		})
	}
	t.Run("fatsecret down", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, options{})
		w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Outage: true})
		m := w.mustGenerate(t, kenji)
		if m.Week.TargetSource != "computed" {
			t.Errorf("targets are %s", m.Week.TargetSource)
		}
		if !strings.Contains(w.logs.String(), "Reading the profile failed") {
			t.Error("no line says that FatSecret did not answer")
		}
	})
}

// Nothing to plan with: one clear line, the right kind, and nothing half-stored.
func TestNothingToPlanWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule faultswitch.Rule
		kind fault.Kind
	}{
		"dead":   {faultswitch.Rule{Upstream: "tandoor", Outage: true}, fault.NetworkError},
		"html":   {faultswitch.Rule{Upstream: "tandoor", Body: faultswitch.BodyHTML}, fault.TandoorError},
		"20 MB":  {faultswitch.Rule{Upstream: "tandoor", Body: faultswitch.BodyOversized}, fault.TandoorError},
		"denied": {faultswitch.Rule{Upstream: "tandoor", Status: 403}, fault.Unauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{empty: true, change: func(c *config.Config) { // 20 MB take their time
				c.Generation.UpstreamTimeout, c.Generation.Timeout = time.Minute, 2*time.Minute
			}})
			w.fault(t, c.rule)
			_, err := w.generate(t, "user_lewis")
			if fault.KindOf(err) != c.kind || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %s: %v", fault.KindOf(err), err)
			}
			if n := w.plans(t); n != 0 {
				t.Errorf("%d plans were stored", n)
			}
			if s := w.sums(t); s["generation_failures_total"] != 1 || s["generation_attempts_total"] != 1 {
				t.Errorf("counted %d failures of %d attempts", s["generation_failures_total"], s["generation_attempts_total"])
			}
		})
	}
}

// A recipe with impossible figures is left out and listed; the others are planned.
func TestImpossibleNutritionIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	victims := pool[:3]
	for i, bad := range []any{-5.0, "NaN", 1e9} {
		must(t, w.box.Tandoor.Amend(int(victims[i].ID), func(detail map[string]any) {
			detail["properties"] = []any{}
			detail["food_properties"] = map[string]any{}
			detail["nutrition"] = map[string]any{"calories": 400.0, "proteins": bad, "fats": 10.0, "carbohydrates": 30.0}
		}))
	}
	m := w.mustGenerate(t, "user_lewis")
	for _, d := range m.Week.Days {
		for _, s := range d.Meals {
			if s != nil && (s.Recipe == victims[0].ID || s.Recipe == victims[1].ID || s.Recipe == victims[2].ID) {
				t.Errorf("recipe %d was planned", s.Recipe)
			}
		}
	}
	problems, err := w.Recipes.Problems(t.Context(), sandbox.Connection)
	must(t, err)
	for _, v := range victims {
		if !slices.ContainsFunc(problems, func(p recipesync.Problem) bool { return p.Recipe == v.ID }) {
			t.Errorf("recipe %d is not listed", v.ID)
		}
	}
}

// A user whose library of 1,000 recipes answers 80 ms a call gets the first plan.
func TestFreshUserWithALargeSlowLibrary(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	must(t, err)
	base := lib.Recipes
	for i := 0; len(lib.Recipes) < 1000; i++ {
		r := base[i%len(base)]
		r.Name = fmt.Sprintf("%s, version %d", r.Name, i/len(base)+2)
		lib.Recipes = append(lib.Recipes, r)
	}
	w := newWorld(t, options{sandbox: sandbox.Options{Library: lib}, empty: true, change: func(c *config.Config) {
		c.Generation.UpstreamTimeout = 500 * time.Millisecond // the default
	}})
	w.fault(t, faultswitch.Rule{Upstream: "tandoor", LatencyMS: 80})
	begin := time.Now()
	m := w.mustGenerate(t, "user_lewis")
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	t.Logf("import and first plan: %s; generation %s; %d recipes", time.Since(begin).Round(time.Millisecond), m.Total.Round(time.Millisecond), len(pool))
	if len(pool) < 990 || m.Week.Meals() != 21 {
		t.Errorf("%d recipes, %d meals", len(pool), m.Week.Meals())
	}
}

// An unreachable collector changes nothing about a generation and does not hold its end.
func TestDeadCollectorIsHarmless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Telemetry.OTLPEndpoint = "http://127.0.0.1:1" }})
	m := w.mustGenerate(t, "user_lewis")
	if m.Week.Meals() != 21 {
		t.Errorf("%d meals", m.Week.Meals())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	if err := w.Stop(ctx); err != nil || ctx.Err() != nil {
		t.Errorf("stop: %v, %v", err, ctx.Err())
	}
}

// Twelve recipes without a vegan breakfast cannot fill a vegan's week.
func TestTooFewRecipesNamesTheRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{sandbox: sandbox.Options{Library: tandoortest.Small()}})
	_, err := w.Users.Change(t.Context(), "user_lewis", func(u *user.User) error { u.Settings.Diets = []string{"vegan"}; return nil })
	must(t, err)
	_, err = w.generate(t, "user_lewis")
	if fault.KindOf(err) != fault.NotEnoughRecipes || !strings.Contains(err.Error(), "breakfast") {
		t.Errorf("got %v", err)
	}
	if n := w.plans(t); n != 0 {
		t.Errorf("%d plans were stored", n)
	}
}
