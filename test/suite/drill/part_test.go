//go:build drill

package drill

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var (
	part = flag.String("part", "", "run one part of all waves and tests only, e.g. 2/3; CI runs another third each day")
	also = flag.String("also", "", "besides the part, run these drills' waves, separated by commas; four waves at most")
)

// alsoMost bounds what -also adds, because a run of CI has to end.
const alsoMost = 4

// units are what parts are made of besides the waves. Their places spread them by how long
// they take.
var units = []string{"runbooks", "TestDrillCommand", "TestEscalation", "TestAvailabilityOfDays"}

// inPart reports whether a unit, or the wave of this place, belongs to what -part chooses.
func inPart(t *testing.T, place int) bool {
	t.Helper()
	if *part == "" {
		return true
	}
	var k, n int
	if _, err := fmt.Sscanf(*part, "%d/%d", &k, &n); err != nil || k < 1 || k > n {
		t.Fatalf("-part %q is not like 2/3", *part)
	}
	return place%n == k-1
}

// skipUnlessInPart leaves out a test that is another day's.
func skipUnlessInPart(t *testing.T) {
	t.Helper()
	if !inPart(t, slices.Index(units, t.Name())) {
		t.Skipf("not in part %s", *part)
	}
}

// wavesOf are the waves that run: those that -only names, or those of the part and the ones
// that -also adds.
func wavesOf(t *testing.T, runs func(string) bool) (out [][]string) {
	t.Helper()
	added := 0
	for i, names := range waves {
		wanted := slices.ContainsFunc(strings.Split(*also, ","), func(n string) bool { return slices.Contains(names, n) })
		switch {
		case !slices.ContainsFunc(names, runs):
		case inPart(t, i):
			out = append(out, names)
		case wanted && added < alsoMost:
			added++
			out = append(out, names)
		case wanted:
			t.Logf("changed, and another day's: %s", strings.Join(names, ", "))
		}
	}
	return out
}

// TestEveryDrillHasItsDay adds the three parts up: every wave and every unit is in one.
func TestEveryDrillHasItsDay(t *testing.T) {
	given := *part
	defer func() { *part = given }()
	times := make([]int, len(waves)+len(units))
	for k := range 3 {
		*part = fmt.Sprintf("%d/3", k+1)
		for i := range waves {
			if inPart(t, i) {
				times[i]++
			}
		}
		for i := range units {
			if inPart(t, i) {
				times[len(waves)+i]++
			}
		}
	}
	if slices.ContainsFunc(times, func(n int) bool { return n != 1 }) {
		t.Errorf("a wave or a test is in no part, or in two: %v", times)
	}
}
