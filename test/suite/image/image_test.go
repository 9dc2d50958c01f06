// Package image checks that the Dockerfile can compile the program with what it copies.
// The image itself is built and started by test/suite/compose, which needs a Docker engine.
package image

import (
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestImageHoldsEveryPackage: each package of this module that the commands are compiled
// from lies under a COPY of the Dockerfile's first stage, and .dockerignore lets it through.
func TestImageHoldsEveryPackage(t *testing.T) {
	t.Parallel()
	copied, allowed := copies(t), exceptions(t)
	for _, dir := range packages(t) {
		if !slices.ContainsFunc(copied, func(c string) bool { return below(dir, c) }) {
			t.Errorf("%s is compiled into the program and not copied by the Dockerfile", dir)
		}
		if !slices.ContainsFunc(allowed, func(c string) bool { return below(dir, c) }) {
			t.Errorf("%s is compiled into the program and kept out by .dockerignore", dir)
		}
	}
	for _, c := range copied {
		if !slices.ContainsFunc(allowed, func(a string) bool { return below(c, a) }) {
			t.Errorf("the Dockerfile copies %s, which .dockerignore keeps out", c)
		}
	}
}

// TestImageHoldsTheLicences: those who made what is in the binary are owed to be named in
// whatever it is given away in.
func TestImageHoldsTheLicences(t *testing.T) {
	t.Parallel()
	_, last, _ := strings.Cut(read(t, "../../../Dockerfile"), "\nFROM scratch")
	for _, f := range []string{"LICENSE", "NOTICE", "cmd/mealplanner/notices/list.txt", "cmd/mealplanner/notices/texts.txt"} {
		if !slices.ContainsFunc(exceptions(t), func(a string) bool { return below(f, a) }) {
			t.Errorf("%s is kept out by .dockerignore", f)
		}
		if !slices.ContainsFunc(slices.Collect(strings.Lines(last)), func(l string) bool {
			words := strings.Fields(l)
			return len(words) > 2 && words[0] == "COPY" && slices.Contains(words, f)
		}) {
			t.Errorf("%s is not in the image", f)
		}
	}
}

// TestImageListensOnItsNetwork: the addresses that the program has by default are a container's
// loopback, which no published port reaches.
func TestImageListensOnItsNetwork(t *testing.T) {
	t.Parallel()
	_, last, _ := strings.Cut(read(t, "../../../Dockerfile"), "\nFROM scratch")
	if !strings.Contains(last, "\nENV API_ADDR=:8080 SCHEDULER_ADDR=:8081\n") {
		t.Error("the roles of the image listen where nobody reaches them")
	}
}

// TestImageHasTheGoOfTheModule: the compile stage has at least the Go that go.mod asks
// for, since GOTOOLCHAIN=local in the official image refuses a newer one.
func TestImageHasTheGoOfTheModule(t *testing.T) {
	t.Parallel()
	var want string
	for line := range strings.Lines(read(t, "../../../go.mod")) {
		if v, ok := strings.CutPrefix(line, "go "); ok {
			want = strings.TrimSpace(v)
		}
	}
	var have string
	for line := range strings.Lines(read(t, "../../../Dockerfile")) {
		if v, ok := strings.CutPrefix(line, "FROM golang:"); ok {
			have = strings.Fields(v)[0]
		}
	}
	if want == "" || have == "" || !atLeast(have, want) {
		t.Errorf("go.mod asks for Go %q, the Dockerfile has golang:%s", want, have)
	}
}

// atLeast compares dotted versions, part by part.
func atLeast(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	for i := range w {
		if i >= len(h) {
			return false
		}
		if h[i] != w[i] {
			return len(h[i]) > len(w[i]) || len(h[i]) == len(w[i]) && h[i] > w[i]
		}
	}
	return true
}

// packages are the directories of this module that ./cmd/... is compiled from.
func packages(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "./cmd/...")
	cmd.Dir = "../../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for p := range strings.FieldsSeq(string(out)) {
		dirs = append(dirs, strings.TrimPrefix(p, "github.com/mealplanner/mealplanner/"))
	}
	if len(dirs) < 10 {
		t.Fatalf("only %d packages: %q", len(dirs), dirs)
	}
	return dirs
}

// copies are the sources of the first stage's COPY lines.
func copies(t *testing.T) []string {
	t.Helper()
	var out []string
	first, _, _ := strings.Cut(read(t, "../../../Dockerfile"), "\nFROM scratch")
	for line := range strings.Lines(first) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "COPY" {
			out = append(out, f[1:len(f)-1]...)
		}
	}
	return out
}

// exceptions are the paths that .dockerignore, which begins by ignoring everything, lets in.
func exceptions(t *testing.T) []string {
	t.Helper()
	lines := strings.Fields(read(t, "../../../.dockerignore"))
	if len(lines) == 0 || lines[0] != "*" {
		t.Fatalf(".dockerignore does not begin with *: %q", lines)
	}
	var out []string
	for _, l := range lines[1:] {
		p, ok := strings.CutPrefix(l, "!")
		if !ok {
			t.Fatalf(".dockerignore: this test does not understand %q", l)
		}
		out = append(out, p)
	}
	return out
}

func below(dir, parent string) bool {
	return path.Clean(dir) == parent || strings.HasPrefix(dir, parent+"/")
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
