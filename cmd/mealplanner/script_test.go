package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) {
	testscript.Main(stopping{m}, map[string]func(){
		"mealplanner": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
			stop()
			os.Exit(code)
		},
	})
}

// stopping ends the private PostgreSQL when the tests are over.
type stopping struct{ m *testing.M }

func (s stopping) Run() int { return testpg.Run(s.m) }

// clockOffset moves the clock of test/cmd/calendar's processes.
const clockOffset = "MEALPLANNER_TEST_CLOCK_OFFSET"

// TestScripts are the command line as users meet it. Each script gets an empty migrated database
// and a sandbox.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv(clockOffset, os.Getenv(clockOffset)) // the commands live in the test's time
			env.Setenv("MEALPLANNER_KEY", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
			env.Setenv("DATABASE_URL", testpg.URL(t))
			const anyPort = "127.0.0.1:0"
			box, err := sandbox.Start(context.Background(), sandbox.Options{
				TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: anyPort,
				Log: slog.New(slog.DiscardHandler), Now: time.Now,
			})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = box.Stop(context.Background()) })
			monday := calendar.On(time.Now()).Monday() + 7
			for name, week := range map[string]calendar.Date{"WEEK": monday, "TUESDAY": monday + 1, "NEXT_WEEK": monday + 7, "LAST_WEEK": monday - 14, "FAR_WEEK": monday + 7*60} {
				env.Setenv(name, week.String())
			}
			other, err := sandbox.Start(context.Background(), sandbox.Options{
				TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: anyPort,
				Log: slog.New(slog.DiscardHandler), Now: time.Now,
			})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = other.Stop(context.Background()) })
			env.Setenv("SANDBOX", box.TandoorURL())
			env.Setenv("OTHER", other.TandoorURL())
			env.Setenv("OTHER_TOKEN", other.TandoorToken)
			env.Setenv("FAULTS", box.FaultsURL())
			env.Setenv("INBOX", strings.TrimSuffix(box.InboxURL(), "/"))
			env.Setenv("FATSECRET_URL", box.FatSecretURL()+fatsecrettest.APIPath)
			env.Setenv("FATSECRET_KEY", sandbox.ConsumerKey)
			env.Setenv("FATSECRET_SECRET", box.ConsumerSecret)
			env.Setenv("SANDBOX_TOKEN", box.TandoorToken)
			env.Setenv("SMTP_HOST", box.Mail.SMTPAddr().IP.String())
			env.Setenv("SMTP_PORT", strconv.Itoa(box.Mail.SMTPAddr().Port))
			env.Setenv("SMTP_USERNAME", sandbox.MailUser)
			env.Setenv("SMTP_PASSWORD", box.MailPassword)
			env.Setenv("SMTP_ENCRYPTION", "none")
			env.Setenv("GENERATION_TIMEOUT", "60s") // a loaded machine is no failure
			env.Setenv("GENERATION_UPSTREAM_TIMEOUT", "20s")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "faults": faults, "sql": sql},
	})
}

// faults gives the first sandbox a fault: faults '{"upstream": "tandoor", "outage": true}'.
func faults(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: faults RULE")
	}
	resp, err := http.Post(ts.Getenv("FAULTS"), "application/json", strings.NewReader(args[0]))
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode != http.StatusCreated {
		ts.Fatalf("%s: %s", args[0], resp.Status)
	}
}

// sql changes the script's database: sql 'delete from alert_heartbeat'.
func sql(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql STATEMENT")
	}
	db, err := pgx.Connect(context.Background(), ts.Getenv("DATABASE_URL"))
	ts.Check(err)
	_, err = db.Exec(context.Background(), args[0])
	ts.Check(errors.Join(err, db.Close(context.Background())))
}

// exits runs a command and expects its exit code: exits 2 mealplanner solve.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v exits %d, want %d", args[1:], got, want)
	}
	for stream, file := range map[string]string{"stdout": "out", "stderr": "err"} {
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(ts.ReadFile(stream)), 0o600))
	}
}
