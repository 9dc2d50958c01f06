// Command done writes docs/evidence/definition-of-done.md, what has to hold before a release, from
// what `make e2e-alerts` printed.
//
// usage: done LOG > docs/evidence/definition-of-done.md
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/ops/drill"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: done LOG > docs/evidence/definition-of-done.md")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "done:", err)
		os.Exit(1)
	}
}

// exercise is what a drill's line says, in seconds.
type exercise struct{ fired, heard, resolved string }

type results struct {
	drills map[string]exercise
	failed map[string]bool // tests, and drills that said something was wrong
	passed map[string]bool
}

var (
	story   = regexp.MustCompile(`_test\.go:\d+: ([a-z-]+): fired after (\d+) s, heard after (\d+) s, resolved (\d+) s after the fault`)
	wrong   = regexp.MustCompile(`_test\.go:\d+: ([a-z-]+): `)
	verdict = regexp.MustCompile(`^ *--- (PASS|FAIL): (\S+)`)
)

func read(r io.Reader) (results, error) {
	out := results{map[string]exercise{}, map[string]bool{}, map[string]bool{}}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		if m := story.FindStringSubmatch(sc.Text()); m != nil {
			out.drills[m[1]] = exercise{m[2], m[3], m[4]}
		} else if m := wrong.FindStringSubmatch(sc.Text()); m != nil {
			out.failed[m[1]] = true
		}
		if m := verdict.FindStringSubmatch(sc.Text()); m != nil {
			if m[1] == "PASS" {
				out.passed[m[2]] = true
			} else {
				out.failed[m[2]] = true
			}
		}
	}
	return out, sc.Err()
}

func run(log string, w io.Writer) error {
	f, err := os.Open(log)
	if err != nil {
		return err
	}
	r, err := read(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if len(r.drills) == 0 {
		return fmt.Errorf("%s has no drill in it: it is what `make e2e-alerts` prints", log)
	}
	yes := func(ok bool) string {
		if ok {
			return "yes"
		}
		return "**no**"
	}
	good := func(drill string) bool { _, ok := r.drills[drill]; return ok && !r.failed[drill] }
	all, n := true, 0
	for _, d := range drill.Drills {
		if good(d.Name()) {
			n++
		}
		all = all && good(d.Name())
	}
	tests, ofDays := r.passed["TestEscalation"], r.passed["TestAvailabilityOfDays"]
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Definition of done\n\nWhat monitoring has to show before it counts as done. `make definition-of-done` writes this page from the output of `make e2e-alerts`.\n")
	p("| | Done | Shown by |\n|---|---|---|")
	p("| All metrics in Prometheus | yes | `make e2e` compares every one with an outside count; a stage of CI |")
	p("| All dashboards in Grafana | as queries | `make e2e` asks every query as Grafana would; Grafana itself was not run |")
	p("| All alerts in Alertmanager | %s | %d of %d drills below, two over a past of days (`TestAvailabilityOfDays`), the four about weeks by promtool (`test/suite/drill/scale.yml` says which and why) |", yes(all && ofDays), n, len(drill.Drills))
	p("| All runbooks documented and tested | %s | every command runs in health and under its alert's fault; those of the four alerts about weeks over planted rows, but for whether the alert fires |", yes(all && ofDays && r.passed["TestDrills/in_health"] && r.passed["TestDrills/of_the_calendar"]))
	p("| On-call rotation established | sample | `alertmanager/oncall.example.yml`; the people are the operator's |")
	p("| Validated in staging | checklist | [staging.md](../staging.md); the staging environment is the operator's |")
	p("\n## Validation tests\n\n| | Test | Passed |\n|---|---|---|")
	p("| 1 | A test alert reaches PagerDuty and is taken back (`mealplanner alert test`) | %s |", yes(tests))
	p("| 2 | An upstream fails; plans come from the cache (`api-down`, `pkg/app.TestFallbacks`) | %s |", yes(good("api-down")))
	p("| 3 | More jobs than may run wait their turn (`scheduler-queue-backlog`) | %s |", yes(good("scheduler-queue-backlog")))
	p("| 4 | A slow statement alerts (`database-query-slow`) | %s |", yes(good("database-query-slow")))
	p("| 5 | A full connection pool alerts (`db-pool-saturated`) | %s |", yes(good("db-pool-saturated")))
	p("\n## Drills\n\nUnder the rules of `test/suite/drill/scale.yml`, whose durations are divided. Seconds: from the fault until the alert fired, until its receivers")
	p("were notified, and from the fault's end until it resolved. Passed also means: the diagnosis named the cause, the runbook's commands found what they look for,")
	p("resolved arrived, and no other receiver was notified.\n")
	p("| Drill | Alert | Receiver | Fired | Notified | Resolved | Passed |\n|---|---|---|---|---|---|---|")
	for _, d := range drill.Drills {
		e := r.drills[d.Name()]
		p("| %s | `%s` | %s | %s | %s | %s | %s |", d.Name(), d.Alert, d.Reach, e.fired, e.heard, e.resolved, yes(good(d.Name())))
	}
	_, err = io.WriteString(w, b.String())
	return err
}
