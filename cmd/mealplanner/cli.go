package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// cli is every command. Commands that need the service's settings embed them.
type cli struct {
	Demo     demoCmd     `cmd:"" help:"Run everything on this machine: private PostgreSQL, sandbox, six users, their plans and mails."`
	Generate generateCmd `cmd:"" help:"Plan one user's week, store it and mail it, also if the user is disabled."`
	Plan     planCmd     `cmd:"" help:"See planned weeks: list, show."`
	Shopping shoppingCmd `cmd:"" help:"See and work off a week's shopping list: show, have, push."`
	Solve    solveCmd    `cmd:"" help:"Solve one weekly selection problem from a file, without network or database. Files: docs/solve-contract.md."`
	Food     foodCmd     `cmd:"" help:"See how ingredients are understood, and which are not: explain, missing."`
	Import   importCmd   `cmd:"" help:"Fetch the recipes of the connected libraries."`
	User     userCmd     `cmd:"" help:"Add, list, change, export and delete users."`
	Token    tokenCmd    `cmd:"" help:"Tokens by which programs use the API, and addresses of calendars: list, create, revoke."`

	Invitation invitationCmd `cmd:"" help:"Let people set themselves up by a link: list, add, remove."`
	Webhook    webhookCmd    `cmd:"" help:"Tell programs what happens: list, create, remove, ping, log."`

	Library    libraryCmd    `cmd:"" help:"See what can be planned from a library, and say what its unknown foods are: report, answer, answers."`
	Connection connectionCmd `cmd:"" help:"Connect recipe libraries: list, add, set, test, import, remove."`

	Job        jobCmd        `cmd:"" help:"See and control scheduled jobs."`
	Mail       mailCmd       `cmd:"" help:"See mails before and after they are sent."`
	Alert      alertCmd      `cmd:"" help:"See alerts, take pages over, and who is on call."`
	Serve      serveCmd      `cmd:"" help:"Run the api and the scheduler in one process."`
	API        apiCmd        `cmd:"" name:"api" help:"Run the api role: the pages behind the links in mails."`
	Scheduler  schedulerCmd  `cmd:"" help:"Run the scheduler role: scheduled jobs and mail delivery."`
	Migrate    migrateCmd    `cmd:"" help:"Upgrade the database schema."`
	Backup     backupCmd     `cmd:"" help:"Write the whole database into one file."`
	Restore    restoreCmd    `cmd:"" help:"Restore a backup into an empty database, or replace its contents."`
	Doctor     doctorCmd     `cmd:"" help:"Check database, recipe library, FatSecret, mail server and OTLP, with cures."`
	Debug      debugCmd      `cmd:"" help:"Inspect one user's DEBUG lines, metrics, log lines, a trace, the database."`
	Mitigate   mitigateCmd   `cmd:"" help:"Take a safe measure: pause, retry, more time, more connections, end a blocker."`
	Diagnose   diagnoseCmd   `cmd:"" help:"Name the likely cause of an alert, with evidence."`
	Drill      drillCmd      `cmd:"" help:"Break a running installation on purpose and follow the alert; for demo and staging."`
	Sandbox    sandboxCmd    `cmd:"" help:"Run the stand-in for the outside world: Tandoor, FatSecret, a mail server with an inbox page."`
	Wait       waitCmd       `cmd:"" help:"Wait until addresses answer: a container's health check, or a gate before its dependents."`
	Queues     queuesCmd     `cmd:"" help:"Move the Collector's damaged queue files aside, so that it starts."`
	Key        keyCmd        `cmd:"" help:"Change MEALPLANNER_KEY while everything runs: list, add, retire."`
	Secrets    secretsCmd    `cmd:"" help:"Write new random secrets into files that do not exist yet."`
	Licences   licencesCmd   `cmd:"" aliases:"licenses" help:"Print the third-party modules in this program, with their licences."`
	Completion completionCmd `cmd:"" help:"Print the script that makes a shell complete commands, flags and values."`
	Complete   completeCmd   `cmd:"" hidden:""`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	PrintVersion kong.VersionFlag `name:"version" help:"Print the version."`
	HelpSettings helpSettings     `help:"Show the command's settings, with their variables and defaults."`
}

