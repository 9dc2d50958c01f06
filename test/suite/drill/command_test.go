//go:build drill

package drill

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/program"
)

// within is how long an alert may take to fire, and to resolve. drilling is time for both and
// for a diagnosis.
const (
	within   = "240s"
	drilling = 11 * time.Minute
)

// TestDrillCommand breaks an installation with the command as people do: over the sandbox's
// switchboard, by commands that stop processes, and by being asked to stop them.
func TestDrillCommand(t *testing.T) {
	skipUnlessInPart(t)
	w := newWorld(t, options{webAddr: program.AnyPort})
	w.env = append(w.env, "SANDBOX_URL="+strings.TrimSuffix(w.box.FaultsURL(), "/faults"))
	t.Run("an upstream fails", func(t *testing.T) {
		// The command's own imports meet the fault, and tell the Collector.
		code, out, err := w.commandWithin(t.Context(), drilling, "drill", "api-error-budget-burn", "--within", within, "--otlp-endpoint", w.Ports.OTLP())
		must(t, err)
		told(t, code, out, "APIErrorBudgetBurn fires after", "500", "APIErrorBudgetBurn resolved")
		if n := len(w.box.Faults.Rules()); n != 0 {
			t.Errorf("%d faults are left", n)
		}
	})
	w.settle(t)
	t.Run("people read pages", func(t *testing.T) {
		code, out, err := w.commandWithin(t.Context(), drilling, "drill", "page-slow", "--within", within, "--pages-url", w.in.Pages)
		must(t, err)
		told(t, code, out, "PageLatencyHigh fires after", "shopping_ticks", "PageLatencyHigh resolved")
	})
	w.settle(t)
	t.Run("interrupted, and nobody reads along", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := w.program(ctx, "drill", "api-down", "--within", within)
		said, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		if !w.eventually(ctx, 2*time.Minute, func() bool { return len(w.box.Faults.Rules()) > 0 }) {
			t.Error("nothing is broken")
		}
		must(t, said.Close())
		must(t, cmd.Process.Signal(os.Interrupt))
		if err := cmd.Wait(); cmd.ProcessState.ExitCode() < 1 {
			t.Errorf("an interrupted drill ends with %v", err)
		}
		if n := len(w.box.Faults.Rules()); n != 0 {
			t.Errorf("%d faults are left", n)
		}
	})
	w.settle(t)
	t.Run("a process hangs by command", func(t *testing.T) {
		pid := filepath.Join(t.TempDir(), "scheduler")
		must(t, os.WriteFile(pid, []byte(strconv.Itoa(w.role("scheduler").Pid())), 0o600))
		signal := func(name string) string {
			file := filepath.Join(t.TempDir(), name)
			must(t, os.WriteFile(file, []byte(fmt.Sprintf("#!/bin/sh\nkill -%s $(cat %s/$1)\n", name, filepath.Dir(pid))), 0o700))
			return file + " {}"
		}
		code, out, err := w.commandWithin(t.Context(), drilling, "drill", "service-down", "--within", within,
			"--stop", signal("TERM"), "--start", "false {}", "--freeze", signal("STOP"), "--thaw", signal("CONT"))
		must(t, err)
		told(t, code, out, "ServiceDown fires after", "meal-planner-scheduler", "ServiceDown resolved")
	})
	w.settle(t)
	t.Run("a person is asked", w.askPerson)
	t.Run("nobody is there to ask", func(t *testing.T) {
		code, out, err := w.command(t.Context(), "drill", "watchdog")
		must(t, err)
		if code == 0 || !strings.Contains(out, "give --stop") {
			t.Errorf("exit %d: %s", code, out)
		}
	})
}

// askPerson does what the command asks for at the keyboard.
func (w *world) askPerson(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), drilling)
	defer cancel()
	cmd := w.program(ctx, "drill", "telemetry-server-down", "--within", within)
	in, err := cmd.StdinPipe()
	must(t, err)
	said, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var out strings.Builder
	for sc := bufio.NewScanner(said); sc.Scan(); {
		out.WriteString(sc.Text() + "\n")
		switch { // an interrupted drill heals after ctx
		case strings.HasPrefix(sc.Text(), "stop jaeger"):
			must(t, w.Stop(t.Context(), "jaeger"))
		case strings.HasPrefix(sc.Text(), "start jaeger"):
			must(t, w.Start(t.Context(), "jaeger"))
		default:
			continue
		}
		_, err := io.WriteString(in, "\n")
		must(t, err)
	}
	must(t, cmd.Wait())
	told(t, 0, out.String(), "stop jaeger (docker compose stop jaeger)", "TelemetryServerDown fires after", "start jaeger", "TelemetryServerDown resolved")
}

func told(t *testing.T, code int, out string, parts ...string) {
	t.Helper()
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, p := range parts {
		if !strings.Contains(out, p) {
			t.Errorf("does not say %q", p)
		}
	}
	t.Log(out)
}
