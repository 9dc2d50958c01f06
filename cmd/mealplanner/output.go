package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/cmd/mealplanner/terminal"
)

// output is the flag of every command that lists or shows something.
type output struct {
	Format string `name:"output" short:"o" enum:"table,json" default:"table" help:"table or json."`
}

func (o output) json() bool { return o.Format == "json" }

// shown is a value that people read in other words.
type shown struct {
	value any
	text  string
}

// brief shows the first line of a text that may have many.
func brief(s *string) shown { return shown{s, firstLine(s)} }

func plain(v any) any {
	switch v := v.(type) {
	case shown:
		return plain(v.value)
	case time.Time:
		return v.UTC()
	case *time.Time:
		if v != nil {
			return v.UTC()
		}
	case []string:
		if v == nil {
			return []string{}
		}
	}
	return v
}

// cellText is what people read in a cell.
func cellText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case shown:
		return terminal.Line(v.text)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05Z")
	case *time.Time:
		if v == nil {
			return ""
		}
		return cellText(*v)
	case []string:
		return terminal.Line(strings.Join(v, ", "))
	default:
		if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
			if p.IsNil() {
				return ""
			}
			return cellText(p.Elem().Interface())
		}
		return terminal.Line(fmt.Sprint(v))
	}
}

// printf writes a line of ours around words of others, which stay on the line.
func printf(w io.Writer, format string, args ...any) {
	for i, a := range args {
		args[i] = inLine{a}
	}
	fmt.Fprintf(w, format, args...)
}

// printLine writes words on one line.
func printLine(w io.Writer, words ...any) {
	fmt.Fprintln(w, terminal.Line(strings.TrimSuffix(fmt.Sprintln(words...), "\n")))
}

type inLine struct{ any }

// Format implements [fmt.Formatter].
func (a inLine) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, terminal.Line(fmt.Sprintf(fmt.FormatString(f, verb), a.any))) // a fmt.State reports its errors itself
}

// guarded are the streams with what would steer a terminal taken out of them.
func (s streams) guarded() streams {
	return streams{in: s.in, out: terminal.NewWriter(s.out), err: terminal.NewWriter(s.err), bare: s.out, bareErr: s.err}
}

// file is where a file goes byte for byte, unless a terminal shows it.
func (s streams) file() io.Writer {
	if f, ok := s.bare.(*os.File); ok && isTerminal(f) {
		return s.out
	}
	return s.bare
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// counted is a number with its noun: 1 meal, 2 meals.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
