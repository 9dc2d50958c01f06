package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

type mailCmd struct {
	Preview mailPreviewCmd `cmd:"" help:"Print the mail a user would get now; nothing is stored or sent."`
	Send    mailSendCmd    `cmd:"" help:"Send a user the mail they would get now, beside the scheduled one."`
	Queue   mailQueueCmd   `cmd:"" help:"List the mails that wait, and those of 30 days that failed or bounced."`
	Stats   mailStatsCmd   `cmd:"" help:"Per type of mail: accepted, bounced, opened and clicked, in the last 30 days."`
}

// addressed are the flags that say which mail of whom.
type addressed struct {
	User string `required:"" help:"Whose mail." placeholder:"ID"`
	Type string `default:"weekly_plan" enum:"weekly_plan,daily_advisor,weekly_trends" help:"weekly_plan (of the newest planned week), daily_advisor (of today) or weekly_trends (of four weeks)." placeholder:"TYPE"`
}

type mailPreviewCmd struct {
	settings
	addressed
	HTML bool `name:"html" help:"Print the HTML instead of headers and text."`
}

// Run prints the mail.
func (c *mailPreviewCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		m, err := a.PreviewMail(ctx, c.User, c.Type)
		if err != nil {
			return err
		}
		u, err := a.Users.Get(ctx, c.User)
		if err != nil {
			return err
		}
		if !u.Settings.Wants(c.Type) {
			fmt.Fprintf(std.err, "note: %s takes no %s mails\n", u.ID, c.Type)
		}
		if c.HTML {
			_, err = fmt.Fprintln(std.out, m.HTML)
			return err
		}
		_, err = fmt.Fprintf(std.out, "To: %s\nSubject: %s\n\n%s", m.To, m.Subject, m.Text)
		return err
	})
}

type mailSendCmd struct {
	settings
	addressed
}

// Run queues the mail for the running schedulers.
func (c *mailSendCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		m, err := a.SendMail(ctx, c.User, c.Type)
		if err != nil {
			return err
		}
		return c.said(std, m)
	})
}

func (c *mailSendCmd) said(std *streams, m planner.Mail) error {
	_, err := fmt.Fprintf(std.out, "%q is queued for %s by way of %s:%d; a running scheduler sends it within seconds (mealplanner mail queue shows what waits)\n",
		m.Subject, m.To, c.SMTP.Host, c.SMTP.Port)
	return err
}

type mailQueueCmd struct {
	settings
	Failed bool `help:"Only those that failed or bounced."`
}

// Run lists mails without what they say.
func (c *mailQueueCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		rows, err := a.Outbox.Queue(ctx, c.Failed)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			fmt.Fprintln(std.out, "no mails")
			return nil
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tUSER\tTYPE\tPERIOD\tSTATE\tATTEMPTS\tNEXT ATTEMPT\tLAST ERROR")
		for _, r := range rows {
			next := "none"
			if r.State == "pending" {
				next = r.NextAttemptAt.UTC().Format("2006-01-02 15:04:05Z")
			}
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.ID, r.UserID, r.EmailType, r.Period, r.State, r.Attempts, next, firstLine(&r.LastError))
		}
		return t.Flush()
	})
}

type mailStatsCmd struct{ settings }

// Run prints the figures.
func (c *mailStatsCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		rows, err := a.Outbox.Stats(ctx)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			fmt.Fprintln(std.out, "no mail was accepted in the last 30 days")
			return nil
		}
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "TYPE\tACCEPTED\tBOUNCED\tOPENED BY PEOPLE\tBY MACHINES\tCLICKED BY PEOPLE\tBY MACHINES\tENGAGED")
		for _, r := range rows {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.0f %%\n", r.EmailType, r.Accepted, r.Bounced,
				r.Opened, r.OpenedByMachine, r.Clicked, r.ClickedByMachine, 100*float64(r.Engaged)/float64(r.Accepted))
		}
		return t.Flush()
	})
}
