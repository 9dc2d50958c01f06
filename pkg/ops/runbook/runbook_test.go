package runbook_test

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
)

// The rules, the runbooks, their index and the page of alerts agree with the pairs declared, and
// on the severities.
func TestRunbooksAndAlertsBelongTogether(t *testing.T) {
	t.Parallel()
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../prometheus/rules/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	page, err := os.ReadFile("../../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	index, err := fs.ReadFile(runbooks.Files, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Groups []struct {
				Rules []struct {
					Alert               string
					Labels, Annotations map[string]string
				}
			}
		}
		if err := yaml.Unmarshal(b, &file); err != nil {
			t.Fatal(err)
		}
		for _, g := range file.Groups {
			for _, r := range g.Rules {
				slug := strings.TrimPrefix(r.Annotations["runbook_url"], "/runbook/")
				if r.Alert == "" || strings.Contains(slug, "{{") { // a tier's copy has its alert's
					continue
				}
				seen[slug] = true
				if b := all[slug]; b.Alert != r.Alert || b.Severity != r.Labels["severity"] {
					t.Errorf("%s (%s): the runbook %s is of %q (%s)", r.Alert, r.Labels["severity"], slug, b.Alert, b.Severity)
				}
				if row := "| `" + r.Alert + "` | " + r.Labels["severity"] + " | [" + slug + "](" + slug + ".md) |"; !strings.Contains(string(index), row) {
					t.Errorf("the list lacks %s", row)
				}
				if alert.Alert(r.Alert).Runbook() != slug {
					t.Errorf("%s has the runbook %s, declared is %q", r.Alert, slug, alert.Alert(r.Alert).Runbook())
				}
				if row := "(?m)^\\| `" + r.Alert + "` \\| " + r.Labels["severity"] + " \\| .+ \\| `" + slug + "` \\|$"; !regexp.MustCompile(row).Match(page) {
					t.Errorf("docs/alerts.md lacks %s", row)
				}
			}
		}
	}
	if want := alert.Slugs(); !slices.Equal(slices.Sorted(maps.Keys(seen)), want) || len(want) < 30 {
		t.Errorf("the rules have the runbooks %v, declared are %v", slices.Sorted(maps.Keys(seen)), want)
	}
	for slug, r := range all {
		if !seen[slug] {
			t.Errorf("%s is of no alert", slug)
		}
		if r.Diagnosis[0].Command != "mealplanner diagnose "+slug {
			t.Errorf("%s does not begin with its diagnosis", slug)
		}
	}
}

