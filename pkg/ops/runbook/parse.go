package runbook

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// Parse reads a runbook strictly. Errors have kind InvalidInput and name the slug and what
// is wrong.
func Parse(slug, markdown string) (Runbook, error) {
	r := Runbook{Slug: slug, Text: markdown}
	if err := r.parse([]byte(markdown)); err != nil {
		return Runbook{}, fault.Wrap(fault.InvalidInput, "runbook "+slug, err)
	}
	return r, nil
}

var (
	alertName = lazyregexp.New(`^[A-Za-z]+$`)
	severity  = lazyregexp.New(`^Severity: (critical|warning|info|none)$`)
)

func (r *Runbook) parse(source []byte) error {
	top, names, body := split(source)
	if len(top) != 2 || !isHeading(top[0], 1) || !alertName().MatchString(raw(top[0], source)) {
		return errors.New("want `# Alert`, an empty line and `Severity: ...`, then the sections")
	}
	m := severity().FindStringSubmatch(raw(top[1], source))
	if m == nil {
		return errors.New("want `# Alert`, an empty line and `Severity: ...`")
	}
	r.Alert, r.Severity = raw(top[0], source), m[1]
	for _, name := range names {
		if len(body[name]) == 0 {
			return fmt.Errorf("the section %s is empty", name)
		}
	}
	if !slices.Equal(names, sections) {
		return fmt.Errorf("has the sections %v; want %v", names, sections)
	}
	if flow := body["Flow"][0]; language(flow, source) != "mermaid" || !strings.HasPrefix(raw(flow, source), "flowchart ") {
		return errors.New("the flow is no Mermaid flow chart")
	}
	if err := r.diagnosis(body["Diagnosis"], source); err != nil {
		return fmt.Errorf("diagnosis: %w", err)
	}
	if err := r.mitigation(body["Mitigation"], source); err != nil {
		return fmt.Errorf("mitigation: %w", err)
	}
	var err error
	if r.Looks, err = looks(body["Resolution"], source); err != nil {
		return fmt.Errorf("resolution: %w", err)
	}
	return nil
}

// split returns the blocks above the first section, the names of the sections in their order,
// and the blocks of each.
func split(source []byte) (top []ast.Node, names []string, body map[string][]ast.Node) {
	body = map[string][]ast.Node{}
	doc := goldmark.DefaultParser().Parse(text.NewReader(source))
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		switch {
		case isHeading(n, 2):
			names = append(names, raw(n, source))
		case len(names) == 0:
			top = append(top, n)
		default:
			name := names[len(names)-1]
			body[name] = append(body[name], n)
		}
	}
	return top, names, body
}

func (r *Runbook) diagnosis(blocks []ast.Node, source []byte) (err error) {
	if r.Diagnosis, err = steps(blocks, source); err != nil {
		return err
	}
	for _, s := range r.Diagnosis {
		if err := reading(s); err != nil {
			return err
		}
	}
	if len(r.Diagnosis) < 2 {
		return errors.New("one step only; want a second look")
	}
	return nil
}

// mitigation is steps, or prose without a fenced block.
func (r *Runbook) mitigation(blocks []ast.Node, source []byte) (err error) {
	if l, ok := blocks[0].(*ast.List); ok && l.IsOrdered() {
		r.Mitigation, err = steps(blocks, source)
		return err
	}
	if len(fenced(blocks)) > 0 {
		return fmt.Errorf("a block that is no step; want %s", expected)
	}
	return nil
}

// looks are the commands of all fenced blocks, those inside a list or a quotation included.
func looks(blocks []ast.Node, source []byte) (out []Step, err error) {
	for _, b := range fenced(blocks) {
		s, err := command(b, source)
		if err != nil {
			return nil, err
		}
		if err := reading(s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

const expected = "a numbered sentence, a block ```sh with one command and a block ```expect with one regular expression"

func steps(blocks []ast.Node, source []byte) (out []Step, err error) {
	for ; len(blocks) > 0; blocks = blocks[3:] {
		n := len(out) + 1
		if len(blocks) < 3 || language(blocks[2], source) != "expect" || language(blocks[1], source) != "sh" {
			return nil, fmt.Errorf("step %d: want %s", n, expected)
		}
		sentence, ok := numbered(blocks[0], n, source)
		pattern := raw(blocks[2], source)
		if !ok || pattern == "" || strings.Contains(pattern, "\n") {
			return nil, fmt.Errorf("step %d: want %s", n, expected)
		}
		s, err := command(blocks[1], source)
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", n, err)
		}
		s.Text = sentence
		if s.Expect, err = regexp.Compile(pattern); err != nil {
			return nil, fmt.Errorf("step %d: %w", n, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// numbered returns the text of a list of one item with a number.
func numbered(n ast.Node, number int, source []byte) (string, bool) {
	list, ok := n.(*ast.List)
	if !ok || !list.IsOrdered() || list.Start != number || list.ChildCount() != 1 || list.FirstChild().ChildCount() != 1 {
		return "", false
	}
	sentence := list.FirstChild().FirstChild()
	if k := sentence.Kind(); k != ast.KindTextBlock && k != ast.KindParagraph {
		return "", false
	}
	return raw(sentence, source), true
}

// command returns a step of a block with one command of the program.
func command(block ast.Node, source []byte) (Step, error) {
	line := raw(block, source)
	words, err := Words(line)
	if err != nil {
		return Step{}, err
	}
	if language(block, source) != "sh" || strings.Contains(line, "\n") || len(words) < 2 || words[0] != Program {
		return Step{}, fmt.Errorf("%q is no command of %s in one line of a block ```sh", line, Program)
	}
	return Step{Command: line, Args: words[1:]}, nil
}

// fenced returns the fenced code blocks at any depth. An indented one shows a command that is not
// for every installation, and no test executes it.
func fenced(blocks []ast.Node) (out []ast.Node) {
	for _, b := range blocks {
		_ = ast.Walk(b, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker itself never fails
			if entering && n.Kind() == ast.KindFencedCodeBlock {
				out = append(out, n)
			}
			return ast.WalkContinue, nil
		})
	}
	return out
}

func isHeading(n ast.Node, level int) bool {
	h, ok := n.(*ast.Heading)
	return ok && h.Level == level
}

// language returns the language of a fenced code block, and nothing for every other block.
func language(n ast.Node, source []byte) string {
	if f, ok := n.(*ast.FencedCodeBlock); ok {
		return string(f.Language(source))
	}
	return ""
}

// raw returns the lines of a block as they are in the source, without the last line's end.
func raw(n ast.Node, source []byte) string {
	return strings.TrimSuffix(string(n.Lines().Value(source)), "\n")
}
