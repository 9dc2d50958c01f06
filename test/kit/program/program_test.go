package program

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A role is a script of the shell here.
func TestEnd(t *testing.T) {
	file = "/bin/sh"
	const (
		listens = `echo '{"message": "Listening", "address": "here"}'` + "\n"
		waits   = "while :; do sleep 0.01; done\n"
	)
	for _, c := range []struct {
		name, script string
		sig          syscall.Signal
		itself       bool   // it ends before it is told to
		want         string // in the error; "" is none
	}{
		{"stops", "trap 'exit 0' TERM\n" + listens + waits, syscall.SIGTERM, false, ""},
		{"stops badly", "trap 'exit 3' TERM\n" + listens + waits, syscall.SIGTERM, false, "exit status 3"},
		{"does not know the signal", listens + waits, syscall.SIGTERM, false, "signal: terminated"},
		{"is killed", listens + waits, syscall.SIGKILL, false, ""},
		{"failed", "exit 1\n", syscall.SIGTERM, true, "by itself: exit status 1"},
		{"went away", "", syscall.SIGTERM, true, "by itself: exit status 0"},
		{"failed before it was killed", "exit 1\n", syscall.SIGKILL, true, "by itself: exit status 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			role := filepath.Join(t.TempDir(), "role")
			if err := os.WriteFile(role, []byte(c.script), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Start(role, nil, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			if c.itself {
				<-r.done
			} else if err := r.Await(t.Context()); err != nil || r.Addr != "here" {
				t.Fatalf("listens at %q, %v", r.Addr, err)
			}
			if err := r.End(c.sig); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err := r.End(c.sig); err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
}
