package drill

import (
	"context"
	"net/http"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

const firstTwo = "id in (select id from users where enabled order by id limit 2)"

// Drills lists every drill, those of related faults beside each other.
var Drills = []Drill{
	{
		Alert: alert.GenerationEngineSlow, Reach: Slack,
		Fault:  "Another client locks the table plans against writing for 3 seconds, again and again, and generations have the time to wait for it.",
		Cause:  []string{"plans", "lock"},
		Also:   []alert.Alert{alert.GenerationLatencySLOMissed, alert.DatabaseQuerySlow, alert.SchedulerQueueBacklog, alert.SchedulerConcurrencySaturated},
		inject: slowGenerations,
	},
	{
		Alert: alert.GenerationLatencySLOMissed, Reach: Slack,
		Fault:  "Another client locks the table plans against writing for 1.6 seconds, again and again.",
		Cause:  []string{"plans", "lock"},
		Also:   []alert.Alert{alert.DatabaseQuerySlow, alert.SchedulerQueueBacklog, alert.SchedulerConcurrencySaturated},
		inject: all(planning(2500*time.Millisecond), setting("generation.timeout", "10s"), lockedAtTimes("plans", write, 1600*time.Millisecond, 600*time.Millisecond)),
	},
	{
		Alert: alert.GenerationSuccessRateLow, Reach: Pager,
		Fault:  "Two users forbid everything that can be cooked.",
		Cause:  []string{"recipes"},
		inject: all(planning(8*time.Second), plansBack(firstTwo), settingsOf(firstTwo, `{"allergens": ["gluten", "milk", "eggs", "fish", "soy", "nuts", "celery"]}`)),
	},
	{
		Alert: alert.MacroBalanceRateLow, Reach: Record,
		Fault:  "Most users have targets that no recipe reaches.",
		Cause:  []string{"out of band"},
		inject: all(planning(8*time.Second), settingsOf("id in (select id from users where enabled order by id limit (select count(*) - 1 from users where enabled))", `{"targets": {"Protein": 4000000, "Fat": 100000, "Carbs": 200000}}`)),
	},
	{
		Alert: alert.WeeklyGenerationIncomplete, Reach: Pager,
		Fault:  "One user's plan of the week in force is gone, and the job that would make it again is paused.",
		Cause:  []string{"no plan", "paused"},
		inject: planGone,
	},
	{
		Alert: alert.SchedulerQueueBacklog, Reach: Slack,
		Fault:  "Another client locks the table outbox, and many jobs want it.",
		Cause:  []string{"outbox", "lock"},
		Also:   consequences,
		inject: stuckJobs(16), // five work, more than ten wait
	},
	{
		Alert: alert.SchedulerConcurrencySaturated, Reach: Record,
		Fault: "One job at a time may run, and both upstreams are slow.",
		Cause: []string{"jobs.concurrency"},
		inject: all(running(500*time.Millisecond, "job_type = 'AutoSync'"), setting("jobs.concurrency", "1"),
			whenSynced(upstream(faultswitch.Rule{Upstream: "tandoor", LatencyMS: 3000})), upstream(faultswitch.Rule{Upstream: "fatsecret", LatencyMS: 3000})),
	},
	{
		Alert: alert.SchedulerRetryRateHigh, Labels: map[string]string{"job_type": "AutoSync"}, Reach: Slack,
		Fault: "The time limit of AutoSync was lowered to a second, and Tandoor takes three.",
		Cause: []string{"autosync", "timeout"},
		Also:  []alert.Alert{alert.APIErrorRateHigh, alert.APIErrorBudgetBurn},
		inject: all(running(time.Second, "connection_id is not null"),
			setting("jobs.AutoSync.timeout", "1s"), setting("jobs.AutoSync.attempts", "10"), whenSynced(upstream(faultswitch.Rule{Upstream: "tandoor", LatencyMS: 3000}))),
	},
	{
		Alert: alert.SchedulerJobFailureRateHigh, Labels: map[string]string{"job_type": "AutoSync"}, Reach: Pager,
		Fault: "Tandoor refuses the token.",
		Cause: []string{"tandoor", "unauthorized"},
		inject: all(running(time.Second, "connection_id is not null"),
			upstream(faultswitch.Rule{Upstream: "tandoor", Path: "/api/recipe*", Status: http.StatusUnauthorized})),
	},
	{
		Alert: alert.ExternalAPIDown, Labels: map[string]string{"api": "fatsecret"}, Reach: Pager,
		Fault:  "FatSecret does not answer.",
		Cause:  []string{"fatsecret", "answer"},
		Also:   []alert.Alert{alert.APIErrorRateHigh, alert.APIErrorBudgetBurn},
		inject: upstream(faultswitch.Rule{Upstream: "fatsecret", Outage: true}),
	},
	{
		Alert: alert.APIErrorRateHigh, Labels: map[string]string{"api": "tandoor"}, Reach: Slack,
		Fault:  "Tandoor answers every third request for recipes with 503.",
		Cause:  []string{"tandoor", "503"},
		Also:   []alert.Alert{alert.SchedulerJobFailureRateHigh, alert.SchedulerRetryRateHigh},
		inject: all(syncing, upstream(faultswitch.Rule{Upstream: "tandoor", Path: "/api/recipe*", Status: http.StatusServiceUnavailable, Rate: 0.33})),
	},
	{
		Alert: alert.APIErrorBudgetBurn, Labels: map[string]string{"api": "tandoor"}, Reach: Slack,
		Fault: "Tandoor answers nearly every request for recipes with 500.",
		Cause: []string{"tandoor", "500"},
		Also:  []alert.Alert{alert.APIErrorRateHigh},
		inject: all(upstream(faultswitch.Rule{Upstream: "tandoor", Path: "/api/recipe*", Status: http.StatusInternalServerError, Rate: 0.95}),
			importing),
	},
	{
		Alert: alert.APIQuotaHigh, Labels: map[string]string{"api": "fatsecret"}, Reach: Slack,
		Fault:  "Nine tenths of FatSecret's daily calls are spent.",
		Cause:  []string{"fatsecret", "quota"},
		inject: callsSpent(4500),
	},
	{
		Alert: alert.DatabaseConnectionPoolSaturated, Labels: map[string]string{"pool": "scheduler"}, Reach: Pager,
		Fault:  "The limit of concurrent jobs was raised above the pool's size, and another client locks the table outbox.",
		Cause:  []string{"outbox", "lock"},
		Also:   consequences,
		inject: all(stuckJobs(19), setting("jobs.concurrency", "40")), // of 20 connections
	},
	{
		Alert: alert.DatabaseConnectionPoolHigh, Labels: map[string]string{"pool": "scheduler"}, Reach: Slack,
		Fault:  "The limit of concurrent jobs is four fifths of the pool, and another client locks the table outbox.",
		Cause:  []string{"outbox", "lock"},
		Also:   consequences,
		inject: all(stuckJobs(15), setting("jobs.concurrency", "15")),
	},
	{
		Alert: alert.DatabaseQuerySlow, Reach: Slack,
		Fault:  "Another client locks the table scheduled_jobs for 0.4 seconds, again and again.",
		Cause:  []string{"scheduled_jobs", "lock"},
		inject: lockedAtTimes("scheduled_jobs", use, 400*time.Millisecond, 200*time.Millisecond),
	},
	{
		Alert: alert.PageErrorRateHigh, Labels: map[string]string{"http_route": "/shopping/{week}"}, Reach: Slack,
		Fault:  "Another client locks the table shopping_ticks, while eight browsers read a shopping list.",
		Cause:  []string{"shopping_ticks", "lock"},
		Also:   []alert.Alert{alert.PageLatencyHigh, alert.DatabaseQuerySlow},
		inject: all(reading(8, time.Second), locked("shopping_ticks")), // of 20 connections
	},
	{
		Alert: alert.PageLatencyHigh, Labels: map[string]string{"http_route": "/shopping/{week}"}, Reach: Slack,
		Fault:  "Another client locks the table shopping_ticks for 3 seconds, again and again, while two browsers read a shopping list.",
		Cause:  []string{"shopping_ticks", "lock"},
		Also:   []alert.Alert{alert.DatabaseQuerySlow},
		inject: all(reading(2, 500*time.Millisecond), lockedAtTimes("shopping_ticks", use, 3*time.Second, 300*time.Millisecond)),
	},
	{
		Alert: alert.EmailDeliveryRateLow, Labels: map[string]string{"email_type": "weekly_plan"}, Reach: Slack,
		Fault:  "The mail server refuses every mail permanently.",
		Cause:  []string{"mail server", "refuse"},
		inject: all(planning(8*time.Second), upstream(faultswitch.Rule{Upstream: "smtp", Status: 550})),
	},
	{
		Alert: alert.ServiceDown, Labels: map[string]string{"service": "meal-planner-scheduler"}, Reach: Pager,
		Fault: "The scheduler hangs.", Processes: true,
		Cause:  []string{"meal-planner-scheduler", "silent"},
		Also:   []alert.Alert{alert.AvailabilityBudgetBurnFast, alert.ExternalAPIDown},
		inject: frozen("scheduler"),
	},
	{
		Alert: alert.AvailabilityBudgetBurnFast, Labels: map[string]string{"service": "meal-planner-api"}, Reach: Pager,
		Fault: "The api hangs for seconds, again and again.", Processes: true,
		Cause:  []string{"meal-planner-api", "gaps"},
		inject: frozenAtTimes("api"),
	},
	{
		Alert: alert.TelemetryMissing, Labels: map[string]string{"source": "collector"}, Reach: Pager,
		Fault: "The Collector is stopped.", Processes: true,
		Cause:  []string{"collector"},
		Also:   []alert.Alert{alert.ServiceDown, alert.AvailabilityBudgetBurnFast, alert.ExternalAPIDown, alert.TelemetryLost},
		inject: stopped("otel-collector"),
	},
	{
		Alert: alert.TelemetryServerDown, Labels: map[string]string{"job": "jaeger"}, Reach: Slack,
		Fault: "Jaeger is stopped.", Processes: true,
		Cause:  []string{"jaeger"},
		inject: stopped("jaeger"),
	},
	{
		Alert: alert.CardinalityOverflow, Reach: Slack,
		Fault:  "A program sends a metric with more label sets than its limit.",
		Cause:  []string{"drill_series_total"},
		inject: overflowing,
	},
	{
		Alert: alert.TelemetryLost, Labels: map[string]string{"station": "otlp_http/prometheus"}, Reach: Slack,
		Fault:  "A program sends samples of last year.",
		Cause:  []string{"otlp_http/prometheus", "refuses"},
		inject: belated,
	},
	{
		Alert: alert.TelemetryQueueFilling, Labels: map[string]string{"exporter": "otlp_grpc/jaeger"}, Reach: Slack,
		Fault: "Jaeger is stopped, and a program sends more traces than usual.", Processes: true,
		Cause:  []string{"otlp_grpc/jaeger", "filling"},
		Also:   []alert.Alert{alert.TelemetryServerDown, alert.TelemetryLost}, // where the queue is a small one
		inject: all(stopped("jaeger"), flooding),
	},
	{
		Alert: alert.DiskSpaceLow, Reach: Slack,
		Fault:  "A small disk is filled.",
		Cause:  []string{"disk", "full"},
		inject: filledDisk,
	},
	{
		Alert: alert.NotificationsFailing, Labels: map[string]string{"integration": "pagerduty"}, Reach: Detour,
		Fault:  "PagerDuty refuses every event, while FatSecret does not answer.",
		Cause:  []string{"pagerduty", "notifications"},
		Also:   []alert.Alert{alert.ExternalAPIDown, alert.APIErrorRateHigh, alert.APIErrorBudgetBurn},
		inject: all(upstream(faultswitch.Rule{Upstream: "pagerduty", Status: http.StatusBadRequest}), upstream(faultswitch.Rule{Upstream: "fatsecret", Outage: true})),
	},
	{
		Alert: alert.Watchdog, Reach: Beat,
		Fault: "Alertmanager is stopped.", Processes: true,
		Cause:  []string{"alertmanager"},
		Also:   []alert.Alert{alert.TelemetryServerDown},
		inject: all(heard, stopped("alertmanager")),
	},
	{
		Alert: alert.SeveralSystemsAffected, Reach: Pager,
		Fault:  "FatSecret does not answer, and another client locks the table outbox while too many jobs may run.",
		Causes: [][]string{{"fatsecret", "answer"}, {"outbox", "lock"}},
		Also:   append([]alert.Alert{alert.ExternalAPIDown, alert.APIErrorRateHigh, alert.APIErrorBudgetBurn, alert.DatabaseConnectionPoolSaturated}, consequences...),
		inject: all(stuckJobs(19), setting("jobs.concurrency", "40"), upstream(faultswitch.Rule{Upstream: "fatsecret", Outage: true})),
	},
	{
		name: "generation-slow-and-mail", Alert: alert.GenerationEngineSlow, Reach: Slack,
		Fault:  "Another client locks the table plans against writing for 3 seconds, again and again, and the mail server refuses every mail.",
		Causes: [][]string{{"plans", "lock"}, {"mail server", "refuse"}},
		Also:   []alert.Alert{alert.EmailDeliveryRateLow, alert.GenerationLatencySLOMissed, alert.DatabaseQuerySlow, alert.SchedulerQueueBacklog, alert.SchedulerConcurrencySaturated},
		inject: all(slowGenerations, upstream(faultswitch.Rule{Upstream: "smtp", Status: 550})),
	},
}

// syncing has Tandoor's recipes fetched all the time, whole.
var syncing = all(
	columnsBack("connection_id is not null", "parameters"),
	func(ctx context.Context, i *Installation) (Heal, error) {
		return nil, exec(ctx, i, `update scheduled_jobs set parameters = parameters || '{"full_sync": true}' where connection_id is not null`)
	},
	running(time.Second, "connection_id is not null"),
)

// importing runs one import after the other, each with breakers of its own, which have not
// opened yet.
var importing = during(func(ctx context.Context, i *Installation) error {
	for {
		if err := i.Import(ctx); ctx.Err() == nil && (fault.KindOf(err) == fault.InvalidConfig || fault.KindOf(err) == fault.NotFound) {
			return err
		}
		if !sleep(ctx, 500*time.Millisecond) {
			return nil
		}
	}
})

// slowGenerations take 3 seconds and more, and succeed.
var slowGenerations = all(planning(2*time.Second), setting("generation.timeout", "15s"), lockedAtTimes("plans", write, 3*time.Second, 500*time.Millisecond))

// stuckJobs wait for a lock and hold a connection each.
func stuckJobs(atLeast int) inject {
	const where = "job_type in ('DailyAdvisor', 'WeeklyTrends')"
	return all(enough(atLeast, where), running(2*time.Second, where), locked("outbox"))
}

// consequences are alerts that follow when the fault of stuckJobs lasts: statements end
// after 30 seconds, and jobs with them.
var consequences = []alert.Alert{alert.SchedulerQueueBacklog, alert.SchedulerConcurrencySaturated, alert.SchedulerRetryRateHigh, alert.SchedulerJobFailureRateHigh, alert.DatabaseQuerySlow, alert.DatabaseConnectionPoolHigh, alert.ServiceDown, alert.AvailabilityBudgetBurnFast}
