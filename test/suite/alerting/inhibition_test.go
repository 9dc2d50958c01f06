//go:build routes

package alerting

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

// inhibition is one rule: while source fires, muted is not heard of and others is.
type inhibition struct {
	source        labels
	muted, others []labels
	// left are those of muted that others of them mute when the source has ended.
	left []string
}

func warning(name string, kv ...string) labels { return with("warning", name, kv) }

func critical(name string, kv ...string) labels { return with("critical", name, kv) }

func with(severity, name string, kv []string) labels {
	l := labels{"alertname": name, "severity": severity}
	for i := 0; i < len(kv); i += 2 {
		l[kv[i]] = kv[i+1]
	}
	return l
}

// inhibitions are what is decided, by the rules' names. The others of a rule with equal
// labels are the same alert of somebody else, and one that lacks the label.
var inhibitions = map[string]inhibition{
	"upstream-down-explains-its-errors": {
		critical("ExternalAPIDown", "api", "tandoor"),
		[]labels{warning("APIErrorRateHigh", "api", "tandoor"), warning("APIErrorBudgetBurn", "api", "tandoor")},
		[]labels{warning("APIErrorRateHigh", "api", "fatsecret"), warning("APIErrorBudgetBurn", "api", "fatsecret"), warning("APIErrorRateHigh"), warning("APIQuotaHigh", "api", "tandoor")},
		nil,
	},
	"upstream-down-explains-slow-and-thin-plans": {
		critical("ExternalAPIDown", "api", "fatsecret"),
		[]labels{
			warning("GenerationEngineSlow"), warning("GenerationLatencySLOMissed"), warning("SchedulerRetryRateHigh", "job_type", "weekly_generation"),
			with("info", "MacroBalanceRateLow", nil), warning("SchedulerQueueBacklog"),
		},
		[]labels{critical("SchedulerJobFailureRateHigh", "job_type", "recipe_sync"), critical("GenerationSuccessRateLow"), warning("DatabaseQuerySlow", "query", "x")},
		[]string{"GenerationLatencySLOMissed"},
	},
	"pool-saturated-explains-pool-high": {
		critical("DatabaseConnectionPoolSaturated", "pool", "api"),
		[]labels{warning("DatabaseConnectionPoolHigh", "pool", "api")},
		[]labels{warning("DatabaseConnectionPoolHigh", "pool", "scheduler"), warning("DatabaseConnectionPoolHigh")},
		nil,
	},
	"pool-saturated-explains-slowness": {
		critical("DatabaseConnectionPoolSaturated", "pool", "scheduler"),
		[]labels{
			warning("DatabaseQuerySlow", "query", "claim"), warning("GenerationEngineSlow"), warning("GenerationLatencySLOMissed"),
			warning("PageErrorRateHigh", "http_route", "/week"), warning("PageLatencyHigh", "http_route", "/week"),
		},
		[]labels{warning("SchedulerQueueBacklog"), warning("APIErrorRateHigh", "api", "tandoor")},
		[]string{"GenerationLatencySLOMissed"},
	},
	"service-down-explains-its-budget": {
		critical("ServiceDown", "service", "meal-planner-api"),
		[]labels{
			critical("AvailabilityBudgetBurnFast", "service", "meal-planner-api"), critical("AvailabilityBudgetBurnFast", "service", "meal-planner-api", "tier", "2"),
			warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-api"), warning("AvailabilitySLOMissed", "service", "meal-planner-api"),
		},
		[]labels{
			// Not BurnFast of the other: it would mute the rest of the other.
			warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-scheduler"), warning("AvailabilitySLOMissed", "service", "meal-planner-scheduler"),
			critical("ServiceDown", "service", "meal-planner-scheduler-2"), warning("AvailabilitySLOMissed"),
		},
		[]string{"AvailabilityBudgetBurnSlow service=meal-planner-api", "AvailabilitySLOMissed service=meal-planner-api"},
	},
	"api-down-explains-its-pages": {
		critical("ServiceDown", "service", "meal-planner-api"),
		[]labels{warning("PageErrorRateHigh", "http_route", "/week"), warning("PageLatencyHigh", "http_route", "/week")},
		[]labels{warning("DatabaseQuerySlow", "query", "get_plan"), critical("ServiceDown", "service", "meal-planner-scheduler")},
		nil,
	},
	"fast-burn-explains-slow-burn": {
		critical("AvailabilityBudgetBurnFast", "service", "meal-planner-api"),
		[]labels{warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-api"), warning("AvailabilitySLOMissed", "service", "meal-planner-api")},
		[]labels{warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-scheduler"), critical("ServiceDown", "service", "meal-planner-scheduler-2"), warning("AvailabilitySLOMissed")},
		nil,
	},
	"without-telemetry-nobody-knows-what-is-down": {
		critical("TelemetryMissing", "source", "services"),
		[]labels{
			critical("ServiceDown", "service", "meal-planner-api"), critical("ServiceDown", "service", "meal-planner-api", "tier", "2"),
			critical("ExternalAPIDown", "api", "tandoor"), critical("ExternalAPIDown", "api", "tandoor", "tier", "4"),
			critical("AvailabilityBudgetBurnFast", "service", "meal-planner-api"),
			warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-api"), warning("AvailabilitySLOMissed", "service", "meal-planner-api"),
		},
		[]labels{warning("TelemetryServerDown", "job", "loki"), critical("TelemetryMissing", "source", "services", "tier", "2")},
		[]string{"AvailabilityBudgetBurnFast service=meal-planner-api", "AvailabilityBudgetBurnSlow service=meal-planner-api", "AvailabilitySLOMissed service=meal-planner-api"},
	},
	"failures-explain-retries": {
		critical("SchedulerJobFailureRateHigh", "job_type", "weekly_generation"),
		[]labels{warning("SchedulerRetryRateHigh", "job_type", "weekly_generation")},
		[]labels{warning("SchedulerRetryRateHigh", "job_type", "recipe_sync"), warning("SchedulerRetryRateHigh")},
		nil,
	},
	"slow-engine-explains-missed-latency": {
		warning("GenerationEngineSlow"),
		[]labels{warning("GenerationLatencySLOMissed")},
		[]labels{critical("GenerationSuccessRateLow")},
		nil,
	},
	"missing-week-explains-its-gaps": {
		critical("WeeklyGenerationMissing"),
		[]labels{critical("WeeklyGenerationIncomplete", "week_of", "2026-11-30"), critical("WeeklyGenerationIncomplete", "week_of", "2026-11-30", "tier", "3"), warning("JobThroughputLow", "job_type", "weekly_generation"), with("info", "WeeklyStreakBroken", nil)},
		[]labels{with("info", "WeeklySLOMissed", []string{"week_of", "2026-11-23"}), critical("WeeklyGenerationMissing", "tier", "2")},
		nil,
	},
}

func TestInhibitions(t *testing.T) {
	t.Parallel()
	f, _ := read(t)
	for _, r := range f.Inhibit {
		i, ok := inhibitions[r.Name]
		if !ok {
			t.Errorf("no case for %s", r.Name)
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			i.run(t)
		})
	}
	if len(f.Inhibit) != len(inhibitions) {
		t.Errorf("%d rules, %d cases", len(f.Inhibit), len(inhibitions))
	}
}

func (i inhibition) run(t *testing.T) {
	t.Helper()
	w := newWorld(t, nil)
	// A copy of the source alone explains nothing: it outlives its alert by a minute.
	echo := maps.Clone(i.source)
	if i.source["severity"] == "critical" {
		echo["tier"] = "3"
		w.send(t, marked(echo))
		eventually(t, "the copy is heard", func() bool { return len(w.heard(echo)) > 0 })
		w.send(t, marked(i.muted[0]))
		eventually(t, "beside a copy the alert is heard", func() bool { return len(w.heard(i.muted[0])) > 0 })
		w.resolve(t, marked(i.muted[0]))
		eventually(t, "and forgotten", func() bool { return w.get(t, "/api/v2/alerts?filter=tier%3D%22%22") == "[]\n" })
		w.box.PagerDuty.Reset()
		w.box.Slack.Reset()
		w.mu.Lock()
		w.hooks = nil
		w.mu.Unlock()
	}
	w.send(t, marked(i.source))
	eventually(t, "the source is heard", func() bool { return len(w.heard(i.source)) == 2 })

	var sent []alert
	var names []string
	for _, l := range i.muted {
		sent, names = append(sent, marked(l)), append(names, identity(l))
	}
	slices.Sort(names)
	for _, l := range i.others {
		sent = append(sent, marked(l))
	}
	w.send(t, sent...)
	for _, l := range i.others {
		eventually(t, identity(l)+" is heard", func() bool { return len(w.heard(l)) > 0 })
	}
	time.Sleep(quiet)
	for _, l := range i.muted {
		if got := w.heard(l); len(got) > 0 {
			t.Errorf("%s is heard at %v", identity(l), got)
		}
	}
	if got := w.inhibited(t); fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("inhibited are %v; want %v", got, names)
	}

	w.resolve(t, marked(i.source))
	for _, l := range i.muted {
		if !slices.Contains(i.left, identity(l)) {
			eventually(t, "after the source "+identity(l)+" is heard", func() bool { return len(w.heard(l)) > 0 })
		}
	}
	if got := w.inhibited(t); !slices.Equal(got, i.left) {
		t.Errorf("after the source inhibited are %v; want %v", got, i.left)
	}
}

// A page whose alert is muted later still ends in the pager: the mute ends before the copy.
func TestPageEndsAfterItsMute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const api = "meal-planner-api"
	page := marked(critical("AvailabilityBudgetBurnFast", "service", api, "tier", "2"))
	w.send(t, page)
	eventually(t, "the page", func() bool { return len(w.incidents("oncall")) == 1 })
	mute := marked(critical("ServiceDown", "service", api))
	w.send(t, mute)
	eventually(t, "the mute", func() bool { return !w.free(t, page.Labels) })
	time.Sleep(quiet)
	w.resolve(t, mute)
	eventually(t, "the mute's end", func() bool { return w.free(t, page.Labels) })
	w.resolve(t, page)
	eventually(t, "the page's end", func() bool { return w.incidents("oncall")[0].Status == pagerdutytest.Resolved })
}

// free reports whether nothing mutes the alert.
func (w *world) free(t *testing.T, l labels) bool {
	t.Helper()
	return !slices.Contains(w.inhibited(t), identity(l))
}
