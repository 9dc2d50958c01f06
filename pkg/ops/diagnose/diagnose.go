// Package diagnose names the likely cause of an alert from what the telemetry and the
// database say, with the evidence. It changes nothing.
//
// Every probe looks for one kind of cause. What is present now is a cause; what was seen
// within the window and has ended is listed separately. A source that does not answer is
// said, and ends nothing.
package diagnose

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Sample is a value of a metric with its labels.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Metrics answers PromQL for now.
type Metrics interface {
	Query(ctx context.Context, expr string) ([]Sample, error)
}

// Line is a log line; Fields are its labels and metadata.
type Line struct {
	Text   string
	Fields map[string]string
}

// Logs answers LogQL with the newest lines.
type Logs interface {
	Lines(ctx context.Context, query string, since time.Time, most int) ([]Line, error)
}

// Span is a span of a trace.
type Span struct {
	Trace, ID, Parent, Name, Component string
	Start                              time.Time
	Took                               time.Duration
}

// Traces finds slow traces.
type Traces interface {
	Slow(ctx context.Context, service, operation string, since time.Time, least time.Duration, most int) ([]Span, error)
}

// LockWait is a session that holds what others wait for.
type LockWait struct {
	Table, Application, State, Statement string
	PID                                  int
	Held, Waited                         time.Duration
	Waiting                              int      // sessions
	Waiters                              []string // whose these are, some
}

// Sessions is how the connections of a client are used.
type Sessions struct {
	Application, State string
	Count              int
	Longest            time.Duration
}

// Transaction is one that is open.
type Transaction struct {
	PID                           int
	Application, State, Statement string
	Open                          time.Duration
}

// Statement is what the server's own statistics say of a statement, since they were reset.
type Statement struct {
	Text  string
	Calls int64
	Mean  time.Duration
}

// FailingJobs is a kind of failure of a job type: how many of its attempts within the
// window failed so, and how many of those lately.
type FailingJobs struct {
	Type, ErrorType, Message, Trace string
	Jobs                            []string // some
	Failed, Recently, Attempts      int
	Unrecovered                     int // jobs that did not succeed since
	Last                            time.Time
}

// Planless is an enabled user without a plan.
type Planless struct {
	User, Status, LastError string
	Scheduled               bool // their job is not paused
}

// Unbalanced is how many of a user's last 4 plans have a day out of band.
type Unbalanced struct {
	User         string
	Plans, Count int
	Steered      int  // of Count: weeks in which the user locked, skipped or travelled
	Lacking      int  // weeks with meals that nothing in the library fits
	OwnTargets   bool // the user set targets
}

// RefusedMails are mails of the window that were not accepted.
type RefusedMails struct {
	Final           bool // else they are tried again
	Message         string
	Types           []string
	Count, Recently int
	Last            time.Time
}

// Setting is a limit that was changed while the program runs.
type Setting struct {
	Name, Value, By, Reason string
	Set, Expires            time.Time
}

// Database is what the database knows. Windows end now.
type Database interface {
	Ping(ctx context.Context) error
	LockWaits(ctx context.Context) ([]LockWait, error)
	Sessions(ctx context.Context) ([]Sessions, error)
	LongTransactions(ctx context.Context, least time.Duration) ([]Transaction, error)
	SlowStatements(ctx context.Context, least time.Duration) ([]Statement, error)
	FailingJobs(ctx context.Context, window, recent time.Duration) ([]FailingJobs, error)
	// UsersWithoutPlan lists those whose run for the week was due.
	UsersWithoutPlan(ctx context.Context, week string) ([]Planless, error)
	Unbalanced(ctx context.Context) ([]Unbalanced, error)
	RefusedMails(ctx context.Context, window, recent time.Duration) ([]RefusedMails, error)
	Settings(ctx context.Context) ([]Setting, error)
}

// Sources are what is asked.
type Sources struct {
	Metrics  Metrics
	Logs     Logs
	Traces   Traces
	Database Database
}

// Options say what is looked for.
type Options struct {
	// Slug is a runbook's: what can explain its alert is looked for, and no more. "" looks for
	// everything.
	Slug string
	// Window ends now; findings from its last part are current: a fifteenth, 20 s at least.
	Window time.Duration
	Now    time.Time
	// Configured are the limits that hold where none is changed.
	Configured override.Configured
}

// Finding is a likely cause.
type Finding struct {
	Cause    string   `json:"cause"`
	Evidence []string `json:"evidence,omitempty"`
	Traces   []string `json:"traces,omitempty"` // their ids

	kind kind
	past bool
}

// Report is what was found, the likeliest first.
type Report struct {
	Causes []Finding `json:"causes"`
	// Earlier is what was seen within the window, but not in its newest part.
	Earlier []Finding `json:"earlier,omitempty"`
	// Changed are overrides that explain nothing by themselves.
	Changed []string `json:"changed,omitempty"`
	// NotAsked are probes whose source did not answer, with why.
	NotAsked []string `json:"not_asked,omitempty"`
}

// kind is what a cause is about.
type kind int

const (
	database kind = iota
	telemetry
	locks
	services
	budget
	upstreams
	quota
	mail
	weeks
	jobs
	balance
	settings
	pools
	statements
	components
	overflow
	losses
	disks
	pages
)

