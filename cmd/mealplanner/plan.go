package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

type planCmd struct {
	List planListCmd `cmd:"" help:"List the weeks that are planned, the newest first."`
	Show planShowCmd `cmd:"" help:"Show a user's planned week: meals, figures, groceries, cooking."`
}

type planListCmd struct {
	settings
	User  string `help:"One user's weeks only." placeholder:"ID"`
	Weeks int    `default:"4" help:"How many weeks to look back, 0 to 520."`
}

// Run lists the weeks.
func (c *planListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.Weeks < 0 || c.Weeks > 520 {
		return fault.New(fault.InvalidInput, "--weeks", "%d is not between 0 and 520", c.Weeks)
	}
	return c.withApp(ctx, std, now, func(a *app.App) error {
		if c.User != "" {
			if _, err := a.Users.Get(ctx, c.User); err != nil {
				return err
			}
		}
		states, err := a.Plans.States(ctx, c.User, calendar.On(now()).Monday()-calendar.Date(7*c.Weeks))
		if err != nil {
			return err
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "WEEK\tUSER\tON TARGET\tPLANNED\tMAIL\tSTATE")
		for _, s := range states {
			mail, state := s.Mail, "valid"
			if mail == "" {
				mail = "none"
			}
			if s.Outdated != "" {
				state = "to be checked (" + s.Outdated + ")"
			}
			fmt.Fprintf(t, "%s\t%s\t%d of 7\t%s\t%s\t%s\n", calendar.On(s.WeekOf), s.UserID, s.BalancedDays, s.CreatedAt.UTC().Format("2006-01-02 15:04Z"), mail, state)
		}
		return t.Flush()
	})
}

type planShowCmd struct {
	settings
	Who  string `arg:"" name:"user" help:"Id of the user."`
	Week string `help:"Monday of the week, YYYY-MM-DD; default: the newest that is planned." placeholder:"DATE"`
}

// Run shows the week.
func (c *planShowCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		if _, err := a.Users.Get(ctx, c.Who); err != nil {
			return err
		}
		s, err := c.load(ctx, a)
		if err != nil {
			return err
		}
		printMeals(std.out, s.Week)
		printLists(std.out, s)
		return nil
	})
}

func (c *planShowCmd) load(ctx context.Context, a *app.App) (planner.Stored, error) {
	if c.Week == "" {
		return a.Plans.Newest(ctx, c.Who)
	}
	week, err := calendar.Parse(c.Week)
	if err != nil {
		return planner.Stored{}, fault.Wrap(fault.InvalidInput, "--week", err)
	}
	if week != week.Monday() {
		return planner.Stored{}, fault.New(fault.InvalidInput, "--week", "%s is not a Monday (the week's Monday is %s)", week, week.Monday())
	}
	s, err := a.Plans.Get(ctx, c.Who, week)
	if err != nil {
		return planner.Stored{}, err
	}
	return *s, nil
}

// printLists shows what is bought and what is cooked when.
func printLists(w io.Writer, s planner.Stored) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "groceries")
	for _, section := range s.Groceries.Sections {
		fmt.Fprintf(t, "  %s\n", section.Name)
		for _, l := range section.Lines {
			fmt.Fprintf(t, "    %s\t%s\n", l.Name, l.Buy)
		}
	}
	fmt.Fprintln(t, "cooking")
	for _, b := range s.Prep.Batches {
		fmt.Fprintf(t, "  %s\t%s ×%s\n", b.Cook.Weekday(), b.Name, b.Servings)
	}
	_ = t.Flush() // a terminal that went away
}
