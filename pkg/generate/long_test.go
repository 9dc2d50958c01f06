//go:build oracle

package generate_test

import "testing"

func TestAgainstBruteForce(t *testing.T) {
	t.Parallel()
	counts := againstBruteForce(t, 1000, 80)
	for status, least := range map[string]int{"infeasible": 20, "unbalanced": 60, "balanced": 60} {
		if counts[status] < least {
			t.Errorf("%d %s problems, want at least %d: the families have lost their variety", counts[status], status, least)
		}
	}
}
