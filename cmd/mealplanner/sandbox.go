package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fatsecret/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/mailbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
)

type sandboxCmd struct {
	TandoorAddr   string           `env:"SANDBOX_TANDOOR_ADDR" default:"127.0.0.1:8100" help:"Listen address of the Tandoor stand-in."`
	FatSecretAddr string           `env:"SANDBOX_FATSECRET_ADDR" default:"127.0.0.1:8101" help:"Listen address of the FatSecret stand-in."`
	SMTPAddr      string           `env:"SANDBOX_SMTP_ADDR" default:"127.0.0.1:1025" help:"Listen address of SMTP."`
	IMAPAddr      string           `env:"SANDBOX_IMAP_ADDR" default:"127.0.0.1:1143" help:"Listen address of IMAP."`
	WebAddr       string           `env:"SANDBOX_WEB_ADDR" default:"127.0.0.1:8025" help:"Listen address of the inbox page and the fault switchboard."`
	TandoorToken  secretbox.Secret `env:"SANDBOX_TANDOOR_TOKEN" help:"Token of the library; default: a new one at each start." placeholder:"TOKEN"`
	MailPassword  secretbox.Secret `env:"SANDBOX_MAIL_PASSWORD" help:"Password of SMTP and IMAP; default: a new one at each start." placeholder:"SECRET"`
	FatSecret     secretbox.Secret `name:"fatsecret-secret" env:"SANDBOX_FATSECRET_SECRET" help:"Consumer secret of FatSecret, from which the demo users' tokens follow; default: a new one at each start." placeholder:"SECRET"`
}

// Run serves the sandbox until a signal comes.
func (c *sandboxCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	box, err := sandbox.Start(ctx, sandbox.Options{
		TandoorAddr: c.TandoorAddr, FatSecretAddr: c.FatSecretAddr, SMTPAddr: c.SMTPAddr, IMAPAddr: c.IMAPAddr, WebAddr: c.WebAddr,
		TandoorToken: c.TandoorToken.Reveal(), MailPassword: c.MailPassword.Reveal(), ConsumerSecret: c.FatSecret.Reveal(),
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: now,
	})
	if err != nil {
		return err
	}
	c.announce(std.out, box)
	<-ctx.Done()
	return errors.Join(box.Stop(context.WithoutCancel(ctx)))
}

// announce prints the addresses, and the secrets that nobody gave, as environment variables.
func (c *sandboxCmd) announce(w io.Writer, box *sandbox.Sandbox) {
	smtp, imap := box.Mail.SMTPAddr(), box.Mail.IMAPAddr()
	fmt.Fprintf(w, "TANDOOR_URL=%s\nFATSECRET_API_URL=%s\nFATSECRET_AUTH_URL=%s\nFATSECRET_CONSUMER_KEY=%s\nSMTP_HOST=%s\nSMTP_PORT=%d\nSMTP_USERNAME=%s\nSMTP_ENCRYPTION=none\nIMAP_HOST=%s\nIMAP_PORT=%d\nIMAP_USERNAME=%s\nIMAP_ENCRYPTION=none\nIMAP_AUTHSERV_ID=%s\nINBOX=%s\nFAULTS=%s\n",
		box.TandoorURL(), box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth", sandbox.ConsumerKey,
		smtp.IP, smtp.Port, sandbox.MailUser, imap.IP, imap.Port, sandbox.InboxAddress, mailbox.AuthservID, box.InboxURL(), box.FaultsURL())
	for _, s := range []struct {
		variable string
		given    secretbox.Secret
		value    string
	}{
		{"TANDOOR_TOKEN", c.TandoorToken, box.TandoorToken},
		{"FATSECRET_CONSUMER_SECRET", c.FatSecret, box.ConsumerSecret},
		{"SMTP_PASSWORD", c.MailPassword, box.MailPassword},
		{"IMAP_PASSWORD", c.MailPassword, box.MailPassword},
	} {
		if s.given == "" {
			fmt.Fprintf(w, "%s=%s\n", s.variable, s.value)
		}
	}
}
