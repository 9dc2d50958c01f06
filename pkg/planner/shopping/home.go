package shopping

import (
	"context"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Have says that somebody has a food of the list at home, or takes that back. It holds as long as
// no more of it is needed. Kinds of error: NotFound for a food that the list does not hold any
// longer, and those of the ports.
func (s *Service) Have(ctx context.Context, userID string, week calendar.Date, key string, have bool) error {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return err
	}
	if !have {
		return s.store.Untick(ctx, userID, week, key, true)
	}
	l, ok := p.Groceries.Find(key)
	if !ok {
		return errGone
	}
	return s.store.Tick(ctx, userID, week, Tick{Key: key, Name: l.Name, Amount: l.Buy, Home: true, Need: l.Need})
}

// Always says that a food of the list is always at home, or takes that back, and returns what it is
// called. Kinds of error: NotFound for a food that the list does not hold any longer, InvalidInput
// for too many, and those of the ports.
func (s *Service) Always(ctx context.Context, userID string, week calendar.Date, key string, always bool) (string, error) {
	p, err := s.plans.Get(ctx, userID, week)
	if err != nil {
		return "", err
	}
	l, ok := p.Groceries.Find(key)
	if !ok {
		return "", errGone
	}
	_, err = s.users.Change(ctx, userID, func(u *user.User) error {
		if always {
			return fault.Wrap(fault.InvalidInput, "shopping list", u.Settings.AddStaple(strings.ReplaceAll(l.Name, ",", " ")))
		}
		for _, n := range u.Settings.Staples {
			if l.Staple([]string{n}) {
				if err := u.Settings.RemoveStaple(n); err != nil {
					return fault.Wrap(fault.InvalidInput, "shopping list", err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return l.Name, err
	}
	return l.Name, s.store.Touch(ctx, userID, week)
}

// ToBuy is what a plan's list asks the user to buy: without what is at home.
func (s *Service) ToBuy(ctx context.Context, userID string, p *plan.Plan) (grocery.List, error) {
	u, err := s.users.Get(ctx, userID)
	if err != nil {
		return grocery.List{}, err
	}
	state, err := s.store.State(ctx, userID, p.Week.WeekOf)
	if err != nil {
		return grocery.List{}, err
	}
	all, ticks := p.Groceries.Aside(u.Settings.Staples), state.byKey()
	out := grocery.List{Pantry: all.Pantry}
	for _, sec := range all.Sections {
		kept := grocery.Section{Name: sec.Name}
		for _, l := range sec.Lines {
			if !atHome(ticks, l) {
				kept.Lines = append(kept.Lines, l)
			}
		}
		if len(kept.Lines) > 0 {
			out.Sections = append(out.Sections, kept)
		}
	}
	return out, nil
}

// Text is the list as plain text in a language, one line an item; what is ticked or at home is left
// out.
func (l List) Text(in message.Language) string {
	var b strings.Builder
	part := func(title string, items []Item) {
		first := true
		for _, i := range items {
			if i.Ticked {
				continue
			}
			if first {
				b.WriteString(title + "\n")
				first = false
			}
			b.WriteString("- " + i.Name)
			if i.Buy != "" {
				b.WriteString(", " + grocery.BuyIn(in, i.Buy))
			}
			b.WriteString("\n")
		}
	}
	for _, s := range l.Sections {
		part(in.Word(s.Name), s.Items)
	}
	own := make([]Item, len(l.Own))
	for i, o := range l.Own {
		own[i] = Item{Name: o.Text, Ticked: o.Ticked}
	}
	part(in.Say("Added by you"), own)
	part(in.Say("Check your pantry"), l.Pantry)
	return b.String()
}
