package diagnose

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
)

// investigation is one run of the probes.
type investigation struct {
	Sources
	Options
	about   alert.Alert // of the slug, if one is named
	since   time.Time
	recent  time.Duration
	changed []string // written by lookAtSettings alone
}

type probe struct {
	name string
	kind kind
	look func(*investigation, context.Context) ([]Finding, error)
}

// probes are made at the same time.
var probes = []probe{
	{"database", database, (*investigation).lookAtDatabase},
	{"telemetry servers", telemetry, (*investigation).lookAtTelemetry},
	{"locks", locks, (*investigation).lookAtLocks},
	{"services", services, (*investigation).lookAtServices},
	{"availability budget", budget, (*investigation).lookAtBudget},
	{"upstreams", upstreams, (*investigation).lookAtUpstreams},
	{"quota", quota, (*investigation).lookAtQuota},
	{"mails", mail, (*investigation).lookAtMails},
	{"weeks", weeks, (*investigation).lookAtWeeks},
	{"jobs", jobs, (*investigation).lookAtJobs},
	{"balance", balance, (*investigation).lookAtBalance},
	{"runtime settings", settings, (*investigation).lookAtSettings},
	{"pools", pools, (*investigation).lookAtPools},
	{"statements", statements, (*investigation).lookAtStatements},
	{"components", components, (*investigation).lookAtComponents},
	{"series", overflow, (*investigation).lookAtOverflow},
	{"pages", pages, (*investigation).lookAtPages},
	{"losses", losses, (*investigation).lookAtLosses},
	{"disks", disks, (*investigation).lookAtDisks},
}

// What is not worth a word.
const (
	lockSamples     = 24
	lockEvery       = 125 * time.Millisecond // 24 of them see a lock that comes and goes
	lockSeen        = 3                      // samples, from which on a wait is no accident
	lockWaited      = 300 * time.Millisecond // or one wait of this length
	errorsLeast     = 3
	errorsShare     = 0.05
	slowAnswer      = 2 // seconds, the mean
	slowStatement   = 100 * time.Millisecond
	statementsLeast = 5
	slowWeek        = time.Second
	poolFull        = 0.7
	longTransaction = 30 * time.Second
	quotaHigh       = 0.8
	balanced        = 0.9 // of each user's last plans, the alert's limit
	upShare         = 0.97
	downShare       = 0.005 // of days, the availability SLO's budget
)

// query asks for the samples whose value is a number.
func (c *investigation) query(ctx context.Context, format string, args ...any) ([]Sample, error) {
	all, err := c.Metrics.Query(ctx, fmt.Sprintf(format, args...))
	return slices.DeleteFunc(all, func(s Sample) bool { return math.IsNaN(s.Value) || math.IsInf(s.Value, 0) }), err
}

// span is a duration in PromQL.
func span(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }

// by reads values by a label.
func by(samples []Sample, label string) map[string]float64 {
	out := map[string]float64{}
	for _, s := range samples {
		out[s.Labels[label]] = s.Value
	}
	return out
}
