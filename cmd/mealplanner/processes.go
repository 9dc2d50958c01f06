package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
)

// shell is [drill.Processes] by the user's commands.
type shell struct{ stop, start, freeze, thaw string }

func newShell(c *drillCmd) (shell, error) {
	for flag, command := range map[string]string{"--stop": c.Stop, "--start": c.Start, "--freeze": c.Freeze, "--thaw": c.Thaw} {
		if !strings.Contains(command, "{}") {
			return shell{}, fault.New(fault.InvalidInput, flag, "%q does not say {} where the process's name belongs", command)
		}
		if _, err := named(command, "api"); err != nil {
			return shell{}, fault.Wrap(fault.InvalidInput, flag, err)
		}
	}
	return shell{c.Stop, c.Start, c.Freeze, c.Thaw}, nil
}

// named are the words of a command for a process.
func named(command, process string) ([]string, error) {
	return runbook.Words(strings.ReplaceAll(command, "{}", process))
}

// commandWithin is how long a command may take.
const commandWithin = 2 * time.Minute

// run runs a command to its end, also when the drill is interrupted: whether it did what it
// should has to be known.
func (s shell) run(ctx context.Context, command, name string) error {
	words, err := named(command, name)
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "drill: "+command, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commandWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for the drill
	cmd.WaitDelay = time.Second                           // what it leaves behind may keep its output open
	if out, err := cmd.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return fault.New(fault.Unavailable, "drill: "+strings.Join(words, " "), "%v: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func (s shell) Stop(ctx context.Context, name string) error   { return s.run(ctx, s.stop, name) }
func (s shell) Start(ctx context.Context, name string) error  { return s.run(ctx, s.start, name) }
func (s shell) Freeze(ctx context.Context, name string) error { return s.run(ctx, s.freeze, name) }
func (s shell) Thaw(ctx context.Context, name string) error   { return s.run(ctx, s.thaw, name) }

// keyboard asks for Enter, one question at a time.
type keyboard struct {
	out   io.Writer
	turn  chan struct{}  // full while a question is open
	lines chan time.Time // closed when the input has ended
}

func newKeyboard(std *streams) *keyboard {
	k := &keyboard{out: std.out, turn: make(chan struct{}, 1), lines: make(chan time.Time, 1000)}
	go func() {
		defer close(k.lines)
		for sc := bufio.NewScanner(std.in); sc.Scan(); {
			k.lines <- time.Now()
		}
	}()
	return k
}

// enter asks for something, and waits for the Enter that says it is done. Kind
// InvalidInput: no one is there.
func (k *keyboard) enter(ctx context.Context, ask string) error {
	return k.pressed(ctx, func() { printLine(k.out, ask) })
}

// hold waits for Enter too, but other questions go before it.
func (k *keyboard) hold(ctx context.Context, ask string) error {
	printLine(k.out, ask)
	for {
		turn, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		err := k.pressed(turn, func() {})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
	}
}

// pressed asks when its turn comes, and waits for Enter; what was pressed before is no
// answer.
func (k *keyboard) pressed(ctx context.Context, ask func()) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case k.turn <- struct{}{}:
	}
	defer func() { <-k.turn }()
	asked := time.Now()
	ask()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case at, open := <-k.lines:
			if !open {
				return fault.New(fault.InvalidInput, "standard input", "no one is there to press Enter")
			}
			if at.After(asked) {
				return nil
			}
		}
	}
}

// person implements [drill.Processes] by prompting the operator.
type person struct{ keys *keyboard }

func (p person) request(ctx context.Context, do, docker, name string) error {
	err := p.keys.enter(ctx, fmt.Sprintf("%s %s (docker compose %s %s), then press Enter", do, name, docker, name))
	if fault.KindOf(err) == fault.InvalidInput {
		return fault.New(fault.InvalidInput, "drill", "no one is there to %s %s: give --stop, --start, --freeze and --thaw", do, name)
	}
	return err
}

func (p person) Stop(ctx context.Context, name string) error {
	return p.request(ctx, "stop", "stop", name)
}

func (p person) Start(ctx context.Context, name string) error {
	return p.request(ctx, "start", "start", name)
}

func (p person) Freeze(ctx context.Context, name string) error {
	return p.request(ctx, "freeze", "pause", name)
}

func (p person) Thaw(ctx context.Context, name string) error {
	return p.request(ctx, "thaw", "unpause", name)
}