// The words are those that a shell makes of the commands.
func TestWordsAreThoseOfAShell(t *testing.T) {
	t.Parallel()
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	for slug, r := range all {
		for _, s := range slices.Concat(r.Diagnosis, r.Mitigation, r.Looks) {
			out, err := exec.CommandContext(t.Context(), "sh", "-c", "for w in "+s.Command+"; do printf '%s\\0' \"$w\"; done").Output()
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")[1:]; !slices.Equal(s.Args, want) {
				t.Errorf("%s: %q, the shell says %q", slug, s.Args, want)
			}
		}
	}
	for _, bad := range []string{"", "mealplanner 'a", "mealplanner a | b", "mealplanner $HOME", "mealplanner `id`", "mealplanner \"$x\"", "mealplanner a; b"} {
		if words, err := runbook.Words(bad); err == nil {
			t.Errorf("%q became %q", bad, words)
		}
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b, err := fs.ReadFile(runbooks.Files, "job-failures.md")
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	if _, err := runbook.Parse("job-failures", good); err != nil {
		t.Fatal(err)
	}
	const resolution = `mealplanner debug promql 'sum by (job_type) (increase(scheduler_job_retry_exhausted_total[24h] anchored)) > 0'`
	for want, broken := range map[string]string{
		"Severity":          strings.Replace(good, "Severity: critical", "Severity: high", 1),
		"sections":          strings.Replace(good, "## Impact", "## Damage", 1),
		"Post-incident":     good[:strings.Index(good, "## Post-incident")+len("## Post-incident")] + "\n",
		"Mermaid":           strings.Replace(good, "flowchart TD", "graph", 1),
		"diagnosis: step 1": strings.Replace(good, "```expect", "```", 1),
		"diagnosis: step 2": strings.Replace(good, "2. ", "3. ", 1),
		"no command of":     strings.Replace(good, "mealplanner diagnose", "curl", 1),
		"one plain command": strings.Replace(good, "mealplanner diagnose job-failures", "mealplanner diagnose job-failures | head", 1),
		"resolution":        strings.Replace(good, "mealplanner debug logql", "mealplanner user set ana --name", 1),
		// A look and a diagnosis change nothing.
		`resolution: "mealplanner debug ana" may change something: make it a step of the mitigation`: strings.Replace(good, resolution, "mealplanner debug ana", 1),
		`resolution: "mealplanner debug user ana" may change something`:                              strings.Replace(good, resolution, "mealplanner debug user ana", 1),
		`resolution: "mealplanner debug --for 1h promql" may change something`:                       strings.Replace(good, resolution, "mealplanner debug --for 1h promql", 1),
		`resolution: "mealplanner job setting generation.timeout 5s" may change something`:           strings.Replace(good, resolution, "mealplanner job setting generation.timeout 5s", 1),
		`resolution: "mealplanner doctors" may change something`:                                     strings.Replace(good, resolution, "mealplanner doctors", 1),
		`resolution: "mealplanner migrate" may change something`:                                     strings.Replace(good, resolution, "mealplanner migrate", 1),
		`diagnosis: "mealplanner alert ack ExternalAPIDown" may change something: make it a step`:    strings.Replace(good, "mealplanner diagnose job-failures", "mealplanner alert ack ExternalAPIDown", 1),
		// A block inside a list is one too, and so is one between tildes.
		"resolution: \"curl": strings.Replace(good, "## Post-incident", "- Look:\n\n  ```sh\n  curl x\n  ```\n\n## Post-incident", 1),
		"resolution: \"wget": strings.Replace(good, "## Post-incident", "~~~sh\nwget x\n~~~\n\n## Post-incident", 1),
		"mitigation: step 1": strings.Replace(good, "^would do: jobs.AutoSync.paused", "(", 1),
	} {
		if broken == good {
			t.Fatalf("%s: nothing was broken", want)
		}
		if _, err := runbook.Parse("job-failures", broken); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "job-failures") {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, look := range []string{"mealplanner doctor", "mealplanner job setting", "mealplanner debug sql 'select 1'", "mealplanner alert list --all", "mealplanner diagnose"} {
		if r, err := runbook.Parse("job-failures", strings.Replace(good, resolution, look, 1)); err != nil || !slices.ContainsFunc(r.Looks, func(s runbook.Step) bool { return s.Command == look }) {
			t.Errorf("%s: %v", look, err)
		}
	}
}

// The runbook of the slow burn asks for what its alert asks for, but for how long the role
// has been known.
func TestSlowBurnAsksForBothBranches(t *testing.T) {
	t.Parallel()
	all, err := runbook.All(runbooks.Files)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../../prometheus/rules/slo.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, rule, _ := strings.Cut(string(b), "- alert: AvailabilityBudgetBurnSlow")
	_, rule, _ = strings.Cut(rule, "expr: >-")
	rule, _, _ = strings.Cut(rule, "for: ")
	rule = regexp.MustCompile(` and service:service_up:last1m offset \dd`).ReplaceAllString(strings.Join(strings.Fields(rule), " "), "")
	r := all["availability-budget-burn-slow"]
	if want, got := []string{"debug", "promql", rule}, r.Diagnosis[len(r.Diagnosis)-1].Args; !slices.Equal(got, want) {
		t.Errorf("%q, the rule says %q", got, want)
	}
}
