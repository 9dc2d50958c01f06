// Command coverage checks a table that maps numbered items, such as each monitoring requirement,
// to a test or to a stated deviation.
//
// usage: coverage docs/evidence/spec-coverage.md 216
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var row = regexp.MustCompile(`^\| (\d+) \| [^|]* \| [^|]* \| (test|deviation) \| ([^|]*) \|$`)

func main() {
	items := 0
	if len(os.Args) == 3 {
		items, _ = strconv.Atoi(os.Args[2]) // 0 is none
	}
	if items < 1 {
		fmt.Fprintln(os.Stderr, "usage: coverage TABLE ITEMS")
		os.Exit(2)
	}
	counts, err := check(os.Args[1], items)
	fmt.Printf("%d of %d items: %d tested, %d deviations\n",
		counts["test"]+counts["deviation"], items, counts["test"], counts["deviation"])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(path string, items int) (map[string]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	counts := map[string]int{}
	seen := map[int]bool{}
	var errs []error
	for sc := bufio.NewScanner(f); sc.Scan(); {
		m := row.FindStringSubmatch(sc.Text())
		if m == nil {
			if strings.HasPrefix(sc.Text(), "| ") && sc.Text()[2] >= '0' && sc.Text()[2] <= '9' {
				errs = append(errs, fmt.Errorf("not a row: %s", sc.Text()))
			}
			continue
		}
		n, _ := strconv.Atoi(m[1]) // digits
		if seen[n] || n < 1 || n > items {
			errs = append(errs, fmt.Errorf("item %d: there twice, or not in the checklist", n))
		}
		seen[n] = true
		counts[m[2]]++
		switch {
		case strings.TrimSpace(m[3]) == "":
			errs = append(errs, fmt.Errorf("item %d: says nothing", n))
		case m[2] == "test":
			errs = append(errs, exists(n, m[3]))
		}
	}
	for n := 1; n <= items; n++ {
		if !seen[n] {
			errs = append(errs, fmt.Errorf("item %d: missing", n))
		}
	}
	return counts, errors.Join(errs...)
}

// exists checks that every test a row names is a function of its package: `pkg/x.TestY`.
func exists(n int, where string) error {
	names := regexp.MustCompile("`([a-z0-9/_]+)\\.((?:Test|Example|Benchmark|Fuzz)[A-Za-z0-9_]*)`").FindAllStringSubmatch(where, -1)
	if len(names) == 0 {
		return fmt.Errorf("item %d: names no test", n)
	}
	var errs []error
	for _, name := range names {
		files, err := filepath.Glob(name[1] + "/*_test.go")
		if err != nil {
			return err
		}
		if !declared(files, name[2]) {
			errs = append(errs, fmt.Errorf("item %d: there is no %s in %s", n, name[2], name[1]))
		}
	}
	return errors.Join(errs...)
}

func declared(files []string, name string) bool {
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err == nil && regexp.MustCompile(`(?m)^func `+name+`\(`).Match(src) {
			return true
		}
	}
	return false
}
