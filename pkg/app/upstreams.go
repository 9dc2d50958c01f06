package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// upstreams connects the use cases to Tandoor and FatSecret: one client for each
// connection, all calls through one traced, retrying, breaking transport per upstream.
type upstreams struct {
	connections *postgres.Users
	ring        *seal.Ring
	telemetry   *telemetry.Telemetry
	rec         *metrics.Recorder
	config      config.Config
	now         func() time.Time
	stops       *stack
	report      func(up []metrics.Reading) // takes what the probes found

	prober *http.Client

	mu       sync.Mutex
	tandoors map[string]library
	alive    map[string]bool // by api, from the probes
}

type library struct {
	sealed string
	url    string
	client *tandoor.Client
	probe  *tandoor.Client // unobserved and without a breaker
}

var _ recipesync.Upstream = (*upstreams)(nil)

func (a *App) newUpstreams() *upstreams {
	return &upstreams{
		connections: a.Users, ring: a.ring, telemetry: a.telemetry, rec: a.rec, config: a.opts.Config, now: a.opts.Now, stops: &a.stops,
		report: func(up []metrics.Reading) {
			a.installation.Set("availability", map[string][]metrics.Reading{"api_availability": up})
		},
		prober: resilient.NewClient(http.DefaultTransport, probeTimeout), tandoors: map[string]library{}, alive: map[string]bool{},
	}
}

// transport is retry over breaker over one client span per attempt. Third parties get
// the trace's id and no baggage.
func (u *upstreams) transport(opt resilient.Options) http.RoundTripper {
	api := opt.Name
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.MaxIdleConnsPerHost = 8
	u.stops.push(api+" connections", func(context.Context) error { base.CloseIdleConnections(); return nil })
	traced := observe.NewTransport(base, u.telemetry.Tracers, u.telemetry.Meters, func(r *http.Request) string {
		return api + " " + resilient.Endpoint(r.Context())
	})
	opt.OnStateChange = func(name string, from, to resilient.State) {
		u.telemetry.Logger.Warn("Circuit breaker changed", "component", "api", "api", name, "from", string(from), "to", string(to))
	}
	opt.OnRetry = func(ctx context.Context, r resilient.Retried) {
		u.telemetry.Logger.WarnContext(ctx, "Upstream call is tried again", "component", "api", "api", api, "endpoint", r.Endpoint,
			"status", r.Status, "retry_attempt", r.Attempt, "delay_ms", r.Delay.Milliseconds())
	}
	return resilient.NewTransport(traced, opt)
}

func (u *upstreams) observe(api string) resilient.Observer {
	return func(ctx context.Context, c resilient.Call) {
		u.rec.APICall(ctx, api, c.Endpoint, c.Status, c.Bytes, c.Took)
	}
}

// SealTandoor encrypts a connection's token for storage.
func (a *App) SealTandoor(connection string, token seal.Secret) []byte {
	return a.ring.Seal(token, keyring.Connections.Context(connection))
}

// CheckConnection asks the library, which need not be stored yet, step by step whether it
// can be used for what is wanted of it. The error of the first step that fails says the cure.
func (a *App) CheckConnection(ctx context.Context, c postgres.Connection) error {
	_, err := a.checkConnection(ctx, c)
	return err
}

func (a *App) checkConnection(ctx context.Context, c postgres.Connection) (tandoor.Status, error) {
	l, err := a.upstreams.newTandoor(c)
	if err != nil {
		return tandoor.Status{}, err
	}
	s, err := l.client.Check(ctx)
	if err == nil && c.WriteBack && !s.CanWrite {
		err = fault.New(fault.Unauthorized, "connection "+c.ID,
			"write-back needs a token that may write: make one with scope \"read write\" in Tandoor under Settings > API, or switch write-back off")
	}
	return s, err
}

// CheckLibrary is [App.CheckConnection] for a stored connection: it must show the space that
// its recipes are of. Kind Conflict when it shows another.
func (a *App) CheckLibrary(ctx context.Context, c postgres.Connection) (tandoor.Status, error) {
	s, err := a.checkConnection(ctx, c)
	if err != nil {
		return s, err
	}
	was, err := a.writeBook.Space(ctx, c.ID)
	if err == nil && was.ID != 0 && was.ID != s.SpaceID {
		err = publish.SpaceChanged(c.ID, was, publish.Space{ID: s.SpaceID, Name: s.Space})
	}
	return s, err
}

// Tandoor returns the client of a connection.
func (a *App) Tandoor(ctx context.Context, connection string) (*tandoor.Client, error) {
	return a.upstreams.tandoor(ctx, connection)
}

// Library implements [publish.Libraries].
func (u *upstreams) Library(ctx context.Context, connection string) (publish.Library, error) {
	return u.tandoor(ctx, connection)
}

func (u *upstreams) tandoor(ctx context.Context, connection string) (*tandoor.Client, error) {
	conn, err := u.connections.Connection(ctx, connection)
	if err != nil {
		return nil, err
	}
	l, err := u.library(conn)
	return l.client, err
}

func (u *upstreams) library(conn postgres.Connection) (library, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if l, ok := u.tandoors[conn.ID]; ok && l.sealed == string(conn.Sealed) && l.url == conn.URL {
		return l, nil
	}
	l, err := u.newTandoor(conn)
	if err == nil {
		u.tandoors[conn.ID] = l
	}
	return l, err
}

