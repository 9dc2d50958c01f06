package conformance

import (
	"context"
	"fmt"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

func dinner() fatsecret.NewEntry {
	return fatsecret.NewEntry{Day: fatsecret.Day(calendar.On(Clock).UnixDays()), Meal: fatsecret.Dinner, FoodID: "10", ServingID: "100", Units: 150, Name: "Dal: oats"}
}

func diary() []Case {
	return []Case{
		{Name: "dates are the user's calendar days", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Client().CreateEntry(ctx, user, dinner()); err != nil {
				return err
			}
			entries := e.Server.Entries(user.Key)
			if last := entries[len(entries)-1]; last.Date != int(Today) {
				return fmt.Errorf("dinner at nine in New York is filed under day %d; want %d", last.Date, Today)
			}
			return nil
		}},
		{Name: "number of units is in the serving's own units", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			f, err := c.Food(ctx, "10")
			if err != nil {
				return err
			}
			for _, s := range f.Servings {
				n, ok := s.Units(150, "g")
				if !ok {
					return fmt.Errorf("serving %s cannot measure grams", s.Description)
				}
				d := dinner()
				d.ServingID, d.Units = s.ID, n
				id, err := c.CreateEntry(ctx, user, d)
				if err != nil {
					return err
				}
				entry, err := c.Entry(ctx, user, id)
				if err != nil || entry.Values.Energy.Kcal() < 566 || entry.Values.Energy.Kcal() > 571 {
					return fmt.Errorf("150 g as %v of %q = %v kcal, %w; want about 568", n, s.Description, entry.Values.Energy.Kcal(), err)
				}
			}
			return nil
		}},
		{Name: "create is not repeated by itself", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", LoseAnswer: true}); err != nil {
				return err
			}
			_, err := e.Client().CreateEntry(ctx, user, dinner())
			if err := wantKind(err, fault.NetworkError, ""); err != nil {
				return err
			}
			if n := e.Server.Calls()["food_entry.create"]; n != 1 {
				return fmt.Errorf("%d creates; want 1", n)
			}
			return nil
		}},
		{Name: "lost create is found by reading the day", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", LoseAnswer: true, Times: 1}); err != nil {
				return err
			}
			c := e.Client()
			id, created, err := c.EnsureEntry(ctx, user, dinner(), nil)
			if err != nil || created || id == "" || len(e.Server.Entries(user.Key)) != 2 {
				return fmt.Errorf("ensure = %q, %v, %w with %d entries; want the lost one found", id, created, err, len(e.Server.Entries(user.Key)))
			}
			if again, created, err := c.EnsureEntry(ctx, user, dinner(), nil); err != nil || created || again != id {
				return fmt.Errorf("again = %q, %v, %w; want %q", again, created, err, id)
			}
			second, created, err := c.EnsureEntry(ctx, user, dinner(), []string{id})
			if err != nil || !created || second == id {
				return fmt.Errorf("a second helping = %q, %v, %w; want a new entry", second, created, err)
			}
			return nil
		}},
		{Name: "create without effect is tried again", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Path: "food_entry.create", Outage: true, Times: 1}); err != nil {
				return err
			}
			_, created, err := e.Client().EnsureEntry(ctx, user, dinner(), nil)
			if err != nil || !created || len(e.Server.Entries(user.Key)) != 2 {
				return fmt.Errorf("ensure = %v, %w with %d entries; want one made", created, err, len(e.Server.Entries(user.Key)))
			}
			return nil
		}},
		{Name: "entry without a name is not sent", Check: func(ctx context.Context, e *Env) error {
			d := dinner()
			d.Name = ""
			_, err := e.Client().CreateEntry(ctx, user, d)
			if err := wantKind(err, fault.InvalidInput, "name"); err != nil || len(e.Server.Requests()) != 0 {
				return fmt.Errorf("%w; %d calls", err, len(e.Server.Requests()))
			}
			return nil
		}},
		{Name: "snack is not a meal", Check: func(ctx context.Context, e *Env) error {
			d := dinner()
			d.Meal = "snack"
			_, err := e.Client().CreateEntry(ctx, user, d)
			return wantKind(err, fault.InvalidInput, "other")
		}},
		{Name: "everything goes in the body", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Client().Profile(ctx, user); err != nil {
				return err
			}
			for _, r := range e.Server.Requests() {
				if r.Verb != http.MethodPost || r.Method != "profile.get" {
					return fmt.Errorf("%s %s; want POST", r.Verb, r.Method)
				}
			}
			return nil
		}},
	}
}
