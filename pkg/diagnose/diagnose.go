// Package diagnose names the likely cause of an alert from what the telemetry and the
// database say, with the evidence. It changes nothing.
//
// Every probe looks for one kind of cause that is there now, within a window. What it
// finds is a sentence for people; a source that does not answer is said, and ends nothing.
package diagnose

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
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
	Took                               time.Duration
}

// Traces finds slow traces.
type Traces interface {
	Slow(ctx context.Context, service, operation string, since time.Time, least time.Duration, most int) ([]Span, error)
	// Link is where people look at a trace.
	Link(trace string) string
}

// LockWait is a session that holds what others wait for.
type LockWait struct {
	Table, Application, State, Statement string
	PID                                  int
	Held, Waited                         time.Duration
	Waiting                              int // sessions
}

// Sessions is how the connections of a client are used.
type Sessions struct {
	Application, State string
	Count              int
	Longest            time.Duration
}

// FailingJobs is a kind of failure of a job type.
type FailingJobs struct {
	Type, ErrorType, Message, Trace string
	Failed, Attempts                int
}

// Planless is an enabled user without a plan.
type Planless struct {
	User, Status, LastError string
	Scheduled               bool // their job is not paused
}

// Unbalanced is how many of the weeks planned lately have a day out of band.
type Unbalanced struct {
	Planned, Count int
	Users          []string // some of whose
}

// RefusedMails is what the mail server said about mails.
type RefusedMails struct {
	Status, Message string
	Count           int
}

// Setting is a limit that was changed while the program runs.
type Setting struct {
	Name, Value, By, Reason string
	Set                     time.Time
}

// Database is what the database knows.
type Database interface {
	LockWaits(ctx context.Context) ([]LockWait, error)
	Sessions(ctx context.Context) ([]Sessions, error)
	FailingJobs(ctx context.Context, window time.Duration) ([]FailingJobs, error)
	UsersWithoutPlan(ctx context.Context, week string) ([]Planless, error)
	Unbalanced(ctx context.Context, window time.Duration) (Unbalanced, error)
	RefusedMails(ctx context.Context, window time.Duration) ([]RefusedMails, error)
	Settings(ctx context.Context) ([]Setting, error)
}

// Sources are what is asked.
type Sources struct {
	Metrics  Metrics
	Logs     Logs
	Traces   Traces
	Database Database
}

// Finding is a likely cause.
type Finding struct {
	Cause    string   `json:"cause"`
	Evidence []string `json:"evidence,omitempty"`
	Traces   []string `json:"traces,omitempty"`

	kind kind
}

// Report is what was found, the likeliest first.
type Report struct {
	Causes []Finding `json:"causes"`
	// NotAsked are probes whose source did not answer, with why.
	NotAsked []string `json:"not_asked,omitempty"`
}

// kind is what a cause is about.
type kind int

const (
	locks kind = iota
	telemetry
	services
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
)

// explains says, by runbook, what is looked at first. What else is found follows.
var explains = map[string][]kind{
	"generation-slow":                 {locks, components, statements, upstreams, settings},
	"generation-slow-and-mail":        {locks, mail, components, statements},
	"generation-latency-slo-missed":   {locks, components, statements, upstreams, settings},
	"generation-success-rate-low":     {jobs, upstreams, locks, weeks},
	"generation-failed":               {weeks, jobs, upstreams, locks},
	"weekly-generation-missing":       {services, weeks, settings, jobs},
	"weekly-slo-missed":               {weeks, jobs},
	"weekly-streak-broken":            {weeks, jobs},
	"macro-balance-rate-low":          {balance, upstreams},
	"scheduler-queue-backlog":         {locks, settings, services, upstreams, jobs},
	"scheduler-concurrency-saturated": {settings, locks, upstreams, jobs},
	"high-retry-rate":                 {jobs, settings, upstreams, locks},
	"job-failures":                    {jobs, upstreams, settings, locks},
	"job-throughput-low":              {services, settings, jobs, locks},
	"api-down":                        {upstreams, services},
	"api-errors":                      {upstreams, jobs},
	"api-error-budget-burn":           {upstreams, jobs},
	"api-quota-high":                  {quota, upstreams},
	"db-pool-saturated":               {locks, pools, settings, statements},
	"database-connection-pool-high":   {locks, pools, settings, statements},
	"database-query-slow":             {locks, statements, pools},
	"email-delivery-issues":           {mail},
	"service-down":                    {services, telemetry, pools},
	"availability-budget-burn-fast":   {services, telemetry},
	"availability-budget-burn-slow":   {services, telemetry},
	"availability-slo-missed":         {services, telemetry},
	"telemetry-missing":               {telemetry, services},
	"telemetry-server-down":           {telemetry},
	"cardinality-overflow":            {overflow},
	"watchdog":                        {telemetry},
	"several-systems-affected":        {upstreams, locks, pools, services, mail},
}

// Slugs lists the runbooks that [Diagnose] knows.
func Slugs() []string {
	out := make([]string, 0, len(explains))
	for s := range explains {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Diagnose looks for causes that were there within the window before now. slug is a
// runbook's, or "" for whatever is found. An unknown one is an error of kind InvalidInput.
func Diagnose(ctx context.Context, s Sources, slug string, window time.Duration, now time.Time) (Report, error) {
	first, ok := explains[slug]
	if slug != "" && !ok {
		return Report{}, fault.New(fault.InvalidInput, "runbook", "%q is none of %s", slug, strings.Join(Slugs(), ", "))
	}
	c := &investigation{Sources: s, window: window, since: now.Add(-window)}
	found := make([][]Finding, len(probes))
	failed := make([]string, len(probes))
	var wg sync.WaitGroup
	for i, p := range probes {
		wg.Go(func() {
			var err error
			if found[i], err = p.look(c, ctx); err != nil {
				failed[i] = fmt.Sprintf("%s: %v", p.name, err)
			}
		})
	}
	wg.Wait()
	var r Report
	for i, p := range probes {
		for _, f := range found[i] {
			f.kind = p.kind
			r.Causes = append(r.Causes, f)
		}
		if failed[i] != "" {
			r.NotAsked = append(r.NotAsked, failed[i])
		}
	}
	rank := func(f Finding) int {
		if i := slices.Index(first, f.kind); i >= 0 {
			return i
		}
		return len(first) + int(f.kind)
	}
	slices.SortStableFunc(r.Causes, func(a, b Finding) int { return rank(a) - rank(b) })
	return r, nil
}