const description = "Plans a week of meals from your own recipes so that every day meets its macro targets, consolidates the groceries and mails the plan.\n\n" +
	"Start with: mealplanner demo"

// errHelpShown ends a parse that printed the help.
var errHelpShown = errors.New("help shown")

// exited carries kong's own exit through the parse.
type exited struct{}

func parse(args []string, std streams) (cmd *kong.Context, err error) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case exited{}:
			err = errHelpShown
		default:
			panic(r)
		}
	}()
	return newParser(std, args).Parse(longFlags(args))
}

// longFlags lets -name stand for --name, as Go's own tools write it.
func longFlags(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if len(a) > 2 && a[0] == '-' && a[1] >= 'a' && a[1] <= 'z' && a[2] != '=' {
			out[i] = "-" + a
		}
	}
	return out
}

// newParser returns a parser for arguments; without any, one for every command.
func newParser(std streams, args []string) *kong.Kong {
	p, err := kong.New(grammar(args),
		kong.Name("mealplanner"),
		kong.Vars{"version": version},
		kong.Description(description),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(std.out, std.err),
		kong.Exit(func(int) { panic(exited{}) }),
		kong.Resolvers(kong.ResolverFunc(secretFile)),
	)
	if err != nil {
		panic(err) // the commands' tags are wrong: a bug
	}
	_ = kong.Visit(p.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			flag.Tag.Envs = slices.DeleteFunc(slices.Clone(flag.Tag.Envs), func(env string) bool { return emptyIsUnset(flag, env) })
		}
		return next(nil)
	})
	return p
}

// emptyIsUnset reports whether a variable is set to "" and counts as unset: where "" is no value of the
// flag (numbers, durations, booleans, choices), and for OTEL_ variables, as OpenTelemetry's
// specification has it. Texts and lists may be empty.
func emptyIsUnset(flag *kong.Flag, env string) bool {
	if v, set := os.LookupEnv(env); !set || v != "" {
		return false
	}
	kind := flag.Target.Kind()
	return flag.Enum != "" || strings.HasPrefix(env, "OTEL_") || kind != reflect.String && kind != reflect.Slice && kind != reflect.Map
}

// secretFile reads a secret whose variable X is unset from the file that X_FILE names.
func secretFile(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Target.Type() != reflect.TypeFor[seal.Secret]() {
		return nil, nil
	}
	for _, env := range flag.Envs {
		path := os.Getenv(env + "_FILE")
		if path == "" {
			continue
		}
		if os.Getenv(env) != "" {
			return nil, fault.New(fault.InvalidConfig, env, "it and %s_FILE are both set: unset one of them", env)
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, fault.Wrap(fault.InvalidConfig, env+"_FILE", err)
		}
		b, err := io.ReadAll(io.LimitReader(f, 64<<10))
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fault.Wrap(fault.InvalidConfig, env+"_FILE", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	return nil, nil
}

// errUnbalanced is the outcome of a command whose plan is the best there is, but has a
// day out of band.
var errUnbalanced = errors.New("unbalanced")

func exitCode(err error) int {
	if errors.Is(err, errUnbalanced) {
		return fault.ExitUnbalanced
	}
	return fault.ExitCode(err)
}

// settings are embedded by commands that work with the service's database.
type settings struct {
	config.Config `embed:""`
}

// quiet is above every level: LOG_LEVEL brings the JSON lines of a one-shot command back.
const quiet = slog.LevelError + 4

// withApp runs fn with the services of a program in the tool role. Logs go to the error stream.
func (s settings) withApp(ctx context.Context, std *streams, now func() time.Time, fn func(*app.Services) error) error {
	level := slog.LevelWarn
	if !s.Telemetry.Exports() {
		level = quiet // what a person must know, the command says in words
	}
	a, err := app.New(ctx, app.Options{
		Config: s.Config, Role: app.Tool, Version: version, Log: std.err, LogLevel: level, Now: now,
	})
	if err != nil {
		return err
	}
	return errors.Join(fn(a.Services()), a.Stop(context.WithoutCancel(ctx)))
}
