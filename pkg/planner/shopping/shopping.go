// Package shopping is the shopping list as people work it off: ticks that last, items of their
// own, and what changed since something was ticked.
package shopping

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Limits of what people add.
const (
	MaxText  = 200 // runes
	MaxItems = 200 // of a list
)

// List is a week's list. Its version changes with the list, and with what its user always has at
// home: it is compared for equality only.
type List struct {
	Week     calendar.Date `json:"week"`
	Version  int64         `json:"version"`
	Sections []Section     `json:"sections"`
	Home     []Item        `json:"home"`   // somebody has it: it is not bought
	Pantry   []Item        `json:"pantry"` // to be looked for at home first
	Own      []OwnItem     `json:"own"`
	Gone     []string      `json:"gone"`     // what was ticked and is needed no longer, by name
	Outdated bool          `json:"outdated"` // the plan is being replaced: it may hold what must not be eaten
}

// Section is an aisle.
type Section struct {
	Name  string `json:"name"`
	Items []Item `json:"items"`
}

// Item is a food of the list.
type Item struct {
	Key    string `json:"key"` // the same as long as the food is
	Name   string `json:"name"`
	Buy    string `json:"buy"`
	Ticked bool   `json:"ticked"`
	// Was is the amount that was ticked, where another is needed now; empty else.
	Was string `json:"was,omitempty"`
	// Had is the amount that is at home, where more is needed now; empty else.
	Had    string        `json:"had,omitempty"`
	Staple bool          `json:"staple,omitempty"` // the user always has it at home
	Uses   []grocery.Use `json:"uses"`
}

// OwnItem is what somebody added.
type OwnItem struct {
	ID     int64  `json:"id"`
	Text   string `json:"text"`
	Ticked bool   `json:"ticked"`
	Fixed  bool   `json:"-"` // whoever looks may not take it away
}

// Left counts what is not ticked yet; what is at home, or to be looked for there, does not count.
func (l List) Left() int {
	n := 0
	for _, s := range l.Sections {
		for _, i := range s.Items {
			if !i.Ticked {
				n++
			}
		}
	}
	for _, o := range l.Own {
		if !o.Ticked {
			n++
		}
	}
	return n
}

// State is what is stored of a list: ticks, the oldest first, and own items.
type State struct {
	Version int64
	Ticks   []Tick
	Own     []OwnItem
}

// Tick is a food that was ticked, as the list had it, or that somebody has at home.
type Tick struct {
	Key, Name, Amount string
	Home              bool
	Need              []grocery.Quantity // that is at home
}

// Store holds the state of lists. Each change, also of the user's staples, changes the version; kind NotFound for an item
// that the list does not have.
type Store interface {
	State(ctx context.Context, userID string, week calendar.Date) (State, error)
	Version(ctx context.Context, userID string, week calendar.Date) (int64, error)
	Tick(ctx context.Context, userID string, week calendar.Date, t Tick) error
	// Untick deletes the food's tick, or with home that it is at home.
	Untick(ctx context.Context, userID string, week calendar.Date, key string, home bool) error
	// Touch grows the version.
	Touch(ctx context.Context, userID string, week calendar.Date) error
	TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error
	// Add appends an item unless there are most, kind InvalidInput.
	Add(ctx context.Context, userID string, week calendar.Date, text string, most int) (int64, error)
	Remove(ctx context.Context, userID string, week calendar.Date, id int64) error
}

// Plans reads stored plans.
type Plans interface {
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
}

// Users reads and changes users.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
	// Change applies change to the stored user, under their lock.
	Change(ctx context.Context, id string, change func(*user.User) error) (user.User, error)
}

// Service is the use case.
type Service struct {
	store Store
	plans Plans
	users Users
}

// New returns the use case on its ports.
func New(s Store, p Plans, u Users) *Service { return &Service{s, p, u} }

// List returns the list of a planned week. Kinds of error: NotFound without a plan, and those
// of the ports.
func (s *Service) List(ctx context.Context, userID string, week calendar.Date) (List, error) {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return List{}, err
	}
	// The version comes first: staples that change before they are read are then shown under an
	// older version, and the page asks again. The other way round it never would.
	state, err := s.store.State(ctx, userID, week)
	if err != nil {
		return List{}, err
	}
	u, err := s.users.Get(ctx, userID)
	if err != nil {
		return List{}, err
	}
	l := merge(week, p.Groceries, u.Settings.Staples, state)
	l.Outdated = p.Week.Unsafe()
	return l, nil
}

