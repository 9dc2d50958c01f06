// Command traps checks docs/traps.md: every test the table names must exist and pass. Run
// it from the root of the module: go run ./test/cmd/traps
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
)

const table = "docs/traps.md"

var packages = []string{
	"./pkg/tandoor/...", "./pkg/fatsecret/...", "./pkg/resilient", "./pkg/seal",
	"./pkg/domain/calendar", "./pkg/postgres", "./pkg/sandbox/tandoortest", "./pkg/sandbox/fatsecrettest", "./test/conformance/...",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "traps:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	doc, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	named, err := tests(string(doc))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json", "-count=1"}, packages...)...)
	cmd.Stderr = os.Stderr
	events, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return err // a failing test is found below, by name
	}
	outcome, perr := outcomes(bytes.NewReader(events))
	if perr != nil {
		return perr
	}
	if bad := missing(named, outcome); len(bad) > 0 {
		return fmt.Errorf("%s:\n  %s", table, strings.Join(bad, "\n  "))
	}
	_, err = fmt.Fprintf(out, "traps: %d tests named in %s exist and pass\n", len(named), table)
	return err
}

var code = regexp.MustCompile("`([^`]+)`")

// tests reads the third column of the table's rows: one or more `package.TestName/subtest`.
func tests(doc string) ([]string, error) {
	var out []string
	for n, line := range strings.Split(doc, "\n") {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| trap") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 3 {
			return nil, fmt.Errorf("%s:%d: %d columns; want 3", table, n+1, len(cells))
		}
		names := code.FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 && !strings.Contains(cells[2], "no test:") {
			return nil, fmt.Errorf("%s:%d: names no test and does not say why", table, n+1)
		}
		for _, m := range names {
			out = append(out, m[1])
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s names no tests", table)
	}
	return out, nil
}

// outcomes reads the events of go test -json: the last action by "package.Test/sub", with
// the last element of the package path and underscores as spaces.
func outcomes(r io.Reader) (map[string]string, error) {
	out := map[string]string{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("go test -json: %w", err)
		}
		if e.Test != "" && slices.Contains([]string{"pass", "fail", "skip"}, e.Action) {
			out[canonical(e.Package[strings.LastIndexByte(e.Package, '/')+1:]+"."+e.Test)] = e.Action
		}
	}
	return out, lines.Err()
}

func canonical(name string) string { return strings.ReplaceAll(name, "_", " ") }

func missing(named []string, outcome map[string]string) []string {
	var bad []string
	for _, name := range named {
		switch got := outcome[canonical(name)]; got {
		case "pass":
		case "":
			bad = append(bad, name+": no such test")
		default:
			bad = append(bad, name+": "+got)
		}
	}
	return bad
}
