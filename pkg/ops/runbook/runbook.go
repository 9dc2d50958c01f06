// Package runbook reads runbooks: Markdown of one strict form, whose steps are commands
// that can be executed, each with the line to expect of it.
package runbook

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// Step is something to do.
type Step struct {
	Text    string
	Command string
	Args    []string // the command's words after the program's name
	// Expect matches a line of the output that is there under the alert's fault and not
	// without it.
	Expect *regexp.Regexp
}

// Matches reports whether a line of the output is the expected one.
func (s Step) Matches(output string) bool {
	return slices.ContainsFunc(strings.Split(output, "\n"), func(line string) bool { return s.Expect.MatchString(strings.TrimRight(line, " \r")) })
}

// Runbook is one runbook.
type Runbook struct {
	Slug, Alert, Severity string
	Diagnosis             []Step // changes nothing
	Mitigation            []Step
	// Looks are the commands of the resolution, each in a block: they show something that
	// need not be there, and change nothing.
	Looks []Step
	Text  string // the Markdown
}

// sections are those of a runbook, in their order.
var sections = []string{"Symptom", "Impact", "Flow", "Diagnosis", "Mitigation", "Resolution", "Post-incident"}

// Program is the first word of every command.
const Program = "mealplanner"

// readers are the commands that change nothing, by their first words. Others of their groups
// do change something: `debug USER` has every process write DEBUG lines.
var readers = []string{
	"diagnose", "doctor", "debug promql", "debug logql", "debug trace", "debug sql", "alert list", "alert acks", "alert responses", "alert oncall",
	"job list", "job history", listSettings, "mail queue", "mail stats", "user list",
}

// listSettings changes a setting once it has further words.
const listSettings = "job setting"

// reading refuses a command that may change something.
func reading(s Step) error {
	words := strings.Join(s.Args, " ")
	if slices.ContainsFunc(readers, func(r string) bool {
		return words == r || r != listSettings && strings.HasPrefix(words, r+" ")
	}) {
		return nil
	}
	return fmt.Errorf("%q may change something: make it a step of the mitigation, or name it in a sentence; here are only %s", s.Command, strings.Join(readers, ", "))
}

// All reads every runbook of a directory, by slug.
func All(files fs.FS) (map[string]Runbook, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "runbooks", err)
	}
	out := map[string]Runbook{}
	for _, name := range names {
		if name == "README.md" {
			continue
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "runbooks", err)
		}
		slug := strings.TrimSuffix(name, ".md")
		if out[slug], err = Parse(slug, string(b)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

var (
	title    = lazyregexp.New(`^# ([A-Za-z]+)\n\nSeverity: (critical|warning|info|none)\n`)
	heading  = lazyregexp.New(`(?m)^## (.+)$`)
	step     = lazyregexp.New("(?s)^(\\d+)\\. ([^`]+(?:`[^`\n]+`[^`]*)*?)\n\n```sh\n([^\n]+)\n```\n\n```expect\n([^\n]+)\n```\n")
	expected = "a numbered sentence, a block ```sh with one command and a block ```expect with one regular expression"
)

// Parse reads a runbook strictly. Errors have kind InvalidInput and name the slug and what
// is wrong.
func Parse(slug, text string) (Runbook, error) {
	bad := func(format string, args ...any) (Runbook, error) {
		return Runbook{}, fault.New(fault.InvalidInput, "runbook "+slug, format, args...)
	}
	m := title().FindStringSubmatch(text)
	if m == nil {
		return bad("want `# Alert`, an empty line and `Severity: ...`")
	}
	r := Runbook{Slug: slug, Alert: m[1], Severity: m[2], Text: text}
	heads := heading().FindAllStringSubmatchIndex(text, -1)
	body := map[string]string{}
	var names []string
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		name := text[h[2]:h[3]]
		names, body[name] = append(names, name), strings.TrimSpace(text[h[1]:end])
		if body[name] == "" {
			return bad("the section %s is empty", name)
		}
	}
	if !slices.Equal(names, sections) {
		return bad("has the sections %v; want %v", names, sections)
	}
	if !strings.HasPrefix(body["Flow"], "```mermaid\nflowchart ") {
		return bad("the flow is no Mermaid flow chart")
	}
	var err error
	if r.Diagnosis, err = steps(body["Diagnosis"]); err != nil {
		return bad("diagnosis: %v", err)
	}
	for _, s := range r.Diagnosis {
		if err := reading(s); err != nil {
			return bad("diagnosis: %v", err)
		}
	}
	if len(r.Diagnosis) < 2 {
		return bad("diagnosis: one step only; want a second look")
	}
	if strings.HasPrefix(body["Mitigation"], "1.") {
		if r.Mitigation, err = steps(body["Mitigation"]); err != nil {
			return bad("mitigation: %v", err)
		}
	} else if strings.Contains(body["Mitigation"], "```") {
		return bad("mitigation: a block that is no step; want %s", expected)
	}
	if r.Looks, err = looks(body["Resolution"]); err != nil {
		return bad("resolution: %v", err)
	}
	return r, nil
}

