package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func (c *investigation) lookAtMails(ctx context.Context) ([]Finding, error) {
	refused, err := c.Database.RefusedMails(ctx, c.Window, c.recent)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, m := range refused {
		cause := fmt.Sprintf("the mail server refuses mails permanently: %d", m.Count)
		if !m.Final {
			cause = fmt.Sprintf("the mail server refuses mails for now, or does not answer: %d wait", m.Count)
		}
		out = append(out, Finding{
			Cause:    cause,
			Evidence: []string{"it says: " + short(m.Message), fmt.Sprintf("of type %s; the newest was written at %s", strings.Join(m.Types, ", "), clock(m.Last))},
			past:     m.Recently == 0,
		})
	}
	return out, nil
}

// lookAtWeeks looks for users without a plan for the week in force.
func (c *investigation) lookAtWeeks(ctx context.Context) ([]Finding, error) {
	late := "max by (week_of) (weekly_generation_success_all_users) == 0"
	if c.about != alert.WeeklySLOMissed && c.about != alert.WeeklyStreakBroken { // those speak of the week before
		late += " and on (week_of) max by (week_of) (weekly_generation_current_week) == 1"
	}
	incomplete, err := c.query(ctx, "%s", late)
	if err != nil {
		return nil, err
	}
	old, err := c.query(ctx, "(time() - max(weekly_generation_last_success_timestamp_seconds)) / 86400 > 7.5")
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, s := range old {
		out = append(out, Finding{Cause: fmt.Sprintf("no plan was stored for %.1f days", s.Value)})
	}
	for _, s := range incomplete {
		week := s.Labels["week_of"]
		users, err := c.Database.UsersWithoutPlan(ctx, week)
		if err != nil {
			return nil, err
		}
		var reasons []string
		of := map[string][]string{}
		for _, u := range users {
			why := "the job is " + cmp.Or(u.Status, "missing")
			switch {
			case u.Status != "" && !u.Scheduled:
				why = "the job is paused"
			case u.LastError != "":
				why += ", its last error: " + short(u.LastError)
			}
			if of[why] == nil {
				reasons = append(reasons, why)
			}
			of[why] = append(of[why], u.User)
		}
		for _, why := range reasons {
			who, f := of[why], Finding{}
			if len(who) == 1 {
				f.Cause = fmt.Sprintf("%s has no plan for the week of %s: %s", who[0], week, why)
			} else {
				f.Cause = fmt.Sprintf("%d users have no plan for the week of %s: %s", len(who), week, why)
				f.Evidence = []string{"among them " + strings.Join(who[:min(len(who), 5)], ", ")}
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// lookAtJobs looks for jobs whose attempts fail and that did not succeed since.
func (c *investigation) lookAtJobs(ctx context.Context) ([]Finding, error) {
	failing, err := c.Database.FailingJobs(ctx, c.Window, c.recent)
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, j := range failing {
		if j.Unrecovered == 0 && j.Recently < errorsLeast {
			continue // it was tried again, and succeeded
		}
		f := Finding{
			Cause: fmt.Sprintf("%s fails with %s: %s", j.Type, errorWords(j.ErrorType), short(j.Message)),
			Evidence: []string{
				fmt.Sprintf("%d of %d attempts in the last %s, the newest at %s; %d jobs did not succeed since", j.Failed, j.Attempts, c.Window, clock(j.Last), j.Unrecovered),
				"jobs: " + strings.Join(j.Jobs, ", "),
			},
			past: j.Recently == 0,
		}
		if j.Trace != "" {
			f.Traces = []string{j.Trace}
		}
		out = append(out, f)
	}
	return out, nil
}

// errorWords adds what the kind of an error means, where its name does not say it.
func errorWords(kind string) string {
	switch fault.Kind(kind) {
	case fault.TimeoutError:
		return kind + " (a timeout)"
	case fault.Unauthorized:
		return kind + " (credentials refused)"
	case "":
		return "an error"
	default:
		return kind
	}
}

// lookAtBalance looks at the last plans of all users, whenever they were made.
func (c *investigation) lookAtBalance(ctx context.Context) ([]Finding, error) {
	all, err := c.Database.Unbalanced(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	share, own, steered, lacking, weeks := 0.0, 0, 0, 0, 0
	var who []string
	for _, u := range all {
		share += 1 - float64(u.Count)/float64(u.Plans)
		if u.Count == 0 {
			continue
		}
		who = append(who, u.User)
		if u.OwnTargets {
			own++
		}
		weeks, steered, lacking = weeks+u.Count, steered+u.Steered, lacking+u.Lacking
	}
	if share /= float64(len(all)); share >= balanced {
		return nil, nil
	}
	why := "their recipes do not reach their targets"
	if 2*lacking > weeks {
		why = "most of them lack meals that nothing in the library fits"
	} else if 2*steered > weeks {
		why = "most of them in weeks in which they locked or skipped meals, or travelled"
	}
	return []Finding{{
		Cause:    fmt.Sprintf("%d of %d users have plans with days out of band: %s", len(who), len(all), why),
		Evidence: []string{fmt.Sprintf("%d plans are out of band: %d of weeks that their users changed, %d with meals missing because nothing in the library fits", weeks, steered, lacking), fmt.Sprintf("%.0f %% of each user's last 4 plans are balanced; among them %s; %d of them set targets of their own", 100*share, strings.Join(who[:min(len(who), 5)], ", "), own)},
	}}, nil
}

// lookAtComponents finds what slow generations spend their time on.
func (c *investigation) lookAtComponents(ctx context.Context) ([]Finding, error) {
	type slowest struct {
		n           int
		longest, of time.Duration
		trace       string
		component   string
		last        time.Time
	}
	kinds := map[string]*slowest{}
	for _, service := range []string{"meal-planner-scheduler", "meal-planner"} {
		spans, err := c.Traces.Slow(ctx, service, "generation", c.since, slowWeek, 20)
		if err != nil {
			return nil, err
		}
		roots := map[string]Span{}
		for _, s := range spans {
			if s.Name == "generation" && s.Took >= slowWeek {
				roots[s.ID] = s
			}
		}
		longest := map[string]Span{} // of the generation's own steps, by generation
		for _, s := range spans {
			if root, ok := roots[s.Parent]; ok && s.Took > longest[root.ID].Took {
				longest[root.ID] = s
			}
		}
		for id, s := range longest {
			name := cmp.Or(s.Component, s.Name)
			k := kinds[name]
			if k == nil {
				k = &slowest{component: name}
				kinds[name] = k
			}
			k.n++
			if s.Took > k.longest {
				k.longest, k.of, k.trace = s.Took, roots[id].Took, s.Trace
			}
			if end := roots[id].Start.Add(roots[id].Took); end.After(k.last) {
				k.last = end
			}
		}
	}
	var out []Finding
	for _, k := range slices.SortedFunc(maps.Values(kinds), func(a, b *slowest) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.component, b.component)
	}) {
		out = append(out, Finding{
			Cause:    fmt.Sprintf("generations are slow in %s: up to %s of %s", k.component, rough(k.longest), rough(k.of)),
			Evidence: []string{fmt.Sprintf("the slowest step of %d slow generations; the newest ended at %s", k.n, clock(k.last))},
			Traces:   []string{k.trace},
			past:     k.last.Before(c.Now.Add(-c.recent)),
		})
	}
	return out, nil
}
