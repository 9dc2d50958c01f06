package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type sandboxCmd struct {
	TandoorAddr   string      `env:"SANDBOX_TANDOOR_ADDR" default:"127.0.0.1:8100" help:"Listen address of the Tandoor stand-in."`
	FatSecretAddr string      `name:"fatsecret-addr" env:"SANDBOX_FATSECRET_ADDR" default:"127.0.0.1:8101" help:"Listen address of the FatSecret stand-in."`
	SMTPAddr      string      `env:"SANDBOX_SMTP_ADDR" default:"127.0.0.1:1025" help:"Listen address of SMTP."`
	IMAPAddr      string      `env:"SANDBOX_IMAP_ADDR" default:"127.0.0.1:1143" help:"Listen address of IMAP."`
	AlertsAddr    string      `env:"SANDBOX_ALERTS_ADDR" default:"127.0.0.1:8102" help:"Listen address of the PagerDuty and Slack stand-ins."`
	WebAddr       string      `env:"SANDBOX_WEB_ADDR" default:"127.0.0.1:8025" help:"Listen address of the inbox page, the alerts page and the fault switchboard."`
	TandoorToken  seal.Secret `env:"SANDBOX_TANDOOR_TOKEN" help:"Token of the library; default: a new one at each start." placeholder:"TOKEN"`
	MailPassword  seal.Secret `env:"SANDBOX_MAIL_PASSWORD" help:"Password of SMTP and IMAP; default: a new one at each start." placeholder:"SECRET"`
	FatSecret     seal.Secret `name:"fatsecret-secret" env:"SANDBOX_FATSECRET_SECRET" help:"Consumer secret of FatSecret, from which the demo users' tokens follow; default: a new one at each start." placeholder:"SECRET"`
	OnCallKey     seal.Secret `name:"pagerduty-oncall" env:"SANDBOX_PAGERDUTY_ONCALL" help:"PagerDuty's routing key of on-call, 32 characters; default: a new one at each start." placeholder:"KEY"`
	LeadKey       seal.Secret `name:"pagerduty-lead" env:"SANDBOX_PAGERDUTY_LEAD" help:"PagerDuty's routing key of the lead; default: a new one at each start." placeholder:"KEY"`
	IncidentKey   seal.Secret `name:"pagerduty-incident" env:"SANDBOX_PAGERDUTY_INCIDENT" help:"PagerDuty's routing key of declared incidents; default: a new one at each start." placeholder:"KEY"`
	Slack         seal.Secret `name:"slack-url" env:"SANDBOX_SLACK_URL" help:"Slack's webhook; only its path counts here; default: a new one at each start." placeholder:"URL"`
}

// slackPath is the path of the webhook, "" when none is given.
func (c *sandboxCmd) slackPath() (string, error) {
	if c.Slack == "" {
		return "", nil
	}
	u, err := url.Parse(c.Slack.Reveal())
	if err != nil || u.Path == "" { // the error would show the secret
		return "", fault.New(fault.InvalidConfig, "SANDBOX_SLACK_URL", "want http(s)://host/services/T.../B.../...")
	}
	return u.Path, nil
}

// Run serves the sandbox until a signal comes.
func (c *sandboxCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	slack, err := c.slackPath()
	if err != nil {
		return err
	}
	box, err := sandbox.Start(ctx, sandbox.Options{
		TandoorAddr: c.TandoorAddr, FatSecretAddr: c.FatSecretAddr, SMTPAddr: c.SMTPAddr, IMAPAddr: c.IMAPAddr, AlertsAddr: c.AlertsAddr, WebAddr: c.WebAddr,
		TandoorToken: c.TandoorToken.Reveal(), MailPassword: c.MailPassword.Reveal(), ConsumerSecret: c.FatSecret.Reveal(),
		RoutingKeys: map[string]string{"oncall": c.OnCallKey.Reveal(), "lead": c.LeadKey.Reveal(), "incident": c.IncidentKey.Reveal()}, SlackPath: slack,
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: now,
	})
	if err != nil {
		return err
	}
	c.announce(std.out, box)
	<-ctx.Done()
	return errors.Join(box.Stop(context.WithoutCancel(ctx)))
}

// announce prints the addresses, and the generated secrets, as environment variables.
func (c *sandboxCmd) announce(w io.Writer, box *sandbox.Sandbox) {
	smtp, imap := box.Mail.SMTPAddr(), box.Mail.IMAPAddr()
	printf(w, "TANDOOR_URL=%s\nFATSECRET_API_URL=%s\nFATSECRET_AUTH_URL=%s\nFATSECRET_CONSUMER_KEY=%s\nSMTP_HOST=%s\nSMTP_PORT=%d\nSMTP_USERNAME=%s\nSMTP_ENCRYPTION=none\nSMTP_FROM=%s\nIMAP_HOST=%s\nIMAP_PORT=%d\nIMAP_USERNAME=%s\nIMAP_ENCRYPTION=none\nIMAP_AUTHSERV_ID=%s\nPAGERDUTY_URL=%s\nINBOX=%s\nALERTS=%s\nFAULTS=%s\n",
		box.TandoorURL(), box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth", sandbox.ConsumerKey,
		smtp.IP, smtp.Port, sandbox.MailUser, sandbox.InboxAddress, imap.IP, imap.Port, sandbox.InboxAddress, mailbox.AuthservID,
		box.PagerDutyURL(), box.InboxURL(), box.AlertsURL(), box.FaultsURL())
	for _, s := range []struct {
		variable string
		given    seal.Secret
		value    string
	}{
		{"TANDOOR_TOKEN", c.TandoorToken, box.TandoorToken},
		{"FATSECRET_CONSUMER_SECRET", c.FatSecret, box.ConsumerSecret},
		{"SMTP_PASSWORD", c.MailPassword, box.MailPassword},
		{"IMAP_PASSWORD", c.MailPassword, box.MailPassword},
		{"PAGERDUTY_ONCALL", c.OnCallKey, box.RoutingKeys["oncall"]},
		{"PAGERDUTY_LEAD", c.LeadKey, box.RoutingKeys["lead"]},
		{"PAGERDUTY_INCIDENT", c.IncidentKey, box.RoutingKeys["incident"]},
		{"SLACK_URL", c.Slack, box.SlackURL()},
	} {
		if s.given == "" {
			printf(w, "%s=%s\n", s.variable, s.value)
		}
	}
}
