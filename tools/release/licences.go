package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// permitted are the kinds of licence that a binary may hold beside our own code. Whoever
// adds one reads it first: it must ask for no more than to be shown.
var permitted = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense"}

// A grant adds rights to a licence and is shown with it.
var grants = []string{"GooglePatentsFile"}

// golang is the component of the standard library and the runtime.
const golang = "Go"

// platforms are those that a release is built for.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

// ownData are the data files in our packages, by where they come from.
var ownData = map[string]string{
	"cmd/mealplanner/completion/bash":                ours,
	"cmd/mealplanner/completion/fish":                ours,
	"cmd/mealplanner/completion/zsh":                 ours,
	"pkg/domain/allergen/data/carriers.csv":          ours,
	"pkg/domain/allergen/data/generic.csv":           ours,
	"pkg/domain/allergen/data/shorthand.txt":         ours,
	"pkg/domain/diet/data/shorthand.txt":             ours,
	"pkg/sandbox/library/stranger.txt":               ours,
	"pkg/domain/food/data/made.csv":                  ours,
	"pkg/domain/food/data/numbers.csv":               ours,
	"pkg/domain/prep/data/keeps.csv":                 ours,
	"pkg/domain/message/data/de.po":                  ours,
	"pkg/domain/food/data/purposes.csv":              ours,
	"pkg/domain/food/data/served.csv":                ours,
	"pkg/domain/content/data/conditional.txt":        ours,
	"pkg/domain/allergen/data/forms.csv":             ours,
	"pkg/domain/content/data/measures.txt":           ours,
	"pkg/domain/content/data/replaced.txt":           ours,
	"pkg/domain/content/data/wishes.txt":             ours,
	"pkg/domain/course/data/courses.csv":             ours,
	"pkg/domain/diet/data/foods.csv":                 ours,
	"pkg/domain/diet/data/lacks.csv":                 ours,
	"pkg/domain/diet/data/names.csv":                 ours,
	"pkg/domain/food/data/fdc.csv":                   ours,
	"pkg/domain/food/data/foods.csv":                 ours,
	"pkg/domain/food/data/pours.txt":                 ours,
	"pkg/domain/food/data/refuse.csv":                ours,
	"pkg/domain/food/data/names/de.csv":              ours,
	"pkg/domain/food/data/names/es.csv":              ours,
	"pkg/domain/food/data/names/fr.csv":              ours,
	"pkg/domain/food/data/names/it.csv":              ours,
	"pkg/domain/food/data/names/nl.csv":              ours,
	"pkg/domain/phrase/data/de.csv":                  ours,
	"pkg/domain/phrase/data/en.csv":                  ours,
	"pkg/domain/phrase/data/es.csv":                  ours,
	"pkg/domain/phrase/data/fr.csv":                  ours,
	"pkg/domain/phrase/data/it.csv":                  ours,
	"pkg/domain/phrase/data/nl.csv":                  ours,
	"pkg/web/site/static/icon.svg":                   ours,
	"pkg/domain/unit/data/units.csv":                 ours,
	"pkg/domain/food/data/usda-sr27-per-100g.csv.gz": "USDA National Nutrient Database",
	"pkg/sandbox/library/breakfast.txt":              ours,
	"pkg/sandbox/library/dinner.txt":                 ours,
	"pkg/sandbox/library/foods.txt":                  ours,
	"pkg/sandbox/library/lunch.txt":                  ours,
	"pkg/sandbox/library/names.txt":                  ours,
	"pkg/sandbox/tandoortest/testdata/small.json":    ours,
}

// othersData are packages of others that embed data, by what NOTICE says of it.
var othersData = map[string]string{
	"golang.org/x/net/publicsuffix": "Public Suffix List",
}

const ours = "are part of this program"

// code are the files that are a program's text, under the licence of the package that embeds them.
var code = []string{".sql", ".html", ".txt", ".md", ".tmpl", ".css", ".js", ".binpb"}

// component is something linked into the binary that others made.
type component struct {
	Name, Version string
	Licences      []string // SPDX, sorted
	Files         []text   // licences and notices, by name
}

type text struct{ Name, Content string }

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath, Dir string
	Standard        bool
	EmbedFiles      []string
	Module          *module
}

type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// packages lists what the commands in dir link, on every platform.
func packages(dir string) ([]pkg, error) {
	var all []pkg
	seen := map[string]bool{}
	for _, p := range platforms {
		goos, arch, _ := strings.Cut(p, "/")
		cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,EmbedFiles,Module", "./cmd/...")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list for %s: %w\n%s", p, err, stderr.String())
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
			var one pkg
			if err := dec.Decode(&one); err != nil {
				return nil, err
			}
			if !seen[one.ImportPath] {
				seen[one.ImportPath] = true
				all = append(all, one)
			}
		}
	}
	return all, nil
}

