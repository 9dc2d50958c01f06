package main

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
)

type webhookCmd struct {
	List   webhookListCmd   `cmd:"" help:"List a user's webhooks."`
	Create webhookCreateCmd `cmd:"" help:"Tell a program of a user what happens, and print the secret of the signatures: it is shown once."`
	Remove webhookRemoveCmd `cmd:"" help:"Remove a webhook with its log."`
	Ping   webhookPingCmd   `cmd:"" help:"Send a webhook a message that tells of nothing."`
	Log    webhookLogCmd    `cmd:"" help:"List what a webhook was told, and what became of it, newest first."`
}

type webhookListCmd struct {
	settings
	output
	User string `arg:"" help:"Id of the user."`
}

// Run lists webhooks.
func (c *webhookListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if _, err := a.Users.Get(ctx, c.User); err != nil {
			return err
		}
		all, err := a.Webhooks.List(ctx, c.User)
		if err != nil {
			return err
		}
		l := newListing("no webhooks", "id", "url", "events", "created", "ended")
		for _, w := range all {
			l.add(w.ID, w.URL, w.Events, w.Created, w.Ended)
		}
		return c.list(std, l)
	})
}

type webhookCreateCmd struct {
	settings
	User   string   `arg:"" help:"Id of the user."`
	URL    string   `arg:"" name:"url" help:"Where messages are posted."`
	Events []string `default:"plan.ready,plan.changed" help:"What to be told of: plan.ready, plan.changed, job.failed." placeholder:"EVENT"`
}

// Run makes a webhook.
func (c *webhookCreateCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		w, secret, err := a.Webhooks.Create(ctx, c.User, c.URL, c.Events)
		if err != nil {
			return err
		}
		printLine(std.out, secret)
		printf(std.err, "webhook %s of %s; the secret is not shown again\n", w.ID, c.User)
		return nil
	})
}

type webhookRemoveCmd struct {
	settings
	User string `arg:"" help:"Id of the user."`
	ID   string `arg:"" name:"webhook" help:"Its id, as mealplanner webhook list names it."`
}

// Run removes a webhook.
func (c *webhookRemoveCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Webhooks.Remove(ctx, c.User, c.ID); err != nil {
			return err
		}
		printf(std.out, "webhook %s of %s is removed\n", c.ID, c.User)
		return nil
	})
}

type webhookPingCmd struct {
	settings
	User string `arg:"" help:"Id of the user."`
	ID   string `arg:"" name:"webhook" help:"Its id."`
}

// Run writes a message, which a running scheduler sends.
func (c *webhookPingCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Webhooks.Ping(ctx, c.User, c.ID); err != nil {
			return err
		}
		printf(std.out, "a running scheduler tells webhook %s within seconds: see mealplanner webhook log %s %s\n", c.ID, c.User, c.ID)
		return nil
	})
}

type webhookLogCmd struct {
	settings
	output
	User string `arg:"" help:"Id of the user."`
	ID   string `arg:"" name:"webhook" help:"Its id."`
}

// Run lists deliveries.
func (c *webhookLogCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		all, err := a.Webhooks.Log(ctx, c.User, c.ID)
		if err != nil {
			return err
		}
		l := newListing("it was told nothing", "id", "created", "event", "status", "attempts", "answered", "problem", "settled")
		for _, d := range all {
			l.add(d.ID, d.Created, d.Event, d.Status, d.Attempts, d.Answered, d.Problem, d.Settled)
		}
		return c.list(std, l)
	})
}
