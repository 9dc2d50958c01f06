// Package docs checks the documentation as a whole: its index, its links, its glossary.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// pages are the Markdown files of the tree, by their path from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "dist" || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path) // both begin with root
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil || len(out) < 50 {
		t.Fatalf("%d pages, %v", len(out), err)
	}
	return out
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// links are where a page's relative links lead: a path from the root, and an anchor.
func links(page, text string) (out [][2]string) {
	text = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`").ReplaceAllString(text, "")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
			continue
		}
		path, anchor, _ := strings.Cut(m[1], "#")
		if path == "" {
			path = page
		} else {
			path = filepath.ToSlash(filepath.Join(filepath.Dir(page), path))
		}
		out = append(out, [2]string{path, anchor})
	}
	return out
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the headings as GitHub makes anchors of them.
func anchors(text string) (out []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		name = dropped.ReplaceAllString(strings.ToLower(name), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for page, text := range all {
		for _, l := range links(page, text) {
			if _, err := os.Stat(filepath.Join(root, l[0])); err != nil {
				t.Errorf("%s: there is no %s", page, l[0])
				continue
			}
			if target, ok := all[l[0]]; ok && l[1] != "" && !slices.Contains(anchors(target), l[1]) {
				t.Errorf("%s: %s has no heading %q", page, l[0], l[1])
			}
		}
	}
}

// Each page of docs is one line of docs/README.md; runbooks and decisions are in indexes of
// their own.
func TestEveryPageIsInAnIndex(t *testing.T) {
	t.Parallel()
	all := pages(t)
	listed := map[string]bool{}
	for _, index := range []string{"docs/README.md", "docs/adr/README.md", "docs/runbooks/README.md"} {
		for _, l := range links(index, all[index]) {
			listed[l[0]] = true
		}
	}
	for page := range all {
		if strings.HasPrefix(page, "docs/") && page != "docs/README.md" && !listed[page] {
			t.Errorf("%s is in no index", page)
		}
	}
}

// A decision says whether it holds, and since when; the index says the same.
func TestDecisionsHaveAStatus(t *testing.T) {
	t.Parallel()
	all := pages(t)
	head := regexp.MustCompile(`^# (\d+)\. (.+)\n\n(?:Accepted|Superseded|Rejected)\b.*, (\d{4}-\d\d-\d\d)\.\n`)
	for page, text := range all {
		if !strings.HasPrefix(page, "docs/adr/0") {
			continue
		}
		m := head.FindStringSubmatch(text)
		if m == nil {
			t.Errorf("%s begins without number, title, status and date", page)
			continue
		}
		row := regexp.MustCompile(`(?m)^\| ` + m[1] + ` \| \[` + regexp.QuoteMeta(m[2]) + `\]\(` + filepath.Base(page) + `\) \| .+ \| ` + m[3] + ` \|$`)
		if !row.MatchString(all["docs/adr/README.md"]) {
			t.Errorf("docs/adr/README.md has no row for %s of %s", m[2], m[3])
		}
	}
}

func TestGlossaryIsShortAndInOrder(t *testing.T) {
	t.Parallel()
	var words []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z ]+) \| [A-Z].+\. \|$`).FindAllStringSubmatch(pages(t)["docs/glossary.md"], -1) {
		words = append(words, m[1])
	}
	if len(words) == 0 || len(words) > 30 {
		t.Errorf("%d words, want 1 to 30", len(words))
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Errorf("not in order, or twice: %v", words)
	}
}

var path = regexp.MustCompile("`((?:pkg|cmd|test|docs|prometheus|alertmanager|grafana|otel-collector|tools)/[A-Za-z0-9_./-]*[A-Za-z0-9_])")

// A path in a page is one of the tree; a package may be followed by a test's name.
func TestPathsExist(t *testing.T) {
	t.Parallel()
	n := 0
	for page, text := range pages(t) {
		if page == "CHANGELOG.md" {
			continue // speaks of the past
		}
		for _, m := range path.FindAllStringSubmatch(text, -1) {
			n++
			dir, _, _ := strings.Cut(m[1], ".Test")
			for _, kind := range []string{".Fuzz", ".Benchmark", ".Example"} {
				dir, _, _ = strings.Cut(dir, kind)
			}
			if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
				t.Errorf("%s: there is no %s", page, dir)
			}
		}
	}
	if n < 200 {
		t.Errorf("only %d paths found", n)
	}
}

// Each package below pkg is in a layer of docs/architecture.md, by its path or below `domain/`
// and `ops/` by its name, and what stands there is a package.
func TestEveryPackageHasALayer(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(pages(t)["docs/architecture.md"], "| layer |")
	table, _, _ = strings.Cut(table, "\n\n")
	n := 0
	err := filepath.WalkDir(filepath.Join(root, "pkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" {
			return filepath.SkipDir
		}
		if sources, _ := filepath.Glob(filepath.Join(path, "*.go")); len(sources) == 0 {
			return nil
		}
		n++
		rel, _ := filepath.Rel(filepath.Join(root, "pkg"), path) // both begin with root
		name := strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(rel), "domain/"), "ops/")
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/architecture.md names no layer for pkg/%s", filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil || n < 40 {
		t.Errorf("%d packages, %v", n, err)
	}
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(cells[2], -1) {
			if !slices.ContainsFunc([]string{"", "domain", "ops"}, func(group string) bool {
				d, err := os.Stat(filepath.Join(root, "pkg", group, m[1]))
				return err == nil && d.IsDir()
			}) {
				t.Errorf("docs/architecture.md names %s, which is no package", m[1])
			}
		}
	}
}
