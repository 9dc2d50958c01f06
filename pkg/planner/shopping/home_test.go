package shopping_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

// rice names it on a list.
var rice = grocery.Line{Name: "rice"}.Key()

// weighed is a plan that needs so many grams of rice, and two leeks.
func weighed(grams int64) *plan.Plan {
	g := groceries("rice|x", "leek|2")
	line := &g.Sections[0].Lines[0]
	line.Need = []grocery.Quantity{{Amount: big.NewRat(grams, 1), Unit: "g"}}
	line.Buy = line.Need[0].Amount.RatString() + " g"
	return &plan.Plan{Week: plan.Week{WeekOf: week}, Groceries: g}
}

func shown(l shopping.List) string {
	var out []string
	for _, s := range l.Sections {
		for _, i := range s.Items {
			text := i.Name
			if i.Had != "" {
				text += " (had " + i.Had + ")"
			}
			if i.Ticked {
				text += " ticked"
			}
			out = append(out, text)
		}
	}
	for _, i := range l.Home {
		out = append(out, i.Name+" at home")
	}
	for _, i := range l.Pantry {
		text := i.Name + " in the pantry"
		if i.Staple {
			text += " always"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// What somebody has leaves the list as long as no more is needed, whoever ticks meanwhile.
func TestWhatIsAtHomeLeavesTheList(t *testing.T) {
	t.Parallel()
	p := &ports{plan: weighed(300)}
	s := shopping.New(p, p, &people{})
	want := func(step, text string, left int) {
		t.Helper()
		l, err := s.List(t.Context(), "ana", week)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(l); got != text || l.Left() != left || len(l.Gone) > 0 {
			t.Errorf("%s: %s, %d left, gone %q", step, got, l.Left(), l.Gone)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	have := func(is bool) { t.Helper(); do(s.Have(t.Context(), "ana", week, rice, is)) }
	tick := func(is bool) { t.Helper(); do(s.Tick(t.Context(), "ana", week, rice, is)) }
	have(true)
	want("at home", "leek, rice at home, salt in the pantry", 1)
	if buy, err := s.ToBuy(t.Context(), "ana", p.plan); err != nil || buy.Lines() != 1 {
		t.Errorf("to buy: %+v, %v", buy, err)
	}
	tick(true)
	tick(false)
	want("ticked in the shop meanwhile", "leek, rice at home, salt in the pantry", 1)
	p.plan = weighed(200)
	want("less is needed", "leek, rice at home, salt in the pantry", 1)
	p.plan = weighed(400)
	want("more is needed", "rice (had 300 g), leek, salt in the pantry", 2)
	tick(true)
	want("and bought", "rice ticked, leek, salt in the pantry", 1)
	have(true)
	have(false)
	want("taken back", "rice, leek, salt in the pantry", 2)
	have(true)
	p.plan = &plan.Plan{Groceries: groceries("leek|2")}
	want("needed no longer", "leek, salt in the pantry", 1)
	if err := s.Have(t.Context(), "ana", week, rice, true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what the list does not hold: %v", err)
	}
}

func TestStaplesAreNotBought(t *testing.T) {
	t.Parallel()
	p, who := &ports{plan: weighed(300)}, &people{u: user.User{Settings: user.DefaultSettings()}}
	s := shopping.New(p, p, who)
	list := func() string {
		t.Helper()
		l, err := s.List(t.Context(), "ana", week)
		if err != nil {
			t.Fatal(err)
		}
		return shown(l)
	}
	if name, err := s.Always(t.Context(), "ana", week, rice, true); err != nil || name != "rice" || p.state.Version != 1 {
		t.Errorf("%q, %v, version %d", name, err, p.state.Version)
	}
	if got := list(); got != "leek, rice in the pantry always, salt in the pantry" {
		t.Error(got)
	}
	if buy, err := s.ToBuy(t.Context(), "ana", p.plan); err != nil || buy.Lines() != 1 {
		t.Errorf("to buy: %+v, %v", buy, err)
	}
	if l, _ := s.List(t.Context(), "ana", week); !strings.HasSuffix(l.Text(message.English), "Check your pantry\n- rice, 300 g\n- salt\n") {
		t.Errorf("as text:\n%s", l.Text(message.English))
	}
	if _, err := s.Always(t.Context(), "ana", week, rice, false); err != nil || len(who.u.Settings.Staples) > 0 {
		t.Errorf("%q, %v", who.u.Settings.Staples, err)
	}
	if got := list(); got != "rice, leek, salt in the pantry" {
		t.Error(got)
	}
	if _, err := s.Always(t.Context(), "ana", week, "food:beer", true); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what the list does not hold: %v", err)
	}
}