// linked are the components of the module at root.
func linked(root string) ([]component, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	pkgs, err := packages(root)
	if err != nil {
		return nil, err
	}
	return components(root, strings.TrimSpace(string(goroot)), pkgs)
}

// components reads the licences of the packages' modules and of Go itself. The error names
// everything that may not be in the binary, or of which it cannot be told.
func components(root, goroot string, pkgs []pkg) ([]component, error) {
	var problems []error
	dirs := map[*module][]string{} // of each module, those that hold linked or embedded files
	byPath := map[string]*module{}
	for _, p := range pkgs {
		problems = append(problems, checkEmbedded(root, p)...)
		if p.Module == nil || p.Module.Main {
			continue
		}
		m := byPath[p.Module.Path]
		if m == nil {
			m = p.Module
			byPath[m.Path] = m
		}
		dirs[m] = append(dirs[m], p.Dir)
		for _, f := range p.EmbedFiles {
			dirs[m] = append(dirs[m], filepath.Join(p.Dir, filepath.Dir(f)))
		}
	}
	all := make([]component, 0, len(byPath)+1)
	add := func(name, version, dir string, below []string) component {
		files, err := texts(dir, below)
		c := component{Name: name, Version: version, Files: files}
		if err == nil {
			c.Licences, err = kinds(files)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %s: %w", name, version, err))
		}
		all = append(all, c)
		return c
	}
	add(golang, "", goroot, nil)
	for p, m := range byPath {
		c := add(p, m.Version, m.Dir, dirs[m])
		if m.Replace != nil && slices.Contains(c.Licences, "MPL-2.0") {
			problems = append(problems, fmt.Errorf("%s is under MPL-2.0 and replaced by %s: if modified, its source must be offered", p, m.Replace.Path))
		}
	}
	slices.SortFunc(all, func(a, b component) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, errors.Join(problems...)
}

// checkEmbedded: fonts and data have licences of their own, which the module's does not say.
func checkEmbedded(root string, p pkg) (problems []error) {
	if p.Standard {
		return nil
	}
	for _, f := range p.EmbedFiles {
		if p.Module.Main {
			name, err := filepath.Rel(root, filepath.Join(p.Dir, f))
			if err != nil {
				return append(problems, err)
			}
			if _, known := ownData[filepath.ToSlash(name)]; !known && !isCode(p, f) {
				problems = append(problems, fmt.Errorf("%s is embedded: say in ownData and NOTICE where it is from", name))
			}
		} else if !isCode(p, f) && othersData[p.ImportPath] == "" {
			problems = append(problems, fmt.Errorf("%s embeds %s: find its licence, and say in othersData and NOTICE what it is", p.ImportPath, f))
		}
	}
	return problems
}

// isCode: a data directory of ours holds data, whatever it is called.
func isCode(p pkg, file string) bool {
	dir := path.Dir(file)
	if p.Module.Main && (dir == "data" || dir == "library" || dir == "testdata") {
		return false
	}
	return slices.Contains(code, path.Ext(file))
}

// legal is what licences and notices are called.
var legal = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents|copyright|ofl|ftl)([.-].*)?$`)

// texts reads the licences and notices in dir and between it and the directories below it.
func texts(dir string, below []string) ([]text, error) {
	look := []string{dir}
	for _, b := range below {
		for ; len(b) > len(dir); b = filepath.Dir(b) {
			look = append(look, b)
		}
	}
	slices.Sort(look)
	var out []text
	for _, d := range slices.Compact(look) {
		entries, err := os.ReadDir(d)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() || path.Ext(e.Name()) == ".go" || !legal.MatchString(e.Name()) {
				continue
			}
			b, err := os.ReadFile(filepath.Join(d, e.Name()))
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(dir, filepath.Join(d, e.Name()))
			if err != nil {
				return nil, err
			}
			out = append(out, text{filepath.ToSlash(rel), plain(b)})
		}
	}
	return out, nil
}

// plain unites texts that differ in line ends only.
func plain(b []byte) string { return strings.Trim(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n") }

var notice = regexp.MustCompile(`(?i)(^|/)(notice|copyright)`)

// kinds says which licences the files are. A notice need not hold one.
func kinds(files []text) ([]string, error) {
	var found []string
	for _, f := range files {
		cov := licensecheck.Scan([]byte(f.Content))
		if cov.Percent < 75 && !notice.MatchString(f.Name) {
			return nil, fmt.Errorf("%s: no licence that is known (%.0f %% of the text is): read it", f.Name, cov.Percent)
		}
		for _, m := range cov.Match {
			switch {
			case slices.Contains(grants, m.ID):
			case slices.Contains(permitted, m.ID):
				found = append(found, m.ID)
			default:
				return nil, fmt.Errorf("%s is %s, which is not permitted", f.Name, m.ID)
			}
		}
	}
	if len(found) == 0 {
		return nil, errors.New("it has no licence")
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
