package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		done, total int
		took        time.Duration
		want        string
	}{
		{0, 100, time.Minute, "[" + strings.Repeat(".", 30) + "]   0 %"},
		{25, 100, 10 * time.Second, "[#######" + strings.Repeat(".", 23) + "]  25 %, 30s left"},
		{99, 100, 100 * time.Second, "[" + strings.Repeat("#", 29) + ".]  99 %, 1s left"},
		{50, 100, 10 * time.Millisecond, "[" + strings.Repeat("#", 15) + strings.Repeat(".", 15) + "]  50 %"},
		{100, 100, time.Minute, "[" + strings.Repeat("#", 30) + "] 100 %"},
		{120, 100, time.Minute, "[" + strings.Repeat("#", 30) + "] 100 %"},
		{0, 0, time.Minute, ""},
	} {
		if got := bar(c.done, c.total, c.took); got != c.want {
			t.Errorf("%d of %d after %s: %q, want %q", c.done, c.total, c.took, got, c.want)
		}
	}
}

// TestProgressOfAnImport: a terminal gets a bar that is written over, everything else lines.
func TestProgressOfAnImport(t *testing.T) {
	t.Parallel()
	at := time.Unix(0, 0)
	clock := func() time.Time { at = at.Add(time.Second); return at }
	var out bytes.Buffer
	report := streams{err: &out}.importing(clock)
	for n := range 251 {
		report(n, 250)
	}
	if got, want := out.String(), "read 0 of 250 recipes\nread 100 of 250 recipes\nread 200 of 250 recipes\nread 250 of 250 recipes\n"; got != want {
		t.Errorf("without a terminal: %q, want %q", got, want)
	}
}

// TestProgressOnATerminal imports with a real terminal, which script makes.
func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("there is no script(1)")
	}
	d := newDesk(t)
	line := fmt.Sprintf("mealplanner import --full --accept-changes --smtp-encryption=none --key=%s --database-url='%s'", d.flags["key"], d.flags["database-url"])
	out, err := exec.CommandContext(t.Context(), script, "-qec", line, "/dev/null").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bars := strings.Count(string(out), "\r")
	if !strings.Contains(string(out), "recipes [") || !strings.Contains(string(out), "read 146 of 146 recipes") || bars < 2 {
		t.Errorf("%q", out)
	}
}
