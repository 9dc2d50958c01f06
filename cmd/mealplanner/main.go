// Command mealplanner plans a week of meals for people who cook from their own recipe
// library. Run `mealplanner --help`, or `mealplanner demo` to see it work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are the process's standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exited carries kong's own exit (after --help) through the parse.
type exited int

// longFlags lets -name stand for --name, as Go's own tools write it.
func longFlags(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if len(a) > 2 && a[0] == '-' && a[1] >= 'a' && a[1] <= 'z' && a[2] != '=' {
			out[i] = "-" + a
		}
	}
	return out
}

func run(ctx context.Context, args []string, std streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	parser := newParser(std)
	cmd, err := parser.Parse(longFlags(args))
	if err != nil {
		fmt.Fprintf(std.err, "mealplanner: %v\nTry: mealplanner --help\n", err)
		return fault.ExitUsage
	}
	cmd.BindTo(ctx, (*context.Context)(nil))
	err = cmd.Run(&std, time.Now)
	if err != nil && !errors.Is(err, errUnbalanced) {
		fmt.Fprintf(std.err, "mealplanner: %v\n", err)
	}
	return exitCode(err)
}
