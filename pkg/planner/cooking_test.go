package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// What users write reaches the week: minutes by weekday, food groups that nobody tagged, equal
// portions, the household's share; what cannot be kept is said.
func TestRulesOfACookReachTheWeek(t *testing.T) {
	t.Parallel()
	pool := library(func(i int) []string {
		switch {
		case i >= 15 && i < 19:
			return []string{"salmon", "rice"}
		case i >= 19 && i < 30:
			return []string{"beef mince", "rice"}
		default:
			return []string{"tofu", "rice"}
		}
	})
	for i := range pool {
		pool[i].WorkingMinutes = 10 + 5*(i%9)
	}
	p := &ports{pool: recipe.Pool{Recipes: pool}}
	p.in.User = ana()
	c := &p.in.User.Settings.Cooking
	c.Minutes, c.Weekly, c.SamePortions = []string{"monday-thursday dinner 25", "sunday breakfast 40"}, []string{"fish >= 2", "red meat <= 2", "moon dust >= 1"}, true
	c.Eaters = []nutrition.Servings{10_000, 10_000, 5_000}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	of := func(id recipe.ID, food string) bool {
		return slices.ContainsFunc(pool[id-1].Ingredients, func(i recipe.Ingredient) bool { return i.Food.Name == food })
	}
	fish, meat, portions := 0, 0, map[string]bool{}
	for i, d := range res.Week.Days {
		for m, sv := range d.Meals {
			if m == 2 && i < 4 && sv.Minutes > 25 || m == 0 && i == 6 && sv.Minutes > 40 {
				t.Errorf("%s %s takes %d minutes", d.Date.Weekday(), recipe.Meals[m], sv.Minutes)
			}
			if m == 0 {
				continue
			}
			if of(sv.Recipe, "salmon") {
				fish++
			}
			if of(sv.Recipe, "beef mince") {
				meat++
			}
			portions[fmt.Sprint(sv.Recipe, " ", sv.Servings)] = true
		}
	}
	if fish < 2 || meat > 2 || len(portions) != 4 || res.Week.Household != 25_000 || res.Week.People != 3 {
		t.Errorf("%d fish, %d red meat, %d portions of 4 dishes, household %s of %d", fish, meat, len(portions), res.Week.Household, res.Week.People)
	}
	if i := slices.IndexFunc(res.Week.Reasons, func(r plan.Reason) bool { return r.Code == "count_missed" }); i < 0 || res.Week.Reasons[i].Rule != "moon dust >= 1" || res.Week.Reasons[i].Have != 0 {
		t.Errorf("reasons %+v", res.Week.Reasons)
	}
	for _, l := range res.Groceries.Sections[0].Lines {
		if l.Name == "rice" && len(l.Uses) != 21 {
			t.Errorf("rice is for %d meals", len(l.Uses))
		}
	}
}

// What could be in a meal's place obeys the same rules.
func TestAlternatives(t *testing.T) {
	t.Parallel()
	pool := library(rice)
	for i := range pool {
		pool[i].WorkingMinutes = 10 + 5*(i%9)
	}
	p := &ports{pool: recipe.Pool{Recipes: pool}}
	p.in.User = ana()
	p.in.User.Settings.Cooking.Minutes = []string{"tuesday dinner 20"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	in := p.in
	in.Existing = &res.Plan
	slot := plan.Slot{Date: week + 1, Meal: recipe.Dinner}
	const most = 8
	list, err := planner.Alternatives(in, p.pool, slot, most)
	if err != nil || len(list) == 0 || len(list) > most || slot.Date.Weekday() != time.Tuesday {
		t.Fatalf("%d alternatives, %v", len(list), err)
	}
	day := res.Week.Days[1]
	out := false
	for _, a := range list {
		if a.Minutes > 20 || !pool[a.Recipe-1].Suits(recipe.Dinner) || a.Recipe == day.Meals[1].Recipe || a.Recipe == day.Meals[2].Recipe {
			t.Errorf("%+v", a)
		}
		want := a.Day
		if want.Sum(res.Week.Target, res.Week.TolerancePct); want.Actual != a.Day.Actual || want.Balanced != a.Day.Balanced || a.Day.Meals[0] != day.Meals[0] {
			t.Errorf("%s: the day would have %v, %v is said", a.Name, want.Actual, a.Day.Actual)
		}
		if out = out || !a.Day.Balanced; out && a.Day.Balanced {
			t.Error("a day off target comes before one on target")
		}
	}
	if _, err := planner.Alternatives(in, p.pool, plan.Slot{Date: week + 7, Meal: recipe.Dinner}, most); err == nil {
		t.Error("a day of another week has alternatives")
	}
}

// Spaces and capitals of a library's keyword are not those of the rule that counts it.
func TestARuleCountsAKeywordWithSpaces(t *testing.T) {
	t.Parallel()
	pool := library(func(int) []string { return []string{"tofu", "rice"} })
	for i := 15; i < 19; i++ {
		pool[i].Keywords = []string{"One  Pot "}
	}
	p := &ports{pool: recipe.Pool{Recipes: pool}}
	p.in.User = ana()
	p.in.User.Settings.Cooking.Weekly = []string{"one pot >= 2"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range res.Week.Days {
		for _, sv := range d.Meals[1:] {
			if sv != nil && len(pool[sv.Recipe-1].Keywords) > 0 {
				n++
			}
		}
	}
	if n < 2 {
		t.Errorf("%d dishes of one pot", n)
	}
}

// Rules that the week and its dishes cannot give together are named, with numbers and the cure.
func TestContradictingRules(t *testing.T) {
	t.Parallel()
	pool := library(func(i int) []string {
		if i%2 == 0 {
			return []string{"salmon", "rice"}
		}
		return []string{"beef mince", "rice"}
	})
	p := &ports{pool: recipe.Pool{Recipes: pool}}
	p.in.User = ana()
	p.in.User.Settings.Cooking.Weekly = []string{"fish >= 5", "red meat >= 12", "moon dust >= 1"}
	res, _, err := p.generate(planner.Request{User: "user_ana", Week: week})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, n := range res.Week.Notes {
		if text := n.String(); strings.Contains(text, "weekly rule") {
			said = append(said, text)
		}
	}
	if len(said) != 2 || !strings.Contains(said[0], `"moon dust >= 1" cannot be kept`) || !strings.Contains(said[1], `"fish >= 5", "red meat >= 12" contradict each other: together they ask for 17`) || !strings.Contains(said[1], "14 at most. Lower one of them by 3") {
		t.Errorf("got %q", said)
	}
}
