package app

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/web"
	"github.com/mealplanner/mealplanner/pkg/web/site"
)

// operations implements [site.Operations].
type operations struct {
	s      *Services
	ready  *readiness
	traces *web.Traces

	mu     sync.Mutex
	at     time.Time
	status []site.Condition
}

// Limits of the overview.
const (
	mostRuns     = 30
	askingAlerts = 3 * time.Second
	statusFor    = 10 * time.Second // how long a public answer is kept
	lateMail     = 30 * time.Minute
)

// listing reads a part of the overview.
func listing[T, R any](rows []R, err error, show func(R) T) site.Listing[T] {
	if err != nil {
		return site.Listing[T]{Problem: fault.Text(err)}
	}
	out := site.Listing[T]{Rows: make([]T, len(rows))}
	for i, r := range rows {
		out.Rows[i] = show(r)
	}
	return out
}

// Overview implements [site.Operations].
func (o *operations) Overview(ctx context.Context) site.Overview {
	out := site.Overview{At: o.s.opts.Now(), Alerts: o.alerts(ctx)}
	users, err := o.s.Users.List(ctx)
	out.Users = site.Listing[site.Person]{}
	for _, u := range users {
		out.Users.Rows = append(out.Users.Rows, site.Person{ID: u.ID, Library: u.Connection, Enabled: u.Enabled})
	}
	if err != nil {
		out.Users.Problem = fault.Text(err)
	}
	out.Runs = o.runs(ctx, postgres.Filter{Type: string(schedule.WeeklyGeneration)})
	out.Failures = o.runs(ctx, postgres.Filter{FailedOnly: true})
	jobs, err := o.s.JobStore.Schedules(ctx, postgres.Filter{})
	out.Jobs = site.Listing[site.Job]{}
	for _, j := range jobs {
		out.Jobs.Rows = append(out.Jobs.Rows, site.Job{ID: j.ID, Status: j.Status, Error: text(j.LastError), Next: j.NextRunAt, Paused: !j.Enabled || !j.UserEnabled})
	}
	if err != nil {
		out.Jobs.Problem = fault.Text(err)
	}
	backlog, err := o.s.JobStore.Queue(ctx)
	out.Backlog = listing(backlog, err, func(b schedule.Backlog) site.Backlog {
		return site.Backlog{Type: string(b.Type), Jobs: b.Jobs, Oldest: b.Oldest}
	})
	mails, err := o.s.Outbox.Mails(ctx, postgres.MailsOf{})
	out.Mails = listing(mails, err, func(m postgres.ListedMail) site.Letter {
		return site.Letter{User: m.UserID, Type: m.EmailType, State: m.State, Error: m.LastError, Attempts: int(m.Attempts)}
	})
	sources, err := o.s.Users.ConnectionUses(ctx)
	out.Sources = listing(sources, err, func(c postgres.ConnectionUse) site.Source {
		return site.Source{ID: c.ID, Error: c.LastError, Recipes: int(c.Recipes), Synced: c.Synced}
	})
	settings, err := o.s.JobStore.SettingChanges(ctx)
	out.Settings = listing(settings, err, func(c postgres.SettingChange) site.Setting {
		return site.Setting{Name: c.Name, Value: text(c.Value), By: c.SetBy, Reason: c.Reason, At: c.At, Until: c.ExpiresAt}
	})
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (o *operations) runs(ctx context.Context, f postgres.Filter) site.Listing[site.Run] {
	rows, err := o.s.JobStore.Executions(ctx, f, mostRuns)
	longest := 1.0
	for _, r := range rows {
		if r.DurationMs != nil {
			longest = max(longest, *r.DurationMs)
		}
	}
	return listing(rows, err, func(r postgres.Execution) site.Run {
		run := site.Run{Job: r.JobID, Status: r.Status, Error: text(r.ErrorType), Trace: r.TraceID, Started: r.StartedAt}
		if r.DurationMs != nil {
			const percent = 100
			run.Took, run.Share = time.Duration(*r.DurationMs*float64(time.Millisecond)), max(1, int(percent**r.DurationMs/longest))
		}
		return run
	})
}

func (o *operations) alerts(ctx context.Context) site.Listing[site.FiringAlert] {
	base := o.s.opts.Config.Alerts.AlertmanagerURL
	if base == "" {
		return site.Listing[site.FiringAlert]{Problem: "ALERTMANAGER_URL is not set"}
	}
	ctx, cancel := context.WithTimeout(ctx, askingAlerts)
	defer cancel()
	firing, err := NewAlertmanager(base).Alerts(ctx)
	out := site.Listing[site.FiringAlert]{}
	if err != nil {
		out.Problem = fault.Text(err)
		return out
	}
	for _, a := range firing {
		if a.Labels["tier"] != "" || a.Labels["severity"] == "none" {
			continue // copies for escalation, and Watchdog
		}
		row := site.FiringAlert{Name: a.Labels["alertname"], Severity: a.Labels["severity"], State: a.Status.State, Description: a.Annotations["description"], Runbook: a.Annotations["runbook_url"], Since: a.StartsAt}
		for _, k := range slices.Sorted(maps.Keys(a.Labels)) {
			if k != "alertname" && k != "severity" && k != "system" {
				row.Labels += k + "=" + a.Labels[k] + " "
			}
		}
		out.Rows = append(out.Rows, row)
	}
	slices.SortFunc(out.Rows, func(a, b site.FiringAlert) int { return b.Since.Compare(a.Since) })
	return out
}

// Trace implements [site.Operations].
func (o *operations) Trace(ctx context.Context, id string) (site.Trace, error) {
	t, err := o.traces.Load(ctx, id)
	out := site.Trace{ID: id, Start: t.Start, Took: t.Took, Services: t.Services, NoLines: t.NoLines, Elsewhere: elsewhere(o.s.opts.Config.Diagnosis, id, t.Start, t.Took)}
	for _, r := range t.Rows {
		s := site.Span{Name: r.Name, Component: r.Attributes["component"], Depth: r.Depth, X: r.X, Width: r.Width, Took: r.Took, Failed: r.Failed}
		for _, name := range r.Names {
			s.Attributes = append(s.Attributes, name+" = "+r.Attributes[name])
		}
		for _, l := range r.Lines {
			s.Lines = append(s.Lines, line(l))
		}
		out.Rows = append(out.Rows, s)
	}
	for _, l := range t.Lines {
		out.Lines = append(out.Lines, line(l))
	}
	return out, err
}

// elsewhere are the trace in Jaeger and its lines in Grafana, where browsers reach them.
func elsewhere(d config.Diagnosis, id string, start time.Time, took time.Duration) []site.Link {
	var out []site.Link
	if d.JaegerPage != "" {
		out = append(out, site.Link{Label: "Jaeger", URL: strings.TrimRight(d.JaegerPage, "/") + "/trace/" + id})
	}
	if d.GrafanaPage != "" {
		const around = time.Minute
		query := map[string]any{"refId": "A", "datasource": map[string]string{"type": "loki", "uid": "loki"}, "queryType": "range", "expr": `{service_name=~"meal-planner.*"} | trace_id="` + id + `"`}
		span := map[string]string{"from": strconv.FormatInt(start.Add(-around).UnixMilli(), 10), "to": strconv.FormatInt(start.Add(took+around).UnixMilli(), 10)}
		panes, err := json.Marshal(map[string]any{"lines": map[string]any{"datasource": "loki", "queries": []any{query}, "range": span}})
		if err == nil { // the values are texts
			out = append(out, site.Link{Label: "Grafana", URL: strings.TrimRight(d.GrafanaPage, "/") + "/explore?schemaVersion=1&panes=" + url.QueryEscape(string(panes))})
		}
	}
	return out
}

func line(l web.Line) string {
	return l.Time.UTC().Format("15:04:05.000") + " " + l.Level + " " + l.Text
}

// Status implements [site.Operations]. It reads the database at most once in statusFor, however
// many ask.
func (o *operations) Status(ctx context.Context) []site.Condition {
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := o.s.opts.Now(); o.status == nil || now.Sub(o.at) >= statusFor || now.Before(o.at) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
		defer cancel()
		o.status, o.at = o.conditions(ctx), now
	}
	return o.status
}

