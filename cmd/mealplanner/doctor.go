package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
)

type doctorCmd struct {
	settings
	output
}

// Run checks each thing the service needs and says what to do about what is missing.
// All checks are made at the same time, and each has five seconds.
func (c *doctorCmd) Run(ctx context.Context, std *streams, now func() time.Time) (err error) {
	l := newListing("", "check", "ok", "detail")
	if c.json() {
		defer func() { err = errors.Join(c.list(std, l), err) }()
	}
	said := func(name string, err error, detail string) {
		mark := "✓"
		if err != nil {
			mark, detail = "✗", err.Error()
		}
		if l.add(name, err == nil, detail); !c.json() {
			printf(std.out, "%s %-10s %s\n", mark, name, detail)
		}
	}
	if err := c.Check(); err != nil {
		said("settings", err, "")
		return err
	}
	program, dead := app.New(ctx, app.Options{Config: c.Config, Role: app.Tool, Version: version, Log: std.err, LogLevel: slog.LevelError, Now: now})
	if fault.KindOf(dead) == fault.InvalidConfig {
		said("settings", dead, "")
		return dead
	}
	failed := inspect(ctx, c.checks(ctx, program, dead), said)
	if dead == nil {
		if err := program.Stop(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fault.New(fault.Unavailable, "doctor", "%s failed", counted(failed, "check"))
	}
	return nil
}

// checkTime is how long a check may take.
const checkTime = 5 * time.Second

// check asks whether one thing works.
type check struct {
	name string
	ask  func(context.Context) (detail string, err error)
}

// inspect makes all checks at the same time, says what each found in their order, as early as
// it can, and returns how many failed.
func inspect(ctx context.Context, checks []check, said func(name string, err error, detail string)) (failed int) {
	type answer struct {
		detail string
		err    error
	}
	answers := make([]chan answer, len(checks))
	for i, c := range checks {
		answers[i] = make(chan answer, 1)
		go func() {
			ctx, cancel := context.WithTimeout(ctx, checkTime)
			defer cancel()
			detail, err := c.ask(ctx)
			answers[i] <- answer{detail, err}
		}()
	}
	for i, c := range checks {
		a := <-answers[i]
		if a.err != nil {
			failed++
		}
		said(c.name, a.err, a.detail)
	}
	return failed
}

// checks lists what is checked; dead says why there is no database.
func (c *doctorCmd) checks(ctx context.Context, program *app.App, dead error) []check {
	all := []check{
		{"database", func(ctx context.Context) (string, error) {
			if dead != nil {
				return "", dead
			}
			return "connected, schema up to date", program.Services().Ready(ctx)
		}},
		{"settings", func(context.Context) (string, error) {
			if m := config.Misspelt(os.Environ()); len(m) > 0 {
				return "", fault.New(fault.InvalidConfig, "settings", "%s", strings.Join(m, "; "))
			}
			return "no variable is misspelt", nil
		}},
		{"links", func(context.Context) (string, error) {
			if d := c.Doubts(); len(d) > 0 {
				return "", fault.New(fault.InvalidConfig, "settings", "%s", strings.Join(d, "; and "))
			}
			return "mails lead to " + c.Web.PublicURL, nil
		}},
	}
	if dead == nil {
		a := program.Services()
		all = append(all, check{"key", a.Keys.Check},
			check{"disk", func(ctx context.Context) (string, error) { return "the database takes writes", a.CheckWrites(ctx) }},
			check{"heartbeat", func(ctx context.Context) (string, error) { return c.heartbeat(ctx, a.Alerts) }})
		all = append(all, upstreams(ctx, a)...)
	}
	return append(all, check{"mail", func(ctx context.Context) (string, error) {
		mail, err := app.NewMail(c.SMTP)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s:%d takes our login", c.SMTP.Host, c.SMTP.Port), mail.Check(ctx)
	}}, check{"otlp", c.otlp})
}

// upstreams lists the checks of every recipe library, FatSecret and the mailbox for replies.
func upstreams(ctx context.Context, a *app.Services) (all []check) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	conns, err := a.Users.Connections(ctx)
	if err != nil {
		return nil // said by the database check
	}
	if len(conns) == 0 {
		all = append(all, check{"tandoor", func(context.Context) (string, error) {
			return "no library is connected yet (mealplanner user add --help)", nil
		}})
	}
	for _, conn := range conns {
		all = append(all, check{"tandoor", func(ctx context.Context) (string, error) {
			s, err := a.CheckLibrary(ctx, conn)
			if name := "connection " + conn.ID + ": "; err != nil && !strings.HasPrefix(err.Error(), name) {
				err = fmt.Errorf("%s%w", name, err)
			}
			if err != nil {
				return "", err
			}
			detail := fmt.Sprintf("%s at %s, version %q, space %q, write access %t, write-back %s", conn.ID, conn.URL, s.Version, s.Space, s.CanWrite, onOff(conn.WriteBack))
			if conn.WriteBack && s.Alone {
				detail += ". Only the token's user sees what is written: put them into a household of the space, with the others"
			}
			return detail, nil
		}})
	}
	return append(all, check{"fatsecret", a.Accounts.Check}, check{"replies", a.CheckInbox})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// heartbeat says when Alertmanager was last heard. That it never was is no error: the installation
// may be new, or have none.
func (c *doctorCmd) heartbeat(ctx context.Context, beats alerting.Beats) (string, error) {
	switch {
	case c.Alerts.Token == "":
		return "off (set ALERTS_TOKEN to hear Alertmanager)", nil
	case c.Alerts.HeartbeatTimeout == 0:
		return "off (ALERTS_HEARTBEAT_TIMEOUT is 0)", nil
	}
	p, err := beats.Pulse(ctx)
	if err != nil {
		return "", err
	}
	age := p.Age.Round(time.Second)
	switch {
	case p.Last.IsZero():
		return "Alertmanager was never heard, which takes up to two minutes after its start; until then its silence pages nobody (docs/runbooks/watchdog.md)", nil
	case p.Age > c.Alerts.HeartbeatTimeout:
		return "", fault.New(fault.Unavailable, "alerting", "Alertmanager's last heartbeat is %s old: see docs/runbooks/watchdog.md", age)
	default:
		return fmt.Sprintf("Alertmanager was heard %s ago", age), nil
	}
}

func (c *doctorCmd) otlp(ctx context.Context) (string, error) {
	endpoints := c.Telemetry.OTLPEndpoints()
	switch {
	case len(endpoints) > 0:
	case c.Telemetry.Disabled:
		return "off (OTEL_SDK_DISABLED)", nil
	case c.Telemetry.OTLPEndpoint != "":
		return "off (OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER send nothing over OTLP)", nil
	default:
		return "off (set OTEL_EXPORTER_OTLP_ENDPOINT to export)", nil
	}
	var hosts []string
	for _, endpoint := range endpoints {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" {
			return "", fault.New(fault.InvalidConfig, "OTEL_EXPORTER_OTLP_ENDPOINT", "%q is not an address like http://localhost:4317", endpoint)
		}
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		}
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", host)
		if err != nil {
			return "", fault.New(fault.NetworkError, "OTEL_EXPORTER_OTLP_ENDPOINT", "no answer from %s: start the Collector, or unset it: %v", host, err)
		}
		if err := conn.Close(); err != nil {
			return "", fault.Wrap(fault.NetworkError, "OTEL_EXPORTER_OTLP_ENDPOINT", err)
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return strings.Join(hosts, " and ") + " answers", nil
}
