//go:build drill

package drill

import (
	"context"
	"flag"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
)

// waves are the drills that can go on at the same time: no fault of a wave touches what
// another one needs.
var waves = [][]string{
	{"api-down", "api-quota-high", "cardinality-overflow", "email-delivery-issues"},
	{"api-errors", "generation-success-rate-low"},
	{"api-error-budget-burn", "macro-balance-rate-low"},
	{"job-failures", "generation-failed"},
	{"high-retry-rate"},
	{"scheduler-concurrency-saturated"},
	{"database-query-slow"},
	{"page-slow"},
	{"page-errors"},
	{"generation-latency-slo-missed"},
	{"generation-slow"},
	{"scheduler-queue-backlog"},
	{"database-connection-pool-high"},
	{"db-pool-saturated"},
	{"telemetry-lost", "telemetry-queue-filling", "disk-space-low"},
	{"notifications-failing"},
	{"telemetry-server-down"},
	{"watchdog"},
	{"availability-budget-burn-fast"},
	{"service-down"},
	{"telemetry-missing"},
	{"several-systems-affected"},
	{"generation-slow-and-mail"},
}

// lingering is an alert that follows from slow generations and outlasts its drill's fault by
// 96 seconds, a day in the drill's time. It disturbs no drill but its own.
const lingering = alert.GenerationLatencySLOMissed

// How long an alert may take to fire after its fault and to resolve after its end. What
// happened leaves the scaled rules' windows after 96 seconds at most (scale.yml).
const (
	firesWithin    = 4 * time.Minute
	resolvesWithin = 5 * time.Minute
)

// only chooses drills, and with them the others of their waves.
var only = flag.String("only", "", "run only these drills and the others of their waves, separated by commas")

