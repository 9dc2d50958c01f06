// Package runbook reads runbooks: Markdown of one strict form, whose steps are commands
// that can be executed, each with the line to expect of it.
package runbook

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
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
	"job list", "job history", listSettings, "mail list", "mail queue", "mail stats", "user list",
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
