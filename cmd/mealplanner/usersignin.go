package main

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
)

type userSignInCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user."`
}

// Run prints the link.
func (c *userSignInCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		token, err := a.SignIns.Link(ctx, c.ID)
		if err != nil {
			return err
		}
		printLine(std.out, a.Links.SignIn(token))
		return nil
	})
}
