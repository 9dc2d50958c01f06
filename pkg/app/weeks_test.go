package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// A replanned week keeps what is over, locked or skipped, changes the rest, and
// is mailed; looking at it first changes nothing.
func TestReplan(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	letter := p.planMail(t, lewis)
	p.say(t, letter, "LOCK friday dinner")
	p.say(t, letter, "SKIP saturday lunch")
	was, wishes := p.stored(t, lewis)
	c.forward((week + 2).Time().Add(12 * time.Hour)) // Wednesday, between breakfast and lunch
	next := slotAt(2, recipe.Lunch)
	kept := func(s plan.Slot) bool { return s.Before(next) || wishes.Locked(s) || wishes.Skipped(s) }

	mails := len(p.box.Mail.Messages())
	told, _, err := p.Replan(t.Context(), lewis, week, false)
	must(t, err)
	if is, _ := p.stored(t, lewis); len(told.Replaced) == 0 || told.Mailed || len(plan.Diff(was, is)) != 0 {
		t.Fatalf("the look: %d meals, mailed %t, %v", len(told.Replaced), told.Mailed, plan.Diff(was, is))
	}
	done, _, err := p.Replan(t.Context(), lewis, week, true)
	must(t, err)
	is, _ := p.stored(t, lewis)
	if got := plan.Diff(was, is); !done.Mailed || len(got) != len(told.Replaced) {
		t.Errorf("%d meals changed, %d were told, mailed %t", len(got), len(told.Replaced), done.Mailed)
	}
	outside(t, "replan", was, is, func(s plan.Slot) bool { return !kept(s) })
	for _, s := range plan.Slots(week) {
		if a, b := was.At(s), is.At(s); !kept(s) && a.Recipe == b.Recipe {
			t.Errorf("%s stayed %s", named(s), a.Name)
		}
	}
	_, err = p.Delivery.Drain(t.Context())
	must(t, err)
	if n := len(p.box.Mail.Messages()); n != mails+1 {
		t.Errorf("%d mails, want 1", n-mails)
	}
}

// Who has no breakfasts planned is told so by each command that would plan one, and may
// still lock one.
func TestCommandsAboutMealsThatAreNotPlanned(t *testing.T) {
	t.Parallel()
	var c clock
	p := office(t, &c)
	_, err := p.Users.Change(t.Context(), lewis, func(u *user.User) error {
		u.Settings.Meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
		return nil
	})
	must(t, err)
	letter := p.planMail(t, lewis)
	for _, line := range []string{"REGENERATE friday breakfast", "ADJUST friday breakfast", "UNSKIP friday breakfast"} {
		if answer := p.say(t, letter, line); !strings.Contains(answer, "You have no breakfast planned, by your settings") {
			t.Errorf("%s: %s", line, answer)
		}
	}
	p.say(t, letter, "REGENERATE friday")
	if is, _ := p.stored(t, lewis); is.At(slotAt(4, recipe.Breakfast)) != nil || is.Meals() != 14 {
		t.Errorf("a whole day planned anew: %d meals", is.Meals())
	}
	recipes, err := p.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	for _, r := range recipes {
		if r.Suits(recipe.Breakfast) {
			p.say(t, letter, "LOCK friday breakfast "+r.Name)
			if is, _ := p.stored(t, lewis); is.At(slotAt(4, recipe.Breakfast)) == nil || is.Meals() != 15 {
				t.Errorf("the lock: %+v, %d meals", is.At(slotAt(4, recipe.Breakfast)), is.Meals())
			}
			return
		}
	}
	t.Fatal("the library has no breakfast")
}

func named(s plan.Slot) string { return s.Date.String() + " " + s.Meal.String() }
