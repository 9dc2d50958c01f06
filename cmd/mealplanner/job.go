package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

type jobCmd struct {
	List    jobListCmd    `cmd:"" default:"withargs" help:"List the schedules: each job's next run and last result."`
	Run     jobRunCmd     `cmd:"" help:"Run a job now, in addition to its schedule, and wait for it; a paused one too, and the week of a disabled user, who gets its mail."`
	Retry   jobRetryCmd   `cmd:"" help:"Rerun failed jobs, for the occurrence they failed for."`
	Pause   jobPauseCmd   `cmd:"" help:"Pause jobs: one, or all of a type."`
	Resume  jobResumeCmd  `cmd:"" help:"End a pause; what came due during it runs once."`
	History jobHistoryCmd `cmd:"" help:"List attempts, newest first."`
	Setting jobSettingCmd `cmd:"" help:"Override a limit for a while, in every running process."`
}

// chosen are the flags that choose schedules.
type chosen struct {
	ID   string `arg:"" name:"job" optional:"" help:"A job, e.g. weekly_generation:user_ana."`
	Type string `help:"All jobs of a type: WeeklyGeneration, AutoSync, DailyAdvisor or WeeklyTrends." placeholder:"TYPE"`
	User string `help:"All jobs of a user." placeholder:"USER"`
}

func (c chosen) filter(required bool) (postgres.Filter, error) {
	f := postgres.Filter{ID: c.ID, User: c.User}
	if c.Type != "" {
		t, err := schedule.ParseType(c.Type)
		if err != nil {
			return f, fault.Wrap(fault.InvalidInput, "--type", err)
		}
		f.Type = string(t)
	}
	if required && f == (postgres.Filter{}) {
		return f, fault.New(fault.InvalidInput, "job", "name a job, --type or --user (see `mealplanner job list`)")
	}
	return f, nil
}

type jobListCmd struct {
	settings
	output
	chosen
}

// Run lists schedules.
func (c *jobListCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	f, err := c.filter(false)
	if err != nil {
		return err
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.JobStore.Schedules(ctx, f)
		if err != nil {
			return err
		}
		if len(rows) == 0 && c.ID != "" {
			return fault.New(fault.NotFound, "job list", "no job or command %q: `mealplanner job list` shows the jobs, `mealplanner job --help` the commands", c.ID)
		}
		l := newListing("no schedules", "job", "priority", "cron", "zone", "next", "status", "paused", "error")
		for _, r := range rows {
			next := shown{r.NextRunAt, "when a scheduler runs"}
			switch grace := r.CreatedAt.Add(a.NewUserGrace()); {
			case r.NextRunAt != nil:
				next.text = inZone(*r.NextRunAt, r.TimeZone)
			case r.JobType == string(schedule.WeeklyGeneration) && grace.After(now()):
				next.text = "new; not before " + inZone(grace, r.TimeZone)
			}
			paused := shown{!r.Enabled || !r.UserEnabled, ""}
			switch {
			case !r.UserEnabled:
				paused.text = "the user is paused"
			case !r.Enabled:
				paused.text = "paused"
			}
			l.add(r.ID, r.Priority, r.Cron, r.TimeZone, next, r.Status, paused, brief(r.LastError))
		}
		return c.list(std, l)
	})
}

// inZone is a job's time as its user's clock shows it; of an unknown zone in UTC.
func inZone(t time.Time, name string) string {
	if zone, err := schedule.Zone(name); err == nil {
		return t.In(zone).Format("Mon 2006-01-02 15:04:05")
	}
	return cellText(&t)
}

func firstLine(s *string) string {
	if s == nil {
		return ""
	}
	line, _, _ := strings.Cut(*s, "\n")
	return line
}

type jobRunCmd struct {
	settings
	ID     string        `arg:"" name:"job" help:"The job, e.g. auto_sync:connection:home."`
	Params string        `help:"Parameters as JSON, instead of the schedule's: {\"week\": \"2026-11-30\"}, {\"sync_type\": \"tandoor\", \"full_sync\": true}, {\"analysis_days\": 14}." placeholder:"JSON"`
	Wait   time.Duration `default:"60s" help:"How long to wait for it; 0s does not."`
}

// inReach refuses a week that cannot be planned before it is queued.
func (c *jobRunCmd) inReach(ctx context.Context, a *app.Services, now time.Time) error {
	if c.Params == "" {
		return nil
	}
	rows, err := a.JobStore.Schedules(ctx, postgres.Filter{ID: c.ID})
	if err != nil || len(rows) == 0 || rows[0].UserID == nil || rows[0].JobType != string(schedule.WeeklyGeneration) {
		return err
	}
	p, err := schedule.Params[schedule.WeeklyParams](json.RawMessage(c.Params))
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "--params", err)
	}
	if p.Week == 0 {
		return nil
	}
	u, err := a.Users.Get(ctx, *rows[0].UserID)
	if err != nil {
		return err
	}
	return planner.InReach(u, p.Week, now)
}

// Run queues the job for the running schedulers and waits for its end.
func (c *jobRunCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := c.inReach(ctx, a, now()); err != nil {
			return err
		}
		asking, done := a.Begin(ctx, "run job")
		id, err := a.Jobs.Enqueue(asking, c.ID, json.RawMessage(c.Params), a.TraceParent(asking))
		done(err)
		if err != nil {
			return err
		}
		if c.Wait == 0 {
			printf(std.out, "%s is queued\n", c.ID)
			return nil
		}
		ctx, cancel := context.WithTimeoutCause(ctx, c.Wait, fault.New(fault.TimeoutError, "job run", "%s is queued and not done after %s: does a scheduler run? (mealplanner job history %s)", c.ID, c.Wait, c.ID))
		defer cancel()
		e, err := awaitExecution(ctx, a, c.ID, id)
		if err != nil {
			return err
		}
		if err := (output{}).list(std, executions([]postgres.Execution{e})); err != nil {
			return err
		}
		if e.Status == "failed" {
			return fault.New(fault.Unavailable, "job run", "%s failed: %s", c.ID, firstLine(e.ErrorMessage))
		}
		return nil
	})
}

