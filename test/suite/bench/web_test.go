//go:build bench

package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// What the pages are measured with.
const (
	webUsers    = 500
	webWeeks    = 52
	webRecipes  = 1000
	webRate     = 50 // requests a second
	webTime     = time.Minute
	webFlat     = 100_000 // requests over which memory stays
	webBrowsers = 20      // at the same time
)

// pages is the program's pages with what is stored behind them.
type pages struct {
	name    string
	base    string
	tool    *app.Services
	people  []string // users who are signed in, by their browsers' order
	clients []*http.Client
	tokens  []string // of their programs
}

// TestPagesUnderLoad asks for pages as people do, with telemetry off and on, and prints how long
// the answers take; then for many more, and prints what the memory does.
func TestPagesUnderLoad(t *testing.T) {
	_, up := startSink(t)
	box := startSandbox(t)
	fmt.Fprintf(os.Stdout, "%d users with %d weeks each, %d recipes, %d requests a second for %s, PostgreSQL on the same machine\n", webUsers, webWeeks, webRecipes, webRate, webTime)
	fmt.Fprintf(os.Stdout, "%-12s %-10s %8s %12s %12s %12s\n", "telemetry", "page", "requests", "median", "p95", "worst")
	var last *pages
	for _, m := range []struct{ name, endpoint string }{{"off", ""}, {"sink up", up}} {
		last = openPages(t, box, m.name, m.endpoint)
		took := last.load(t)
		var all []time.Duration
		for _, kind := range slices.Sorted(func(yield func(string) bool) {
			for k := range took {
				if !yield(k) {
					return
				}
			}
		}) {
			all = append(all, took[kind]...)
			report(m.name, kind, took[kind])
		}
		report(m.name, "all", all)
	}
	last.flat(t)
}

func report(mode, kind string, took []time.Duration) {
	slices.Sort(took)
	fmt.Fprintf(os.Stdout, "%-12s %-10s %8d %12s %12s %12s\n", mode, kind, len(took), took[len(took)/2].Round(10*time.Microsecond), took[len(took)*95/100].Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond))
}

// openPages starts the program on a database of its own.
func openPages(t *testing.T, box *sandbox.Sandbox, name, endpoint string) *pages {
	t.Helper()
	cfg := program.Config(t, testpg.URL(t), box)
	cfg.Web.APIAddr, cfg.Web.PublicURL, cfg.Web.RateLimit = program.AnyPort, "http://127.0.0.1", 0
	cfg.Telemetry.OTLPEndpoint, cfg.Telemetry.Disabled = endpoint, endpoint == ""
	running, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.API, Version: "bench", Log: io.Discard, LogLevel: slog.LevelInfo})
	must(t, err)
	t.Cleanup(func() { _ = running.Stop(context.Background()) })
	p := &pages{name: name, tool: running.Services()}
	program.Connect(t, p.tool, sandbox.Connection, box.TandoorURL(), box.TandoorToken)
	who := sandbox.People()[0]
	must(t, addAll(t.Context(), p.tool, []sandbox.Person{who}))
	must(t, p.tool.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	_, err = p.tool.Generate(t.Context(), planner.Request{User: who.ID, Week: monday}, nil)
	must(t, err)
	pool, err := pgxpool.New(t.Context(), cfg.Database.URL.Reveal())
	must(t, err)
	defer pool.Close()
	multiply(t, pool, who.ID)
	must(t, running.Start(t.Context()))
	p.base = "http://" + running.Addr(app.API).String()
	for i := range webBrowsers {
		id := fmt.Sprintf("user_%d", i*webUsers/webBrowsers)
		token, err := p.tool.SignIns.Link(t.Context(), id)
		must(t, err)
		jar, err := cookiejar.New(nil)
		must(t, err)
		client := &http.Client{Jar: jar, Transport: &http.Transport{}}
		p.people, p.clients = append(p.people, id), append(p.clients, client)
		p.ask(t, i, "/sign-in/"+token, url.Values{})
		_, secret, err := p.tool.Tokens.Create(t.Context(), id, "bench", []access.Scope{access.PlanRead}, 0)
		must(t, err)
		p.tokens = append(p.tokens, secret)
	}
	return p
}

