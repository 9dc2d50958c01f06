package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"github.com/mealplanner/mealplanner/pkg/account/settings"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
	"github.com/mealplanner/mealplanner/pkg/web/site"
)

// health returns a mux with the health probes.
func (a *App) health() *http.ServeMux {
	mux := http.NewServeMux()
	web.Health(mux, a.readiness.check)
	return mux
}

// serveAdmin serves the operators' pages at ADMIN_ADDR.
func (a *App) serveAdmin(ctx context.Context) error {
	addr := a.opts.Config.Web.AdminAddr
	if addr == "" {
		return nil
	}
	books, err := a.runbookPages()
	if err != nil {
		return err
	}
	books.Responses = a.responsesTo(postgres.NewAlerts(a.servicesPool()))
	admin := &web.Admin{Metrics: a.metricsPage, Runbooks: books, Traces: a.tracePages(), Users: a, Now: a.opts.Now, Local: a.opts.Config.Web.AdminIsLocal()}
	return a.listen(ctx, Admin, addr, observe.Recovered(a.log, admin.Handler()))
}

func (a *App) listen(ctx context.Context, role Role, addr string, h http.Handler) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "listen ("+strings.ToUpper(string(role))+"_ADDR)", err)
	}
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	a.addrs[role] = ln.Addr()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("HTTP server failed", append([]any{"component", "web"}, fault.Fields(fault.Internal, err)...)...)
		}
	}()
	a.stops.push(string(role)+" server", func(ctx context.Context) error {
		err := srv.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, srv.Close())
		}
		<-done
		return err
	})
	a.log.InfoContext(ctx, "Listening", "component", "web", "role", string(role), "address", ln.Addr().String(), "version", a.opts.Version)
	return nil
}

// compressed compresses answers, but for those that go on for as long as somebody watches. A
// random length keeps it from telling what a page holds (the BREACH attack).
func compressed() (func(http.Handler) http.HandlerFunc, error) {
	const jitter = 64 // bytes
	return gzhttp.NewWrapper(gzhttp.EnableZstd(false), gzhttp.RandomJitter(jitter, 0, false), gzhttp.ExceptContentTypes([]string{"text/event-stream"}))
}

// Addr returns the listen address of a started role.
func (a *App) Addr(r Role) net.Addr { return a.addrs[r] }

// serveAPI serves the public pages and Alertmanager's webhook endpoints.
func (a *App) serveAPI(ctx context.Context) error {
	mux := a.health()
	// Plan pages and tracking use the api pool, so that a busy scheduler does not block them;
	// buttons and FatSecret accounts use the pool of the services.
	api := a.pools["api"]
	base, err := url.Parse(a.opts.Config.Web.PublicURL)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "PUBLIC_URL", err)
	}
	pages := &web.Pages{Plans: postgres.NewPlans(api, observe.TraceParent), Users: postgres.NewUsers(api), FatSecret: a.s.Accounts, Commands: a.s, Links: a.s.Links, Signer: a.s.Links.Signer, PublicURL: base, Now: a.opts.Now, Log: a.log}
	pages.Mails = observe.NewFeedback(postgres.NewOutbox(api, observe.TraceParent), a.rec, a.log)
	proxies, err := a.opts.Config.Web.Proxies()
	if err != nil {
		return err
	}
	books, err := a.runbookPages()
	if err != nil {
		return err
	}
	public := http.NewServeMux()
	pages.Register(public)
	shots := picture.New(postgres.NewRecipes(api), pictures{a.s.libraries}, a.opts.Now) // one, so that no picture is fetched twice
	people := site.New(site.Ports{
		SignIn: a.s.SignIns, Sessions: postgres.NewSessions(api), Users: a.s.Users, Plans: postgres.NewPlans(api, observe.TraceParent), Commands: a.s,
		Recipes: postgres.NewRecipes(api), Settings: settings.New(a.s.Users, a.s.Vocabulary), Shopping: shopping.New(postgres.NewShopping(api), postgres.NewPlans(api, observe.TraceParent), a.s.Users), Push: a.s.PushList, Connections: a.s.Connections,
		Library: a.s.Library, Trends: a.s.Follower, Tokens: a.s.Tokens, Calendar: a.s.Links.Calendar, Share: a.s.Links.List, Shared: pages.Listed, Librarian: pages.Librarian, Diary: a.s.Diary, Farewell: a.s.Farewell, Leaving: pages.Leaving,
		Invitations: a.s.Invitations, Beginning: &beginning{s: a.s},
		Pictures:   shots,
		Operations: &operations{s: a.s, ready: a.readiness, traces: a.tracePages()},
	}, base, a.opts.Now, a.log)
	people.Register(public)
	a.registerPrograms(public, base, shots) //nolint:contextcheck // operations have the contexts of their requests
	a.stops.push("work of pages", func(context.Context) error { people.Wait(); return nil })
	books.Register(public)
	small, err := compressed()
	if err != nil {
		return fault.Wrap(fault.Internal, "compression", err)
	}
	mux.Handle("/", web.Limit{PerMinute: a.opts.Config.Web.RateLimit, Proxies: proxies, Now: a.opts.Now, Log: a.log}.Wrap(small(web.Again{Proxies: proxies, Now: a.opts.Now}.Wrap(public))))
	if err := a.serveAlerts(ctx, mux); err != nil {
		return err
	}
	if err := a.listen(ctx, API, a.opts.Config.Web.APIAddr, observe.NewServer(observe.Recovered(a.log, mux), a.telemetry.Tracers, a.telemetry.Meters)); err != nil {
		return err
	}
	a.stops.push("watched lists", func(context.Context) error { people.Close(); return nil }) // before the server
	return nil
}
