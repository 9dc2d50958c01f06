package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fatsecret/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

type sandboxCmd struct {
	TandoorAddr   string `env:"SANDBOX_TANDOOR_ADDR" default:"127.0.0.1:8100" help:"Listen address of the Tandoor stand-in."`
	FatSecretAddr string `env:"SANDBOX_FATSECRET_ADDR" default:"127.0.0.1:8101" help:"Listen address of the FatSecret stand-in."`
	SMTPAddr      string `env:"SANDBOX_SMTP_ADDR" default:"127.0.0.1:1025" help:"Listen address of SMTP."`
	IMAPAddr      string `env:"SANDBOX_IMAP_ADDR" default:"127.0.0.1:1143" help:"Listen address of IMAP."`
	WebAddr       string `env:"SANDBOX_WEB_ADDR" default:"127.0.0.1:8025" help:"Listen address of the inbox page and the fault switchboard."`
	TandoorToken  string `env:"SANDBOX_TANDOOR_TOKEN" help:"Token of the library; default: a new one at each start." placeholder:"TOKEN"`
	MailPassword  string `env:"SANDBOX_MAIL_PASSWORD" help:"Password of SMTP and IMAP; default: a new one at each start." placeholder:"SECRET"`
}

// Run serves the sandbox until a signal comes.
func (c *sandboxCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	box, err := sandbox.Start(ctx, sandbox.Options{
		TandoorAddr: c.TandoorAddr, FatSecretAddr: c.FatSecretAddr, SMTPAddr: c.SMTPAddr, IMAPAddr: c.IMAPAddr, WebAddr: c.WebAddr,
		TandoorToken: c.TandoorToken, MailPassword: c.MailPassword,
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: now,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "TANDOOR_URL=%s\nTANDOOR_TOKEN=%s\nFATSECRET_API_URL=%s\nFATSECRET_AUTH_URL=%s\nFATSECRET_CONSUMER_KEY=%s\nFATSECRET_CONSUMER_SECRET=%s\nSMTP_HOST=%s\nSMTP_PORT=%d\nSMTP_USERNAME=%s\nSMTP_PASSWORD=%s\nSMTP_ENCRYPTION=none\nIMAP=%s\nINBOX=%s\nFAULTS=%s\n",
		box.TandoorURL(), box.TandoorToken, box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth", sandbox.ConsumerKey, box.ConsumerSecret,
		box.Mail.SMTPAddr().IP, box.Mail.SMTPAddr().Port, sandbox.MailUser, box.MailPassword,
		box.Mail.IMAPAddr(), box.InboxURL(), box.FaultsURL())
	<-ctx.Done()
	return errors.Join(box.Stop(context.WithoutCancel(ctx)))
}