func awaitExecution(ctx context.Context, a *app.Services, job string, river int64) (postgres.Execution, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		rows, err := a.JobStore.Executions(ctx, postgres.Filter{ID: job}, 20)
		if err != nil && ctx.Err() == nil {
			return postgres.Execution{}, err
		}
		for _, r := range rows {
			if r.RiverJobID == river && r.Final {
				return r, nil
			}
		}
		select {
		case <-ctx.Done():
			return postgres.Execution{}, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

type jobRetryCmd struct {
	settings
	chosen
	All bool `help:"Also those that did not fail."`
}

// Run asks the schedulers to run jobs again.
func (c *jobRetryCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	f, err := c.filter(true)
	if err != nil {
		return err
	}
	f.FailedOnly = !c.All
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		ids, err := a.JobStore.MarkDue(ctx, f)
		return printChanged(std.out, "will run again", ids, err)
	})
}

type jobPauseCmd struct {
	settings
	chosen
}

// Run switches schedules off.
func (c *jobPauseCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.turn(ctx, c.settings, std, now, false, "paused")
}

type jobResumeCmd struct {
	settings
	chosen
}

// Run switches schedules on.
func (c *jobResumeCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.turn(ctx, c.settings, std, now, true, "resumed")
}

func (c chosen) turn(ctx context.Context, s settings, std *streams, now func() time.Time, on bool, done string) error {
	f, err := c.filter(true)
	if err != nil {
		return err
	}
	return s.withApp(ctx, std, now, func(a *app.Services) error {
		ids, err := a.JobStore.SetEnabled(ctx, f, on)
		return printChanged(std.out, done, ids, err)
	})
}

func printChanged(w io.Writer, done string, ids []string, err error) error {
	if err != nil {
		return err
	}
	for _, id := range ids {
		printf(w, "%s %s\n", id, done)
	}
	if len(ids) == 0 {
		printLine(w, "nothing to do")
	}
	return nil
}

type jobHistoryCmd struct {
	settings
	output
	chosen
	Failed bool `help:"Only attempts that failed."`
	Limit  int  `default:"20" help:"How many, 1 to 1000."`
}

// Run lists attempts.
func (c *jobHistoryCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	f, err := c.filter(false)
	if err != nil {
		return err
	}
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	f.FailedOnly = c.Failed
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		rows, err := a.JobStore.Executions(ctx, f, c.Limit)
		if err != nil {
			return err
		}
		return c.list(std, executions(rows))
	})
}

func executions(rows []postgres.Execution) *listing {
	l := newListing("", "started", "job", "trigger", "attempt", "status", "ms", "trace", "result", "error")
	for _, r := range rows {
		ms, failure := shown{r.DurationMs, ""}, shown{}
		if r.DurationMs != nil {
			ms.text = fmt.Sprintf("%.0f", *r.DurationMs)
		}
		result := shown{nil, string(r.Output)}
		if json.Valid(r.Output) {
			result.value = json.RawMessage(r.Output)
		}
		if r.ErrorType != nil {
			failure.text = *r.ErrorType + ": " + firstLine(r.ErrorMessage)
			failure.value = record{[]string{"type", "message"}, []any{*r.ErrorType, r.ErrorMessage}}
		}
		l.add(r.StartedAt, r.JobID, r.TriggerType, r.AttemptNumber, r.Status, ms, r.TraceID, result, failure)
	}
	return l
}

type jobSettingCmd struct {
	settings
	output
	Name   string        `arg:"" optional:"" help:"jobs.concurrency, jobs.TYPE.paused, jobs.TYPE.attempts, jobs.TYPE.timeout, generation.timeout, database.api_pool or database.scheduler_pool; none lists the overrides."`
	Value  string        `arg:"" optional:"" help:"The value; none ends the override."`
	For    time.Duration `default:"1h" help:"How long it lasts, at most 30 days."`
	Reason string        `help:"Why, for the record."`
}

const maxSettingFor = 30 * 24 * time.Hour

// Run lists, sets or takes back a runtime setting.
func (c *jobSettingCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.For < time.Minute || c.For > maxSettingFor {
		return fault.New(fault.InvalidInput, "--for", "%s is not between 1m and 30 days", c.For)
	}
	by := whoami()
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		switch {
		case c.Name == "":
			rows, err := a.JobStore.RuntimeSettings(ctx)
			if err != nil {
				return err
			}
			l := newListing("nothing is set", "setting", "value", "until", "by", "reason")
			for _, r := range rows {
				l.add(r.Name, r.Value, r.ExpiresAt, r.SetBy, r.Reason)
			}
			return c.list(std, l)
		case c.Value == "":
			gone, err := a.JobStore.DropRuntime(ctx, override.Name(c.Name), by, c.Reason)
			if err == nil && !gone {
				err = fault.New(fault.NotFound, "setting", "%s is not set", c.Name)
			}
			return err
		}
		name, err := override.Check(c.Name, c.Value)
		if err != nil {
			return err
		}
		if err := a.JobStore.SetRuntime(ctx, name, c.Value, by, c.Reason, c.For); err != nil {
			return err
		}
		printf(std.out, "%s = %s for %s\n", name, c.Value, c.For)
		return nil
	})
}
