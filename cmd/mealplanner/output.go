package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/cmd/mealplanner/terminal"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// output is the flag of every command that lists or shows something.
type output struct {
	Format string `name:"output" short:"o" enum:"table,json" default:"table" help:"table or json."`
}

func (o output) json() bool { return o.Format == "json" }

// listing is what such a command says: rows of the same fields, for people and programs.
type listing struct {
	fields []string // as JSON names them
	rows   []record
	none   string // what people read when there are no rows
}

func newListing(none string, fields ...string) *listing {
	return &listing{fields: fields, none: none}
}

// add adds a row: text, numbers, times (nil: none), lists of texts, or [shown].
func (l *listing) add(values ...any) {
	if len(values) != len(l.fields) {
		panic(fmt.Sprintf("%d values for %q", len(values), l.fields)) // a bug
	}
	l.rows = append(l.rows, record{l.fields, values})
}

// list prints every row.
func (o output) list(std *streams, l *listing) error {
	if o.json() {
		if l.rows == nil {
			l.rows = []record{}
		}
		return o.value(std, l.rows)
	}
	if len(l.rows) == 0 && l.none != "" {
		_, err := fmt.Fprintln(std.out, l.none)
		return err
	}
	t := newTable(std.out)
	heads := make([]any, len(l.fields))
	for i, f := range l.fields {
		heads[i] = strings.ToUpper(words(f))
	}
	t.row(heads...)
	for _, r := range l.rows {
		t.row(r.values...)
	}
	return t.Flush()
}

// show prints one row: a field to a line.
func (o output) show(std *streams, fields []string, values ...any) error {
	r := record{fields, values}
	if o.json() {
		return o.value(std, r)
	}
	t := newTable(std.out)
	for i, f := range r.fields {
		t.row(words(f), r.values[i])
	}
	return t.Flush()
}

// value prints JSON.
func (output) value(std *streams, v any) error {
	e := json.NewEncoder(std.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return fault.Wrap(fault.Internal, "output", e.Encode(v))
}

func words(field string) string { return strings.ReplaceAll(field, "_", " ") }

// record is a row, in the order of its fields.
type record struct {
	fields []string
	values []any
}

// MarshalJSON implements [json.Marshaler].
func (r record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range r.fields {
		v, err := json.Marshal(plain(r.values[i]))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", f, v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

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

// table aligns cells.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)} }

func (t table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = cellText(c)
	}
	fmt.Fprintln(t, strings.Join(texts, "\t"))
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