func merge(week calendar.Date, g grocery.List, staples []string, state State) List {
	out := List{Week: week, Version: state.Version, Sections: []Section{}, Home: []Item{}, Pantry: []Item{}, Own: state.Own, Gone: []string{}}
	if out.Own == nil {
		out.Own = []OwnItem{}
	}
	ticks, seen := state.byKey(), map[string]bool{}
	item := func(l grocery.Line) Item {
		i := Item{Key: l.Key(), Name: l.Name, Buy: l.Buy, Uses: l.Uses}
		seen[i.Key] = true
		switch t, ok := ticks[i.Key]; {
		case !ok:
		case t.Home:
			i.Had = t.Amount
		case t.Amount == l.Buy:
			i.Ticked = true
		default:
			i.Was = t.Amount
		}
		return i
	}
	g = g.Aside(staples)
	for _, sec := range g.Sections {
		to := Section{sec.Name, []Item{}}
		for _, l := range sec.Lines {
			i := item(l)
			if atHome(ticks, l) {
				i.Had = ""
				out.Home = append(out.Home, i)
				continue
			}
			to.Items = append(to.Items, i)
		}
		if len(to.Items) > 0 {
			out.Sections = append(out.Sections, to)
		}
	}
	for _, l := range g.Pantry {
		i := item(l)
		i.Staple, i.Had = l.Staple(staples), ""
		out.Pantry = append(out.Pantry, i)
	}
	for _, t := range state.Ticks {
		if !seen[t.Key] && !t.Home {
			out.Gone = append(out.Gone, t.Name)
		}
	}
	return out
}

func (s State) byKey() map[string]Tick {
	out := map[string]Tick{}
	for _, t := range s.Ticks {
		out[t.Key] = t
	}
	return out
}

// atHome reports whether somebody has all that the line needs.
func atHome(ticks map[string]Tick, l grocery.Line) bool {
	t, ok := ticks[l.Key()]
	return ok && t.Home && grocery.Covers(t.Need, l.Need)
}

// Version is the list's version, cheap to ask.
func (s *Service) Version(ctx context.Context, userID string, week calendar.Date) (int64, error) {
	return s.store.Version(ctx, userID, week)
}

// errGone is of a food that the list does not hold any longer.
var errGone = fault.New(fault.NotFound, "shopping list", "the list does not hold this food any longer: load it anew")

// Tick ticks a food of the list, or takes the tick back. What is at home already stays so: it is
// not bought either way. Kinds of error: NotFound for a food that the list does not hold any
// longer, and those of the ports.
func (s *Service) Tick(ctx context.Context, userID string, week calendar.Date, key string, ticked bool) error {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return err
	}
	if !ticked {
		return s.store.Untick(ctx, userID, week, key, false)
	}
	l, ok := p.Groceries.Find(key)
	if !ok {
		return errGone
	}
	state, err := s.store.State(ctx, userID, week)
	if err != nil || atHome(state.byKey(), l) {
		return err
	}
	return s.store.Tick(ctx, userID, week, Tick{Key: key, Name: l.Name, Amount: l.Buy})
}

// TickOwn ticks an own item, or takes the tick back; kind NotFound.
func (s *Service) TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error {
	return s.store.TickOwn(ctx, userID, week, id, ticked)
}

// Add adds an own item of one line. Kinds of error: InvalidInput, NotFound without a plan, and
// those of the ports.
func (s *Service) Add(ctx context.Context, userID string, week calendar.Date, text string) (OwnItem, error) {
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return OwnItem{}, fault.New(fault.InvalidInput, "shopping list", "text: write what to buy")
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxText:
		return OwnItem{}, fault.New(fault.InvalidInput, "shopping list", "text: at most %d characters", MaxText)
	}
	if _, err := s.plans.Get(ctx, userID, week); err != nil {
		return OwnItem{}, err
	}
	id, err := s.store.Add(ctx, userID, week, text, MaxItems)
	return OwnItem{ID: id, Text: text}, err
}

// Remove deletes an own item; kind NotFound.
func (s *Service) Remove(ctx context.Context, userID string, week calendar.Date, id int64) error {
	return s.store.Remove(ctx, userID, week, id)
}
