//go:build drill

package drill

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/test/kit/stack"
)

// ofDays are alerts that know a role for days. scale.yml leaves them out, because no drill
// lasts that long even in its time.
var ofDays = []alert.Alert{alert.AvailabilityBudgetBurnSlow, alert.AvailabilitySLOMissed}

// TestAvailabilityOfDays gives Prometheus a past of four hours, which are ten days in the
// drill's time, with two outages of the api, and then has it hang for a moment: both alerts
// fire, and their runbooks find why.
func TestAvailabilityOfDays(t *testing.T) {
	skipUnlessInPart(t)
	w := newWorld(t, options{table: tableWith(t, ofDays...), history: outages, fires: ofDays})
	ctx := t.Context()
	if !w.eventually(ctx, 2*time.Minute, func() bool {
		return w.has(ctx, `ALERTS{alertname="AvailabilitySLOMissed", service="meal-planner-api", alertstate="firing"}`)
	}) {
		t.Error("AvailabilitySLOMissed does not fire")
	}
	must(t, w.Freeze(ctx, "api"))
	time.Sleep(10 * time.Second)
	must(t, w.Thaw(ctx, "api"))
	if !w.eventually(ctx, 2*time.Minute, func() bool {
		return w.has(ctx, `ALERTS{alertname="AvailabilityBudgetBurnSlow", service="meal-planner-api", alertstate="firing"}`)
	}) {
		t.Error("AvailabilityBudgetBurnSlow does not fire")
	}
	if w.has(ctx, `ALERTS{alertname=~"AvailabilityBudgetBurnSlow|AvailabilitySLOMissed", service="meal-planner-scheduler"}`) {
		t.Error("the scheduler, which was always up, is blamed")
	}
	all := books(t)
	w.follow(t, all[alert.AvailabilityBudgetBurnSlow.Runbook()])
	w.follow(t, all[alert.AvailabilitySLOMissed.Runbook()])
}

// tableWith is scale.yml with rules that it leaves out.
func tableWith(t *testing.T, rules ...alert.Alert) string {
	t.Helper()
	b, err := os.ReadFile("scale.yml")
	must(t, err)
	var kept []string
	for line := range strings.Lines(string(b)) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !slices.Contains(rules, alert.Alert(name)) {
			kept = append(kept, line)
		}
	}
	file := filepath.Join(t.TempDir(), "scale.yml")
	must(t, os.WriteFile(file, []byte(strings.Join(kept, "")), 0o600))
	return file
}

// known are the days before which the diagnosis asks whether a role was known. It asks for
// real ones, because the drill's time is that of the rules only.
var known = []int{7, 3, 1}

// outages writes four hours of both roles, a sample a second, into Prometheus' folder: the api
// was down for four minutes an hour ago, and for one a quarter of an hour ago: five of the 720
// that are 30 days, of which 3.6 may be lost. Both were up the
// known days ago, for an hour each; no window of the rules reaches so far.
func outages(s *stack.Stack) error {
	now := time.Now()
	var text strings.Builder
	text.WriteString("# TYPE service:service_up:last1m gauge\n")
	for _, service := range []string{"meal-planner-api", "meal-planner-scheduler"} {
		for _, days := range known {
			for begin, second := now.Add(time.Duration(-days)*24*time.Hour).Unix(), int64(0); second < 3600; second++ {
				fmt.Fprintf(&text, "service:service_up:last1m{service=%q} 1 %d\n", service, begin+second)
			}
		}
		for at := now.Add(-4 * time.Hour); at.Before(now); at = at.Add(time.Second) {
			up := 1
			if ago := now.Sub(at); service == "meal-planner-api" && (ago > time.Hour && ago < 64*time.Minute || ago > 15*time.Minute && ago < 16*time.Minute) {
				up = 0
			}
			fmt.Fprintf(&text, "service:service_up:last1m{service=%q} %d %d\n", service, up, at.Unix())
		}
	}
	text.WriteString("# EOF\n")
	data := s.Data(stack.Prometheus)
	file := filepath.Join(data, "history.txt")
	if err := errors.Join(os.MkdirAll(data, 0o755), os.WriteFile(file, []byte(text.String()), 0o600)); err != nil {
		return err
	}
	if out, err := exec.Command(s.Binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", file, data).CombinedOutput(); err != nil {
		return fmt.Errorf("promtool: %w\n%s", err, out)
	}
	return nil
}
