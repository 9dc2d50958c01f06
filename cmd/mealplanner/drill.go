package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/drill"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

type drillCmd struct {
	settings
	Name       string        `arg:"" optional:"" help:"The drill; none lists them."`
	SandboxURL string        `env:"SANDBOX_URL" default:"http://localhost:8025" help:"The sandbox's page, whose switchboard breaks Tandoor, FatSecret and the mail server."`
	Within     time.Duration `default:"2h" help:"How long the alert may take to fire, and then to resolve. With the shipping rules that is minutes to hours; with a drill's rules seconds."`
	Hold       bool          `help:"Keep the fault until Enter is pressed, to look around."`
	Stop       string        `help:"Command that stops a process whose name takes the place of {}. Without the four commands you are asked to do it." placeholder:"'docker compose stop {}'"`
	Start      string        `help:"Command that starts it again." placeholder:"'docker compose start {}'"`
	Freeze     string        `help:"Command that freezes a process." placeholder:"'docker compose pause {}'"`
	Thaw       string        `help:"Command that lets it go on." placeholder:"'docker compose unpause {}'"`
}

// Run breaks the installation, follows the alert, and puts things back, also when it is
// interrupted.
func (c *drillCmd) Run(ctx context.Context, std *streams) error {
	if c.Name == "" {
		t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "DRILL\tALERT\tREACHES\tFAULT")
		for _, d := range drill.Drills {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", d.Name, d.Alert, d.Reach, d.Fault)
		}
		return t.Flush()
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
	db, err := postgres.Open(ctx, postgres.Options{URL: c.Database.URL.Reveal(), Pool: "drill", MaxConns: 6})
	if err != nil {
		return err
	}
	defer db.Close()
	keyboard := enters(std.in)
	prometheus := app.NewPrometheus(c.Diagnosis.PrometheusURL)
	in := &drill.Installation{
		DB: db, Faults: switchboard{c.SandboxURL + "/faults", resilient.NewClient(http.DefaultTransport, 10*time.Second)}, Processes: person{std.out, keyboard},
		Command: itself, WeekInForce: prometheus.WeekInForce, OTLP: c.Telemetry.OTLPEndpoint,
	}
	if c.Stop != "" {
		in.Processes = shell{c}
	}
	firing := func() (bool, error) { return prometheus.Firing(ctx, d.Alert, d.Labels) }
	if d.Reach == drill.Beat { // its alert always fires, and is missed
		firing = func() (bool, error) { return in.HeartbeatMissed(ctx) }
	}
	if on, err := firing(); err != nil {
		return err
	} else if on {
		return fault.New(fault.Conflict, "drill", "%s fires already: end that first", d.Alert)
	}
	fmt.Fprintln(std.out, "fault:", d.Fault)
	begin := time.Now()
	heal, err := d.Inject(ctx, in)
	if err != nil {
		return err
	}
	err = c.follow(ctx, std, d, firing, begin, keyboard)
	fmt.Fprintln(std.out, "healing")
	if herr := heal(context.WithoutCancel(ctx)); err != nil || herr != nil {
		return errors.Join(err, herr)
	}
	ended := time.Now()
	if err := c.await(ctx, "resolve", func() (bool, error) { on, err := firing(); return !on, err }); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s resolved %s after the fault's end\n", d.Alert, time.Since(ended).Round(time.Second))
	return nil
}

// follow waits for the alert, and has it diagnosed.
func (c *drillCmd) follow(ctx context.Context, std *streams, d drill.Drill, firing func() (bool, error), begin time.Time, keyboard <-chan struct{}) error {
	if err := c.await(ctx, "fire", firing); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s fires after %s; see %s/alerts/ for who heard of it\n", d.Alert, time.Since(begin).Round(time.Second), c.SandboxURL)
	diagnosis := exec.CommandContext(ctx, os.Args[0], "diagnose", d.Runbook())
	diagnosis.Stdout, diagnosis.Stderr = std.out, std.err
	if err := diagnosis.Run(); err != nil {
		return fault.Wrap(fault.Unavailable, "diagnose", err)
	}
	if c.Hold {
		fmt.Fprintln(std.out, "press Enter to heal")
		select {
		case <-ctx.Done():
		case <-keyboard:
		}
	}
	return nil
}

