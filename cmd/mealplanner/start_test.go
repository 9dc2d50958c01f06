package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
)

// TestStartIsLight: no package of ours does at every start what only some command needs,
// as inittrace tells it. Bytes do not depend on the machine; time does.
func TestStartIsLight(t *testing.T) {
	t.Parallel()
	const most = 32 << 10 // for a package
	cmd := exec.CommandContext(t.Context(), "mealplanner", "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes`).FindAllStringSubmatch(trace.String(), -1)
	seen := 0
	for _, l := range lines {
		bytes, err := strconv.Atoi(l[2])
		if err != nil {
			t.Fatal(err)
		}
		if ours := regexp.MustCompile(`mealplanner/pkg/`).MatchString(l[1]); ours {
			seen++
			if bytes > most {
				t.Errorf("%s allocates %d bytes when the program starts, %d at most: build it when it is used", l[1], bytes, most)
			}
		}
	}
	if seen < 10 {
		t.Fatalf("the trace has %d of our packages:\n%s", seen, trace.String())
	}
}

// BenchmarkStart is what a command costs before it does anything.
func BenchmarkStart(b *testing.B) {
	for _, args := range [][]string{{"version"}, {"job", "list", "--help"}, {"--help"}} {
		b.Run(args[0], func(b *testing.B) {
			var cpu int64
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), "mealplanner", args...)
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
				u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
				cpu += u.Utime.Nano() + u.Stime.Nano()
			}
			b.ReportMetric(float64(cpu)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}
