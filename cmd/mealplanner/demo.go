package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

type demoCmd struct {
	Once      bool             `help:"Exit when every plan is mailed; otherwise stay up and print the inbox address."`
	Stack     bool             `help:"Send traces, metrics and logs to the stack of \"make stack-up\", and print where to look."`
	Database  string           `name:"database-url" env:"DEMO_DATABASE_URL" help:"PostgreSQL server to use: the demo creates a database there and drops it at the end; default: a private server, removed with the demo." placeholder:"URL"`
	InboxAddr string           `default:"127.0.0.1:8025" help:"Where the inbox page listens (with --once: any free port)."`
	APIAddr   string           `default:"127.0.0.1:8080" help:"Where the pages behind the mails' links listen."`
	AdminAddr string           `default:"127.0.0.1:6060" help:"Where traces and runbooks are shown."`
	Log       config.Log       `embed:"" group:"Logs and telemetry"`
	Telemetry config.Telemetry `embed:"" group:"Logs and telemetry"`
}

const anyPort = "127.0.0.1:0"

// Run shows the whole program at work on this machine.
func (c *demoCmd) Run(ctx context.Context, std *streams, now func() time.Time) (err error) {
	say := func(format string, args ...any) { printf(std.out, format+"\n", args...) }
	var stops []func(context.Context) error
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		for _, s := range slices.Backward(stops) {
			err = errors.Join(err, s(stop))
		}
	}()

	if err := c.portFree(ctx); err != nil {
		return err
	}
	if err := c.useStack(ctx); err != nil {
		return err
	}
	url, stop, err := c.database(ctx, say, now)
	if err != nil {
		return err
	}
	stops = append(stops, stop)
	inbox := c.InboxAddr
	if c.Once {
		inbox = anyPort
	}
	box, err := sandbox.Start(ctx, sandbox.Options{
		TandoorAddr: anyPort, StrangerAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: inbox,
		Log: slog.New(slog.DiscardHandler), Now: now,
	})
	if err != nil {
		return err
	}
	stops = append(stops, box.Stop)
	say("Sandbox: Tandoor %s, FatSecret %s, SMTP %s, inbox %s", box.TandoorURL(), box.FatSecretURL(), box.Mail.SMTPAddr(), box.InboxURL())

	cfg, err := c.config(url, box)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, app.Options{Config: cfg, Role: app.Serve, Version: version, Log: std.err, LogLevel: slog.LevelWarn, Now: now})
	if err != nil {
		return err
	}
	stops = append(stops, a.Stop)
	services := a.Services()
	if _, err := services.Migrate(ctx); err != nil {
		return err
	}
	weeks, err := addPeople(ctx, services, demoWorld{box.TandoorURL(), box.TandoorToken, box.ConsumerSecret, box.StrangerURL()})
	if err != nil {
		return err
	}
	if err := importLibraries(ctx, services, say, now); err != nil {
		return err
	}
	if err := c.plans(ctx, services, box, std, weeks); err != nil {
		return err
	}
	if err := obey(ctx, services, box, std); err != nil {
		return err
	}
	if c.Stack {
		c.printLinks(std.out)
	}
	if c.Once {
		return nil
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	say("\nInbox: %s (reply to a plan there, for example with: REGENERATE WEEK WITH VARIETY)\nFaults: %s (see docs/sandbox.md)\nRunbooks: http://%s/runbook/\nCtrl-C ends the demo; nothing is kept.", box.InboxURL(), box.FaultsURL(), c.AdminAddr)
	<-ctx.Done()
	return nil
}

