package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

type shoppingCmd struct {
	Show shoppingShowCmd `cmd:"" help:"Show a week's list as people work it off: what is left, at home, and to be looked for there."`
	Have shoppingHaveCmd `cmd:"" help:"Say that foods of the list are at home: they are not bought as long as no more of them is needed."`
	Push shoppingPushCmd `cmd:"" help:"Write the week and its list to Tandoor now. Doing it twice changes nothing more."`
}

// ofList names a list.
type ofList struct {
	Who  string `arg:"" name:"user" help:"Id of the user."`
	Week string `help:"Monday of the week, YYYY-MM-DD; default: the latest planned." placeholder:"DATE"`
}

// week is the week that is meant, which is planned.
func (l ofList) week(ctx context.Context, a *app.Services) (calendar.Date, error) {
	if _, err := a.Users.Get(ctx, l.Who); err != nil {
		return 0, err
	}
	s, err := (&planShowCmd{Week: l.Week, Who: l.Who}).load(ctx, a)
	return s.Week.WeekOf, err
}

type shoppingShowCmd struct {
	settings
	output
	ofList
}

// Run shows the list.
func (c *shoppingShowCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		week, err := c.week(ctx, a)
		if err != nil {
			return err
		}
		l, err := a.Shopping.List(ctx, c.Who, week)
		if err != nil {
			return err
		}
		if c.json() {
			return c.value(std, l)
		}
		printf(std.out, "week of %s: %d left to buy\n", week, l.Left())
		own := make([]shopping.Item, len(l.Own))
		for i, o := range l.Own {
			own[i] = shopping.Item{Name: o.Text, Ticked: o.Ticked}
		}
		for _, part := range append(l.Sections, shopping.Section{Name: "Added by hand", Items: own}, shopping.Section{Name: "At home", Items: l.Home}, shopping.Section{Name: "Check your pantry", Items: l.Pantry}) {
			if len(part.Items) > 0 {
				printf(std.out, "%s\n", part.Name)
			}
			for _, i := range part.Items {
				mark := " "
				if i.Ticked {
					mark = "x"
				}
				printf(std.out, "  [%s] %s\n", mark, strings.TrimSuffix(i.Name+", "+i.Buy, ", "))
			}
		}
		return nil
	})
}

type shoppingHaveCmd struct {
	settings
	ofList
	Foods []string `arg:"" name:"food" help:"Foods as the list calls them."`
	Undo  bool     `help:"They are to be bought after all."`
}

// Run says what is at home: all of it, or nothing.
func (c *shoppingHaveCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		week, err := c.week(ctx, a)
		if err != nil {
			return err
		}
		l, err := a.Shopping.List(ctx, c.Who, week)
		if err != nil {
			return err
		}
		all := l.Home
		for _, s := range l.Sections {
			all = append(all, s.Items...)
		}
		var items []shopping.Item
		for _, name := range c.Foods {
			i := slices.IndexFunc(all, func(x shopping.Item) bool { return strings.EqualFold(x.Name, name) })
			if i < 0 {
				i = slices.IndexFunc(all, func(x shopping.Item) bool { return grocery.SameFood(name, x.Name) })
			}
			if i < 0 {
				var names []string
				for _, x := range all {
					names = append(names, x.Name)
				}
				return library.Unknown("food", "food of the list", name, names)
			}
			items = append(items, all[i])
		}
		said := "at home"
		if c.Undo {
			said = "to be bought"
		}
		for _, i := range items {
			if err := a.Shopping.Have(ctx, c.Who, week, i.Key, !c.Undo); err != nil {
				return err
			}
			printf(std.out, "%s: %s\n", i.Name, said)
		}
		return nil
	})
}

type shoppingPushCmd struct {
	settings
	ofList
}

// Run writes the week.
func (c *shoppingPushCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		week, err := c.week(ctx, a)
		if err != nil {
			return err
		}
		r, err := a.PushList(ctx, c.Who, week)
		if err != nil {
			return err
		}
		printf(std.out, "Tandoor holds the week of %s: %d written now, %d there already, %d of ours taken away, %d left as somebody changed them\n", week, r.Created, r.Kept, r.Deleted, r.Theirs)
		if len(r.Refused) > 0 {
			return fault.New(fault.TandoorError, "write to Tandoor", "refused: %s", strings.Join(r.Refused, "; "))
		}
		return nil
	})
}
