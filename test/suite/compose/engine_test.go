//go:build compose

package compose

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is a Docker engine: the machine's, or one that lives as long as the test.
type engine struct{ host string }

// startEngine uses the engine that answers, else starts one with a data directory and a
// socket of its own, and ends it with the test.
func startEngine(t *testing.T) engine {
	t.Helper()
	if e := (engine{os.Getenv("DOCKER_HOST")}); e.answers(t.Context()) {
		return e
	}
	if os.Getuid() != 0 {
		t.Skip("no Docker engine answers, and only root can start one")
	}
	dir := t.TempDir()
	e := engine{"unix://" + dir + "/socket"}
	log, err := os.Create(dir + "/log")
	must(t, err)
	// No docker0: Compose makes a network of its own.
	cmd := exec.Command("dockerd", "--host", e.host, "--data-root", dir+"/data", "--exec-root", dir+"/run", "--pidfile", dir+"/pid", "--bridge", "none")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // nor does it outlive a test that is killed
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		_ = log.Close()
	})
	for begin := time.Now(); !e.answers(t.Context()); time.Sleep(200 * time.Millisecond) {
		select {
		case <-ended:
		default:
			if time.Since(begin) < 30*time.Second {
				continue
			}
		}
		out, _ := os.ReadFile(dir + "/log")
		t.Fatalf("dockerd does not start:\n%s", out)
	}
	return e
}

func (e engine) answers(ctx context.Context) bool {
	return e.command(ctx, "docker", "version").Run() == nil
}

func (e engine) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "DOCKER_BUILDKIT=0")
	if e.host != "" {
		cmd.Env = append(cmd.Env, "DOCKER_HOST="+e.host)
	}
	return cmd
}

// docker runs the client and returns its output.
func (e engine) docker(t *testing.T, in io.Reader, args ...string) string {
	t.Helper()
	return output(t, e.command(t.Context(), "docker", args...), in)
}

// output runs a command that has to succeed.
func output(t *testing.T, cmd *exec.Cmd, in io.Reader) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// built is a server or tool that tools/install has built.
func built(t *testing.T, name string) string {
	t.Helper()
	versions, err := os.ReadFile("../../../tools/versions")
	must(t, err)
	for line := range strings.Lines(string(versions)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == name {
			home, err := os.UserHomeDir()
			must(t, err)
			return filepath.Join(home, ".cache/mealplanner", fmt.Sprintf("%s@%s", name, f[1]), name)
		}
	}
	t.Fatalf("%s is not in tools/versions", name)
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
