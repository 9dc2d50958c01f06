// Package fatsecret reads profile, weights and food diary of FatSecret's Platform API and
// writes diary entries, with OAuth 1.0a. It knows the vendor's habits: errors inside
// HTTP 200, numbers as strings, one element where a list was due. What it returns may be
// kept for 24 hours at most, ids excepted; keeping to that is the caller's duty.
package fatsecret

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Defaults of ours and addresses of the vendor.
const (
	DefaultURL             = "https://platform.fatsecret.com/rest/server.api"
	DefaultRequestTokenURL = "https://authentication.fatsecret.com/oauth/request_token"
	DefaultAuthorizeURL    = "https://authentication.fatsecret.com/oauth/authorize"
	DefaultAccessTokenURL  = "https://authentication.fatsecret.com/oauth/access_token"
	DefaultSpacing         = 400 * time.Millisecond
	DefaultMaxBody         = 4 << 20
)

// Token is a user's key and secret, or a request token's on the way to one.
type Token struct {
	Key    string
	Secret seal.Secret
}

// Config says which application calls, and how.
type Config struct {
	ConsumerKey    string
	ConsumerSecret seal.Secret
	// HTTP is required; redirects are switched off in a copy. It must not try again by
	// itself: a second attempt needs a new nonce, and each is told to Observe.
	HTTP *http.Client

	// The addresses have moved before; empty means the vendor's present ones.
	URL, RequestTokenURL, AuthorizeURL, AccessTokenURL string
	RequestTokenVerb, AccessTokenVerb                  string // "" = POST and GET

	Budget  Budget             // calls per day of the whole application; required
	Spacing time.Duration      // between two calls of one user; 0 = DefaultSpacing, negative = none
	MaxBody int64              // bytes of one answer; 0 = DefaultMaxBody
	Retry   resilient.Backoff  // for reads; zero = that of resilient.Defaults
	Random  io.Reader          // of nonces; nil = crypto/rand
	Observe resilient.Observer // told of every attempt, errors inside HTTP 200 mapped to a status; may be nil
	Now     func() time.Time
}

// Client calls the API. It is safe for concurrent use; the calls of one user wait for
// each other. It remembers every user it called for, a few bytes each.
type Client struct {
	cfg                             Config
	api, request, authorize, access *url.URL
	clock                           *clock

	mu    sync.Mutex
	lanes map[string]*lane
}

// lane is one user's queue: at most one call in it, and a pause after each.
type lane struct {
	turn chan struct{}
	next time.Time
}

// New checks the configuration. It makes no call.
func New(cfg Config) (*Client, error) {
	const op = "fatsecret: configuration"
	bad := func(format string, args ...any) (*Client, error) {
		return nil, fault.New(fault.InvalidConfig, op, format, args...)
	}
	if cfg.ConsumerKey == "" || cfg.ConsumerSecret == "" {
		return bad("consumer key and consumer secret are required: both are shown once on the API key page of platform.fatsecret.com; the OAuth 2 client secret is another value")
	}
	if cfg.HTTP == nil || cfg.Budget == nil {
		return bad("an HTTP client and a call budget are required")
	}
	c := &Client{lanes: map[string]*lane{}}
	for _, a := range []struct {
		name, value, def string
		dst              **url.URL
	}{
		{"url", cfg.URL, DefaultURL, &c.api},
		{"request token url", cfg.RequestTokenURL, DefaultRequestTokenURL, &c.request},
		{"authorize url", cfg.AuthorizeURL, DefaultAuthorizeURL, &c.authorize},
		{"access token url", cfg.AccessTokenURL, DefaultAccessTokenURL, &c.access},
	} {
		if a.value == "" {
			a.value = a.def
		}
		u, err := url.Parse(a.value)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return bad("%s %q: want http(s)://host/path", a.name, a.value)
		}
		*a.dst = u
	}
	cfg.HTTP = resilient.NoRedirects(cfg.HTTP)
	if cfg.RequestTokenVerb == "" {
		cfg.RequestTokenVerb = http.MethodPost
	}
	if cfg.AccessTokenVerb == "" {
		cfg.AccessTokenVerb = http.MethodGet
	}
	if cfg.Spacing == 0 {
		cfg.Spacing = DefaultSpacing
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.Retry.Tries == 0 {
		cfg.Retry = resilient.Defaults("fatsecret").Retry
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of a setting
	}
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, resilient.Call) {}
	}
	c.cfg, c.clock = cfg, &clock{now: cfg.Now, random: cfg.Random}
	return c, nil
}

