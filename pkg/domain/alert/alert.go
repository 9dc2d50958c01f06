// Package alert declares the alerts, each with its runbook. The rules, the documents and
// everything that speaks of an alert agree with it.
package alert

import (
	"maps"
	"slices"
)

// Alert is an alert's name.
type Alert string

// The alerts.
const (
	GenerationEngineSlow            Alert = "GenerationEngineSlow"
	GenerationLatencySLOMissed      Alert = "GenerationLatencySLOMissed"
	GenerationSuccessRateLow        Alert = "GenerationSuccessRateLow"
	WeeklyGenerationIncomplete      Alert = "WeeklyGenerationIncomplete"
	WeeklyGenerationMissing         Alert = "WeeklyGenerationMissing"
	MacroBalanceRateLow             Alert = "MacroBalanceRateLow"
	SchedulerQueueBacklog           Alert = "SchedulerQueueBacklog"
	SchedulerConcurrencySaturated   Alert = "SchedulerConcurrencySaturated"
	SchedulerRetryRateHigh          Alert = "SchedulerRetryRateHigh"
	SchedulerJobFailureRateHigh     Alert = "SchedulerJobFailureRateHigh"
	JobThroughputLow                Alert = "JobThroughputLow"
	ExternalAPIDown                 Alert = "ExternalAPIDown"
	APIErrorRateHigh                Alert = "APIErrorRateHigh"
	APIErrorBudgetBurn              Alert = "APIErrorBudgetBurn"
	APIQuotaHigh                    Alert = "APIQuotaHigh"
	DatabaseConnectionPoolSaturated Alert = "DatabaseConnectionPoolSaturated"
	DatabaseConnectionPoolHigh      Alert = "DatabaseConnectionPoolHigh"
	DatabaseQuerySlow               Alert = "DatabaseQuerySlow"
	PageErrorRateHigh               Alert = "PageErrorRateHigh"
	PageLatencyHigh                 Alert = "PageLatencyHigh"
	EmailDeliveryRateLow            Alert = "EmailDeliveryRateLow"
	ServiceDown                     Alert = "ServiceDown"
	AvailabilityBudgetBurnFast      Alert = "AvailabilityBudgetBurnFast"
	AvailabilityBudgetBurnSlow      Alert = "AvailabilityBudgetBurnSlow"
	AvailabilitySLOMissed           Alert = "AvailabilitySLOMissed"
	TelemetryMissing                Alert = "TelemetryMissing"
	TelemetryServerDown             Alert = "TelemetryServerDown"
	CardinalityOverflow             Alert = "CardinalityOverflow"
	TelemetryLost                   Alert = "TelemetryLost"
	TelemetryQueueFilling           Alert = "TelemetryQueueFilling"
	DiskSpaceLow                    Alert = "DiskSpaceLow"
	NotificationsFailing            Alert = "NotificationsFailing"
	Watchdog                        Alert = "Watchdog"
	WeeklySLOMissed                 Alert = "WeeklySLOMissed"
	WeeklyStreakBroken              Alert = "WeeklyStreakBroken"
	SeveralSystemsAffected          Alert = "SeveralSystemsAffected"
)

// runbooks are the slugs of the alerts' runbooks.
var runbooks = map[Alert]string{
	GenerationEngineSlow:            "generation-slow",
	GenerationLatencySLOMissed:      "generation-latency-slo-missed",
	GenerationSuccessRateLow:        "generation-success-rate-low",
	WeeklyGenerationIncomplete:      "generation-failed",
	WeeklyGenerationMissing:         "weekly-generation-missing",
	MacroBalanceRateLow:             "macro-balance-rate-low",
	SchedulerQueueBacklog:           "scheduler-queue-backlog",
	SchedulerConcurrencySaturated:   "scheduler-concurrency-saturated",
	SchedulerRetryRateHigh:          "high-retry-rate",
	SchedulerJobFailureRateHigh:     "job-failures",
	JobThroughputLow:                "job-throughput-low",
	ExternalAPIDown:                 "api-down",
	APIErrorRateHigh:                "api-errors",
	APIErrorBudgetBurn:              "api-error-budget-burn",
	APIQuotaHigh:                    "api-quota-high",
	DatabaseConnectionPoolSaturated: "db-pool-saturated",
	DatabaseConnectionPoolHigh:      "database-connection-pool-high",
	DatabaseQuerySlow:               "database-query-slow",
	PageErrorRateHigh:               "page-errors",
	PageLatencyHigh:                 "page-slow",
	EmailDeliveryRateLow:            "email-delivery-issues",
	ServiceDown:                     "service-down",
	AvailabilityBudgetBurnFast:      "availability-budget-burn-fast",
	AvailabilityBudgetBurnSlow:      "availability-budget-burn-slow",
	AvailabilitySLOMissed:           "availability-slo-missed",
	TelemetryMissing:                "telemetry-missing",
	TelemetryServerDown:             "telemetry-server-down",
	CardinalityOverflow:             "cardinality-overflow",
	TelemetryLost:                   "telemetry-lost",
	TelemetryQueueFilling:           "telemetry-queue-filling",
	DiskSpaceLow:                    "disk-space-low",
	NotificationsFailing:            "notifications-failing",
	Watchdog:                        "watchdog",
	WeeklySLOMissed:                 "weekly-slo-missed",
	WeeklyStreakBroken:              "weekly-streak-broken",
	SeveralSystemsAffected:          "several-systems-affected",
}

// Runbook is the slug of the alert's runbook, and empty for what is no alert.
func (a Alert) Runbook() string { return runbooks[a] }

// Slugs lists the runbooks in the order of the alphabet.
func Slugs() []string { return slices.Sorted(maps.Values(runbooks)) }

// Of returns the alert of a runbook; ok is false for a slug of none.
func Of(slug string) (a Alert, ok bool) {
	for a, s := range runbooks {
		if s == slug {
			return a, true
		}
	}
	return "", false
}
