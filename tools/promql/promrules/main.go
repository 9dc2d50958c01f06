// Command promrules rewrites Prometheus rule files by their parsed expressions.
//
//	promrules scale -table FILE -out DIR RULES...
//
//	promrules mutate -promtool FILE -tests GLOB -equivalent FILE [-rule NAME] RULES...
//
// scale writes the rules into DIR with all durations divided as the table says, so that what
// takes hours happens within minutes.
//
// mutate plants one fault after another in the rules and expects promtool to find each with
// the tests: other comparisons, numbers, holds and ranges, and no matcher, grouping label,
// operand of a set operator or offset. -equivalent lists faults that change nothing, each
// with its reason. -rule judges one rule only, without a look at the list's other entries.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "promrules:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: promrules scale|mutate FLAGS RULES")
	}
	switch args[0] {
	case "scale":
		return runScale(args[1:])
	case "mutate":
		return runMutate(args[1:])
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
		return errors.New("scale needs -table, -out and rule files")
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

func runMutate(args []string) error {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	promtool := flags.String("promtool", "promtool", "path of promtool")
	tests := flags.String("tests", "", "pattern of the test files")
	list := flags.String("equivalent", "", "faults that change nothing, with reasons")
	single := flags.String("rule", "", "judge this rule only")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *tests == "" || *list == "" || flags.NArg() == 0 {
		return errors.New("mutate needs -tests, -equivalent and rule files")
	}
	b := bench{promtool: *promtool, tests: map[string]testFile{}, rules: map[string]ruleFile{}}
	files, err := readRules(flags.Args())
	if err != nil {
		return err
	}
	var rules []rule
	for _, f := range files {
		b.rules[filepath.Clean(f.Path)] = f
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				if *single == "" || r.name() == *single {
					rules = append(rules, r)
				}
			}
		}
	}
	paths, err := filepath.Glob(*tests)
	if err != nil {
		return err
	}
	for _, p := range paths {
		var f testFile
		if err := decode(p, &f); err != nil {
			return err
		}
		b.tests[p] = f
	}
	equivalent := map[string]string{}
	if err := decode(*list, &equivalent); err != nil {
		return err
	}
	maps.DeleteFunc(equivalent, func(id, _ string) bool { return *single != "" && !strings.HasPrefix(id, *single+": ") })
	return b.judgeAll(context.Background(), os.Stdout, rules, equivalent, runtime.NumCPU())
}
