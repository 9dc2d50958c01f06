// Package metrics is the one list of every metric this program emits. Instruments,
// views, zero series and docs/metrics.md are derived from it, and no other package
// creates an instrument. Names are required (docs/evidence/spec-coverage.md); they reach
// Prometheus unchanged (translation strategy without suffixes).
package metrics

// componentBuckets are those of the component histogram, of the program's and of the
// Collector's copy alike.
var componentBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .15, .2, .3, .45, .5, .6, 1, 2, 5}

// Catalogue lists every metric, in the order below.
var Catalogue []Def

// The metrics.
var (
	GenerationExecutionTime = histogram2[User, Week](Def{
		Name: "generation_execution_time_seconds", Unit: "s", Section: "1.1",
		Help:    "Duration of one weekly generation, from its root span. user_id and week_of are dropped in installations with more than 25 users.",
		Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 10, 30},
	})

	GenerationAttempts = counter1[User](Def{
		Name: "generation_attempts_total", Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations by final outcome: successes plus failures.",
	})

	GenerationSuccess = counter1[User](Def{
		Name: "generation_success_total", Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations that ended with a stored plan.",
	})

	GenerationFailures = counter2[User, ErrorType](Def{
		Name: "generation_failures_total", Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations that ended without a plan, after the last attempt of the run.",
	})

	GenerationRecipeSelectionConflicts = counter1[ConflictType](Def{
		Name: "generation_recipe_selection_conflicts_total", Unit: "{conflict}", Section: "1.1",
		Help: "Generations whose best selection needs a repeat or rotation debt (DuplicateRecipe), has a day out of band (MacroImbalance), or was worsened by a constraint (ConstraintViolation); at most one per type and run.",
	})

	GenerationMacroBalanceSuccessRate = gauge1[User](Def{
		Name: "generation_macro_balance_success_rate", Unit: "1", Section: "1.1",
		Help: "Share of the user's last 4 plans with all days in band, 0 to 1, read from the database.",
	})

	GenerationMacroBalanced = counter1[User](Def{
		Name: "generation_macro_balanced_total", Unit: "{generation}", Section: "design",
		Help: "Weekly generations whose plan has all days in band.",
	})

	GenerationComponentDuration = histogram1[Component](Def{
		Name: "generation_component_duration_seconds", Unit: "s", Section: "1.1",
		Help:    "Duration of one component of a generation, or of a week's revision by command, from its span.",
		Buckets: componentBuckets,
	})

	_ = histogram1[Component](Def{
		Name: "generation_component_duration_spanmetrics_seconds", Unit: "s", Section: "design", Collector: true,
		Help:    "The same, made from the spans by the Collector: the independent copy.",
		Buckets: componentBuckets,
	})

	SchedulerJobQueueDepth = gauge1[JobType](Def{
		Name: "scheduler_job_queue_depth", Unit: "{job}", Section: "1.2",
		Help: "Due jobs that wait for a worker.",
	})

	SchedulerJobOldestPendingAge = gauge1[JobType](Def{
		Name: "scheduler_job_oldest_pending_age_seconds", Unit: "s", Section: "design",
		Help: "Time since the oldest due job should have begun; 0 when none is due.",
	})

	SchedulerJobExecutionLatency = histogram2[JobType, Priority](Def{
		Name: "scheduler_job_execution_latency_seconds", Unit: "s", Section: "1.2",
		Help:    "Time from a job's due time to the start of its first attempt.",
		Buckets: []float64{.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600},
	})

	SchedulerJobRetryRate = gauge1[JobType](Def{
		Name: "scheduler_job_retry_rate", Unit: "1", Section: "1.2",
		Help: "Retries over started attempts of the last 24 h, 0 to 1, read from the database.",
	})

	SchedulerJobErrorRate = gauge2[JobType, ErrorType](Def{
		Name: "scheduler_job_error_rate", Unit: "1", Section: "1.2",
		Help: "Jobs that failed terminally over finished jobs of the last 24 h, 0 to 1, read from the database; the error types of a job type add up.",
	})

	SchedulerConcurrentJobs = gauge1[JobType](Def{
		Name: "scheduler_concurrent_jobs", Unit: "{job}", Section: "1.2",
		Help: "Jobs that this process is working on.",
	})

	SchedulerConcurrencyLimit = gauge0(Def{
		Name: "scheduler_concurrency_limit", Unit: "{job}", Section: "design",
		Help: "Jobs this process works on at most at a time.",
	})

	SchedulerJobExecutions = counter1[JobType](Def{
		Name: "scheduler_job_executions_total", Unit: "{attempt}", Section: "1.2",
		Help: "Started attempts.",
	})

	SchedulerJobRetries = counter1[JobType](Def{
		Name: "scheduler_job_retries_total", Unit: "{attempt}", Section: "1.2",
		Help: "Started attempts that were not the first.",
	})

	SchedulerJobCompletions = counter1[JobType](Def{
		Name: "scheduler_job_completions_total", Unit: "{job}", Section: "1.3",
		Help: "Jobs that succeeded.",
	})

	SchedulerJobFailures = counter2[JobType, ErrorType](Def{
		Name: "scheduler_job_failures_total", Unit: "{job}", Section: "1.2",
		Help: "Jobs that failed terminally: permanently, or with their retries exhausted.",
	})

	SchedulerJobRetryExhausted = counter1[JobType](Def{
		Name: "scheduler_job_retry_exhausted_total", Unit: "{job}", Section: "4.5",
		Help: "Jobs that failed at their last allowed attempt.",
	})

	JobProcessingThroughput = gauge1[JobType](Def{
		Name: "job_processing_throughput", Unit: "{job}/h", Section: "1.3",
		Help: "Finished jobs an hour over the last 24 h, read from the database.",
	})

	WeeklyGenerationSuccessAllUsers = gauge1[Week](Def{
		Name: "weekly_generation_success_all_users", Unit: "1", Section: "1.4",
		Help: "0 while an enabled user whose run was due over 30 minutes ago has no plan for the week, else 1; the running and the last week that had a due run, read from the database.",
	})

	WeeklyGenerationCurrentWeek = gauge1[Week](Def{
		Name: "weekly_generation_current_week", Unit: "1", Section: "design",
		Help: "1 for the week whose plans were due last, 0 for the one before.",
	})

	WeeklyGenerationSuccessStreakWeeks = gauge0(Def{
		Name: "weekly_generation_success_streak_weeks", Unit: "{week}", Section: "design",
		Help: "Weeks in a row, up to the last due one, for which every enabled user has a plan; 26 at most, read from the database.",
	})

	WeeklyGenerationLastSuccessTimestamp = gauge0(Def{
		Name: "weekly_generation_last_success_timestamp_seconds", Unit: "s", Section: "design",
		Help: "When the newest plan was stored, in seconds since 1970.",
	})

	APIAvailability = gauge1[API](Def{
		Name: "api_availability", Unit: "1", Section: "1.3",
		Help: "1 while the last probe of the upstream was answered, else 0.",
	})

	APIRequestDuration = histogram2[API, Endpoint](Def{
		Name: "api_request_duration_seconds", Unit: "s", Section: "1.3",
		Help:    "Duration of one request to an upstream, one attempt each.",
		Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 2, 5, 10},
	})

	APIRequests = counter3[API, Endpoint, StatusCode](Def{
		Name: "api_request_total", Unit: "{request}", Section: "1.3",
		Help: "Requests to an upstream. status_code is the HTTP status, timeout or network_error; FatSecret's errors inside HTTP 200 are mapped to 400, 401, 429 and 503.",
	})

	CostMetricsAPICalls = counter1[API](Def{
		Name: "cost_metrics_api_calls", Unit: "{request}", Section: "1.4",
		Help: "Requests to an upstream that count against its plan.",
	})

	CostMetricsBandwidthBytes = counter1[Source](Def{
		Name: "cost_metrics_bandwidth_bytes", Unit: "By", Section: "1.4",
		Help: "Bytes received from upstreams (api) and sent as mail (email).",
	})

	APIDailyBudgetUsage = gauge1[API](Def{
		Name: "api_daily_budget_usage", Unit: "1", Section: "design",
		Help: "Today's calls (UTC) over the application's daily budget, 0 to 1.",
	})

	DatabaseConnectionPoolUsage = gauge1[Pool](Def{
		Name: "database_connection_pool_usage", Unit: "1", Section: "1.3",
		Help: "Acquired connections over the pool's maximum, 0 to 1.",
	})

	DatabaseQueryDuration = histogram1[Query](Def{
		Name: "database_query_duration_seconds", Unit: "s", Section: "1.3",
		Help:    "Duration of one named statement.",
		Buckets: []float64{.001, .005, .025, .05, .1, .25, 1, 5},
	})

	EmailDeliveryAttempts = counter1[EmailType](Def{
		Name: "email_delivery_attempts_total", Unit: "{mail}", Section: "1.3",
		Help: "Mails by final outcome: accepted plus permanently rejected.",
	})

	EmailDeliverySuccess = counter1[EmailType](Def{
		Name: "email_delivery_success_total", Unit: "{mail}", Section: "1.3",
		Help: "Mails accepted by the SMTP server.",
	})

	EmailDeliveryFailures = counter1[EmailType](Def{
		Name: "email_delivery_failures_total", Unit: "{mail}", Section: "1.3",
		Help: "Mails permanently rejected, given up, or accepted and bounced later.",
	})

	EmailDeliverySuccessRate = gauge1[EmailType](Def{
		Name: "email_delivery_success_rate", Unit: "1", Section: "1.3",
		Help: "Accepted mails that did not bounce over finished mails of the last 24 h, 0 to 1, read from the database; 1 when none finished.",
	})

	EmailDeliveryLatency = histogram1[EmailType](Def{
		Name: "email_delivery_latency_seconds", Unit: "s", Section: "1.3",
		Help:    "Time from the mail's entry into the outbox to its acceptance by the SMTP server.",
		Buckets: []float64{.5, 1, 2, 5, 10, 20, 30, 60, 300},
	})

	EmailOpens = counter1[EmailType](Def{
		Name: "email_opens_total", Unit: "{mail}", Section: "1.4",
		Help: "Mails opened by a person for the first time; only users who opted in.",
	})

	EmailClicks = counter1[EmailType](Def{
		Name: "email_clicks_total", Unit: "{mail}", Section: "1.4",
		Help: "Mails in which a person followed a link for the first time.",
	})

	EmailEngagementRate = gauge1[EmailType](Def{
		Name: "email_engagement_rate", Unit: "1", Section: "1.4",
		Help: "Mails accepted in the last 30 days that a person opened or clicked over all of these, 0 to 1; 0 when there were none. Read from the database.",
	})

	CommandExecutionRate = counter1[CommandType](Def{
		Name: "command_execution_rate", Unit: "{command}", Section: "1.4",
		Help: "Commands by mail and button that were carried out. A counter in spite of its name.",
	})

	CommandRequests = counter1[Outcome](Def{
		Name: "command_requests_total", Unit: "{request}", Section: "design",
		Help: "Mails to the inbox and clicks of buttons by outcome; only applied changed anything.",
	})

	AlertResponses = counter2[Action, Result](Def{
		Name: "alert_responses_total", Unit: "{response}", Section: "4.2",
		Help: "Automatic responses to alerts (tier 1), by what was done and how it ended.",
	})

	AlertResponse = gauge3[AlertName, Action, Result](Def{
		Name: "alert_response", Unit: "1", Section: "4.2",
		Help: "1 for the newest automatic response of the last hour to an alert, by what was done and how it ended. Read from the database.",
	})

	OnCall = gauge2[Tier, Person](Def{
		Name: "on_call", Unit: "1", Section: "4.2",
		Help: "1 for who of an escalation tier is on call now, by the rotation file.",
	})

	ServiceUp = gauge1[Service](Def{
		Name: "service_up", Unit: "1", Section: "design",
		Help: "1 while the role is ready: its database answers.",
	})
)

// Lookup returns the row with the name.
func Lookup(name string) (Def, bool) {
	for _, d := range Catalogue {
		if d.Name == name {
			return d, true
		}
	}
	return Def{}, false
}
