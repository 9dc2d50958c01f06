package shopping_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

const week calendar.Date = 739_950

// ports are a plan and the state of its list in memory.
type ports struct {
	plan  *plan.Plan
	state shopping.State
}

func (p *ports) Get(context.Context, string, calendar.Date) (*plan.Plan, error) {
	if p.plan == nil {
		return nil, fault.New(fault.NotFound, "plan", "no plan")
	}
	return p.plan, nil
}

func (p *ports) State(context.Context, string, calendar.Date) (shopping.State, error) {
	return p.state, nil
}

func (p *ports) Version(context.Context, string, calendar.Date) (int64, error) {
	return p.state.Version, nil
}

func (p *ports) Tick(_ context.Context, _ string, _ calendar.Date, t shopping.Tick) error {
	p.state.Version++
	p.state.Ticks = append(slices.DeleteFunc(p.state.Ticks, func(o shopping.Tick) bool { return o.Key == t.Key }), t)
	return nil
}

func (p *ports) Untick(_ context.Context, _ string, _ calendar.Date, key string, home bool) error {
	p.state.Version++
	p.state.Ticks = slices.DeleteFunc(p.state.Ticks, func(t shopping.Tick) bool { return t.Key == key && t.Home == home })
	return nil
}

func (p *ports) Touch(context.Context, string, calendar.Date) error {
	p.state.Version++
	return nil
}

// people is the user of a list.
type people struct{ u user.User }

func (p *people) Get(context.Context, string) (user.User, error) { return p.u, nil }

func (p *people) Change(_ context.Context, _ string, change func(*user.User) error) (user.User, error) {
	u := p.u
	if err := change(&u); err != nil {
		return u, err
	}
	p.u = u
	return u, nil
}

func (p *ports) own(id int64) int {
	return slices.IndexFunc(p.state.Own, func(o shopping.OwnItem) bool { return o.ID == id })
}

func (p *ports) TickOwn(_ context.Context, _ string, _ calendar.Date, id int64, ticked bool) error {
	p.state.Own[p.own(id)].Ticked = ticked
	return nil
}

func (p *ports) Add(_ context.Context, _ string, _ calendar.Date, text string, _ int) (int64, error) {
	p.state.Own = append(p.state.Own, shopping.OwnItem{ID: int64(len(p.state.Own) + 1), Text: text})
	return int64(len(p.state.Own)), nil
}

func (p *ports) Remove(_ context.Context, _ string, _ calendar.Date, id int64) error {
	p.state.Own = slices.Delete(p.state.Own, p.own(id), p.own(id)+1)
	return nil
}

func groceries(lines ...string) grocery.List {
	s := grocery.Section{Name: "Produce"}
	for _, l := range lines {
		name, buy, _ := strings.Cut(l, "|")
		s.Lines = append(s.Lines, grocery.Line{Name: name, Buy: buy})
	}
	return grocery.List{Sections: []grocery.Section{s}, Pantry: []grocery.Line{{Name: "salt"}}}
}

// A tick stays while the need does, whatever the library calls the food; when more is needed it
// ends and says what was ticked; what is needed no longer is named.
func TestTicksAndAChangingPlan(t *testing.T) {
	t.Parallel()
	p := &ports{plan: &plan.Plan{Groceries: groceries("large eggs|6", "leek|2", "rice|300 g")}}
	s := shopping.New(p, p, &people{})
	list := func() shopping.List {
		t.Helper()
		l, err := s.List(t.Context(), "ana", week)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, i := range list().Sections[0].Items {
		if err := s.Tick(t.Context(), "ana", week, i.Key, true); err != nil {
			t.Fatal(err)
		}
	}
	if l := list(); l.Left() != 0 || l.Version != 3 || len(l.Gone) != 0 {
		t.Errorf("all is ticked: %+v", l)
	}
	p.plan = &plan.Plan{Groceries: groceries("Eier|6", "leek|3")}
	l := list()
	eggs, leek := l.Sections[0].Items[0], l.Sections[0].Items[1]
	if !eggs.Ticked || leek.Ticked || leek.Was != "2" || l.Left() != 1 || !slices.Equal(l.Gone, []string{"rice"}) {
		t.Errorf("after a change: %+v", l)
	}
	if err := s.Tick(t.Context(), "ana", week, "food:rice", true); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "any longer") {
		t.Errorf("what is needed no longer: %v", err)
	}
	if err := s.Tick(t.Context(), "ana", week, eggs.Key, false); err != nil || list().Left() != 2 {
		t.Errorf("unticked: %v", err)
	}
}

func TestOwnItems(t *testing.T) {
	t.Parallel()
	p := &ports{plan: &plan.Plan{Groceries: groceries("leek|2")}, state: shopping.State{Ticks: []shopping.Tick{{Key: "food:leek", Name: "leek", Amount: "2"}}}}
	s := shopping.New(p, p, &people{})
	for _, bad := range []string{"", " \n ", strings.Repeat("x", shopping.MaxText+1), "\xff"} {
		if _, err := s.Add(t.Context(), "ana", week, bad); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%q: %v", bad, err)
		}
	}
	item, err := s.Add(t.Context(), "ana", week, " two \n bottles ")
	if err != nil || item.Text != "two bottles" {
		t.Fatalf("%+v, %v", item, err)
	}
	l, err := s.List(t.Context(), "ana", week)
	if err != nil || l.Left() != 1 || l.Text(message.English) != "Added by you\n- two bottles\nCheck your pantry\n- salt\n" {
		t.Errorf("%d left, %v:\n%s", l.Left(), err, l.Text(message.English))
	}
	p.plan = nil
	if _, err := s.Add(t.Context(), "ana", week, "beer"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without a plan: %v", err)
	}
}

// raced has another device change the staples right after the first of the list's two reads.
type raced struct {
	*ports
	*people
	done bool
}

func (r *raced) change() {
	if !r.done {
		r.done = true
		r.u.Settings.Staples = []string{"leek"}
		r.state.Version++
	}
}

func (r *raced) State(ctx context.Context, id string, week calendar.Date) (shopping.State, error) {
	defer r.change()
	return r.ports.State(ctx, id, week)
}

func (r *raced) Get(ctx context.Context, id string) (user.User, error) {
	defer r.change()
	return r.people.Get(ctx, id)
}

// Staples that change while a list is read are shown, or the version is an old one, so that the page
// asks again.
func TestOldStaplesHaveAnOldVersion(t *testing.T) {
	t.Parallel()
	p := &ports{plan: &plan.Plan{Groceries: groceries("leek|2")}}
	r := &raced{ports: p, people: &people{}}
	l, err := shopping.New(r, p, r).List(t.Context(), "ana", week)
	if err != nil {
		t.Fatal(err)
	}
	if old := len(l.Sections) > 0; old && l.Version == r.state.Version {
		t.Errorf("version %d has the staples before it: %+v", l.Version, l.Sections)
	}
}