// block is a fenced block of any kind.
var block = lazyregexp.New("(?ms)^```(\\w*)\n(.*?)\n```$")

func looks(text string) (out []Step, err error) {
	for _, m := range block().FindAllStringSubmatch(text, -1) {
		words, err := Words(m[2])
		if err != nil {
			return nil, err
		}
		if m[1] != "sh" || strings.Contains(m[2], "\n") || len(words) < 2 || words[0] != Program {
			return nil, fmt.Errorf("%q is no block ```sh with one command of %s", m[2], Program)
		}
		s := Step{Command: m[2], Args: words[1:]}
		if err := reading(s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func steps(text string) (out []Step, err error) {
	for text += "\n"; strings.TrimSpace(text) != ""; text = strings.TrimLeft(text, "\n") {
		m := step().FindStringSubmatch(text)
		if m == nil || m[1] != strconv.Itoa(len(out)+1) {
			return nil, fmt.Errorf("step %d: want %s", len(out)+1, expected)
		}
		s := Step{Text: m[2], Command: m[3]}
		words, err := Words(s.Command)
		if err != nil {
			return nil, fmt.Errorf("step %s: %w", m[1], err)
		}
		if words[0] != Program || len(words) < 2 {
			return nil, fmt.Errorf("step %s: %q is no command of %s", m[1], s.Command, Program)
		}
		s.Args = words[1:]
		if s.Expect, err = regexp.Compile(m[4]); err != nil {
			return nil, fmt.Errorf("step %s: %w", m[1], err)
		}
		out, text = append(out, s), text[len(m[0]):]
	}
	return out, nil
}

// Words splits a command into words as a shell does. A command that needs a shell for more
// than its quotes (variables, pipes, patterns) is refused, because it has to run everywhere.
func Words(command string) ([]string, error) {
	f, err := syntax.NewParser().Parse(strings.NewReader(command), "")
	if err != nil {
		return nil, err
	}
	if len(f.Stmts) != 1 {
		return nil, errors.New("want one command")
	}
	s := f.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(s.Redirs) > 0 || s.Negated || s.Background {
		return nil, errors.New("want one plain command")
	}
	out := make([]string, len(call.Args))
	for i, w := range call.Args {
		if !plain(w.Parts) {
			return nil, fmt.Errorf("word %d has to be quoted", i+1)
		}
		// With nil, the library writes into a configuration that all callers share.
		if out[i], err = expand.Literal(&expand.Config{}, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plain reports whether a shell makes nothing but text of the parts of a word.
func plain(parts []syntax.WordPart) bool {
	return !slices.ContainsFunc(parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.Lit:
			return strings.ContainsAny(p.Value, "*?[]{}~#\\")
		case *syntax.SglQuoted:
			return p.Dollar
		case *syntax.DblQuoted:
			return p.Dollar || slices.ContainsFunc(p.Parts, func(q syntax.WordPart) bool { _, text := q.(*syntax.Lit); return !text })
		default:
			return true
		}
	})
}