// chosen returns what tells whether -only chooses a name: that of a drill, or one of others.
// A name that is neither fails the test.
func chosen(t *testing.T, others ...string) func(name string) bool {
	t.Helper()
	if *only == "" {
		return func(string) bool { return true }
	}
	names := strings.Split(*only, ",")
	for _, n := range names {
		if _, err := drill.Lookup(n); err != nil && !slices.Contains(others, n) {
			t.Fatal(strings.Join(append([]string{"-only: " + err.Error()}, others...), ", "))
		}
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

func TestDrills(t *testing.T) {
	runs := chosen(t, "runbooks")
	w := newWorld(t, options{})
	inWave := map[string]bool{}
	for _, names := range waves {
		for _, n := range names {
			inWave[n] = true
		}
	}
	for _, d := range drill.Drills {
		if !inWave[d.Name()] {
			t.Errorf("%s is in no wave", d.Name())
		}
	}
	for _, slug := range alert.Slugs() {
		a, _ := alert.Of(slug)
		if _, err := drill.Lookup(slug); err != nil && !slices.Contains(planted, a) {
			t.Errorf("nobody follows the runbook %s", slug)
		}
	}
	if runs("runbooks") && inPart(t, slices.Index(units, "runbooks")) {
		t.Run("in health", w.inHealth)
		t.Run("of the calendar", w.calendar)
	}
	for _, names := range wavesOf(t, runs) {
		t.Run(strings.Join(names, "+"), func(t *testing.T) {
			var wave []drill.Drill
			var alerts, also []alert.Alert
			for _, n := range names {
				d, err := drill.Lookup(n)
				must(t, err)
				wave, alerts, also = append(wave, d), append(alerts, d.Alert), append(also, d.Also...)
			}
			if slices.Contains(alerts, lingering) {
				w.settle(t)
			} else {
				also = append(also, lingering)
				w.settle(t, lingering)
			}
			stop := w.watch(t, slices.Concat(alerts, also))
			var wg sync.WaitGroup
			for _, d := range wave {
				wg.Go(func() { w.exercise(t, d) })
			}
			wg.Wait()
			stop()
			must(t, w.alive())
		})
	}
}

// watch reports alerts that fire and are not allowed to; critical ones fail the test.
func (w *world) watch(t *testing.T, allowed []alert.Alert) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	said := map[string]bool{}
	wg.Go(func() {
		for ctx.Err() == nil {
			f, err := w.firing(ctx)
			for name, severity := range f {
				if err == nil && !said[name] && !slices.Contains(allowed, alert.Alert(name)) {
					said[name] = true
					if severity == "critical" {
						t.Errorf("%s fires too", name)
					} else { // a busy machine makes generations slow and queues long
						t.Logf("%s fires too", name)
					}
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// selector chooses the alert among all of Prometheus'.
func selector(d drill.Drill, state string) string {
	matchers := []string{fmt.Sprintf("alertname=%q", d.Alert), fmt.Sprintf("alertstate=%q", state)}
	for k, v := range d.Labels {
		matchers = append(matchers, fmt.Sprintf("%s=%q", k, v))
	}
	return "ALERTS{" + strings.Join(matchers, ", ") + "}"
}

func (w *world) exercise(t *testing.T, d drill.Drill) {
	t.Helper()
	ctx := t.Context()
	begin := time.Now()
	heal, err := d.Inject(ctx, w.in)
	if err != nil {
		t.Errorf("%s: %v", d.Name(), err)
		return
	}
	healed := false
	defer func() {
		if !healed {
			if err := heal(context.WithoutCancel(ctx)); err != nil {
				t.Errorf("%s: heal: %v", d.Name(), err)
			}
		}
	}()
	if d.Reach != drill.Beat && !w.eventually(ctx, firesWithin, func() bool { return w.has(ctx, selector(d, "firing")) }) {
		t.Errorf("%s: %s does not fire within %s: %s", d.Name(), d.Alert, firesWithin, w.measured(ctx, d, begin))
		return
	}
	fired := time.Since(begin)
	if !w.eventually(ctx, 2*time.Minute, func() bool { return w.reached(d, begin) }) {
		t.Errorf("%s: nobody heard of %s who should (%s): %s", d.Name(), d.Alert, d.Reach, w.heard(begin))
	}
	reached := time.Since(begin)
	w.diagnose(t, d)
	if d.Alert.Runbook() == d.Name() {
		w.follow(t, books(t)[d.Name()])
	}
	healed = true
	if err := heal(ctx); err != nil {
		t.Errorf("%s: heal: %v", d.Name(), err)
		return
	}
	ended := time.Now()
	if !w.eventually(ctx, resolvesWithin, func() bool {
		return d.Reach == drill.Beat || !w.has(ctx, selector(d, "firing")) && !w.has(ctx, selector(d, "pending"))
	}) {
		t.Errorf("%s: %s does not resolve within %s", d.Name(), d.Alert, resolvesWithin)
		return
	}
	resolved := time.Since(ended)
	if !w.eventually(ctx, 2*time.Minute, func() bool { return w.allClear(d, begin) }) {
		t.Errorf("%s: the all-clear of %s did not arrive: %s", d.Name(), d.Alert, w.heard(begin))
	}
	if !slices.Contains([]drill.Reach{drill.Pager, drill.Beat, drill.Detour}, d.Reach) && w.paged("oncall", string(d.Alert), begin, "") {
		t.Errorf("%s: somebody was paged for %s", d.Name(), d.Alert)
	}
	if d.Reach == drill.Record && w.slacked(d, begin, false) {
		t.Errorf("%s: Slack heard of %s", d.Name(), d.Alert)
	}
	t.Logf("%s: fired after %.0f s, heard after %.0f s, resolved %.0f s after the fault", d.Name(), fired.Seconds(), reached.Seconds(), resolved.Seconds())
}

// diagnose asks for the cause, which the drill knows.
func (w *world) diagnose(t *testing.T, d drill.Drill) {
	t.Helper()
	var code int
	var out string
	var err error
	named := func(wanted []string) bool { return names(causesOf(out), wanted) }
	// FatSecret is probed once a minute: of two faults it may be known later than the alert.
	w.eventually(t.Context(), evidenceMost, func() bool {
		code, out, err = w.command(t.Context(), "diagnose", d.Alert.Runbook(), "--since", "20s")
		return err == nil && code == 0 && !slices.ContainsFunc(expected(d), func(wanted []string) bool { return !named(wanted) })
	})
	if err != nil || code != 0 {
		t.Errorf("%s: diagnose: exit %d, %v\n%s", d.Name(), code, err, out)
		return
	}
	for _, wanted := range expected(d) {
		if !named(wanted) {
			t.Errorf("%s: diagnosis does not name %v:\n%s", d.Name(), wanted, out)
		}
	}
}

// threshold is the end of a rule's expression.
var threshold = regexp.MustCompile(`\s*[<>]=?\s*[0-9.]+$`)

// measured says what the alert's rule compared since a time, and how often there was a value.
func (w *world) measured(ctx context.Context, d drill.Drill, since time.Time) string {
	expr, err := w.Ports.AlertRule(ctx, string(d.Alert))
	if err != nil {
		return err.Error()
	}
	points, err := w.Ports.QueryRange(ctx, threshold.ReplaceAllString(expr, ""), since, time.Now(), time.Second)
	if err != nil {
		return err.Error()
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	return fmt.Sprintf("%s was %g to %g at %d of %.0f seconds; jobs: %s", expr, low, high, len(points), time.Since(since).Seconds(), w.ended(ctx, since))
}

// ended says how jobs ended since a time.
func (w *world) ended(ctx context.Context, since time.Time) string {
	const ends = `select concat_ws(' ', count(*), job_type, status, error_type, output->>'skipped', max(left(error_message, 200)))
		from job_executions where started_at >= $1 group by job_type, status, error_type, output->>'skipped' order by job_type, status`
	rows, err := w.in.DB.Query(ctx, ends, since)
	if err != nil {
		return err.Error()
	}
	said, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err.Error()
	}
	return strings.Join(said, "; ")
}

func (w *world) has(ctx context.Context, expr string) bool {
	s, err := w.Query(ctx, expr)
	return err == nil && len(s) > 0
}

func (w *world) eventually(ctx context.Context, within time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(within); ; {
		if ok() {
			return true
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// reached reports whether the receivers heard of the alert since a time.
func (w *world) reached(d drill.Drill, since time.Time) bool {
	switch d.Reach {
	case drill.Pager:
		service := "oncall"
		if d.Alert == alert.SeveralSystemsAffected {
			service = "incident"
		}
		return w.paged(service, string(d.Alert), since, "") && (service == "incident" || w.slacked(d, since, false))
	case drill.Slack, drill.Detour:
		return w.slacked(d, since, false)
	case drill.Beat:
		return w.paged("oncall", "heartbeat", since, "")
	default:
		return w.printed(since, `"message":"Alert firing"`, fmt.Sprintf(`"alert":%q`, d.Alert))
	}
}

// allClear reports whether they heard of its end.
func (w *world) allClear(d drill.Drill, since time.Time) bool {
	switch d.Reach {
	case drill.Pager:
		service := "oncall"
		if d.Alert == alert.SeveralSystemsAffected {
			service = "incident"
		}
		return w.paged(service, string(d.Alert), since, "resolved") && (service == "incident" || w.slacked(d, since, true))
	case drill.Slack, drill.Detour:
		return w.slacked(d, since, true)
	case drill.Beat:
		return w.paged("oncall", "heartbeat", since, "resolved")
	default:
		return true
	}
}

// paged reports whether PagerDuty has an incident of the class, in the state if one is named.
func (w *world) paged(service, class string, since time.Time, state string) bool {
	for _, i := range w.box.PagerDuty.Record().Incidents {
		if i.Service == service && i.Payload.Class == class && !i.Triggered.Before(since) && (state == "" || i.Status == state) {
			return true
		}
	}
	return false
}

// slacked reports whether Slack got a message about the alert, or about its end. Messages
// name the runbook.
func (w *world) slacked(d drill.Drill, since time.Time, resolved bool) bool {
	for _, m := range w.box.Slack.Record().Messages {
		for _, a := range m.Attachments {
			if !m.Received.Before(since) && strings.HasPrefix(a.Title, "Resolved: ") == resolved && strings.Contains(a.Text, "/runbook/"+d.Alert.Runbook()+"|") {
				return true
			}
		}
	}
	return false
}

// heard lists what the receivers got since a time.
func (w *world) heard(since time.Time) string {
	var out []string
	for _, i := range w.box.PagerDuty.Record().Incidents {
		if !i.Triggered.Before(since) {
			out = append(out, fmt.Sprintf("pager %s %s %s", i.Service, i.Payload.Class, i.Status))
		}
	}
	for _, m := range w.box.Slack.Record().Messages {
		for _, a := range m.Attachments {
			if !m.Received.Before(since) {
				out = append(out, "slack "+m.Channel+" "+a.Title)
			}
		}
	}
	return strings.Join(out, "; ")
}
