//go:build drill

package drill

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/drill"
)

const (
	// healthyTimes is how often a healthy installation is diagnosed before any fault.
	healthyTimes = 5
	// namedAtLeast is the share of the drills whose cause must be named.
	namedAtLeast = 0.9
	// evidence is how long a fault goes on before it is diagnosed. FatSecret is probed once a
	// minute, so what is not named at first is diagnosed again until evidenceMost has passed.
	evidence     = 15 * time.Second
	evidenceMost = 2 * time.Minute
	// calm is the pause between a fault's end and the next fault.
	calm = 8 * time.Second
)

// TestDiagnosis breaks one installation by the fault of every drill, one after the other,
// and counts how often the diagnosis names it. It does not wait for the alerts; TestDrills
// does. A healthy installation has no cause to name, before the drills and after them.
func TestDiagnosis(t *testing.T) {
	runs := chosen(t)
	w := newWorld(t, options{})
	clean := 0
	for range healthyTimes {
		if out := w.report(t); strings.HasPrefix(out, "no cause found\n") {
			clean++
		} else {
			t.Logf("healthy, and yet:\n%s", out)
		}
	}
	if clean != healthyTimes {
		t.Errorf("a healthy installation: no cause found in %d of %d", clean, healthyTimes)
	}
	var table strings.Builder
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "DRILL\tNAMED\tAFTER\tRANK\tCAUSES\tFIRST CAUSE")
	named := 0
	for _, d := range drill.Drills {
		if !runs(d.Name()) {
			continue
		}
		v := w.breakAndDiagnose(t, d)
		if v.named {
			named++
			t.Logf("%s is named after %.0f s", d.Name(), v.after.Seconds())
		} else {
			t.Logf("%s is not named %v:\n%s", d.Name(), expected(d), v.out)
		}
		first := ""
		if len(v.causes) > 0 {
			first = v.causes[0]
		}
		fmt.Fprintf(tw, "%s\t%t\t%.0f s\t%s\t%d\t%s\n", d.Name(), v.named, v.after.Seconds(), strings.Join(v.ranks, " "), len(v.causes), first[:min(len(first), 100)])
	}
	_ = tw.Flush()
	t.Logf("named in %d of %d drills\n%s", named, len(drill.Drills), table.String())
	if *only == "" && float64(named) < namedAtLeast*float64(len(drill.Drills)) {
		t.Errorf("%d of %d drills were named", named, len(drill.Drills))
	}
	w.settle(t)
	if !w.eventually(t.Context(), 3*time.Minute, func() bool { return strings.HasPrefix(w.report(t), "no cause found\n") }) {
		t.Errorf("causes are named after the end of every fault:\n%s", w.report(t))
	}
}

// verdict is how a drill was diagnosed.
type verdict struct {
	named  bool
	after  time.Duration // of the fault's age
	causes []string
	ranks  []string // the places of the wanted causes, from 1
	out    string
}

func (w *world) breakAndDiagnose(t *testing.T, d drill.Drill) (v verdict) {
	t.Helper()
	ctx := t.Context()
	begin := time.Now()
	heal, err := d.Inject(ctx, w.in)
	if err != nil {
		t.Errorf("%s: %v", d.Name(), err)
		return v
	}
	defer func() {
		if err := heal(ctx); err != nil {
			t.Errorf("%s: heal: %v", d.Name(), err)
		}
		if !w.eventually(ctx, 2*time.Minute, func() bool { return w.has(ctx, "count(service_up == 1) == 2") }) {
			t.Errorf("%s: the roles do not come back", d.Name())
		}
		time.Sleep(calm)
	}()
	for time.Sleep(evidence); ; time.Sleep(5 * time.Second) {
		v.after = time.Since(begin)
		v.out = w.report(t, d.Alert.Runbook())
		v.causes, v.ranks, v.named = causesOf(v.out), nil, true
		for _, wanted := range expected(d) {
			rank := "-"
			for i, c := range v.causes {
				if names([]string{c}, wanted) {
					rank = strconv.Itoa(i + 1)
					break
				}
			}
			v.ranks, v.named = append(v.ranks, rank), v.named && rank != "-"
		}
		if v.named || time.Since(begin) > evidenceMost {
			return v
		}
	}
}

// report is what diagnose prints.
func (w *world) report(t *testing.T, args ...string) string {
	t.Helper()
	code, out, err := w.command(t.Context(), append([]string{"diagnose"}, args...)...)
	if err != nil || code != 0 {
		t.Errorf("diagnose %v: exit %d, %v\n%s", args, code, err, out)
	}
	return out
}

func causesOf(out string) (causes []string) {
	for line := range strings.Lines(out) {
		if c, ok := strings.CutPrefix(line, "cause: "); ok {
			causes = append(causes, strings.TrimSpace(c))
		}
	}
	return causes
}

// expected are the causes that a diagnosis must name.
func expected(d drill.Drill) [][]string {
	if len(d.Causes) > 0 {
		return d.Causes
	}
	return [][]string{d.Cause}
}

// names reports whether one of the causes found, each a line of text, has every part.
func names(found, parts []string) bool {
	return slices.ContainsFunc(found, func(line string) bool {
		line = strings.ToLower(line)
		return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
}
