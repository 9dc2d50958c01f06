package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

type drillCmd struct {
	settings
	output
	Name       string        `arg:"" optional:"" help:"The drill; none lists them."`
	SandboxURL string        `env:"SANDBOX_URL" default:"http://localhost:8025" help:"The sandbox's page, whose switchboard breaks Tandoor, FatSecret and the mail server."`
	PagesURL   string        `env:"PAGES_URL" default:"http://localhost:8080" help:"The api's pages, which drills about them read as one of the users."`
	Disk       string        `env:"DRILL_DISK" help:"Where an empty disk of at most 1 GiB is mounted, which the Collector sees and a drill may fill." placeholder:"DIR"`
	Within     time.Duration `default:"26h" help:"How long the alert may take to fire, and then to resolve: minutes for most, and a day for those that look back a day."`
	Hold       bool          `help:"Keep the fault until Enter is pressed, to look around."`
	Stop       string        `help:"Command that stops a process; {} is its name. Without the four commands you are asked to do it." placeholder:"'docker compose stop {}'"`
	Start      string        `help:"Command that starts it again." placeholder:"'docker compose start {}'"`
	Freeze     string        `help:"Command that freezes a process." placeholder:"'docker compose pause {}'"`
	Thaw       string        `help:"Command that resumes it." placeholder:"'docker compose unpause {}'"`
}

func (c *drillCmd) listDrills(std *streams) error {
	l := newListing("", "drill", "alert", "reaches", "fault")
	for _, d := range drill.Drills {
		l.add(d.Name(), d.Alert, d.Reach, d.Fault)
	}
	return c.list(std, l)
}

// Run breaks the installation, follows the alert, and puts things back, also when it is
// interrupted.
func (c *drillCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.Name == "" {
		return c.listDrills(std)
	}
	d, err := drill.Lookup(c.Name)
	if err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	commands := []string{c.Stop, c.Start, c.Freeze, c.Thaw}
	if slices.Contains(commands, "") && strings.Join(commands, "") != "" {
		return fault.New(fault.InvalidInput, "--stop, --start, --freeze and --thaw", "give all four, or none to be asked")
	}
	keys := newKeyboard(std)
	processes := drill.Processes(person{keys})
	if c.Stop != "" {
		if processes, err = newShell(c); err != nil {
			return err
		}
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: c.Database.URL.Reveal(), Pool: "drill", MaxConns: 6})
	if err != nil {
		return err
	}
	defer db.Close()
	if !signal.Ignored(syscall.SIGHUP) { // a lost terminal is an interruption too
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
	}
	// Who reads along may be interrupted first. Ignored, the signal would be for the commands too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	prometheus := app.NewPrometheus(c.Diagnosis.PrometheusURL)
	in := &drill.Installation{
		DB: db, Faults: switchboard{c.SandboxURL + "/faults", resilient.NewClient(http.DefaultTransport, 10*time.Second)}, Processes: processes,
		Import: func(ctx context.Context) error {
			return (&importCmd{settings: c.settings, importFlags: importFlags{Full: true}}).Run(ctx, &streams{out: io.Discard, err: io.Discard}, now)
		},
		Pages: c.PagesURL, SignIn: c.signIn(std, now),
		WeekInForce: prometheus.WeekInForce, Disk: c.Disk, OTLP: c.Telemetry.OTLPEndpoint, Failed: fail,
		Waiting: func(what string) { printLine(std.out, "waiting for", what) },
	}
	firing := func() (bool, error) { return prometheus.Firing(ctx, string(d.Alert), d.Labels) }
	if d.Reach == drill.Beat { // its alert always fires, and is missed
		firing = func() (bool, error) { return in.HeartbeatMissed(ctx) }
	}
	if on, err := firing(); err != nil {
		return err
	} else if on {
		return fault.New(fault.Conflict, "drill", "%s fires already: end that first", d.Alert)
	}
	printLine(std.out, "fault:", d.Fault)
	begin := now()
	heal, err := d.Inject(ctx, in)
	if err != nil {
		return err
	}
	if err = c.await(ctx, std, now, string(d.Alert)+" to fire", firing); err == nil {
		printf(std.out, "%s fires after %s; the sandbox's page /alerts/ shows who heard of it\n", d.Alert, now().Sub(begin).Round(time.Second))
		err = c.diagnose(ctx, std, d, now, keys)
	}
	printLine(std.out, "healing")
	herr := heal(context.WithoutCancel(ctx))
	if cause := context.Cause(ctx); cause != nil && errors.Is(herr, cause) { // the fault failed, which ended the wait
		return herr
	}
	if err != nil || herr != nil {
		return errors.Join(err, herr)
	}
	ended := now()
	if err := c.await(ctx, std, now, string(d.Alert)+" to resolve", func() (bool, error) { on, err := firing(); return !on, err }); err != nil {
		return err
	}
	printf(std.out, "%s resolved %s after the fault's end\n", d.Alert, now().Sub(ended).Round(time.Second))
	return nil
}

