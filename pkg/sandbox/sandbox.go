// Package sandbox is a stand-in for the world outside: a Tandoor, a FatSecret, a mail
// server with an inbox page, a PagerDuty and a Slack, each speaking its real protocol on
// loopback, and one switchboard that makes them fail while they run. It is not for real
// data.
package sandbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/slacktest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// Options configure [Start]. Addresses are host:port; port 0 picks one, and an HTTP server
// without an address is left out. Empty secrets are made up.
type Options struct {
	TandoorAddr, FatSecretAddr, SMTPAddr, IMAPAddr, AlertsAddr, WebAddr string

	// StrangerAddr serves [StrangersLibrary], with the token of the other library.
	StrangerAddr string

	Library        tandoortest.Library // zero = the demo library
	People         []Person            // who may have FatSecret accounts; nil = the demo users
	TandoorToken   string
	MailPassword   string
	ConsumerSecret string
	// RoutingKeys are PagerDuty's, by name of [PagerDutyServices].
	RoutingKeys map[string]string
	SlackPath   string // of the webhook, which is its secret
	Log         *slog.Logger
	Now         func() time.Time
}

// PagerDutyServices are the services the sandbox's PagerDuty can page, each with a routing key.
var PagerDutyServices = []string{"oncall", "lead", "incident"}

// SlackChannels are those of the sandbox's Slack.
var SlackChannels = []string{"#alerts", "#incidents"}

// Sandbox is the running stand-in.
type Sandbox struct {
	Tandoor   *tandoortest.Server
	FatSecret *fatsecrettest.Server
	Mail      *mailbox.Mailbox
	PagerDuty *pagerdutytest.Server
	Slack     *slacktest.Server
	Faults    *faultswitch.Switch
	// TandoorToken may read and write the library.
	TandoorToken string
	// MailPassword opens every IMAP account.
	MailPassword string
	// ConsumerSecret belongs to [ConsumerKey], the application that may call FatSecret.
	ConsumerSecret string
	// FatSecretTokens are the tokens of the demo users with an account, by user.
	FatSecretTokens map[string]Token
	// RoutingKeys are PagerDuty's, by service.
	RoutingKeys map[string]string

	slackPath string
	urls      map[string]string
	servers   []*http.Server
	done      []chan struct{}
}

// libraryAge is how long ago the library's recipes were last changed.
const libraryAge = 30 * 24 * time.Hour

// PagerDuty and Slack share a server; for faults they are two upstreams.
const (
	pagerdutyUpstream = "pagerduty"
	slackUpstream     = "slack"
)

// Names of the sandbox's HTTP servers.
const (
	tandoorServer   = "tandoor"
	strangerServer  = "stranger"
	fatsecretServer = "fatsecret"
	alertsServer    = "alerts"
	webServer       = "web"
)

