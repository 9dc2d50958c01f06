package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

type planCmd struct {
	List planListCmd `cmd:"" default:"1" help:"List planned weeks, newest first."`
	Show planShowCmd `cmd:"" help:"Show a user's planned week: meals, figures, groceries, cooking."`
}

type planListCmd struct {
	settings
	output
	User  string `help:"One user's weeks only." placeholder:"USER"`
	Weeks int    `default:"4" help:"How many weeks to look back, 0 to 520."`
}

// Run lists the weeks.
func (c *planListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.Weeks < 0 || c.Weeks > 520 {
		return fault.New(fault.InvalidInput, "--weeks", "%d is not between 0 and 520", c.Weeks)
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.User != "" {
			if _, err := a.Users.Get(ctx, c.User); err != nil {
				return err
			}
		}
		states, err := a.Plans.States(ctx, c.User, calendar.On(now()).Monday()-calendar.Date(7*c.Weeks))
		if err != nil {
			return err
		}
		l := newListing("no week is planned", "week", "user", "on_target", "planned", "mail", "state")
		for _, s := range states {
			state := shown{"valid", "valid"}
			if s.Outdated != "" {
				state = shown{s.Outdated, "to be checked (" + s.Outdated + ")"}
			}
			l.add(calendar.On(s.WeekOf), s.UserID, shown{s.BalancedDays, fmt.Sprintf("%d of %d", s.BalancedDays, s.PlannedDays)}, s.CreatedAt, shown{s.Mail, cmp.Or(s.Mail, "none")}, state)
		}
		return c.list(std, l)
	})
}

type planShowCmd struct {
	settings
	output
	Who  string `arg:"" name:"user" help:"Id of the user."`
	Week string `help:"Monday of the week, YYYY-MM-DD; default: the latest planned." placeholder:"DATE"`
}

// Run shows the week.
func (c *planShowCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if _, err := a.Users.Get(ctx, c.Who); err != nil {
			return err
		}
		s, err := c.load(ctx, a)
		if err != nil {
			return err
		}
		if c.json() {
			return c.value(std, s)
		}
		printMeals(std.out, s.Week)
		printLists(std.out, s)
		return nil
	})
}

func (c *planShowCmd) load(ctx context.Context, a *app.Services) (plan.Plan, error) {
	if c.Week == "" {
		return a.Plans.Newest(ctx, c.Who)
	}
	week, err := calendar.Parse(c.Week)
	if err != nil {
		return plan.Plan{}, fault.Wrap(fault.InvalidInput, "--week", err)
	}
	if week != week.Monday() {
		return plan.Plan{}, fault.New(fault.InvalidInput, "--week", "%s is not a Monday (the week's Monday is %s)", week, week.Monday())
	}
	s, err := a.Plans.Get(ctx, c.Who, week)
	if err != nil {
		return plan.Plan{}, err
	}
	return *s, nil
}

// printLists shows what is bought and what is cooked when.
func printLists(w io.Writer, s plan.Plan) {
	t := newTable(w)
	t.row("groceries")
	for _, section := range s.Groceries.Sections {
		t.row("  " + section.Name)
		for _, l := range section.Lines {
			t.row("    "+l.Name, l.Buy)
		}
	}
	t.row("cooking")
	for _, b := range s.Prep.Batches {
		t.row("  "+b.Cook.Weekday().String(), b.Name+" ×"+b.Servings.String())
	}
	_ = t.Flush() // a terminal that went away
}