// signIn is [drill.Installation]'s SignIn.
func (c *drillCmd) signIn(std *streams, now func() time.Time) func(context.Context, string) (string, error) {
	return func(ctx context.Context, userID string) (token string, err error) {
		err = c.withApp(ctx, std, now, func(a *app.Services) (err error) { token, err = a.SignIns.Link(ctx, userID); return err })
		return token, err
	}
}

// diagnose looks for the fault as on-call would, and holds it as long as that was asked for.
func (c *drillCmd) diagnose(ctx context.Context, std *streams, d drill.Drill, now func() time.Time, keys *keyboard) error {
	if err := (&diagnoseCmd{settings: c.settings, Slug: d.Alert.Runbook(), Since: 15 * time.Minute}).Run(ctx, std, now); err != nil {
		return err
	}
	if c.Hold {
		return keys.hold(ctx, "press Enter to heal")
	}
	return nil
}

// tellEvery is the interval of progress messages.
const tellEvery = 5 * time.Minute

func (c *drillCmd) await(ctx context.Context, std *streams, now func() time.Time, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Within, fault.New(fault.TimeoutError, "drill", "waited %s (--within) for %s", c.Within, what))
	defer cancel()
	tick, tell := time.NewTicker(time.Second), time.NewTicker(tellEvery)
	defer tick.Stop()
	defer tell.Stop()
	line := std.live(now)
	defer line.clear()
	for {
		done, err := ok() // what is asked may be what the drill breaks
		if err == nil && done {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-tell.C:
			if line.to == nil {
				printf(std.out, "waiting for %s\n", what)
			}
		case <-tick.C:
			line.draw(fmt.Sprintf("waiting for %s: %s, %s at most", what, now().Sub(line.begun).Round(time.Second), c.Within))
		}
	}
}

// switchboard is [drill.Faults] over HTTP.
type switchboard struct {
	url  string
	http *http.Client
}

func (s switchboard) Set(ctx context.Context, r faultswitch.Rule) (string, error) {
	var out struct{ ID string }
	err := s.call(ctx, http.MethodPost, "", r, &out)
	return out.ID, err
}

func (s switchboard) Clear(ctx context.Context, id string) error {
	return s.call(ctx, http.MethodDelete, "?"+url.Values{"id": {id}}.Encode(), nil, nil)
}

func (s switchboard) call(ctx context.Context, method, query string, body, into any) error {
	req, err := resilient.JSON(ctx, method, s.url+query, body)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "SANDBOX_URL", err)
	}
	resp, answer, err := resilient.Exchange(s.http, req, 1<<20) //nolint:bodyclose // it closes it
	if resp == nil {
		return fault.Wrap(fault.NetworkError, "the sandbox's switchboard (SANDBOX_URL)", err)
	}
	if err != nil {
		return fault.Wrap(fault.NetworkError, "the sandbox's switchboard", err)
	}
	if resp.StatusCode == http.StatusNotFound {
		return fault.New(fault.NotFound, "the sandbox's switchboard", "%s", bytes.TrimSpace(answer))
	}
	if !slices.Contains([]int{http.StatusCreated, http.StatusNoContent, http.StatusOK}, resp.StatusCode) {
		return fault.New(fault.Unavailable, "the sandbox's switchboard", "%s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	return fault.Wrap(fault.Unavailable, "the sandbox's switchboard", json.Unmarshal(answer, into))
}