func (c *drillCmd) await(ctx context.Context, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Within, fault.New(fault.TimeoutError, "drill", "the alert did not %s within %s (--within)", what, c.Within))
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		done, err := ok() // what is asked may be what the drill breaks
		if err == nil && done {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}

// itself runs a command of this program.
func itself(ctx context.Context, args ...string) error {
	if _, ok := errors.AsType[*exec.Error](exec.CommandContext(ctx, os.Args[0], args...).Run()); ok {
		return fault.New(fault.InvalidConfig, "drill", "%s cannot be run", os.Args[0])
	}
	return nil
}

// shell is [drill.Processes] by the user's commands.
type shell struct{ c *drillCmd }

func (s shell) run(ctx context.Context, command, name string) error {
	words := strings.Fields(strings.ReplaceAll(command, "{}", name))
	if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
		return fault.New(fault.Unavailable, "drill: "+command, "%v: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (s shell) Stop(ctx context.Context, name string) error   { return s.run(ctx, s.c.Stop, name) }
func (s shell) Start(ctx context.Context, name string) error  { return s.run(ctx, s.c.Start, name) }
func (s shell) Freeze(ctx context.Context, name string) error { return s.run(ctx, s.c.Freeze, name) }
func (s shell) Thaw(ctx context.Context, name string) error   { return s.run(ctx, s.c.Thaw, name) }

// enters hands over each Enter, and is closed when the input has ended.
func enters(in io.Reader) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		for sc := bufio.NewScanner(in); sc.Scan(); {
			c <- struct{}{}
		}
	}()
	return c
}

// person is [drill.Processes] by somebody who is asked to.
type person struct {
	out      io.Writer
	keyboard <-chan struct{}
}

func (p person) ask(ctx context.Context, do, docker, name string) error {
	fmt.Fprintf(p.out, "%s %s (docker compose %s %s), then press Enter\n", do, name, docker, name)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case _, pressed := <-p.keyboard:
		if !pressed {
			return fault.New(fault.InvalidInput, "standard input", "nobody is there to %s %s: give --stop, --start, --freeze and --thaw", do, name)
		}
		return nil
	}
}

func (p person) Stop(ctx context.Context, name string) error {
	return p.ask(ctx, "stop", "stop", name)
}

func (p person) Start(ctx context.Context, name string) error {
	return p.ask(ctx, "start", "start", name)
}

func (p person) Freeze(ctx context.Context, name string) error {
	return p.ask(ctx, "freeze", "pause", name)
}

func (p person) Thaw(ctx context.Context, name string) error {
	return p.ask(ctx, "thaw", "unpause", name)
}

// switchboard is [drill.Faults] over HTTP.
type switchboard struct {
	url  string
	http *http.Client
}

func (s switchboard) Set(ctx context.Context, r faultswitch.Rule) (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", fault.Wrap(fault.Internal, "drill", err)
	}
	var out struct{ ID string }
	err = s.call(ctx, http.MethodPost, "", body, &out)
	return out.ID, err
}

func (s switchboard) Clear(ctx context.Context, id string) error {
	return s.call(ctx, http.MethodDelete, "?"+url.Values{"id": {id}}.Encode(), nil, nil)
}

func (s switchboard) call(ctx context.Context, method, query string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.url+query, bytes.NewReader(body))
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "SANDBOX_URL", err)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return fault.Wrap(fault.NetworkError, "the sandbox's switchboard (SANDBOX_URL)", err)
	}
	defer func() { _ = resp.Body.Close() }() // what was read is enough
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fault.Wrap(fault.NetworkError, "the sandbox's switchboard", err)
	}
	if !slices.Contains([]int{http.StatusCreated, http.StatusNoContent, http.StatusOK}, resp.StatusCode) {
		return fault.New(fault.Unavailable, "the sandbox's switchboard", "%s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	if into == nil {
		return nil
	}
	return fault.Wrap(fault.Unavailable, "the sandbox's switchboard", json.Unmarshal(answer, into))
}
