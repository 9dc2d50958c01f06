package main

import (
	"context"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/app"
)

type tokenCmd struct {
	List   tokenListCmd   `cmd:"" help:"List a user's tokens and calendar addresses, without their secrets."`
	Create tokenCreateCmd `cmd:"" help:"Make a token by which programs use the API as a user, and print it: it is shown once."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token or a calendar address at once."`
}

type tokenListCmd struct {
	settings
	output
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run lists tokens.
func (c *tokenListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if _, err := a.Users.Get(ctx, c.ID); err != nil {
			return err
		}
		tokens, err := a.Tokens.List(ctx, c.ID)
		if err != nil {
			return err
		}
		l := newListing("no tokens", "id", "name", "scopes", "created", "expires", "last_used")
		for _, t := range tokens {
			l.add(t.ID, t.Name, scopeNames(t.Scopes), t.Created, t.Expires, t.Used)
		}
		return c.list(std, l)
	})
}

func scopeNames(scopes []access.Scope) []string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = string(s)
	}
	return out
}

type tokenCreateCmd struct {
	settings
	ID       string         `arg:"" name:"user" help:"Id of the user."`
	Name     string         `required:"" help:"What it is for." placeholder:"NAME"`
	Scopes   []access.Scope `default:"plan:read" help:"What it may be used for: plan:read, plan:write, shopping, library, settings, account:read." placeholder:"SCOPE"`
	Days     int            `help:"Days after which it ends, 1 to 3650; 0 is never." placeholder:"N"`
	Calendar bool           `help:"Print the secret address of a calendar with the planned meals instead; scopes and days do not apply."`
}

// Run makes a token.
func (c *tokenCreateCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.Calendar {
			_, secret, err := a.Tokens.CreateCalendar(ctx, c.ID, c.Name)
			if err != nil {
				return err
			}
			printLine(std.out, a.Links.Calendar(secret))
			return nil
		}
		t, secret, err := a.Tokens.Create(ctx, c.ID, c.Name, c.Scopes, c.Days)
		if err != nil {
			return err
		}
		printLine(std.out, secret)
		printf(std.err, "token %d of %s may %s; it is not shown again\n", t.ID, c.ID, strings.Join(scopeNames(t.Scopes), ", "))
		return nil
	})
}

type tokenRevokeCmd struct {
	settings
	ID    string `arg:"" name:"user" help:"Id of the user."`
	Token int64  `arg:"" help:"Its id, as mealplanner token list names it."`
}

// Run ends a token.
func (c *tokenRevokeCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Tokens.Revoke(ctx, c.ID, c.Token); err != nil {
			return err
		}
		printf(std.out, "token %d of %s has ended\n", c.Token, c.ID)
		return nil
	})
}
