package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// Each language has a translation of every message, and none of what is said no longer.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	said, err := extract(root)
	if err != nil {
		t.Fatal(err)
	}
	said.words()
	const least = 900
	if len(said) < least {
		t.Fatalf("only %d messages were found", len(said))
	}
	files, err := filepath.Glob(filepath.Join(root, catalogues, "*.po"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			c, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			missing, unused := c.compare(said)
			for _, m := range missing {
				t.Errorf("no translation of %q (%s): run go run ./tools/messages, and write one", m.one, strings.Join(said[m], ", "))
			}
			for _, m := range unused {
				t.Errorf("nobody says %q: run go run ./tools/messages", m.one)
			}
			if content, err := os.ReadFile(file); err != nil || string(content) != c.write(said) {
				t.Errorf("the file is not as the tool writes it: run go run ./tools/messages (%v)", err)
			}
			for m, forms := range c.texts {
				for _, f := range forms {
					if !slices.Equal(verbs(m.one), verbs(f)) && !slices.Equal(verbs(m.many), verbs(f)) {
						t.Errorf("%q puts %v in, %q %v", m.one, verbs(m.one), f, verbs(f))
					}
				}
			}
		})
	}
}

var verb = regexp.MustCompile(`%(?:\[\d+\])?[+#.\d]*[a-z]`)

// verbs are those of a format, sorted.
func verbs(format string) []string {
	all := verb.FindAllString(strings.ReplaceAll(format, "%%", ""), -1)
	if !strings.Contains(format, "%[") {
		return all // in this order
	}
	slices.Sort(all)
	return all
}

func TestExtract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pkg/a/a.go":                "package a\n\nfunc f() {\n\tl.Say(\"Said %d\", 1)\n\tmessage.Counted(2, \"%d one\", \"%d many\")\n\tfault.New(fault.InvalidInput, \"op\", \"for operators\")\n\tl.Say(text)\n}\n",
		"pkg/web/b.go":              "package web\n\nvar err = fault.New(fault.InvalidInput, \"op\", \"told \" + \"%s\", x)\nvar other = fault.New(fault.Internal, \"op\", \"not told\")\nvar cure = fault.New(fault.NotFound, \"op\", \"no user %q (see `mealplanner user list`)\", id)\n",
		"pkg/web/b_test.go":         "package web\n\nvar x = l.Say(\"of a test\")\n",
		"pkg/web/templates/p.html":  `{{define "x"}}<p title="{{t "Title"}}">{{if .A}}{{h "With %v" (link (print .Root "/x") (t "inside"))}}{{end}}</p>{{end}}{{range .Rows}}{{n .N "%d row" "%d rows"}}{{end}}`,
		"pkg/a/testdata/ignored.go": "package broken {",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, err := extract(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range sorted(said) {
		got = append(got, m.one)
	}
	if want := []string{"%d one", "Said %d", "told %s", "%d row", "Title", "With %v", "inside"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
