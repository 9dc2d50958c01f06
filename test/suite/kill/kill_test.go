//go:build kill

// Package kill proves that effects happen once: a generation is killed with SIGKILL
// before and after every SQL statement and every external call, run again, and must
// leave one plan and one mail.
package kill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

const (
	childEnv = "MEALPLANNER_KILL_CHILD"
	who      = "user_kenji" // has a FatSecret account, so every kind of call happens
	key      = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

var week = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// point is a place to die: before or after the n-th span of a name.
type point struct {
	Span  string
	N     int
	After bool
}

func (p point) String() string {
	where := "before"
	if p.After {
		where = "after"
	}
	return fmt.Sprintf("%s %s #%d", where, p.Span, p.N)
}

// unavoidable reports whether the point lies between the mail server's acceptance and
// our commit.
func (p point) unavoidable() bool {
	switch {
	case strings.HasPrefix(p.Span, "send "):
		return p.After
	case p.Span == "mark_mail_sent":
		return true
	default:
		return p.Span == "commit" && !p.After
	}
}

// order is what the parent tells a child.
type order struct {
	Config config.Config
	Secret map[string]string // secrets do not marshal
	Kill   *point            // nil: run to the end and print the points
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		child(text)
		return
	}
	os.Exit(m.Run())
}

// watcher is a span processor that lists the points it passes and dies at one.
type watcher struct {
	kill *point

	mu    sync.Mutex
	begun map[string]int
	ended map[string]int
	seen  []point
}

func (w *watcher) pass(counter map[string]int, name string, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	counter[name]++
	p := point{name, counter[name], after}
	w.seen = append(w.seen, p)
	if w.kill != nil && *w.kill == p {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until the signal arrives
	}
}

// outside reports whether the span is a statement, a call to another program or a mail.
// Connecting and preparing a statement are left out: how often they happen depends on which
// connection of the pool is free.
func outside(s sdktrace.ReadOnlySpan) bool {
	if s.Name() == "connect" {
		return false
	}
	for _, kv := range s.Attributes() {
		if kv.Key == otelpgx.PrepareStmtNameKey {
			return false
		}
	}
	scope := s.InstrumentationScope().Name
	return strings.Contains(scope, "otelpgx") || strings.Contains(scope, "otelhttp") || strings.HasPrefix(s.Name(), "send ")
}

func (w *watcher) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	if outside(s) {
		w.pass(w.begun, s.Name(), false)
	}
}

func (w *watcher) OnEnd(s sdktrace.ReadOnlySpan) {
	if outside(s) {
		w.pass(w.ended, s.Name(), true)
	}
}

func (*watcher) Shutdown(context.Context) error   { return nil }
func (*watcher) ForceFlush(context.Context) error { return nil }

// child is one process that plans and mails the week.
func child(text string) {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		fatal(err)
	}
	o.Config.Security.Key = key
	o.Config.Database.URL = seal.Secret(o.Secret["database"])
	o.Config.SMTP.Password = seal.Secret(o.Secret["smtp"])
	o.Config.Alerts.Token = ""
	o.Config.FatSecret.ConsumerSecret = seal.Secret(o.Secret["fatsecret"])
	w := &watcher{kill: o.Kill, begun: map[string]int{}, ended: map[string]int{}}
	ctx := context.Background()
	program, err := app.New(ctx, app.Options{
		Config: o.Config, Role: app.Tool, Version: "test", Log: os.Stderr, LogLevel: slog.LevelError, SpanProcessors: []sdktrace.SpanProcessor{w},
	})
	if err != nil {
		fatal(err)
	}
	a := program.Services()
	if _, err := a.Generate(ctx, planner.Request{User: who, Week: week}, nil); err != nil {
		fatal(err)
	}
	// Statements are traced below a span only; the delivery's polling has none of its own.
	drain, span := otel.Tracer("kill").Start(ctx, "drain")
	if _, err := a.Delivery.Drain(drain); err != nil {
		fatal(err)
	}
	span.End()
	if err := program.Stop(ctx); err != nil {
		fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(w.seen); err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type world struct {
	server *pglocal.Server
	box    *sandbox.Sandbox
	cfg    config.Config
}

func TestKill(t *testing.T) {
	w := newWorld(t)
	points := w.run(t, w.clone(t, "survey"), nil)
	if len(points) < 40 {
		t.Fatalf("only %d points: %v", len(points), points)
	}
	if n := len(w.box.Mail.Messages()); n != 1 {
		t.Fatalf("the survey run sent %d mails", n)
	}
	copies, passed := 0, 0
	for i, p := range points {
		database := w.clone(t, fmt.Sprintf("point_%d", i))
		before := len(w.box.Mail.Messages())
		if w.run(t, database, &p) != nil {
			t.Errorf("%s: the process was not killed there", p)
			continue
		}
		w.run(t, database, nil)
		mails := w.box.Mail.Messages()[before:]
		if problem := w.check(t, database, len(mails)); problem != "" {
			t.Errorf("%s: %s", p, problem)
			continue
		}
		ids := map[string]bool{}
		for _, m := range mails {
			ids[m.MessageID] = true
		}
		if len(ids) != 1 {
			t.Errorf("%s: %d distinct mails", p, len(ids))
			continue
		}
		if len(mails) > 1 && !p.unavoidable() {
			t.Errorf("%s: the mail was sent twice, and need not have been", p)
			continue
		}
		if len(mails) > 1 {
			copies++
			t.Logf("%s: SMTP made a second copy unavoidable", p)
		}
		passed++
	}
	t.Logf("killed at %d of %d points; each left 1 plan and 1 Message-ID; unavoidable SMTP copies: %d", passed, len(points), copies)
}

// check returns what is wrong with the database after the second run.
func (w *world) check(t *testing.T, database string, mails int) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.server.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var plans, meals, outbox, sent int
	err = conn.QueryRow(t.Context(), `select (select count(*) from plans), (select count(*) from plan_meals),
		(select count(*) from outbox), (select count(*) from outbox where status = 'sent')`).Scan(&plans, &meals, &outbox, &sent)
	if err != nil {
		t.Fatal(err)
	}
	if plans != 1 || meals != 21 || outbox != 1 || sent != 1 || mails < 1 || mails > 2 {
		return fmt.Sprintf("%d plans, %d meals, %d outbox rows, %d sent, %d mails delivered", plans, meals, outbox, sent, mails)
	}
	return ""
}

