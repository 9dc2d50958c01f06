//go:build overlap

package app_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// With realistic latencies the two fetches overlap in every trace, and doing one after
// the other takes at least 1.3 times as long.
func TestFetchesOverlap(t *testing.T) { // not parallel: it compares durations
	const n = 50
	people := make([]sandbox.Person, n)
	for i := range people {
		people[i] = sandbox.People()[2]
		people[i].ID = fmt.Sprintf("user_%02d", i)
		people[i].Email = people[i].ID + "@sandbox.example"
	}
	worlds := map[bool]*world{}
	for _, sequential := range []bool{false, true} {
		w := newWorld(t, options{people: people, sequential: sequential})
		w.fault(t, faultswitch.Rule{Upstream: "tandoor", LatencyMS: 150})
		w.fault(t, faultswitch.Rule{Upstream: "fatsecret", LatencyMS: 200})
		worlds[sequential] = w
	}
	took := map[bool][]time.Duration{}
	for _, p := range people { // in turn, so that a busy machine slows both
		for sequential, w := range worlds {
			m := w.mustGenerate(t, p.ID)
			took[sequential] = append(took[sequential], m.Total)
			s := w.named(m.TraceID)
			a, b := s["recipe_fetch"][0], s["profile_fetch"][0]
			if overlap := a.StartTime().Before(b.EndTime()) && b.StartTime().Before(a.EndTime()); overlap == sequential {
				t.Errorf("%s: the fetches overlap = %t", p.ID, overlap)
			}
		}
	}
	for _, d := range took {
		slices.Sort(d)
	}
	p50, s50 := took[false][n/2], took[true][n/2]
	ratio := float64(s50) / float64(p50)
	t.Logf("%d generations, root span: p50 %s, p95 %s (target: 500ms); one after the other p50 %s, p95 %s, ratio of medians %.2f",
		n, p50.Round(time.Millisecond), took[false][n*95/100].Round(time.Millisecond), s50.Round(time.Millisecond), took[true][n*95/100].Round(time.Millisecond), ratio)
	if ratio < 1.3 {
		t.Errorf("one after the other takes only %.2f times as long", ratio)
	}
}
