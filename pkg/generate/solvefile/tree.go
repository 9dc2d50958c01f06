package solvefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// MaxInput bounds the size of a problem or plan file, in bytes.
const MaxInput = 16 << 20

const maxDepth = 16

func invalid(path, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	return fault.New(fault.InvalidInput, "", "%s", message)
}

// node is one JSON value with the path that leads to it, such as locks[1].recipe.
type node struct {
	path   string
	value  any // nil, bool, string, json.Number, []node or *object
	object []member
	array  []node
	kind   kind
}

type kind uint8

const (
	null kind = iota
	boolean
	text
	number
	array
	object
)

var kindNames = [...]string{"null", "a boolean", "a string", "a number", "a list", "an object"}

type member struct {
	name string
	node node
}

// parse reads one JSON document and nothing after it. Unlike encoding/json it tells fields
// apart by case, refuses fields given twice, and keeps numbers as they are written.
func parse(in io.Reader) (node, error) {
	data, err := io.ReadAll(io.LimitReader(in, MaxInput+1))
	if err != nil {
		return node{}, fault.Wrap(fault.Internal, "read the file", err)
	}
	if len(data) > MaxInput {
		return node{}, invalid("file", "larger than %d bytes", MaxInput)
	}
	if !utf8.Valid(data) {
		return node{}, invalid("file", "not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	root, err := parseNode(dec, "", 0)
	if err != nil {
		return node{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, invalid("file", "more data after the end of the JSON value, at byte %d", dec.InputOffset())
	}
	return root, nil
}

func parseNode(dec *json.Decoder, path string, depth int) (node, error) {
	n := node{path: path}
	if depth > maxDepth {
		return n, invalid(path, "nested too deeply")
	}
	tok, err := dec.Token()
	if err != nil {
		return n, syntaxError(path, err)
	}
	switch t := tok.(type) {
	case nil:
		n.kind = null
	case bool:
		n.kind, n.value = boolean, t
	case string:
		n.kind, n.value = text, t
	case json.Number:
		n.kind, n.value = number, t
	case json.Delim:
		if t == '[' {
			n.kind = array
			err = n.parseArray(dec, depth)
		} else {
			n.kind = object
			err = n.parseObject(dec, depth)
		}
	}
	return n, err
}

func syntaxError(path string, err error) error {
	if path == "" {
		path = "file"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid(path, "the JSON ends too early")
	}
	return invalid(path, "not JSON: %s", oneLine(err.Error()))
}

func oneLine(s string) string { return string(bytes.Join(bytes.Fields([]byte(s)), []byte(" "))) }

func (n *node) parseArray(dec *json.Decoder, depth int) error {
	for dec.More() {
		item, err := parseNode(dec, fmt.Sprintf("%s[%d]", n.path, len(n.array)), depth+1)
		if err != nil {
			return err
		}
		n.array = append(n.array, item)
	}
	return n.close(dec)
}

func (n *node) parseObject(dec *json.Decoder, depth int) error {
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return syntaxError(n.path, err)
		}
		name, ok := tok.(string)
		if !ok {
			return invalid(n.path, "not JSON: a field has no name")
		}
		path := n.child(name)
		if n.member(name) != nil {
			return invalid(path, "given twice")
		}
		item, err := parseNode(dec, path, depth+1)
		if err != nil {
			return err
		}
		n.object = append(n.object, member{name, item})
	}
	return n.close(dec)
}

func (n *node) close(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return syntaxError(n.path, err)
	}
	return nil
}

// child is the path of a field; names that would not fit on one line are quoted.
func (n *node) child(name string) string {
	for _, r := range name {
		if r < ' ' || r > '~' {
			name = fmt.Sprintf("%+q", name)
			break
		}
	}
	if n.path == "" {
		return name
	}
	return n.path + "." + name
}

func (n *node) member(name string) *node {
	i := slices.IndexFunc(n.object, func(m member) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return &n.object[i].node
}
