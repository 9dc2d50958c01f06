package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alertmanager"
	"github.com/mealplanner/mealplanner/pkg/ops/oncall"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

type alertCmd struct {
	List      alertListCmd      `cmd:"" default:"1" help:"List firing alerts with their silences and inhibitions."`
	Ack       alertAckCmd       `cmd:"" aliases:"acks" help:"Acknowledge an alert: silence its tier-2 page and record who; tiers 3 and 4 still escalate. Without an alert, list acknowledgements."`
	Responses alertResponsesCmd `cmd:"" help:"List automatic responses to alerts (tier 1), newest first."`
	Test      alertTestCmd      `cmd:"" help:"Send a test page and its resolved notification through Alertmanager to PagerDuty and Slack."`
	OnCall    alertOnCallCmd    `cmd:"" name:"oncall" help:"Show who is on call, from the rotation file."`
}

type alertListCmd struct {
	output
	AlertmanagerURL string `env:"ALERTMANAGER_URL" default:"http://localhost:9093" help:"Alertmanager."`
	All             bool   `help:"Also the copies for the escalation tiers, and Watchdog."`
}

// Run lists the alerts.
func (c *alertListCmd) Run(ctx context.Context, std *streams) error {
	alerts, err := app.NewAlertmanager(c.AlertmanagerURL).Alerts(ctx)
	if err != nil {
		return err
	}
	l := newListing("nothing fires", "since", "alert", "severity", "state", "labels", "description")
	for _, a := range alerts {
		if !c.All && (a.Labels["tier"] != "" || a.Labels["severity"] == "none") {
			continue
		}
		state := a.Status.State
		switch {
		case len(a.Status.InhibitedBy) > 0:
			state = "inhibited"
		case len(a.Status.SilencedBy) > 0:
			state = "silenced"
		}
		l.add(a.StartsAt, a.Labels["alertname"], a.Labels["severity"], state, labelled(a.Labels), a.Annotations["description"])
	}
	return c.list(std, l)
}

// labelled are labels as people read them.
func labelled(labels map[string]string) shown { return shown{labels, labelText(labels)} }

// labelText writes the labels that tell one alert from another of its name.
func labelText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if k != "alertname" && k != "severity" && k != "system" {
			out = append(out, k+"="+labels[k])
		}
	}
	return strings.Join(out, " ")
}

type alertAckCmd struct {
	settings
	output
	Alert   string            `arg:"" optional:"" help:"The alert, e.g. ExternalAPIDown; none lists acknowledgements, newest first."`
	Label   map[string]string `help:"Only the alert with this label, e.g. api=tandoor; may be repeated." placeholder:"NAME=VALUE"`
	By      string            `help:"Who acknowledges (default: $USER)." env:"USER"`
	For     time.Duration     `default:"4h" help:"When the acknowledgement ends, 1m to 24h; it ends sooner when the alert resolves."`
	Comment string            `help:"What you are about to do, for the record."`
	Limit   int               `default:"20" help:"How many, 1 to 1000."`
}

// Run lists, or acknowledges. The silence comes first: the page must stop also when the database is
// what is down.
func (c *alertAckCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	switch {
	case c.Alert == "":
		return c.acks(ctx, std, now)
	case c.By == "":
		return fault.New(fault.InvalidInput, "--by", "say who acknowledges")
	case c.For < time.Minute || c.For > 24*time.Hour:
		return fault.New(fault.InvalidInput, "--for", "%s is not between 1m and 24h", c.For)
	}
	am := app.NewAlertmanager(c.Alerts.AlertmanagerURL)
	firing, err := am.Alerts(ctx)
	if err != nil {
		return err
	}
	var done []postgres.Acknowledgement
	for _, a := range firing {
		if a.Labels["alertname"] != c.Alert || a.Labels["tier"] != "" || !within(c.Label, a.Labels) {
			continue
		}
		if a.Labels["severity"] != "critical" {
			return fault.New(fault.InvalidInput, "alert", "%s has severity %s: it pages no one", c.Alert, a.Labels["severity"])
		}
		ack := postgres.Acknowledgement{Alert: c.Alert, By: c.By, Comment: c.Comment, Labels: a.Labels, Expires: now().Add(c.For)}
		if ack.Silence, err = am.Silence(ctx, silenceOf(ack, now())); err != nil {
			return err
		}
		printf(std.out, "%s %s: tier 2 is silent until %s for %s (silence %s)\n", c.Alert, labelText(a.Labels), ack.Expires.UTC().Format("2006-01-02 15:04Z"), c.By, ack.Silence)
		done = append(done, ack)
	}
	if len(done) == 0 {
		return fault.New(fault.NotFound, "alert", "no %s fires with these labels: see `mealplanner alert list`", c.Alert)
	}
	err = c.withApp(ctx, std, now, func(a *app.Services) error {
		for _, ack := range done {
			if err := a.Alerts.Acknowledge(ctx, ack); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		printLine(std.err, "It stands in Alertmanager only, because the database cannot be written; it will not end by itself when the alert resolves:", err)
	}
	return nil
}

func silenceOf(a postgres.Acknowledgement, now time.Time) alertmanager.Silence {
	s := alertmanager.Silence{StartsAt: now, EndsAt: a.Expires, CreatedBy: a.By, Comment: strings.TrimSpace("Acknowledged. " + a.Comment)}
	for _, k := range slices.Sorted(maps.Keys(a.Labels)) {
		s.Matchers = append(s.Matchers, alertmanager.Matcher{Name: k, Value: a.Labels[k], IsEqual: true})
	}
	s.Matchers = append(s.Matchers, alertmanager.Matcher{Name: "tier", Value: "2", IsEqual: true})
	return s
}

func within(part, whole map[string]string) bool {
	for k, v := range part {
		if whole[k] != v {
			return false
		}
	}
	return true
}

func (c *alertAckCmd) acks(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.Alerts.ListAcknowledgements(ctx, c.Limit)
		if err != nil {
			return err
		}
		l := newListing("no acknowledgements", "at", "alert", "labels", "by", "until", "ended", "comment")
		for _, r := range rows {
			l.add(r.AcknowledgedAt, r.Alert, storedLabels(r.Labels), r.AcknowledgedBy, r.ExpiresAt, r.EndedAt, r.Comment)
		}
		return c.list(std, l)
	})
}

