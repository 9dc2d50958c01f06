package main

import (
	"errors"
	"io"
	"os"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
)

type solveCmd struct {
	In     string `default:"-" help:"Problem file; - is standard input." placeholder:"FILE"`
	Out    string `default:"-" help:"Plan file; - is standard output." placeholder:"FILE"`
	Effort int    `default:"1" help:"Scales the work allowed before an unproven answer is returned."`
}

// Run solves the problem. The plan is written for an infeasible week too, and not at
// all for bad input.
func (c *solveCmd) Run(std *streams) (err error) {
	in := std.in
	if c.In != "-" {
		f, err := os.Open(c.In)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, "--in", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	out := std.out
	if c.Out != "-" {
		f := &lazyFile{path: c.Out}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	code, err := solvefile.Run(in, out, c.Effort)
	if err == nil && code == fault.ExitUnbalanced {
		return errUnbalanced
	}
	return err
}

// lazyFile is created at the first write, so that bad input leaves an old plan alone.
type lazyFile struct {
	path string
	f    io.WriteCloser
}

// Write implements [io.Writer].
func (l *lazyFile) Write(p []byte) (int, error) {
	if l.f == nil {
		f, err := os.Create(l.path)
		if err != nil {
			return 0, fault.Wrap(fault.InvalidInput, "--out", err)
		}
		l.f = f
	}
	return l.f.Write(p)
}

// Close closes the file if it was made.
func (l *lazyFile) Close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}