// importLibraries fills the recipe pools, and says what the stranger can make of theirs.
func importLibraries(ctx context.Context, a *app.Services, say func(string, ...any), now func() time.Time) error {
	for _, l := range []struct{ id, what string }{{sandbox.Connection, "Library"}, {sandbox.StrangerConnection, "A library that nobody tidied up"}} {
		begin := now()
		if err := a.Sync.Ensure(ctx, l.id, nil); err != nil {
			return err
		}
		pool, err := a.Recipes.Load(ctx, l.id)
		if err != nil {
			return err
		}
		say("%s: %d recipes imported over HTTP in %s", l.what, len(pool), now().Sub(begin).Round(time.Millisecond))
	}
	who := sandbox.Stranger()
	rep, _, err := a.Library.Report(ctx, who.ID)
	if err != nil {
		return err
	}
	var left []string
	for _, l := range rep.LeftOut {
		left = append(left, fmt.Sprintf("%d: %s", len(l.Recipes), l.Reason))
	}
	say("  %s can have %d of them for breakfast, %d for dinner; left out are %s\n", who.Name, rep.Usable[recipe.Breakfast], rep.Usable[recipe.Dinner], strings.Join(left, ", "))
	return nil
}

// Where the native telemetry stack listens.
const (
	stackOTLP       = "127.0.0.1:4317"
	stackJaeger     = "http://127.0.0.1:16686"
	stackPrometheus = "http://127.0.0.1:9090"
	stackLoki       = "http://127.0.0.1:3100"
)

// useStack sends the demo's telemetry to the stack if that was asked for, with every trace and, unless another
// level was asked for, every INFO line.
func (c *demoCmd) useStack(ctx context.Context) error {
	if !c.Stack {
		return nil
	}
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", stackOTLP)
	if err != nil {
		return fault.New(fault.InvalidConfig, "--stack", "nothing listens on %s: start it with `make stack-up`", stackOTLP)
	}
	if err := conn.Close(); err != nil {
		return fault.Wrap(fault.Internal, "demo", err)
	}
	c.Telemetry.OTLPEndpoint, c.Log.TraceRequests = "http://"+stackOTLP, true
	if c.Log.Level == "" {
		c.Log.Level = "info"
	}
	return nil
}

// printLinks says where the traces, metrics and logs of the printed weeks are found. Prometheus,
// Jaeger and Loki of the native stack are without pages.
func (c *demoCmd) printLinks(w io.Writer) {
	printf(w, `
Put a trace id of above in the place of TRACE (it arrives within 15 seconds):
  trace    mealplanner debug trace TRACE
           curl -s %[1]s/api/traces/TRACE | jq '.data[].spans[] | {operationName, duration}'
  logs     curl -sG %[2]s/loki/api/v1/query_range --data-urlencode 'query={service_name=~"meal-planner.*"} | trace_id="TRACE"' | jq '.data.result[].values[][1]'
  metrics  curl -sG %[3]s/api/v1/query --data-urlencode 'query=sum by (component) (generation_component_duration_seconds_sum)' | jq '.data.result'
`, stackJaeger, stackLoki, stackPrometheus)
	if !c.Once {
		printf(w, "  in the browser, while the demo runs: http://%s/trace/\n", c.AdminAddr)
	}
}

// portFree fails early when the pages could not be served at the end.
func (c *demoCmd) portFree(ctx context.Context) error {
	if c.Once {
		return nil
	}
	var lc net.ListenConfig
	for flag, addr := range map[string]string{"--api-addr": c.APIAddr, "--inbox-addr": c.InboxAddr, "--admin-addr": c.AdminAddr} {
		ln, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			return fault.New(fault.InvalidConfig, "demo", "%s is taken: choose another with %s", addr, flag)
		}
		if err := ln.Close(); err != nil {
			return fault.Wrap(fault.Internal, "demo", err)
		}
	}
	return nil
}

// database returns an empty database and what removes it.
func (c *demoCmd) database(ctx context.Context, say func(string, ...any), now func() time.Time) (address string, stop func(context.Context) error, err error) {
	if c.Database != "" {
		say("PostgreSQL: a database of the demo's own on the server of --database-url")
		return postgres.Scratch(ctx, c.Database)
	}
	bin, err := pglocal.Find()
	if err != nil {
		return "", nil, err
	}
	begin := now()
	pg, err := pglocal.Start(ctx, pglocal.Options{Bin: bin})
	if err != nil {
		return "", nil, err
	}
	say("PostgreSQL: private server from %s, up in %s", bin, now().Sub(begin).Round(time.Millisecond))
	return pg.URL("postgres"), pg.Stop, nil
}

