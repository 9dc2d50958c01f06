package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
	"github.com/mealplanner/mealplanner/test/suite/semconv"
)

// witness gets everything that the tests' programs export, and holds its names against
// OpenTelemetry's registry and docs/attributes.md.
var witness = semconv.NewWitness()

func TestMain(m *testing.M) { os.Exit(witness.Main(testpg.Run(m, witness.Close))) }

var week = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// world is the whole program beside a sandbox, with everything it says and emits.
type world struct {
	*app.App
	*app.Services
	box    *sandbox.Sandbox
	cfg    config.Config
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
	logs   *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

type options struct {
	people     []sandbox.Person // nil = the demo users
	sandbox    sandbox.Options
	sequential bool
	change     func(*config.Config)
	empty      bool     // do not import the library
	role       app.Role // "" = Serve
	now        func() time.Time
	imap       bool   // replies are read from the sandbox's mailbox
	database   string // another world's, with its users; "" = an own one
}

const anyPort = "127.0.0.1:0"

func newWorld(t *testing.T, o options) *world {
	t.Helper()
	if o.now == nil { // the program lives in the days before the week that the tests plan
		begin, began := (week - 6).Time().Add(12*time.Hour), time.Now()
		o.now = func() time.Time { return begin.Add(time.Since(began)) }
	}
	s := o.sandbox
	s.TandoorAddr, s.FatSecretAddr, s.SMTPAddr, s.IMAPAddr, s.AlertsAddr, s.WebAddr = anyPort, anyPort, anyPort, anyPort, anyPort, anyPort
	s.Log, s.People = slog.New(slog.DiscardHandler), o.people
	if s.Now == nil {
		s.Now = o.now
	}
	box, err := sandbox.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	w := &world{box: box, spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader(), logs: &lockedBuffer{}}
	w.cfg = configure(t, box)
	if w.cfg.Database.URL = seal.Secret(o.database); o.database == "" {
		w.cfg.Database.URL = seal.Secret(testpg.URL(t))
	}
	w.cfg.Telemetry.OTLPEndpoint, w.cfg.Telemetry.OTLPProtocol, w.cfg.Log.SampleInfo = witness.URL(), telemetry.HTTPProtobuf, false
	if o.change != nil {
		o.change(&w.cfg)
	}
	if o.imap {
		w.cfg.IMAP.Host, w.cfg.IMAP.Port = box.Mail.IMAPAddr().IP.String(), box.Mail.IMAPAddr().Port
		w.cfg.IMAP.Password = seal.Secret(box.MailPassword)
	}
	role := o.role
	if role == "" {
		role = app.Serve
	}
	w.App, err = app.New(t.Context(), app.Options{
		Config: w.cfg, Role: role, Version: "test", Log: w.logs, LogLevel: slog.LevelInfo, Sequential: o.sequential, Now: o.now,
		SpanProcessors: []sdktrace.SpanProcessor{w.spans}, Readers: []sdkmetric.Reader{w.reader},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Services = w.App.Services()
	t.Cleanup(func() {
		// As long as a role has: pgx takes up to 15 s to let go of a connection that was cut while it wrote.
		ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			var waits strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&waits, 1)
			t.Errorf("%v\n%s", err, &waits)
		}
	})
	if o.database == "" {
		w.populate(t, o)
	}
	return w
}

// pool opens the world's database for the test itself.
func (w *world) pool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: w.cfg.Database.URL.Reveal(), Pool: "test", MaxConns: 2})
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func configure(t *testing.T, box *sandbox.Sandbox) config.Config {
	t.Helper()
	var cfg config.Config
	if err := kong.ApplyDefaults(&cfg); err != nil {
		t.Fatal(err)
	}
	smtp := box.Mail.SMTPAddr()
	cfg.Scheduler.NewUserGrace = 0
	cfg.Security.Key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, "none"
	cfg.SMTP.Username, cfg.SMTP.Password = sandbox.MailUser, seal.Secret(box.MailPassword)
	cfg.SMTP.From = "Meal planner <plan@sandbox.example>"
	cfg.FatSecret.ConsumerKey, cfg.FatSecret.ConsumerSecret = sandbox.ConsumerKey, seal.Secret(box.ConsumerSecret)
	cfg.FatSecret.APIURL, cfg.FatSecret.AuthURL = box.FatSecretURL()+fatsecrettest.APIPath, box.FatSecretURL()+"/oauth"
	cfg.Web.APIAddr, cfg.Web.SchedulerAddr, cfg.Web.LibraryReach = anyPort, anyPort, "all" // the sandbox is on this machine
	cfg.Log.SampleInfo = false
	// A loaded test machine is no failure; tests of the limits set their own.
	cfg.Generation.Timeout, cfg.Generation.UpstreamTimeout = 30*time.Second, 10*time.Second
	return cfg
}

func (w *world) populate(t *testing.T, o options) {
	t.Helper()
	must(t, w.Users.PutConnection(t.Context(), recipe.Connection{
		ID: sandbox.Connection, URL: w.box.TandoorURL(), Sealed: w.SealTandoor(sandbox.Connection, seal.Secret(w.box.TandoorToken)),
	}))
	people := o.people
	if people == nil {
		people = sandbox.People()
	}
	for _, p := range people {
		var sealed []byte
		if tok, ok := w.box.FatSecretTokens[p.ID]; ok {
			var err error
			sealed, err = w.Accounts.Seal(p.ID, account.Token{Key: tok.Key, Secret: seal.Secret(tok.Secret)})
			must(t, err)
		}
		must(t, w.Users.Add(t.Context(), p.User, sealed))
		must(t, w.Plans.SetWishes(t.Context(), p.ID, week, p.Wishes(week)))
	}
	// What runs by the clock runs when a test says so.
	_, err := w.JobStore.SetEnabled(t.Context(), postgres.Filter{}, false)
	must(t, err)
	if !o.empty {
		must(t, w.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	}
}

// fault switches a fault on and returns the function that ends it.
func (w *world) fault(t *testing.T, r faultswitch.Rule) func() {
	t.Helper()
	id, err := w.box.Faults.Set(r)
	must(t, err)
	return func() { must(t, w.box.Faults.Clear(id)) }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