// always can explain any alert: without the database nothing works, and without telemetry
// nothing is known.
var always = []kind{database, telemetry}

// explains says what can explain an alert, the likeliest first.
var explains = map[alert.Alert][]kind{
	alert.GenerationEngineSlow:            {locks, components, upstreams, settings, statements, pools, mail},
	alert.GenerationLatencySLOMissed:      {locks, components, upstreams, settings, statements, pools},
	alert.GenerationSuccessRateLow:        {jobs, upstreams, settings, locks, weeks},
	alert.WeeklyGenerationIncomplete:      {weeks, jobs, settings, services, upstreams, locks},
	alert.WeeklyGenerationMissing:         {services, weeks, settings, jobs, locks},
	alert.WeeklySLOMissed:                 {weeks, jobs, settings, services},
	alert.WeeklyStreakBroken:              {weeks, jobs, settings, services},
	alert.MacroBalanceRateLow:             {balance, upstreams},
	alert.SchedulerQueueBacklog:           {locks, settings, services, upstreams, jobs, pools, statements},
	alert.SchedulerConcurrencySaturated:   {settings, locks, upstreams, jobs, pools, statements},
	alert.SchedulerRetryRateHigh:          {jobs, settings, upstreams, locks, services},
	alert.SchedulerJobFailureRateHigh:     {jobs, upstreams, settings, locks},
	alert.JobThroughputLow:                {services, settings, jobs, locks, upstreams},
	alert.ExternalAPIDown:                 {upstreams, services},
	alert.APIErrorRateHigh:                {upstreams, quota, settings},
	alert.APIErrorBudgetBurn:              {upstreams, quota, settings},
	alert.APIQuotaHigh:                    {quota, upstreams},
	alert.DatabaseConnectionPoolSaturated: {locks, pools, settings, statements},
	alert.DatabaseConnectionPoolHigh:      {locks, pools, settings, statements},
	alert.DatabaseQuerySlow:               {locks, statements, pools},
	alert.PageErrorRateHigh:               {locks, pools, statements, pages, upstreams, settings},
	alert.PageLatencyHigh:                 {locks, pools, statements, pages, settings},
	alert.EmailDeliveryRateLow:            {mail},
	alert.ServiceDown:                     {services, pools},
	alert.AvailabilityBudgetBurnFast:      {services, pools},
	alert.AvailabilityBudgetBurnSlow:      {services, budget, pools},
	alert.AvailabilitySLOMissed:           {services, budget, pools},
	alert.TelemetryMissing:                {telemetry, services},
	alert.TelemetryServerDown:             {telemetry},
	alert.CardinalityOverflow:             {overflow},
	alert.TelemetryLost:                   {losses, disks, telemetry},
	alert.TelemetryQueueFilling:           {losses, disks, telemetry},
	alert.DiskSpaceLow:                    {disks},
	alert.NotificationsFailing:            {losses, telemetry},
	alert.Watchdog:                        {telemetry},
	alert.SeveralSystemsAffected:          {upstreams, locks, services, pools, jobs, mail, weeks, settings, statements, components},
}

// Diagnose looks for causes. An unknown slug is an error of kind InvalidInput.
func Diagnose(ctx context.Context, s Sources, o Options) (Report, error) {
	about, _ := alert.Of(o.Slug)
	wanted, ok := explains[about]
	if o.Slug != "" && !ok {
		return Report{}, fault.New(fault.InvalidInput, "runbook", "%q is not one of %s", o.Slug, strings.Join(alert.Slugs(), ", "))
	}
	c := &investigation{Sources: s, Options: o, about: about, recent: min(max(o.Window/15, 20*time.Second), o.Window), since: o.Now.Add(-o.Window)}
	asked := slices.DeleteFunc(slices.Clone(probes), func(p probe) bool {
		return ok && !slices.Contains(wanted, p.kind) && !slices.Contains(always, p.kind)
	})
	found := make([][]Finding, len(asked))
	failed := make([]error, len(asked))
	var wg sync.WaitGroup
	for i, p := range asked {
		wg.Go(func() {
			failed[i] = fault.Guarded("probe "+p.name, func() (err error) { found[i], err = p.look(c, ctx); return err })()
		})
	}
	wg.Wait()
	r := Report{Causes: []Finding{}, Changed: c.changed}
	why := map[string][]string{} // what was not asked, by the error
	for i, p := range asked {
		for _, f := range found[i] {
			f.kind = p.kind
			if f.past {
				r.Earlier = append(r.Earlier, f)
			} else {
				r.Causes = append(r.Causes, f)
			}
		}
		if failed[i] != nil {
			why[failed[i].Error()] = append(why[failed[i].Error()], p.name)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(why)) {
		r.NotAsked = append(r.NotAsked, fmt.Sprintf("%s: %s", strings.Join(why[text], ", "), text))
	}
	rank := func(f Finding) int {
		if i := slices.Index(wanted, f.kind); i >= 0 {
			return i
		}
		return len(wanted) + int(f.kind)
	}
	byRank := func(a, b Finding) int { return rank(a) - rank(b) }
	slices.SortStableFunc(r.Causes, byRank)
	slices.SortStableFunc(r.Earlier, byRank)
	return r, nil
}
