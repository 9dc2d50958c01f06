//go:build bench

package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/web"
)

var monday = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// demoLibrary reads the demo's recipes through the stand-in and our client.
func demoLibrary(b *testing.B) []recipe.Recipe {
	b.Helper()
	lib, err := sandbox.Library()
	if err != nil {
		b.Fatal(err)
	}
	srv, err := tandoortest.New(tandoortest.Options{Library: lib})
	if err != nil {
		b.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	b.Cleanup(hs.Close)
	c, err := tandoor.New(tandoor.Config{BaseURL: hs.URL, Token: seal.Secret(tandoortest.DefaultToken), HTTP: hs.Client()})
	if err != nil {
		b.Fatal(err)
	}
	res, err := c.Sync(b.Context(), tandoor.Ask{Full: true})
	if err != nil {
		b.Fatal(err)
	}
	return res.Changed
}

// memory is a planner's world for one person, without input and output.
type memory struct {
	person sandbox.Person
	pool   []recipe.Recipe
}

func (m *memory) Recipes(context.Context, string) (recipe.Pool, error) {
	return recipe.Pool{Recipes: m.pool}, nil
}

func (m *memory) Weight(context.Context, user.User) (float64, error) { return m.person.WeightKG, nil }

func (m *memory) Inputs(_ context.Context, _ string, week calendar.Date) (planner.Inputs, error) {
	return planner.Inputs{User: m.person.User, Wishes: m.person.Wishes(week)}, nil
}

func (*memory) Save(context.Context, planner.Draft) (bool, error) { return true, nil }

// BenchmarkGeneration plans a week of each demo user with the demo library and no input
// or output: what our own code costs, by component.
func BenchmarkGeneration(b *testing.B) {
	planner.LoadTables() // as a role does at its start
	pool := demoLibrary(b)
	key := signedlink.Key("benchmark")
	renderer, err := mailer.NewRenderer(web.Links{Base: "http://localhost", Signer: signedlink.New(key, time.Now)}, "localhost")
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range sandbox.People() {
		b.Run(p.ID, func(b *testing.B) {
			took := &components{by: map[string][]time.Duration{}}
			m := &memory{p, pool}
			s := planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}
			plans := planner.New(m, m, m, renderer, took.step, s)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := plans.Generate(b.Context(), planner.Request{User: p.ID, Week: monday}); err != nil {
					b.Fatal(err)
				}
			}
			for _, c := range metrics.Components {
				if n := took.median(c); n >= 50*time.Microsecond {
					b.ReportMetric(ms(n), c+"-ms")
				}
			}
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[len(d)/2]
}

// components collects durations by component.
type components struct {
	mu sync.Mutex
	by map[string][]time.Duration
}

func (c *components) step(ctx context.Context, name string, fn func(context.Context) error) error {
	begin := time.Now()
	err := fn(ctx)
	c.add(name, time.Since(begin))
	return err
}

func (c *components) add(name string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[name] = append(c.by[name], d)
}

func (c *components) median(name string) time.Duration { return median(c.by[name]) }

// repetitions is how often [TestComponents] plans each demo user's week.
const repetitions = 30

// TestComponents plans the demo users' weeks in the whole program, with PostgreSQL and
// a stand-in of Tandoor, and prints what the spans measured: the slowest call of the
// upstream, the components, and the total.
func TestComponents(t *testing.T) {
	calls := &slowestCall{}
	m := &mode{processors: []sdktrace.SpanProcessor{calls}}
	m.start(t, startSandbox(t), sandbox.People()...)
	fmt.Fprintf(os.Stdout, "%-12s %8s %8s %8s", "ms, medians", "total", "upstream", "rest")
	for _, c := range metrics.Components {
		fmt.Fprintf(os.Stdout, " %s", c)
	}
	fmt.Fprintln(os.Stdout)
	for _, p := range sandbox.People() {
		took := &components{by: map[string][]time.Duration{}}
		for i := range repetitions {
			week := monday + calendar.Date(8*7*i) // no rotation to look back to: like a first week
			if err := m.app.Plans.SetWishes(t.Context(), p.ID, week, p.Wishes(week)); err != nil {
				t.Fatal(err)
			}
			calls.took.Store(0)
			res, err := m.app.Generate(t.Context(), planner.Request{User: p.ID, Week: week, DryRun: i == 0}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				continue // the first run of a process reads its tables
			}
			slowest := time.Duration(calls.took.Load())
			took.add("total", res.Total)
			took.add("upstream", slowest)
			took.add("rest", res.Total-slowest)
			for c, d := range res.Components {
				took.add(c, d)
			}
		}
		fmt.Fprintf(os.Stdout, "%-12s %8.2f %8.2f %8.2f", p.ID, ms(took.median("total")), ms(took.median("upstream")), ms(took.median("rest")))
		for _, c := range metrics.Components {
			fmt.Fprintf(os.Stdout, " %*.2f", len(c), ms(took.median(c)))
		}
		fmt.Fprintln(os.Stdout)
	}
}

// slowestCall is a span processor that keeps the longest client span of Tandoor's.
type slowestCall struct{ took atomic.Int64 }

func (*slowestCall) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

func (c *slowestCall) OnEnd(s sdktrace.ReadOnlySpan) {
	if s.SpanKind() != trace.SpanKindClient || !strings.HasPrefix(s.Name(), "tandoor ") {
		return
	}
	took := int64(s.EndTime().Sub(s.StartTime()))
	for {
		if old := c.took.Load(); took <= old || c.took.CompareAndSwap(old, took) {
			return
		}
	}
}

func (*slowestCall) Shutdown(context.Context) error   { return nil }
func (*slowestCall) ForceFlush(context.Context) error { return nil }

func startSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	const anyPort = "127.0.0.1:0"
	box, err := sandbox.Start(t.Context(), sandbox.Options{
		TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: anyPort,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	return box
}