// Start brings everything up.
func Start(ctx context.Context, o Options) (_ *Sandbox, err error) {
	s := &Sandbox{
		Faults:       faultswitch.New(1, resilient.Sleep),
		TandoorToken: orRandom(o.TandoorToken), MailPassword: orRandom(o.MailPassword),
		ConsumerSecret: orRandom(o.ConsumerSecret), urls: map[string]string{},
	}
	if o.People == nil {
		o.People = People()
	}
	s.FatSecretTokens = Tokens(s.ConsumerSecret, o.People)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}()
	if len(o.Library.Recipes) == 0 {
		if o.Library, err = Library(); err != nil {
			return nil, err
		}
	}
	// The recipes were written a month ago, as in a library that is in use.
	clock := func() time.Time { return o.Now().Add(-libraryAge) }
	s.Tandoor, err = tandoortest.New(tandoortest.Options{
		Library: o.Library, Now: func() time.Time { return clock() },
		Tokens: map[string]tandoortest.Token{s.TandoorToken: {Scope: "read write"}},
	})
	if err != nil {
		return nil, err
	}
	stranger, err := strangersServer(o, s.TandoorToken, clock)
	if err != nil {
		return nil, err
	}
	clock = o.Now
	s.FatSecret = fatsecrettest.New(fatsecrettest.Options{
		ConsumerKey: ConsumerKey, ConsumerSecret: s.ConsumerSecret, Users: s.accounts(o.People, o.Now()), Foods: slices.Concat(diaryFoods, ingredientFoods), Now: o.Now,
	})
	if err := s.makeReceivers(o); err != nil {
		return nil, err
	}
	s.Mail, err = mailbox.Start(ctx, mailbox.Options{
		SMTPAddr: o.SMTPAddr, IMAPAddr: o.IMAPAddr, Username: MailUser, Password: s.MailPassword,
		Log: o.Log, Now: o.Now, Faults: s.Faults,
	})
	if err != nil {
		return nil, err
	}
	if err := s.Mail.Account(InboxAddress); err != nil {
		return nil, errors.Join(err, s.Mail.Stop())
	}
	web := http.NewServeMux()
	web.Handle("/inbox/", http.StripPrefix("/inbox", s.Mail.Handler()))
	web.HandleFunc("/faults", s.faultsPage(s.Faults.Control()))
	web.Handle("/pagerduty", s.PagerDuty.Received())
	web.Handle("/slack", s.Slack.Received())
	web.HandleFunc("GET /alerts/{$}", s.alertsPage)
	web.Handle("GET /{$}", http.RedirectHandler("/inbox/", http.StatusFound))
	for _, srv := range []struct {
		name, addr string
		handler    http.Handler
	}{
		{tandoorServer, o.TandoorAddr, s.Faults.Middleware(tandoorServer, nil, s.Tandoor)},
		{strangerServer, o.StrangerAddr, s.Faults.Middleware(tandoorServer, nil, stranger)},
		{fatsecretServer, o.FatSecretAddr, s.Faults.Middleware(fatsecretServer, fatsecrettest.Operation, s.FatSecret)},
		{alertsServer, o.AlertsAddr, s.receivers()},
		{webServer, o.WebAddr, web},
	} {
		if srv.addr == "" {
			continue
		}
		if err := s.serve(ctx, srv.name, srv.addr, srv.handler); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// ConsumerKey is the application that the sandbox's FatSecret knows.
const ConsumerKey = "mealplanner-sandbox"

// Token is a FatSecret account's permanent token.
type Token struct{ Key, Secret string }

// Tokens are the FatSecret tokens of everyone with a weight, by user. They follow from the
// consumer secret, so that whoever may call FatSecret can act for the demo users.
func Tokens(consumerSecret string, people []Person) map[string]Token {
	derive := func(what string) string {
		mac := hmac.New(sha256.New, []byte(consumerSecret))
		mac.Write([]byte(what)) // never fails
		return hex.EncodeToString(mac.Sum(nil)[:24])
	}
	out := map[string]Token{}
	for _, p := range people {
		if p.WeightKG > 0 {
			out[p.ID] = Token{derive("key of " + p.ID), derive("secret of " + p.ID)}
		}
	}
	return out
}

// accounts are the people's FatSecret accounts, each with a diary.
func (s *Sandbox) accounts(people []Person, now time.Time) []fatsecrettest.User {
	var out []fatsecrettest.User
	for i, p := range people {
		if t, ok := s.FatSecretTokens[p.ID]; ok {
			out = append(out, fatsecrettest.User{
				Token: t.Key, Secret: t.Secret, LastKg: p.WeightKG, HeightCm: p.Settings.Body.HeightCM, Entries: diary(dateIn(now, p.TimeZone), i),
			})
		}
	}
	return out
}

// InboxAddress is the planner's own mailbox in the sandbox.
const InboxAddress = "plan@sandbox.example"

// MailUser is the user name of the sandbox's SMTP server.
const MailUser = "planner"

func orRandom(s string) string {
	if s != "" {
		return s
	}
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func (s *Sandbox) serve(ctx context.Context, name, addr string, h http.Handler) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "sandbox: "+name, err)
	}
	// A closed connection ends only requests whose body was read; the end of this context ends all.
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return base }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer end()
		_ = srv.Serve(ln) // always http.ErrServerClosed: the listener is ours
	}()
	s.servers, s.done = append(s.servers, srv), append(s.done, done)
	s.urls[name] = "http://" + ln.Addr().String()
	return nil
}

// TandoorURL is the base address of the recipe library.
func (s *Sandbox) TandoorURL() string { return s.urls[tandoorServer] }

// StrangerURL is the base address of the library that nobody tidied up.
func (s *Sandbox) StrangerURL() string { return s.urls[strangerServer] }

// FatSecretURL is the base address of the FatSecret stand-in.
func (s *Sandbox) FatSecretURL() string { return s.urls[fatsecretServer] }

// InboxURL is where the mails can be read.
func (s *Sandbox) InboxURL() string { return s.urls[webServer] + "/inbox/" }

// PagerDutyURL is where PagerDuty's events go.
func (s *Sandbox) PagerDutyURL() string { return s.urls[alertsServer] + pagerdutytest.Path }

// SlackURL is the webhook, a secret as a whole.
func (s *Sandbox) SlackURL() string { return s.urls[alertsServer] + s.slackPath }

// AlertsURL is the page of what PagerDuty and Slack received.
func (s *Sandbox) AlertsURL() string { return s.urls[webServer] + "/alerts/" }

// FaultsURL is where faults are switched on and off; see [faultswitch.Switch.Control].
func (s *Sandbox) FaultsURL() string { return s.urls[webServer] + "/faults" }

// Stop ends everything.
func (s *Sandbox) Stop(context.Context) error {
	var errs []error
	for i, srv := range s.servers {
		errs = append(errs, srv.Close())
		<-s.done[i]
	}
	if s.Mail != nil {
		errs = append(errs, s.Mail.Stop())
	}
	return errors.Join(errs...)
}
