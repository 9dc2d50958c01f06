package main

import (
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/ops/mitigate"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
)

// command finds commands of the program in Markdown: a line of a block, or a span.
var command = regexp.MustCompile("(?m)^(mealplanner .+)$|`(mealplanner [^`\n]+)`")

// Every command that a runbook names, step or not, is one of the program's, with flags that
// it has and a measure that there is.
func TestRunbooksNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(runbooks.Files, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		if name == "README.md" {
			continue
		}
		b, err := fs.ReadFile(runbooks.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range command.FindAllStringSubmatch(string(b), -1) {
			found++
			line := m[1] + m[2]
			words, err := runbook.Words(line)
			if err != nil {
				t.Errorf("%s: `%s`: %v", filepath.Base(name), line, err)
				continue
			}
			if _, err := parse(words[1:], streams{out: io.Discard, err: io.Discard}); err != nil {
				t.Errorf("%s: `%s`: %v", filepath.Base(name), line, err)
			}
			if i := slices.Index(words, "mitigate"); i == 1 && len(words) > 2 {
				if _, err := mitigate.Lookup(words[2]); err != nil {
					t.Errorf("%s: `%s`: %v", filepath.Base(name), line, err)
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("%d commands only", found)
	}
}