// config is the default configuration pointed at the sandbox.
func (c *demoCmd) config(url string, box *sandbox.Sandbox) (config.Config, error) {
	var cfg config.Config
	if err := kong.ApplyDefaults(&cfg); err != nil {
		return cfg, fault.Wrap(fault.Internal, "demo: defaults", err)
	}
	key := make([]byte, seal.KeyHexLen/2)
	_, _ = rand.Read(key) // never fails
	cfg.Security.Key = seal.Secret(hex.EncodeToString(key))
	cfg.Database.URL = seal.Secret(url)
	smtp := box.Mail.SMTPAddr()
	cfg.SMTP = config.SMTP{
		Host: smtp.IP.String(), Port: smtp.Port, Username: sandbox.MailUser, Password: seal.Secret(box.MailPassword),
		Encryption: "none", From: "Meal planner <" + sandbox.InboxAddress + ">", Timeout: cfg.SMTP.Timeout,
	}
	imap := box.Mail.IMAPAddr()
	cfg.IMAP.Host, cfg.IMAP.Port, cfg.IMAP.Encryption = imap.IP.String(), imap.Port, "none"
	cfg.IMAP.Username, cfg.IMAP.Password, cfg.IMAP.AuthservID = sandbox.InboxAddress, seal.Secret(box.MailPassword), mailbox.AuthservID
	cfg.Web.APIAddr, cfg.Web.SchedulerAddr, cfg.Web.PublicURL = c.APIAddr, anyPort, "http://"+c.APIAddr
	cfg.Web.AdminAddr, cfg.Web.LibraryReach = c.AdminAddr, "all" // the sandbox is on this machine
	cfg.FatSecret.ConsumerKey, cfg.FatSecret.ConsumerSecret = sandbox.ConsumerKey, seal.Secret(box.ConsumerSecret)
	cfg.FatSecret.APIURL, cfg.FatSecret.AuthURL = box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth"
	cfg.Log, cfg.Telemetry = c.Log, c.Telemetry
	if cfg.Telemetry.Environment == "production" {
		cfg.Telemetry.Environment = "demo"
	}
	return cfg, nil
}

// plans generates, prints and delivers every demo user's week.
func (c *demoCmd) plans(ctx context.Context, a *app.Services, box *sandbox.Sandbox, std *streams, weeks []planner.Request) error {
	balanced, err := planWeeks(ctx, a, std.out, weeks)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := box.Mail.Wait(wait, len(weeks)); err != nil {
		return err
	}
	printf(std.out, "%d weeks planned and stored, %d balanced, %d mails delivered over SMTP\n", len(weeks), balanced, len(box.Mail.Messages()))
	return nil
}

// obey lets one of the demo users reply to their plan, and prints the outcome.
func obey(ctx context.Context, a *app.Services, box *sandbox.Sandbox, std *streams) error {
	list := box.Mail.Messages()
	i := slices.IndexFunc(list, func(m mailbox.Message) bool { return strings.HasPrefix(m.To, "lewis@") })
	if i < 0 {
		return nil
	}
	const reply = "LOCK friday dinner\nSKIP breakfast tuesday"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%smail/%d/reply", box.InboxURL(), list[i].Number),
		strings.NewReader(url.Values{"text": {reply}}.Encode()))
	if err != nil {
		return fault.Wrap(fault.Internal, "demo: reply", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fault.Wrap(fault.NetworkError, "demo: reply", err)
	}
	if err := resp.Body.Close(); err != nil {
		return fault.Wrap(fault.NetworkError, "demo: reply", err)
	}
	if _, err := a.ReadInbox(ctx); err != nil {
		return err
	}
	if _, err := a.Delivery.Drain(ctx); err != nil {
		return err
	}
	list = box.Mail.Messages()
	printf(std.out, "\nLewis replies to the plan:\n  "+strings.ReplaceAll(reply, "\n", "\n  ")+"\nand is answered: %q\n", list[len(list)-1].Subject)
	return nil
}
