package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// lookupTimeout bounds one DKIM key lookup.
const lookupTimeout = 5 * time.Second

// newInbox returns the reader of the reply mailbox; nil if none is configured.
func (a *App) newInbox(watermarks inbox.Watermarks) (*inbox.Reader, error) {
	c := a.opts.Config.IMAP
	if c.Host == "" {
		return nil, nil
	}
	return inbox.New(inbox.Settings{
		Addr: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)), Username: c.Username, Password: c.Password, Encryption: inbox.Encryption(c.Encryption),
		Folder: c.Folder, Poll: c.Poll, Timeout: c.Timeout,
	}, inbox.Hooks{
		Watermarks: watermarks, Handler: a.s.receive, Events: a.inboxEvents(), Now: a.opts.Now,
		Sleep: resilient.Sleep, Rand: rand.Float64,
	})
}

// inboxEvents logs the first failure to read the mailbox, then one every complainEvery, and
// the recovery.
func (a *App) inboxEvents() func(context.Context, error) {
	failing := complaints{now: a.opts.Now}
	return func(ctx context.Context, err error) {
		switch {
		case err == nil && failing.over():
			a.log.InfoContext(ctx, "Inbox readable again", "component", "inbox")
		case err != nil && ctx.Err() == nil && failing.due():
			a.log.WarnContext(ctx, "Reading the inbox failed", append([]any{"component", "inbox"}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	}
}

// readInbox reads replies until ctx ends; only the leader calls it.
func (a *App) readInbox(ctx context.Context) {
	if a.s.inbox == nil {
		return
	}
	if err := a.s.inbox.Run(ctx); err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "Inbox reader stopped", append([]any{"component", "inbox"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
}

// ReadInbox reads the newly arrived mails and returns their number.
func (s *Services) ReadInbox(ctx context.Context) (int, error) {
	if s.inbox == nil {
		return 0, fault.New(fault.InvalidConfig, "IMAP_HOST", "not set: replies are not read")
	}
	return s.inbox.Once(ctx)
}

// CheckInbox reports whether replies can be read.
func (s *Services) CheckInbox(ctx context.Context) (string, error) {
	c := s.opts.Config.IMAP
	if s.inbox == nil {
		return "off (set IMAP_HOST to read commands from replies)", nil
	}
	return fmt.Sprintf("%s:%d lets us read %s; replies go to %s", c.Host, c.Port, c.Folder, s.Links.Inbox), s.inbox.Check(ctx)
}

// receive hands a mail to the use case.
func (s *Services) receive(ctx context.Context, raw inbox.Raw) error {
	l, bounce := inbox.Letter(raw, inbox.Options{AuthservID: s.opts.Config.IMAP.AuthservID, LookupTXT: lookupTXT, Now: s.opts.Now})
	if bounce != nil {
		if err := s.Bounced(ctx, *bounce); err != nil {
			return err
		}
	}
	l.Ours = []string{s.Links.Inbox, s.opts.Config.SMTP.Address()}
	r, err := s.commander.Receive(ctx, l)
	if r.Outcome == command.Applied {
		s.settle(ctx, r.User)
	}
	if r.Answered {
		s.Wake()
	}
	return err
}

func lookupTXT(domain string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	return net.DefaultResolver.LookupTXT(ctx, domain)
}
