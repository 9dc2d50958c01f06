package main

import (
	"cmp"
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

type invitationCmd struct {
	List   invitationListCmd   `cmd:"" default:"1" help:"List the invitations that wait."`
	Add    invitationAddCmd    `cmd:"" help:"Mail somebody a link by which they set themselves up, and print it."`
	Remove invitationRemoveCmd `cmd:"" help:"Withdraw an invitation, with the library that was connected for it."`
}

type invitationAddCmd struct {
	settings
	ID         string `arg:"" name:"user" help:"Id of the user to be: a-z, 0-9 and _; the only thing about a user that telemetry carries."`
	Email      string `required:"" help:"Where the link, and later the plans, are mailed to." placeholder:"ADDRESS"`
	Name       string `help:"What mails call them; they can change it." placeholder:"NAME"`
	Language   string `help:"Of the mail and the pages, en or de; by default what their browser asks for." placeholder:"TAG"`
	TimeZone   string `default:"UTC" help:"IANA name; they can change it." placeholder:"ZONE"`
	Connection string `help:"A recipe library that is connected, to cook from; by default they connect their own." placeholder:"CONNECTION"`
	NoMail     bool   `help:"Only print the link."`
}

// Run invites them; once more, it replaces the link and keeps what was entered.
func (c *invitationAddCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	u := user.User{ID: c.ID, Email: c.Email, Name: cmp.Or(c.Name, c.ID), TimeZone: c.TimeZone, People: 1, Connection: c.Connection, Settings: user.DefaultSettings()}
	if c.Language != "" {
		var err error
		if u.Settings.Language, err = message.Parse(c.Language); err != nil {
			return fault.Wrap(fault.InvalidInput, "--language", err)
		}
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		link, err := a.Invite(ctx, u, !c.NoMail)
		if link == "" {
			return err
		}
		printf(std.out, "%s\nworks for %d days, until %s is a user\n", link, int(invite.Valid.Hours()/24), c.ID) //nolint:mnd // hours of a day
		if err != nil {
			return fault.Wrap(fault.KindOf(err), "the link works, but could not be mailed: hand it over", err)
		}
		if !c.NoMail {
			printf(std.out, "mailed to %s\n", c.Email)
		}
		return nil
	})
}

type invitationListCmd struct {
	settings
	output
}

// Run lists the invitations.
func (c *invitationListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		list, err := a.Invited.List(ctx)
		if err != nil {
			return err
		}
		l := newListing("nobody is invited (mealplanner invitation add --help)", "user", "email", "library", "steps_done", "of", "expires")
		for _, i := range list {
			l.add(i.User.ID, i.User.Email, shown{i.User.Connection, cmp.Or(i.User.Connection, "-")}, int(i.Next), int(invite.Done), i.Expires)
		}
		return c.list(std, l)
	})
}

type invitationRemoveCmd struct {
	settings
	ID string `arg:"" name:"user" help:"Id of the user to be."`
}

// Run withdraws it.
func (c *invitationRemoveCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Invited.Withdraw(ctx, c.ID); err != nil {
			return err
		}
		printf(std.out, "withdrew the invitation of %s\n", c.ID)
		return nil
	})
}
