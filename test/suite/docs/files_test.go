package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The program begins before its database, and again for as long as it takes.
func TestUnitsOutliveTheirDatabase(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"mealplanner.service", "mealplanner@.service"} {
		b, err := os.ReadFile(filepath.Join(root, "docs", "systemd", unit))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"StartLimitIntervalSec=0", "Restart=always"} {
			if !strings.Contains(string(b), "\n"+line+"\n") {
				t.Errorf("%s has no %s", unit, line)
			}
		}
		if strings.Contains(string(b), "\nRequires=") {
			t.Errorf("%s ends with its database", unit)
		}
	}
}

// Every target that says what it is for stands in `make help`.
func TestHelpListsEveryTarget(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "make", "-C", root, "--no-print-directory", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile(`(?m)^([^\s:#.][^\s:]*):[^=].*##`).FindAllStringSubmatch(string(b), -1)
	for _, m := range targets {
		if !regexp.MustCompile(`(?m)^ *` + regexp.QuoteMeta(m[1]) + ` `).Match(out) {
			t.Errorf("make help does not list %s", m[1])
		}
	}
	if len(targets) < 30 {
		t.Errorf("%d targets", len(targets))
	}
}