// run starts a child on the database and returns the points it passed, nil when it died.
func (w *world) run(t *testing.T, database string, kill *point) []point {
	t.Helper()
	cfg := w.cfg
	o := order{Config: cfg, Kill: kill, Secret: map[string]string{
		"database": w.server.URL(database), "smtp": w.box.MailPassword, "fatsecret": w.box.ConsumerSecret,
	}}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL && kill != nil {
		return nil
	}
	if err != nil {
		t.Fatalf("child (%v): %v", kill, err)
	}
	var points []point
	if err := json.Unmarshal(out, &points); err != nil {
		t.Fatal(err)
	}
	return points
}

func (w *world) clone(t *testing.T, name string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "create database "+name+" template seed"); err != nil {
		t.Fatal(err)
	}
	return name
}

// newWorld starts PostgreSQL and the sandbox and prepares the database "seed": schema,
// library, user, and the recipes imported.
func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := pglocal.Start(t.Context(), pglocal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	const anyPort = "127.0.0.1:0"
	box, err := sandbox.Start(t.Context(), sandbox.Options{
		TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: anyPort,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	w := &world{server: server, box: box}
	if err := kong.ApplyDefaults(&w.cfg); err != nil {
		t.Fatal(err)
	}
	smtp := box.Mail.SMTPAddr()
	w.cfg.SMTP.Host, w.cfg.SMTP.Port, w.cfg.SMTP.Username, w.cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, sandbox.MailUser, "none"
	w.cfg.FatSecret.ConsumerKey = sandbox.ConsumerKey
	w.cfg.FatSecret.APIURL, w.cfg.FatSecret.AuthURL = box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth"
	w.cfg.Generation.Timeout, w.cfg.Generation.UpstreamTimeout = time.Minute, 30*time.Second // a loaded machine is no failure
	w.seed(t)
	return w
}

func (w *world) seed(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.server.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "create database seed"); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	cfg := w.cfg
	cfg.Security.Key, cfg.Database.URL = key, seal.Secret(w.server.URL("seed"))
	cfg.SMTP.Password, cfg.FatSecret.ConsumerSecret = seal.Secret(w.box.MailPassword), seal.Secret(w.box.ConsumerSecret)
	program, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.Tool, Version: "test", Log: os.Stderr, LogLevel: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	a := program.Services()
	_, err = a.Migrate(t.Context())
	must(t, err)
	must(t, a.Users.PutConnection(t.Context(), recipe.Connection{
		ID: sandbox.Connection, URL: w.box.TandoorURL(), Sealed: a.SealTandoor(sandbox.Connection, seal.Secret(w.box.TandoorToken)),
	}))
	for _, p := range sandbox.People() {
		if p.ID != who {
			continue
		}
		tok := w.box.FatSecretTokens[p.ID]
		sealed, err := a.Accounts.Seal(p.ID, account.Token{Key: tok.Key, Secret: seal.Secret(tok.Secret)})
		must(t, err)
		must(t, a.Users.Add(t.Context(), p.User, sealed))
	}
	must(t, a.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	must(t, program.Stop(t.Context()))
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
