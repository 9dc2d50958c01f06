// Command release makes what a release consists of: for each platform an archive with the
// binary and an SBOM, an image archive, and their checksums. Two builds of one commit give
// the same bytes, but for the image. It also writes the licence notices that the binary
// holds. Run it from the root of the module; docs/releasing.md says more.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

const usage = `usage: release build [-version VERSION] [-out DIR] [-image=false]
       release check [-version VERSION]
       release image -version VERSION -out FILE
       release notices`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	version := flags.String("version", "", "version to build; empty: the tag of the commit")
	out := flags.String("out", "dist", "directory, or the image's file")
	image := flags.Bool("image", true, "build the image where a Docker engine runs")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return errors.New(usage)
	}
	if args[0] == "notices" {
		return writeNotices(".")
	}
	c, err := head(ctx, ".", *version)
	if err != nil {
		return err
	}
	switch args[0] {
	case "build":
		return build(ctx, ".", *out, c, wanted{platforms, *image}, os.Stdout)
	case "check":
		return check(ctx, c, os.Stdout)
	case "image":
		return buildImage(ctx, ".", *out, c)
	default:
		return errors.New(usage)
	}
}
