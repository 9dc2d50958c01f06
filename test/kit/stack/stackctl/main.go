//go:build linux

// Command stackctl keeps the native telemetry stack running between commands.
//
// usage: stackctl up|down|status
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/queuefile"
	"github.com/mealplanner/mealplanner/test/kit/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	state, err := stateDir()
	if err != nil {
		return err
	}
	c := control{dir: state}
	if len(args) != 1 {
		return errors.New("usage: stackctl up|down|status")
	}
	if c.stack, err = stack.New(".", state, stack.StandardPorts()); err != nil {
		return err
	}
	if c.pids, err = c.load(); err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return c.up(ctx)
	case "down":
		return c.down(ctx)
	case "status":
		return c.status(ctx)
	default:
		return fmt.Errorf("unknown command %q: up, down or status", args[0])
	}
}

// stateDir is where data, logs and process ids are kept.
func stateDir() (string, error) {
	if d := os.Getenv("XDG_STATE_HOME"); d != "" {
		return filepath.Join(d, "mealplanner", "stack"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state", "mealplanner", "stack"), err
}

// control is the stack of this machine, with the ids of its processes.
type control struct {
	dir   string
	stack *stack.Stack
	pids  map[string]server
}

// server is a process that was started, and the program it runs.
type server struct {
	PID        int
	Executable string
}

func (c *control) file() string { return filepath.Join(c.dir, "pids.json") }

func (c *control) load() (map[string]server, error) {
	pids := map[string]server{}
	b, err := os.ReadFile(c.file())
	if errors.Is(err, fs.ErrNotExist) {
		return pids, nil
	}
	if err != nil {
		return nil, err
	}
	return pids, json.Unmarshal(b, &pids)
}

func (c *control) save() error {
	b, err := json.Marshal(c.pids)
	if err != nil {
		return err
	}
	return os.WriteFile(c.file(), b, 0o600)
}

// alive reports whether the recorded process still runs the recorded program; an id that
// went to somebody else's process does not.
func (c *control) alive(name string) bool {
	p := c.pids[name]
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID))
	return p.PID > 0 && err == nil && exe == p.Executable
}

func (c *control) up(ctx context.Context) error {
	if !slices.ContainsFunc(c.stack.Servers(), c.alive) {
		if err := c.stack.Prepare(); err != nil {
			return err
		}
	}
	for _, name := range c.stack.Servers() {
		if c.alive(name) {
			continue
		}
		if c.stack.Ready(ctx, name) {
			return fmt.Errorf("another %s answers at %s: stop it first", name, c.stack.Ports.URL(name))
		}
		if name == stack.Collector {
			if err := c.clearQueues(ctx); err != nil {
				return err
			}
		}
		if err := c.stack.StartServer(name, true); err != nil {
			return err
		}
		p, _ := c.stack.Running(name)
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.PID))
		if err != nil {
			return fmt.Errorf("%s ended while starting: see %s", name, c.stack.LogFile(name))
		}
		c.pids[name] = server{p.PID, exe}
		if err := c.save(); err != nil {
			return err
		}
		if err := c.stack.Await(ctx, name); err != nil {
			return err
		}
	}
	if err := c.status(ctx); err != nil {
		return err
	}
	fmt.Printf("\nSend telemetry to OTEL_EXPORTER_OTLP_ENDPOINT=%s, or run: mealplanner demo --stack\nData and logs: %s\n", c.stack.Ports.OTLP(), c.dir)
	return nil
}

// clearQueues moves damaged queue files aside, with which the Collector would not start.
func (c *control) clearQueues(ctx context.Context) error {
	dir := c.stack.Data(stack.Collector)
	files, err := filepath.Glob(filepath.Join(dir, queuefile.Prefix+"*"))
	if err != nil || len(files) == 0 {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "run", "./cmd/mealplanner", "queues", dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mealplanner queues %s: %w", dir, err)
	}
	if strings.Contains(out.String(), "is damaged") {
		fmt.Print(out.String())
	}
	return nil
}

func (c *control) status(ctx context.Context) error {
	down, servers := 0, c.stack.Servers()
	for _, name := range servers {
		state := "down"
		switch {
		case c.alive(name) && c.stack.Ready(ctx, name):
			state = fmt.Sprintf("ready, pid %d", c.pids[name].PID)
		case c.alive(name):
			state = fmt.Sprintf("not ready, pid %d", c.pids[name].PID)
		}
		if state == "down" {
			down++
		}
		fmt.Printf("%-13s %-24s %s\n", name, c.stack.Ports.URL(name), state)
	}
	if !c.stack.HasLoki() {
		fmt.Printf("%-13s %-24s %s\n", stack.Loki, "", "left out: there is no executable, `make stack` says how to get one; lines stay on the standard output")
	}
	if down > 0 && down < len(servers) {
		return fmt.Errorf("%d of %d servers are down: `make stack-up` starts them", down, len(servers))
	}
	return nil
}

// down ends the servers, the Collector first, and waits for each.
func (c *control) down(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var errs []error
	for _, name := range slices.Backward(stack.Names) {
		if c.alive(name) {
			if err := syscall.Kill(c.pids[name].PID, syscall.SIGTERM); err != nil {
				errs = append(errs, fmt.Errorf("stop %s: %w", name, err))
				continue
			}
		}
		for c.alive(name) {
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				return errors.Join(append(errs, fmt.Errorf("%s (pid %d) does not stop", name, c.pids[name].PID))...)
			}
		}
		delete(c.pids, name)
		fmt.Println(name, "stopped")
	}
	return errors.Join(append(errs, c.save())...)
}
