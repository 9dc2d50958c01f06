package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

type mailCmd struct {
	Preview mailPreviewCmd `cmd:"" help:"Print the mail a user would get now, without storing or sending it."`
	Send    mailSendCmd    `cmd:"" help:"Send a user the mail they would get now, in addition to the scheduled one."`
	List    mailListCmd    `cmd:"" help:"List the mails of the last 30 days, sent ones too, 500 at most."`
	Queue   mailQueueCmd   `cmd:"" help:"List waiting mails, and those of the last 30 days that failed or bounced."`
	Stats   mailStatsCmd   `cmd:"" help:"Per type of mail: accepted, bounced, opened and clicked, in the last 30 days."`
}

// addressed are the flags that select a user and a mail.
type addressed struct {
	User string `required:"" help:"Whose mail." placeholder:"USER"`
	Type string `default:"weekly_plan" enum:"weekly_plan,daily_advisor,weekly_trends" help:"weekly_plan (of the newest planned week), daily_advisor (of today) or weekly_trends (of four weeks)." placeholder:"TYPE"`
}

type mailPreviewCmd struct {
	settings
	output
	addressed
	HTML bool `name:"html" help:"Print the HTML instead of headers and text."`
}

// Run prints the mail.
func (c *mailPreviewCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		m, err := a.PreviewMail(ctx, c.User, c.Type)
		if err != nil {
			return err
		}
		u, err := a.Users.Get(ctx, c.User)
		if err != nil {
			return err
		}
		if !u.Settings.Wants(c.Type) {
			printf(std.err, "note: %s takes no %s mails\n", u.ID, c.Type)
		}
		switch {
		case c.json():
			return c.show(std, []string{"to", "subject", "text", "html"}, m.To, m.Subject, m.Text, m.HTML)
		case c.HTML:
			_, err = fmt.Fprintln(std.file(), m.HTML)
		default:
			printf(std.out, "To: %s\nSubject: %s\n\n", m.To, m.Subject)
			_, err = io.WriteString(std.out, isolates.Replace(m.Text))
		}
		return err
	})
}

// isolates keep a name's direction of writing to itself, which a terminal shows anyhow.
var isolates = strings.NewReplacer("\u2068", "", "\u2069", "")

type mailSendCmd struct {
	settings
	addressed
}

// Run queues the mail for the running schedulers.
func (c *mailSendCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		m, err := a.SendMail(ctx, c.User, c.Type)
		if err != nil {
			return err
		}
		c.printQueued(std, m)
		return nil
	})
}

func (c *mailSendCmd) printQueued(std *streams, m mail.Mail) {
	printf(std.out, "%q is queued for %s by way of %s:%d; a running scheduler sends it within seconds (mealplanner mail queue shows what waits)\n",
		m.Subject, m.To, c.SMTP.Host, c.SMTP.Port)
}

type mailQueueCmd struct {
	settings
	output
	Failed bool `help:"Only those that failed or bounced."`
}

// Run lists mails without what they say.
func (c *mailQueueCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.Outbox.Mails(ctx, postgres.MailsOf{FailedOnly: c.Failed})
		if err != nil {
			return err
		}
		l := newListing("no mails", "id", "user", "type", "period", "state", "attempts", "next_attempt", "last_error")
		for _, r := range rows {
			next := shown{nil, "none"}
			if r.State == "pending" {
				next = shown{r.NextAttemptAt, cellText(r.NextAttemptAt)}
			}
			l.add(r.ID, r.UserID, r.EmailType, r.Period, r.State, r.Attempts, next, brief(&r.LastError))
		}
		return c.list(std, l)
	})
}

type mailListCmd struct {
	settings
	output
	User string `help:"Only this user's." placeholder:"USER"`
}

// Run lists mails without what they say.
func (c *mailListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.User != "" {
			if _, err := a.Users.Get(ctx, c.User); err != nil {
				return err
			}
		}
		rows, err := a.Outbox.Mails(ctx, postgres.MailsOf{User: c.User, Sent: true})
		if err != nil {
			return err
		}
		l := newListing("no mails", "id", "user", "type", "period", "state", "made", "sent", "last_error")
		for _, r := range rows {
			sent := shown{nil, "-"}
			if r.SentAt != nil {
				sent = shown{r.SentAt, cellText(r.SentAt)}
			}
			l.add(r.ID, r.UserID, r.EmailType, r.Period, r.State, r.CreatedAt, sent, brief(&r.LastError))
		}
		return c.list(std, l)
	})
}

type mailStatsCmd struct {
	settings
	output
}

// Run prints the figures.
func (c *mailStatsCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.Outbox.Stats(ctx)
		if err != nil {
			return err
		}
		l := newListing("no mail was accepted in the last 30 days", "type", "accepted", "bounced",
			"opened_by_people", "opened_by_machines", "clicked_by_people", "clicked_by_machines", "engaged")
		for _, r := range rows {
			l.add(r.EmailType, r.Accepted, r.Bounced, r.Opened, r.OpenedByMachine, r.Clicked, r.ClickedByMachine,
				shown{r.Engaged, fmt.Sprintf("%.0f %%", 100*float64(r.Engaged)/float64(r.Accepted))})
		}
		return c.list(std, l)
	})
}
