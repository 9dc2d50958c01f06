package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// Whatever is commanded in whatever order: the plan is valid, locks and skips hold, nothing
// holds an allergen, the tables agree with each other, what is refused changes nothing, and
// UNDO brings back exactly what was there.
func TestAnySequenceOfCommands(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[1:2])
	const who = "user_ana" // with an allergy
	p.planMail(t, who)
	all, err := p.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	nuts, err := allergen.Parse("nuts")
	must(t, err)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	meals := []string{"breakfast", "lunch", "dinner"}
	name := func() string { return all[random.IntN(len(all))].Name }
	day := func() string { return days[random.IntN(len(days))] }
	slot := func() string { return day() + " " + meals[random.IntN(len(meals))] }
	commands := []func() string{
		func() string { return "LOCK " + slot() }, func() string { return "LOCK " + slot() + " " + name() }, func() string { return "UNLOCK " + slot() },
		func() string { return "UNLOCK ALL" }, func() string { return "REGENERATE WEEK" }, func() string { return "REGENERATE " + day() },
		func() string { return "REGENERATE " + slot() }, func() string { return "REGENERATE WEEK WITH LOW CARB" }, func() string { return "REGENERATE WEEK WITH VARIETY" },
		func() string { return "ADJUST " + slot() }, func() string { return "ADJUST " + slot() + " TO " + name() }, func() string { return "SKIP " + slot() },
		func() string { return "SKIP " + day() }, func() string { return "UNSKIP " + slot() }, func() string { return "TRAVEL " + day() },
		func() string {
			r := all[random.IntN(len(all))]
			return "I hate " + r.Ingredients[random.IntN(len(r.Ingredients))].Food.Name
		},
	}
	applied, refused := 0, 0
	for n := range 60 {
		line := commands[random.IntN(len(commands))]()
		undo := random.IntN(4) == 0
		was, before := p.everything(t), p.rows(t)
		wasWeek, wasWishes := p.stored(t, who)
		r, err := p.Click(t.Context(), who, week, line, fmt.Sprint("click ", n))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		is, wishes := p.stored(t, who)
		switch r.Outcome {
		case command.Applied:
			applied++
		case command.Refused, command.NotUnderstood, command.NoCommand:
			refused++
			if p.everything(t) != was {
				t.Fatalf("%s was refused and changed something", line)
			}
			continue
		default:
			t.Fatalf("%s: %s", line, r.Outcome)
		}
		p.sound(t, line, asked{wasWeek, wasWishes}, asked{is, wishes}, all, nuts)
		if undo {
			if r, err = p.Click(t.Context(), who, week, "UNDO", fmt.Sprint("undo ", n)); err != nil || r.Outcome != command.Applied {
				t.Fatalf("UNDO of %s: %s, %v", line, r.Outcome, err)
			}
			if after := p.rows(t); after != before {
				t.Fatalf("UNDO of %s leaves\n%s\nwhere\n%s\nwas", line, after, before)
			}
		}
		_, err = p.pool.Exec(t.Context(), "update steerings set created_at = created_at - interval '2 hours'")
		must(t, err)
	}
	t.Logf("%d applied, %d refused", applied, refused)
	if applied < 15 || refused < 1 {
		t.Errorf("%d applied, %d refused", applied, refused)
	}
}

// rows is what UNDO must bring back.
func (p *postOffice) rows(t *testing.T) string {
	t.Helper()
	var out string
	must(t, p.pool.QueryRow(t.Context(), `select concat(
		(select string_agg((data - 'week')::text || (data -> 'week' -> 'days')::text || status, ',' order by id) from plans),
		(select string_agg(user_id || date || meal || recipe_id || servings || source, ',' order by user_id, date, meal) from plan_meals),
		(select string_agg(user_id || week_of || data::text, ',' order by user_id, week_of) from week_constraints),
		(select string_agg(id || enabled || settings::text, ',' order by id) from users))`).Scan(&out))
	return out
}

// asked is a week with what was asked of it.
type asked struct {
	week   plan.Week
	wishes plan.Wishes
}

// sound checks a plan after a command.
func (p *postOffice) sound(t *testing.T, line string, before, after asked, all []recipe.Recipe, nuts allergen.Set) {
	t.Helper()
	is, wishes, was, wasWishes := after.week, after.wishes, before.week, before.wishes
	if err := is.Validate(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for _, l := range wishes.Locks {
		s := is.Days[l.Date-week].Meals[l.Meal]
		if s == nil || s.Recipe != l.Recipe || s.Source != plan.Locked {
			t.Fatalf("%s: the lock on %s %s holds %+v", line, l.Date, l.Meal, s)
		}
	}
	for _, s := range wishes.Skips {
		if is.Days[s.Date-week].Meals[s.Meal] != nil {
			t.Fatalf("%s: %s %s is skipped and planned", line, s.Date, s.Meal)
		}
	}
	for i, d := range is.Days {
		for m, s := range d.Meals {
			slot := plan.Slot{Date: week + calendar.Date(i), Meal: recipe.Meals[m]}
			if s == nil {
				if !slices.Contains(wishes.Skips, slot) {
					t.Fatalf("%s: %s %s is empty and not skipped", line, slot.Date, slot.Meal)
				}
				continue
			}
			r := all[slices.IndexFunc(all, func(r recipe.Recipe) bool { return r.ID == s.Recipe })]
			if has, _ := allergen.Of(r); has&nuts != 0 {
				t.Fatalf("%s: %s on %s has nuts", line, r.Name, slot.Date)
			}
			if s.Source == plan.Locked && !slices.ContainsFunc(wishes.Locks, func(l plan.Lock) bool { return l.Slot == slot }) {
				t.Fatalf("%s: %s %s says locked", line, slot.Date, slot.Meal)
			}
		}
	}
	// One day or meal was named: the others stay as they were.
	if words := strings.Fields(line); len(words) > 1 && !strings.Contains(line, "WEEK") && !strings.HasPrefix(line, "I hate") && words[1] != "ALL" {
		u, err := p.Users.Get(t.Context(), is.User)
		must(t, err)
		for _, d := range plan.Diff(was, is) {
			if i := slices.IndexFunc(all, func(r recipe.Recipe) bool { return d.Was != nil && r.ID == d.Was.Recipe }); i >= 0 && breach(t, u.Settings, all[i]) != "" {
				continue // a lock had kept what the user dislikes
			}
			if !strings.HasPrefix(strings.ToLower(d.Date.Weekday().String()), words[1]) {
				t.Fatalf("%s changed %s %s", line, d.Date, d.Meal)
			}
		}
	}
	// A lock goes only when it is taken back or overruled.
	if strings.HasPrefix(line, "REGENERATE") || strings.HasPrefix(line, "ADJUST") || strings.HasPrefix(line, "TRAVEL") || strings.HasPrefix(line, "I hate") {
		if fmt.Sprint(wasWishes.Locks) != fmt.Sprint(wishes.Locks) {
			t.Fatalf("%s changed the locks", line)
		}
	}
	var meals int
	must(t, p.pool.QueryRow(t.Context(), "select count(*) from plan_meals").Scan(&meals))
	if meals != is.Meals() {
		t.Fatalf("%s: %d rows for %d meals", line, meals, is.Meals())
	}
}