// multiply makes many users, weeks and recipes of one.
func multiply(t *testing.T, pool *pgxpool.Pool, of string) {
	t.Helper()
	days := make([]string, 0, 14)
	for d := range calendar.Date(14) {
		days = append(days, (monday + d - 3).String())
	}
	for _, sql := range []string{
		fmt.Sprintf(`insert into recipes (connection_id, recipe_id, updated_at, fetched_at, data)
			select connection_id, recipe_id + 100000 * k, updated_at, fetched_at, jsonb_set(jsonb_set(data, '{id}', to_jsonb(recipe_id + 100000 * k)), '{name}', to_jsonb((data ->> 'name') || ' ' || k))
			from recipes, generate_series(1, 9) k order by k limit %d - (select count(*) from recipes)`, webRecipes),
		fmt.Sprintf(`insert into users (id, email, name, time_zone, enabled, people, connection_id, settings)
			select 'user_' || n, 'user' || n || '@example.org', 'User ' || n, time_zone, false, people, connection_id, settings from users, generate_series(0, %d) n where id = '%s'`, webUsers-1, of),
	} {
		_, err := pool.Exec(t.Context(), sql)
		must(t, err)
	}
	var data string
	must(t, pool.QueryRow(t.Context(), "select data::text from plans where user_id = $1", of).Scan(&data))
	dates := regexp.MustCompile(strings.Join(days, "|"))
	for k := range calendar.Date(webWeeks) {
		moved := dates.ReplaceAllStringFunc(data, func(s string) string {
			d, err := calendar.Parse(s)
			must(t, err)
			return (d - 7*k).String()
		})
		_, err := pool.Exec(t.Context(), `with made as (
				insert into plans (user_id, week_of, generation_id, status, optimal, data)
				select u.id, $1::date, 'gen_' || $1::text || '_' || u.id, 'balanced', true, jsonb_set($2::jsonb, '{week,user}', to_jsonb(u.id)) from users u where u.id ~ '^user_[0-9]+$' returning id, user_id
			) insert into plan_meals (plan_id, user_id, date, meal, recipe_id, servings, source)
			select made.id, made.user_id, m.date - 7 * $3::int, m.meal, m.recipe_id, m.servings, m.source from plan_meals m, made where m.user_id = $4`,
			(monday - 7*k).Time(), moved, int(k), of)
		must(t, err)
	}
	_, err := pool.Exec(t.Context(), "analyze")
	must(t, err)
}

// kinds are the pages that people ask for, in the shares that they have of twenty requests.
var kinds = []struct {
	name  string
	share int
	path  func(week calendar.Date) string
	form  func() url.Values
}{
	{"week", 6, func(w calendar.Date) string { return "/week/" + w.String() }, nil},
	{"shopping", 3, func(w calendar.Date) string { return "/shopping/" + w.String() }, nil},
	{"add item", 2, func(w calendar.Date) string { return "/shopping/" + w.String() }, func() url.Values { return url.Values{"do": {"add"}, "text": {"beer"}} }},
	{"dish", 3, func(w calendar.Date) string { return "/meal/" + (w + 2).String() + "/dinner" }, nil},
	{"settings", 1, func(calendar.Date) string { return "/settings" }, nil},
	{"others", 1, func(w calendar.Date) string { return "/meal/" + (w + 3).String() + "/dinner/others" }, nil},
	{"library", 1, func(calendar.Date) string { return "/library" }, nil},
	{"API week", 2, func(w calendar.Date) string { return "/api/v1/weeks/" + w.String() }, nil},
	{"API dish", 1, func(w calendar.Date) string { return "/api/v1/meals/" + (w + 2).String() + "/dinner" }, nil},
}

// ask asks for a page and reads it to its end.
func (p *pages) ask(t *testing.T, who int, path string, form url.Values) time.Duration {
	t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.base+path, body)
	must(t, err)
	req.Header.Set("Accept", "text/html")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json") // no page follows
	}
	if strings.HasPrefix(path, "/api/") {
		req.Header.Set("Authorization", "Bearer "+p.tokens[who])
	}
	begin := time.Now()
	resp, err := p.clients[who].Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	_, err = io.Copy(io.Discard, resp.Body)
	took := time.Since(begin)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		t.Errorf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return took
}

// pick is the n-th request of a round of twenty.
func pick(n int) int {
	for i, k := range kinds {
		if n -= k.share; n < 0 {
			return i
		}
	}
	return 0
}

// load asks at a steady rate, however long answers take.
func (p *pages) load(t *testing.T) map[string][]time.Duration {
	t.Helper()
	for who := range p.clients { // pools and tables are warm
		for _, k := range kinds {
			p.ask(t, who, k.path(monday), nil)
		}
	}
	var mu sync.Mutex
	out := map[string][]time.Duration{}
	random := rand.New(rand.NewPCG(1, 2))
	var asked sync.WaitGroup
	every := time.NewTicker(time.Second / webRate)
	defer every.Stop()
	for n := range int(webTime.Seconds()) * webRate {
		<-every.C
		k, who, week := kinds[pick(random.IntN(20))], n%webBrowsers, monday-calendar.Date(7*random.IntN(webWeeks))
		var form url.Values
		if k.form != nil {
			form = k.form()
		}
		asked.Go(func() {
			took := p.ask(t, who, k.path(week), form)
			mu.Lock()
			defer mu.Unlock()
			out[k.name] = append(out[k.name], took)
		})
	}
	asked.Wait()
	return out
}

// flat asks as fast as it can, and prints the heap as it goes.
func (p *pages) flat(t *testing.T) {
	t.Helper()
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	const rounds = 5
	for round := range rounds + 1 {
		fmt.Fprintf(os.Stdout, "after %6d requests: heap %.1f MiB, %d goroutines\n", round*webFlat/rounds, heap(), runtime.NumGoroutine())
		if round == rounds {
			return
		}
		var workers sync.WaitGroup
		for who := range p.clients {
			workers.Go(func() {
				for n := range webFlat / rounds / webBrowsers {
					k := kinds[[]int{0, 0, 1, 3}[n%4]] // those that are cheap: it is about many
					p.ask(t, who, k.path(monday-calendar.Date(7*(n%webWeeks))), nil)
				}
			})
		}
		workers.Wait()
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
