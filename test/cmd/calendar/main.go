// Command calendar runs the tests that depend on the time at given moments: the whole
// process believes it, and so does PostgreSQL.
//
// The Go side is a copy of the standard library's time.Now with an offset, brought in by
// `go test -overlay`; PostgreSQL's and dovecot's is offset.c.txt, preloaded. All count on from
// the moment at the real speed, and each package begins at the moment itself.
//
//	go run ./test/cmd/calendar              every moment
//	go run ./test/cmd/calendar -rotating 3  three of them, others each day
//	go run ./test/cmd/calendar -only dst    those whose name holds "dst"
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
)

//go:embed offset.c.txt
var offsetC []byte

// Variables that the command gives to itself and to the tests' processes.
const (
	offsetVariable  = "MEALPLANNER_TEST_CLOCK_OFFSET" // in whole seconds; read by the overlaid time.Now
	momentVariable  = "MEALPLANNER_TEST_MOMENT"
	preloadVariable = "MEALPLANNER_TEST_PRELOAD" // offset.c.txt, compiled
)

// packages are those whose tests ask for the time, or whose code under test does.
var packages = []string{
	"./cmd/...", "./pkg/app", "./pkg/domain/calendar", "./pkg/coach", "./pkg/outbox", "./pkg/ops/drill", "./pkg/inbox", "./pkg/domain/insight", "./pkg/jobs",
	"./pkg/mailer", "./pkg/telemetry/observe", "./pkg/planner", "./pkg/postgres", "./pkg/sandbox/...", "./pkg/domain/schedule", "./pkg/replies", "./pkg/web", "./test/suite/planmail",
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "exec" {
		fail(runAt(os.Getenv(momentVariable), os.Args[2:]))
	}
	rotating := flag.Int("rotating", 0, "run only so many moments, others each day; 0 runs all")
	only := flag.String("only", "", "run only the moments whose name holds this")
	flag.Parse()
	fail(run(*rotating, *only, flag.Args()))
}

func fail(err error) {
	if err == nil {
		os.Exit(0)
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() > 0 {
		os.Exit(ended.ExitCode())
	}
	fmt.Fprintln(os.Stderr, "calendar:", err)
	os.Exit(1)
}

// run prints a line for each moment and ends with an error if the tests failed at any.
func run(rotating int, only string, args []string) error {
	dir, err := os.MkdirTemp("", "calendar")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := writeOverlay(dir)
	if err != nil {
		return err
	}
	preload := filepath.Join(dir, "offset.so")
	compile := exec.Command("cc", "-shared", "-fPIC", "-O2", "-o", preload, "-x", "c", "-")
	compile.Stdin = bytes.NewReader(offsetC)
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compile offset.c.txt: %w: %s", err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as another account
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = packages
	}
	var failed []string
	for _, m := range choose(moments(), rotating, only, time.Now()) {
		begin := time.Now()
		cmd := exec.Command("go", append([]string{"test", "-count=1", "-timeout=30m", "-vet=off", "-exec", self + " exec"}, args...)...)
		// The overlay reaches builds inside the tests too.
		cmd.Env = append(os.Environ(), momentVariable+"="+m.at.Format(time.RFC3339), preloadVariable+"="+preload, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay))
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		verdict := "ok"
		if err != nil {
			verdict = "FAIL"
			failed = append(failed, m.name)
			fmt.Println(out.String())
		}
		fmt.Printf("| %s | %s | %s | %d s |\n", m.name, m.at.Format("Mon 2006-01-02 15:04 MST"), verdict, int(time.Since(begin).Seconds()))
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed at: %s", strings.Join(failed, "; "))
	}
	return nil
}

// moment is a time at which a mistake about time would show.
type moment struct {
	name string
	at   time.Time
}

