// Package shopping is the shopping list as people work it off: ticks that last, items of their
// own, and what changed since something was ticked.
package shopping

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// Limits of what people add.
const (
	MaxText  = 200 // runes
	MaxItems = 200 // of a list
)

// List is a week's list. Its version grows with every tick and item; it is 0 before the first.
type List struct {
	Week     calendar.Date `json:"week"`
	Version  int64         `json:"version"`
	Sections []Section     `json:"sections"`
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
	Was  string        `json:"was,omitempty"`
	Uses []grocery.Use `json:"uses"`
}

// OwnItem is what somebody added.
type OwnItem struct {
	ID     int64  `json:"id"`
	Text   string `json:"text"`
	Ticked bool   `json:"ticked"`
	Fixed  bool   `json:"-"` // whoever looks may not take it away
}

// Left counts what is not ticked yet, the pantry excepted.
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

// Tick is a food that was ticked, as the list had it.
type Tick struct{ Key, Name, Amount string }

// Store holds the state of lists. Each change grows the version; kind NotFound for an item
// that the list does not have.
type Store interface {
	State(ctx context.Context, userID string, week calendar.Date) (State, error)
	Version(ctx context.Context, userID string, week calendar.Date) (int64, error)
	Tick(ctx context.Context, userID string, week calendar.Date, t Tick) error
	Untick(ctx context.Context, userID string, week calendar.Date, key string) error
	TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error
	// Add appends an item unless there are most, kind InvalidInput.
	Add(ctx context.Context, userID string, week calendar.Date, text string, most int) (int64, error)
	Remove(ctx context.Context, userID string, week calendar.Date, id int64) error
}

// Plans reads stored plans.
type Plans interface {
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
}

// Service is the use case.
type Service struct {
	store Store
	plans Plans
}

// New returns the use case on its ports.
func New(s Store, p Plans) *Service { return &Service{s, p} }

// List returns the list of a planned week. Kinds of error: NotFound without a plan, and those
// of the ports.
func (s *Service) List(ctx context.Context, userID string, week calendar.Date) (List, error) {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return List{}, err
	}
	state, err := s.store.State(ctx, userID, week)
	if err != nil {
		return List{}, err
	}
	l := merge(week, p.Groceries, state)
	l.Outdated = p.Week.Unsafe()
	return l, nil
}

func merge(week calendar.Date, g grocery.List, state State) List {
	out := List{Week: week, Version: state.Version, Sections: []Section{}, Pantry: []Item{}, Own: state.Own, Gone: []string{}}
	if out.Own == nil {
		out.Own = []OwnItem{}
	}
	ticks, seen := map[string]Tick{}, map[string]bool{}
	for _, t := range state.Ticks {
		ticks[t.Key] = t
	}
	items := func(lines []grocery.Line) []Item {
		list := make([]Item, 0, len(lines))
		for _, l := range lines {
			i := Item{Key: Key(l), Name: l.Name, Buy: l.Buy, Uses: l.Uses}
			seen[i.Key] = true
			if t, ok := ticks[i.Key]; ok {
				if i.Ticked = t.Amount == l.Buy; !i.Ticked {
					i.Was = t.Amount
				}
			}
			list = append(list, i)
		}
		return list
	}
	for _, sec := range g.Sections {
		out.Sections = append(out.Sections, Section{sec.Name, items(sec.Lines)})
	}
	out.Pantry = items(g.Pantry)
	for _, t := range state.Ticks {
		if !seen[t.Key] {
			out.Gone = append(out.Gone, t.Name)
		}
	}
	return out
}

// Key names a food of a list: by the food of the tables, so that it stays the same when the
// library calls it otherwise, else by the library's id, else by its name.
func Key(l grocery.Line) string {
	if same, ok := food.Same(l.Name); ok {
		return "food:" + same
	}
	if l.Food != 0 {
		return "id:" + strconv.FormatInt(l.Food, 10)
	}
	return "name:" + strings.ToLower(l.Name)
}

// Version is the list's version, cheap to ask.
func (s *Service) Version(ctx context.Context, userID string, week calendar.Date) (int64, error) {
	return s.store.Version(ctx, userID, week)
}

// Tick ticks a food of the list, or takes the tick back. Kinds of error: NotFound for a food
// that the list does not hold any longer, and those of the ports.
func (s *Service) Tick(ctx context.Context, userID string, week calendar.Date, key string, ticked bool) error {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return err
	}
	if !ticked {
		return s.store.Untick(ctx, userID, week, key)
	}
	for _, sec := range append(p.Groceries.Sections, grocery.Section{Lines: p.Groceries.Pantry}) {
		for _, l := range sec.Lines {
			if Key(l) == key {
				return s.store.Tick(ctx, userID, week, Tick{key, l.Name, l.Buy})
			}
		}
	}
	return fault.New(fault.NotFound, "shopping list", "the list does not hold this food any longer: load it anew")
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

// Text is the list as plain text, one line an item, what is ticked left out.
func (l List) Text() string {
	var b strings.Builder
	line := func(name, buy string) {
		b.WriteString("- " + name)
		if buy != "" {
			b.WriteString(", " + buy)
		}
		b.WriteString("\n")
	}
	for _, s := range l.Sections {
		first := true
		for _, i := range s.Items {
			if i.Ticked {
				continue
			}
			if first {
				b.WriteString(s.Name + "\n")
				first = false
			}
			line(i.Name, i.Buy)
		}
	}
	for _, o := range l.Own {
		if !o.Ticked {
			line(o.Text, "")
		}
	}
	return b.String()
}
