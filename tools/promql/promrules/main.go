// Command promrules rewrites Prometheus rule files by their parsed expressions.
//
//	promrules scale -table FILE -out DIR RULES...
//
// scale writes the rules into DIR with all durations divided as the table says, so that what
// takes hours happens within minutes.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "promrules:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: promrules scale -table FILE -out DIR RULES...")
	}
	switch args[0] {
	case "scale":
		return runScale(args[1:])
	default:
		return fmt.Errorf("no command %s", args[0])
	}
}

func runScale(args []string) error {
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	path := flags.String("table", "", "the table of factors")
	out := flags.String("out", "", "directory for the scaled rule files")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *path == "" || *out == "" || flags.NArg() == 0 {
		return fmt.Errorf("scale needs -table, -out and rule files")
	}
	var t table
	if err := decode(*path, &t); err != nil {
		return err
	}
	files, err := readRules(flags.Args())
	if err != nil {
		return err
	}
	scaled, err := t.scale(files)
	if err != nil {
		return err
	}
	return writeRules(*out, scaled)
}
