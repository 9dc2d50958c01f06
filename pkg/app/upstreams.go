package app

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/reach"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// How often each upstream is probed.
const (
	probeTandoorEvery   = 30 * time.Second
	probeFatSecretEvery = 60 * time.Second
)

// newLibraries returns the clients of the connections.
func (a *App) newLibraries(prober *http.Client) *tandoor.Libraries {
	bounded := a.reaching(recipe.Connection{Invited: true})
	invited := resilient.NewClient(bounded, observe.ProbeTimeout)
	a.stops.push("probes of invited libraries", func(context.Context) error { bounded.CloseIdleConnections(); return nil })
	return tandoor.NewLibraries(tandoor.LibrariesConfig{
		Connections: a.s.Users, Now: a.opts.Now,
		Prober: func(c recipe.Connection) *http.Client {
			if !c.Invited {
				return prober
			}
			return invited
		},
		Open: func(c recipe.Connection) (seal.Secret, error) {
			return a.s.ring.Open(c.Sealed, keyring.Connections.Context(c.ID))
		},
		HTTP: func(c recipe.Connection) *http.Client {
			opt := resilient.Defaults("tandoor")
			opt.Observe = a.observeCalls("tandoor")
			return resilient.NewClient(a.transport(opt, a.reaching(c)), a.opts.Config.Tandoor.Timeout)
		},
		Silent: func(ctx context.Context, connection string, err error) {
			a.log.WarnContext(ctx, "Upstream does not answer", append([]any{"component", "api", "api", "tandoor", "connection", connection},
				fault.Fields(fault.KindOf(err), err)...)...)
		},
	})
}

// reaching returns what connects to a library: one that an invited person connected within
// LIBRARY_REACH, and through no proxy, which would reach further.
func (a *App) reaching(c recipe.Connection) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if c.Invited {
		d := &net.Dialer{Timeout: 30 * time.Second, Control: within(reach.Reach(a.opts.Config.Web.LibraryReach))}
		t.DialContext, t.Proxy = d.DialContext, nil
	}
	return t
}

// within refuses connections to what is out of reach. A name is looked up by then, so it cannot
// lead elsewhere later.
func within(r reach.Reach) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		if at, err := netip.ParseAddrPort(address); err != nil || !r.Allows(at.Addr()) {
			return fault.New(fault.InvalidInput, "library", "url: this address leads to where libraries of invited people are not asked (%s): only an operator can allow that (LIBRARY_REACH)", r.Without())
		}
		return nil
	}
}

// newAvailability returns the probes of the upstreams.
func (a *App) newAvailability(prober *http.Client) *observe.Availability {
	c := a.opts.Config.FatSecret
	return observe.NewAvailability(a.installation,
		observe.Probe{API: "tandoor", Every: probeTandoorEvery, Up: a.s.libraries.Up},
		observe.Probe{API: "fatsecret", Every: probeFatSecretEvery, Up: func(ctx context.Context) (up, known bool) {
			if c.ConsumerKey == "" {
				return false, false
			}
			up = fatsecret.Up(ctx, prober, c.APIURL)
			if !up && ctx.Err() == nil {
				a.log.WarnContext(ctx, "Upstream does not answer", "component", "api", "api", "fatsecret", "error_type", string(fault.Unavailable))
			}
			return up, true
		}})
}

// transport wraps retry around breaker around one client span per attempt. Third parties
// receive the trace id but no baggage.
func (a *App) transport(opt resilient.Options, base *http.Transport) http.RoundTripper {
	api := opt.Name
	base.MaxIdleConnsPerHost = 8
	a.stops.push(api+" connections", func(context.Context) error { base.CloseIdleConnections(); return nil })
	traced := observe.NewTransport(base, a.telemetry.Tracers, a.telemetry.Meters, func(r *http.Request) string {
		return api + " " + resilient.Endpoint(r.Context())
	})
	opt.OnStateChange = func(name string, from, to resilient.State) {
		a.log.Warn("Circuit breaker changed", "component", "api", "api", name, "from", string(from), "to", string(to))
	}
	opt.OnRetry = func(ctx context.Context, r resilient.Retried) {
		a.log.WarnContext(ctx, "Retrying upstream call", "component", "api", "api", api, "endpoint", r.Endpoint,
			"status", r.Status, "retry_attempt", r.Attempt, "delay_ms", r.Delay.Milliseconds())
	}
	return resilient.NewTransport(traced, opt)
}

// observeCalls counts the calls to an upstream.
func (a *App) observeCalls(api string) resilient.Observer {
	return func(ctx context.Context, c resilient.Call) {
		a.rec.APICall(ctx, api, c.Endpoint, c.Status, c.Bytes, c.Took)
	}
}

// SealTandoor encrypts a connection's token for storage.
func (s *Services) SealTandoor(connection string, token seal.Secret) []byte {
	return s.ring.Seal(token, keyring.Connections.Context(connection))
}

// CheckConnection is [tandoor.Libraries.Check].
func (s *Services) CheckConnection(ctx context.Context, c recipe.Connection) error {
	_, err := s.libraries.Check(ctx, c)
	return err
}

// CheckLibrary is [Services.CheckConnection] for a stored connection, which must show the
// space its recipes came from. Kind Conflict if it shows another.
func (s *Services) CheckLibrary(ctx context.Context, c recipe.Connection) (tandoor.Status, error) {
	status, err := s.libraries.Check(ctx, c)
	if err != nil {
		return status, err
	}
	was, err := s.writeBook.Space(ctx, c.ID)
	if err == nil && was.ID != 0 && was.ID != status.SpaceID {
		err = publish.SpaceChanged(c.ID, was, publish.Space{ID: status.SpaceID, Name: status.Space})
	}
	return status, err
}

// Tandoor returns the client of a connection.
func (s *Services) Tandoor(ctx context.Context, connection string) (*tandoor.Client, error) {
	return s.libraries.Client(ctx, connection)
}

// pictures implements [picture.Library].
type pictures struct{ libraries *tandoor.Libraries }

// Picture implements [picture.Library].
func (p pictures) Picture(ctx context.Context, connection, path string) ([]byte, error) {
	c, err := p.libraries.Client(ctx, connection)
	if err != nil {
		return nil, err
	}
	return c.Picture(ctx, path)
}