func (u *upstreams) newTandoor(conn postgres.Connection) (library, error) {
	token, err := u.ring.Open(conn.Sealed, keyring.Connections.Context(conn.ID))
	if err != nil {
		return library{}, fault.Wrap(fault.InvalidConfig, "connection "+conn.ID, err)
	}
	var keywords tandoor.KeywordMap
	for k, names := range conn.KeywordMeals {
		if keywords == nil {
			keywords = tandoor.KeywordMap{}
		}
		for _, n := range names {
			m, err := recipe.ParseMeal(n)
			if err != nil {
				return library{}, fault.Wrap(fault.InvalidConfig, "connection "+conn.ID+": keyword "+k, err)
			}
			keywords[k] = append(keywords[k], m)
		}
	}
	opt := resilient.Defaults("tandoor")
	opt.Observe = u.observe("tandoor")
	l := library{sealed: string(conn.Sealed), url: conn.URL}
	if l.client, err = tandoor.New(tandoor.Config{
		BaseURL: conn.URL, Token: token, Keywords: keywords,
		HTTP: resilient.NewClient(u.transport(opt), u.config.Tandoor.Timeout), Now: u.now,
	}); err != nil {
		return library{}, err
	}
	l.probe, err = tandoor.New(tandoor.Config{BaseURL: conn.URL, HTTP: u.prober, Now: u.now})
	return l, err
}

// Fetch implements [recipesync.Upstream].
func (u *upstreams) Fetch(ctx context.Context, connection string, ask recipesync.Ask) (recipesync.Found, error) {
	client, err := u.tandoor(ctx, connection)
	if err != nil {
		return recipesync.Found{}, err
	}
	res, err := client.Sync(ctx, tandoor.Ask{
		Since: ask.Since, Known: ask.Known, Full: ask.Full, Progress: ask.Progress,
		Guard: func(id int64, name string, gone []recipe.ID) error {
			return ask.Guard(publish.Space{ID: id, Name: name}, gone)
		},
	})
	found := recipesync.Found{Changed: res.Changed, Deleted: res.Deleted, Refused: res.Refused}
	for _, p := range res.Problems {
		found.Problems = append(found.Problems, recipesync.Problem{Recipe: p.Recipe, Name: p.Name, Field: string(p.Kind) + " " + p.Field, Problem: p.Detail})
	}
	return found, err
}

// How often each upstream is asked whether it is up, and how long it may take to answer.
const (
	probeTandoorEvery   = 30 * time.Second
	probeFatSecretEvery = 60 * time.Second
	probeTimeout        = 15 * time.Second
)

// probe asks the upstreams whether they are up for as long as ctx lasts. Probes are
// outside the counters of calls and cost, and no breaker stands before them.
func (u *upstreams) probe(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { repeat(ctx, probeTandoorEvery, u.probeTandoor) })
	wg.Go(func() { repeat(ctx, probeFatSecretEvery, u.probeFatSecret) })
	wg.Wait()
}

// repeat calls do at once and then every interval for as long as ctx lasts.
func repeat(ctx context.Context, every time.Duration, do func(context.Context)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// probeTandoor marks Tandoor as up when every connection answers.
func (u *upstreams) probeTandoor(ctx context.Context) {
	if up, known := u.tandoorAnswers(ctx); known {
		u.found("tandoor", up)
	}
}

// tandoorAnswers asks every connection; known is false when there is none.
func (u *upstreams) tandoorAnswers(ctx context.Context) (up, known bool) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	conns, err := u.connections.Connections(ctx)
	if err != nil || len(conns) == 0 {
		return false, false
	}
	up = true
	for _, c := range conns {
		l, err := u.library(c)
		if err == nil {
			_, err = l.probe.Probe(ctx)
		}
		if err != nil && ctx.Err() == nil {
			u.telemetry.Logger.WarnContext(ctx, "Upstream does not answer", append([]any{"component", "api", "api", "tandoor", "connection", c.ID},
				observe.Failure(fault.KindOf(err), err)...)...)
		}
		up = up && err == nil
	}
	return up, true
}

// probeFatSecret marks FatSecret as up when it answers.
func (u *upstreams) probeFatSecret(ctx context.Context) {
	if up, known := u.fatsecretAnswers(ctx); known {
		u.found("fatsecret", up)
	}
}

// fatsecretAnswers asks without a signature: an error inside an answer means "up". The
// probe is not one of the application's calls and costs nothing. known is false when
// FatSecret is not set up.
func (u *upstreams) fatsecretAnswers(ctx context.Context) (up, known bool) {
	c := u.config.FatSecret
	if c.ConsumerKey == "" {
		return false, false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.APIURL+"?format=json", http.NoBody)
	if err != nil {
		return false, false // the address was checked at start
	}
	resp, err := u.prober.Do(req)
	up = err == nil && resp.StatusCode < http.StatusInternalServerError
	if err == nil {
		_ = resp.Body.Close() // nothing of it is wanted
	}
	if !up && ctx.Err() == nil {
		u.telemetry.Logger.WarnContext(ctx, "Upstream does not answer", "component", "api", "api", "fatsecret", "error_type", string(fault.Unavailable))
	}
	return up, true
}

// found keeps what a probe found.
func (u *upstreams) found(api string, up bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.alive[api] = up
	out := make([]metrics.Reading, 0, len(u.alive))
	for api, up := range u.alive {
		out = append(out, metrics.Reading{Label: api, Value: indicator(up)})
	}
	u.report(out)
}

// forget drops what probes found: another process is the leader now.
func (u *upstreams) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	clear(u.alive)
}