func moments() []moment {
	in := func(zone string, year int, month time.Month, day, hour, minute int) time.Time {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err) // a Go installation without time zones
		}
		return time.Date(year, month, day, hour, minute, 0, 0, loc)
	}
	var out []moment
	for day := range 7 {
		at := in("UTC", 2026, time.December, 7+day, 10, 30)
		out = append(out, moment{"weekday " + at.Weekday().String(), at})
	}
	return append(out,
		moment{"before the trends", in("Europe/Berlin", 2026, time.December, 10, 19, 55)},
		moment{"before the plan, Berlin", in("Europe/Berlin", 2026, time.December, 11, 5, 58)},
		moment{"before the plan, Auckland", in("Pacific/Auckland", 2026, time.December, 11, 5, 58)},
		moment{"before the plan, Los Angeles", in("America/Los_Angeles", 2026, time.December, 11, 5, 58)},
		moment{"dst begins, Berlin", in("Europe/Berlin", 2027, time.March, 28, 1, 58)},
		moment{"dst ends, Berlin", in("Europe/Berlin", 2027, time.October, 31, 1, 58)},
		moment{"dst begins, New York", in("America/New_York", 2027, time.March, 14, 1, 58)},
		moment{"dst ends, New York", in("America/New_York", 2027, time.November, 7, 0, 58)},
		moment{"week 53", in("Europe/Berlin", 2026, time.December, 31, 23, 30)},
		moment{"new year", in("Europe/Berlin", 2027, time.January, 1, 0, 10)},
		moment{"leap day", in("Europe/Berlin", 2028, time.February, 29, 12, 0)},
	)
}

// choose returns the moments to run; the day decides where rotation begins.
func choose(all []moment, rotating int, only string, today time.Time) []moment {
	var out []moment
	for _, m := range all {
		if strings.Contains(m.name, only) {
			out = append(out, m)
		}
	}
	if rotating <= 0 || rotating >= len(out) {
		return out
	}
	first := int(today.Unix()/86_400) * rotating
	chosen := make([]moment, rotating)
	for i := range chosen {
		chosen[i] = out[(first+i)%len(out)]
	}
	return chosen
}

// writeOverlay makes the overlay for `go test`: time.Now is ahead by the offset.
func writeOverlay(dir string) (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	name := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	src, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	const now = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {\n\t\treturn Time{uint64(nsec), sec + unixToInternal, Local}\n\t}\n"
	if bytes.Count(src, []byte(now)) != 1 {
		return "", errors.New("time.Now of this Go is another one than this command knows: adapt writeOverlay")
	}
	changed := bytes.Replace(src, []byte(now), []byte(now+"\tsec += clockOffset\n"), 1)
	changed = append(changed, []byte(`
var clockOffset = func() (offset int64) {
	s, _ := syscall.Getenv("`+offsetVariable+`")
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	for _, c := range []byte(s) {
		offset = offset*10 + int64(c-'0')
	}
	if negative {
		return -offset
	}
	return offset
}()
`)...)
	if !bytes.Contains(changed, []byte("\t\"syscall\"\n")) {
		changed = bytes.Replace(changed, []byte("import (\n"), []byte("import (\n\t\"syscall\"\n"), 1)
	}
	copied := filepath.Join(dir, "time.go")
	if err := os.WriteFile(copied, changed, 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {name: copied}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, overlay, 0o600)
}

// runAt replaces this process by a test's, whose clock and whose servers' clocks show the
// moment now.
func runAt(moment string, args []string) error {
	at, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return err
	}
	bin, err := pglocal.Find()
	if err != nil {
		return err
	}
	// The test's process is this one, so the directory stays: a few hundred bytes below /tmp.
	dir, err := os.MkdirTemp("", "calendar-bin")
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	offset := strconv.FormatInt(int64(time.Until(at).Round(time.Second).Seconds()), 10)
	programs := map[string]string{"initdb": filepath.Join(bin, "initdb"), "postgres": filepath.Join(bin, "postgres")}
	for name, program := range programs {
		script := fmt.Sprintf("#!/bin/sh\nexec env LD_PRELOAD=%s CLOCK_OFFSET=%s %s \"$@\"\n", os.Getenv(preloadVariable), offset, program)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			return err
		}
	}
	env := append(os.Environ(), offsetVariable+"="+offset, "PGBIN="+dir)
	return syscall.Exec(args[0], args, env)
}
