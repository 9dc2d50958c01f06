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
	"syscall"
	"time"
	_ "time/tzdata" // users have time zones, wherever the program runs

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// streams are the process's standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
	bare     io.Writer // out as the shell gave it
	bareErr  io.Writer // err as the shell gave it
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	std = std.guarded()
	cmd, err := parse(args, std)
	if errors.Is(err, errHelpShown) {
		return fault.ExitOK
	}
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
