package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func (c *investigation) lookAtDatabase(ctx context.Context) ([]Finding, error) {
	if err := c.Database.Ping(ctx); err != nil && ctx.Err() == nil {
		return []Finding{{Cause: "PostgreSQL does not answer", Evidence: []string{oneLine(err.Error())}}}, nil
	}
	return nil, nil
}

// lookAtLocks samples lock waits and their blockers. A wait that is seen again and again, or is
// long, is a cause.
func (c *investigation) lookAtLocks(ctx context.Context) ([]Finding, error) {
	type seen struct {
		LockWait
		samples int
	}
	by := map[[2]string]*seen{} // by table and client
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for range lockSamples {
		waits, err := c.Database.LockWaits(ctx)
		if err != nil {
			return nil, err
		}
		for _, w := range waits {
			k := [2]string{w.Table, w.Application}
			s := by[k]
			if s == nil {
				s = &seen{LockWait: w}
				by[k] = s
			}
			s.samples++
			if w.Waiting >= s.Waiting {
				s.Waiting, s.Waiters, s.Statement, s.State, s.PID = w.Waiting, w.Waiters, w.Statement, w.State, w.PID
			}
			s.Waited, s.Held = max(s.Waited, w.Waited), max(s.Held, w.Held)
		}
		select {
		case <-ctx.Done():
			return nil, fault.Wrap(fault.TimeoutError, "lock waits", ctx.Err())
		case <-tick.C:
		}
	}
	all := slices.SortedFunc(maps.Values(by), func(a, b *seen) int {
		if a.samples != b.samples {
			return b.samples - a.samples
		}
		return strings.Compare(a.Table+a.Application, b.Table+b.Application)
	})
	var out []Finding
	for _, s := range all {
		if s.samples < lockSeen && s.Waited < lockWaited {
			continue
		}
		what := "the table " + s.Table
		if s.Table == "" {
			what = "a row"
		}
		out = append(out, Finding{
			Cause: fmt.Sprintf("%s is locked by %s (pid %d, %s): up to %d sessions wait", what, client(s.Application), s.PID, cmp.Or(s.State, "no state"), s.Waiting),
			Evidence: []string{
				fmt.Sprintf("sessions waited in %d of %d samples, %s at most; the holder's transaction was open for up to %s, since %s", s.samples, lockSamples,
					rough(s.Waited), rough(s.Held), clock(c.Now.Add(-s.Held))),
				"its statement: " + cmp.Or(s.Statement, "not shown to us"),
				"who waits: " + strings.Join(s.Waiters, ", "),
			},
		})
	}
	return out, nil
}

func client(application string) string { return cmp.Or(application, "a client without a name") }

// lookAtPools looks at who holds the connections.
func (c *investigation) lookAtPools(ctx context.Context) ([]Finding, error) {
	open, err := c.Database.LongTransactions(ctx, longTransaction)
	if err != nil {
		return nil, err
	}
	full, err := c.query(ctx, "max by (pool) (database_connection_pool_usage) > %v", poolFull)
	if err != nil {
		return nil, err
	}
	sessions, err := c.Database.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range full {
		f := Finding{Cause: fmt.Sprintf("the pool %s is %.0f %% in use", s.Labels["pool"], 100*s.Value)}
		for _, x := range sessions {
			if x.Application == "mealplanner-"+s.Labels["pool"] {
				f.Evidence = append(f.Evidence, fmt.Sprintf("%d sessions %s, the longest for %s", x.Count, cmp.Or(x.State, "without a state"), rough(x.Longest)))
			}
		}
		out = append(out, f)
	}
	for _, t := range open {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("%s (pid %d, %s) has a transaction open for %s", client(t.Application), t.PID, cmp.Or(t.State, "no state"), t.Open.Round(time.Second)),
			Evidence: []string{"its statement: " + cmp.Or(t.Statement, "not shown to us")},
		})
	}
	return out, nil
}

func (c *investigation) lookAtStatements(ctx context.Context) ([]Finding, error) {
	const slow = "topk(5, histogram_quantile(0.95, sum by (query, le) (increase(database_query_duration_seconds_bucket[%[1]s] anchored))) > %[2]v and on (query) sum by (query) (increase(database_query_duration_seconds_count[%[1]s] anchored)) >= %[3]d)"
	now, err := c.query(ctx, slow, span(c.recent), slowStatement.Seconds(), statementsLeast)
	if err != nil || len(now) == 0 {
		return nil, err
	}
	known, err := c.Database.SlowStatements(ctx, slowStatement)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(now, func(a, b Sample) int { return int(1e6 * (b.Value - a.Value)) })
	var out []Finding
	for _, s := range now {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("the statement %s takes %.2f s (p95)", s.Labels["query"], s.Value),
			Evidence: []string{"of the last " + c.recent.String()},
		})
	}
	for _, k := range known {
		out[0].Evidence = append(out[0].Evidence, fmt.Sprintf("pg_stat_statements: %s, %s on average of %d", k.Text, rough(k.Mean), k.Calls))
	}
	return out, nil
}