func checkLimit(n int) error {
	if n < 1 || n > 1000 {
		return fault.New(fault.InvalidInput, "--limit", "%d is not between 1 and 1000", n)
	}
	return nil
}

func storedLabels(b []byte) shown {
	var labels map[string]string
	if err := json.Unmarshal(b, &labels); err != nil {
		return shown{string(b), string(b)}
	}
	return labelled(labels)
}

type alertResponsesCmd struct {
	settings
	output
	Alert string `arg:"" optional:"" help:"Only this alert."`
	Limit int    `default:"20" help:"How many, 1 to 1000."`
}

// Run lists automatic responses.
func (c *alertResponsesCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.Alerts.Responses(ctx, c.Alert, c.Limit)
		if err != nil {
			return err
		}
		l := newListing("nothing was done automatically", "at", "alert", "labels", "when", "action", "result", "detail")
		for _, r := range rows {
			result := shown{r.Result, "not ended"}
			if r.Result != nil {
				result.text = *r.Result
			}
			l.add(r.BegunAt, r.Alert, storedLabels(r.Labels), r.Status, r.Action, result, brief(r.Detail))
		}
		return c.list(std, l)
	})
}

type alertTestCmd struct {
	AlertmanagerURL string        `env:"ALERTMANAGER_URL" default:"http://localhost:9093" help:"Alertmanager."`
	Tier            string        `default:"2" enum:"2,3,4,none" help:"Whom to page: 2 on call, 3 the lead, 4 incident response; none: a warning for Slack."`
	For             time.Duration `default:"2m" help:"When it resolves, 1s to 1h."`
}

// Run fires the test alert, waits, and resolves it, also when it is interrupted.
func (c *alertTestCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.For < time.Second || c.For > time.Hour {
		return fault.New(fault.InvalidInput, "--for", "%s is not between 1s and 1h", c.For)
	}
	labels := map[string]string{"alertname": "TestAlert", "severity": "warning", "system": "test"}
	if c.Tier != "none" {
		labels["severity"], labels["tier"] = "critical", c.Tier
	}
	annotations := map[string]string{
		"summary": "A test, nothing is wrong", "description": "Sent by " + whoami() + " to see who hears of it.",
		"runbook_url": "/runbook/watchdog", "dashboard": "/d/telemetry",
	}
	am := app.NewAlertmanager(c.AlertmanagerURL)
	begin := now()
	if err := am.Post(ctx, labels, annotations, begin, begin.Add(c.For+5*time.Minute)); err != nil {
		return err
	}
	printf(std.out, "TestAlert fires (tier: %s); it resolves in %s\n", c.Tier, c.For)
	wait := time.NewTimer(c.For)
	defer wait.Stop()
	select {
	case <-ctx.Done():
	case <-wait.C:
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := am.Post(limited, labels, annotations, begin, now()); err != nil {
		return err
	}
	printLine(std.out, "TestAlert is resolved")
	return nil
}

type alertOnCallCmd struct {
	output
	File string `name:"oncall-file" env:"ONCALL_FILE" help:"Rotation file; see alertmanager/oncall.example.yml." placeholder:"FILE"`
	At   string `help:"When, e.g. 2026-12-24T18:00:00+01:00 (default: now)." placeholder:"TIME"`
}

// Run says who is on call.
func (c *alertOnCallCmd) Run(std *streams, now func() time.Time) error {
	if c.File == "" {
		return fault.New(fault.InvalidConfig, "ONCALL_FILE", "not set: copy alertmanager/oncall.example.yml and name your people")
	}
	at := now()
	if c.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, c.At); err != nil {
			return fault.New(fault.InvalidInput, "--at", "%q is not a time like 2026-12-24T18:00:00+01:00", c.At)
		}
	}
	r, err := app.ReadRotation(c.File)
	if err != nil {
		return err
	}
	l := newListing("", "tier", "name", "phone")
	for _, tier := range oncall.Tiers {
		p := r.At(at, tier)
		l.add(tier, p.Name, p.Phone)
	}
	return c.list(std, l)
}

// whoami is who changes something, for the record.
func whoami() string {
	if by := os.Getenv("USER"); by != "" {
		return by
	}
	return "operator"
}