// enter waits for the user's turn. leave must be called after the call.
func (c *Client) enter(ctx context.Context, user string) (leave func(), err error) {
	c.mu.Lock()
	l := c.lanes[user]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		c.lanes[user] = l
	}
	c.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// A clock that is set back must not make the user wait for it to catch up.
	if wait := min(l.next.Sub(c.cfg.Now()), c.cfg.Spacing); wait > 0 {
		if err := c.cfg.Retry.Sleep(ctx, wait); err != nil {
			<-l.turn
			return nil, err
		}
	}
	l.next = c.cfg.Now().Add(max(0, c.cfg.Spacing))
	return func() { <-l.turn }, nil
}

// call is one method of the API with all its tries.
type call struct {
	method string
	params url.Values
	token  Token
	read   bool // changes nothing, so that it may be tried again
}

// turnOver is how long the clocks of two processes need to come to the same second: a
// user's timestamps must never decrease (OAuth 1.0, section 8), whoever sends them.
const turnOver = time.Second

// do calls the method and decodes its answer into out. A refused timestamp or nonce, with
// which nothing was carried out, is replaced at once; a timestamp that is refused again,
// since another process was quicker, a second later, as often as the retry policy has it.
// That policy also tries transient failures of reads again.
func (c *Client) do(ctx context.Context, k call, out any) error {
	k.params.Set("method", k.method)
	k.params.Set("format", "json") // XML is the default
	op := "fatsecret: " + k.method
	var repaired bool
	for n := 1; ; n++ {
		err := c.try(ctx, op, k, out)
		if err == nil {
			return nil
		}
		e := apiError(err)
		refused := e != nil && (e.Code == codeTimestamp || e.Code == codeNonce)
		var pause time.Duration
		switch {
		case refused && !repaired:
			repaired = true
			n--
			continue
		case refused && e.Code == codeTimestamp:
			pause = turnOver
		case !k.read || !mayRetry(err, e):
			return err
		}
		if _, again := c.cfg.Retry.Wait(ctx, n, pause); !again {
			return err
		}
	}
}

func mayRetry(err error, e *APIError) bool {
	if e != nil && e.Code != 0 {
		return slices.Contains(transientCodes, e.Code)
	}
	kind := fault.KindOf(err)
	if kind == fault.Unavailable && e == nil {
		return false // the breaker is open
	}
	return kind.Transient() && kind != fault.Canceled
}

func (c *Client) try(ctx context.Context, op string, k call, out any) error {
	leave, err := c.enter(ctx, k.token.Key)
	if err != nil {
		return fault.Wrap(resilient.TransportKind(err), op, err)
	}
	defer leave()
	if err := c.cfg.Budget.Take(ctx, 1); err != nil {
		if fault.KindOf(err) == fault.Internal {
			return fault.Wrap(fault.Internal, op, err)
		}
		return &fault.Error{Kind: fault.KindOf(err), Op: op, Cause: err}
	}
	start := c.cfg.Now()
	params, ts, err := c.signed(http.MethodPost, c.api, k.params, k.token)
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	req, err := http.NewRequestWithContext(resilient.WithEndpoint(ctx, k.method), http.MethodPost, c.api.String(), strings.NewReader(form(params)))
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, body, err := resilient.Exchange(c.cfg.HTTP, req, c.cfg.MaxBody) //nolint:bodyclose // it closes it
	label := resilient.Label(resp, err)
	var verdict error
	if err != nil {
		verdict = c.transportError(op, err)
		if errors.Is(err, resilient.ErrBodyTooLarge) {
			label = resilient.Label(resp, nil)
		}
	} else if verdict = c.judge(op, resp, body, out); verdict != nil {
		if e := apiError(verdict); e != nil && e.Code != 0 {
			label = e.StatusLabel()
		}
	}
	if label != resilient.LabelOpen {
		c.cfg.Observe(ctx, resilient.Call{Endpoint: k.method, Status: label, Bytes: int64(len(body)), Took: c.cfg.Now().Sub(start)})
	}
	switch e := apiError(verdict); {
	case e != nil && e.Code == codeTimestamp && !e.Date.IsZero():
		c.clock.correct(e.Date, ts, c.cfg.Now().Sub(start))
	case verdict == nil || (e != nil && e.Code != 0 && e.Code != codeTimestamp):
		c.clock.tookBy(ts)
	}
	return verdict
}