func (o *operations) conditions(ctx context.Context) []site.Condition {
	if err := o.ready.check(ctx); err != nil {
		return []site.Condition{{Part: message.Textf("Pages"), Healthy: false, Text: message.Textf("The database does not answer; nothing is lost, and nothing can be changed until it does.")}}
	}
	out := []site.Condition{{Part: message.Textf("Pages"), Healthy: true, Text: message.Textf("You see this one.")}}
	add := func(part message.Text, err error, bad int, good, ill message.Text) {
		switch {
		case err != nil:
			out = append(out, site.Condition{Part: part, Text: message.Textf("Its state could not be read.")})
		case bad > 0:
			out = append(out, site.Condition{Part: part, Text: ill})
		default:
			out = append(out, site.Condition{Part: part, Healthy: true, Text: good})
		}
	}
	day, err := o.s.JobStore.LastDay(ctx)
	failed := 0
	for _, f := range day.Failures {
		if f.Type == schedule.WeeklyGeneration {
			failed += f.Jobs
		}
	}
	add(message.Textf("Planning"), err, failed, message.Textf("No plan failed within the last day."), message.Counted(failed, "%d plan failed within the last day.", "%d plans failed within the last day."))
	mails, err := o.s.Outbox.Mails(ctx, postgres.MailsOf{})
	late := 0
	for _, m := range mails {
		if m.State == "pending" && o.s.opts.Now().Sub(m.CreatedAt) > lateMail {
			late++
		}
	}
	add(message.Textf("Mails"), err, late, message.Textf("None is late."), message.Counted(late, "%d mail waits for more than half an hour.", "%d mails wait for more than half an hour."))
	sources, err := o.s.Users.ConnectionUses(ctx)
	down := 0
	for _, c := range sources {
		if c.LastError != "" && c.Users != "" {
			down++
		}
	}
	add(message.Textf("Recipe libraries"), err, down, message.Textf("All answered when they were last asked."), message.Textf("Not all answered when they were last asked; plans are made from the recipes that are kept."))
	out[len(out)-1].Theirs = err == nil
	return out
}
