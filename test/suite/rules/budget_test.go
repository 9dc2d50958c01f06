//go:build rules

package rules

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
)

// TestOutagesAreCounted has promtool evaluate what the diagnosis asks about the outages of a
// day, which begins during one.
func TestOutagesAreCounted(t *testing.T) {
	t.Parallel()
	p := &prober{}
	if _, err := diagnose.Diagnose(t.Context(), diagnose.Sources{Metrics: p, Database: p}, diagnose.Options{
		Slug: "availability-budget-burn-slow", Window: 15 * time.Minute, Now: time.Now(),
	}); err != nil {
		t.Fatal(err)
	}
	about := func(begin string) string {
		i := slices.IndexFunc(p.asked, func(expr string) bool { return strings.HasPrefix(expr, begin) && strings.Contains(expr, "[1d") })
		if i < 0 {
			t.Fatalf("nothing that begins with %s was asked: %q", begin, p.asked)
		}
		return p.asked[i]
	}
	// Samples of five minutes; the day is that from sample 12 to sample 300. promtool loads at
	// most 10,000 samples a query, hence one role, looked at each minute, for its last outage.
	tests := fmt.Sprintf(`evaluation_interval: 5m
tests:
  - interval: 5m
    input_series:
      - {series: 'service:service_up:last1m{service="up again"}', values: "1x9 0x9 1x99 0x4 1x200"}
      - {series: 'service:service_up:last1m{service="down again"}', values: "1x9 0x9 1x99 0x4 1x100 0x90"}
      - {series: 'service:service_up:last1m{service="down all day"}', values: "1x9 0x300"}
      - {series: 'service:service_up:last1m{service="up all day"}', values: "1x310"}
    promql_expr_test:
      - expr: %q
        eval_time: 1500m
        exp_samples:
          - {labels: '{service="up again"}', value: 2}
          - {labels: '{service="down again"}', value: 3}
          - {labels: '{service="down all day"}', value: 1}
          - {labels: '{service="up all day"}', value: 0}
  - interval: 5m
    input_series:
      - {series: 'service:service_up:last1m{service="up again"}', values: "1x9 0x9 1x99 0x4 1x200"}
    promql_expr_test:
      - expr: %q
        eval_time: 1500m
        exp_samples: [{labels: '{service="up again"}', value: %d}] # the last that is 0 is seen until the next
`, about("changes("), strings.ReplaceAll(about("max_over_time("), ":15s]", ":1m]"), 125*300-60)
	file := filepath.Join(t.TempDir(), "budget.yml")
	if err := os.WriteFile(file, []byte(tests), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, *promtool, "test", "rules", file)
}

// prober is a Prometheus that notes what is asked about one role that is over its budget, and
// a database that is well.
type prober struct {
	diagnose.Database
	mu    sync.Mutex
	asked []string
}

func (p *prober) Query(_ context.Context, expr string) ([]diagnose.Sample, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, expr)
	if strings.HasPrefix(expr, "service:service_down:ratio1d") {
		return []diagnose.Sample{{Labels: map[string]string{"service": "api"}, Value: 0.02}}, nil
	}
	return nil, nil
}

func (*prober) Ping(context.Context) error                            { return nil }
func (*prober) Sessions(context.Context) ([]diagnose.Sessions, error) { return nil, nil }
func (*prober) LongTransactions(context.Context, time.Duration) ([]diagnose.Transaction, error) {
	return nil, nil
}
