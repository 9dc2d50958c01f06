package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

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
