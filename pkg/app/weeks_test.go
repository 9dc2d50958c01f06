package app_test

import (
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
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

func named(s plan.Slot) string { return s.Date.String() + " " + s.Meal.String() }
