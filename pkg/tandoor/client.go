// Package tandoor reads a recipe library from Tandoor 2.6 and writes meal plans and
// shopping lists back. It turns Tandoor's three places of nutrition, its foods, units
// and keywords into the planner's types, and every failure into a fault with its cure.
// It stores nothing and schedules nothing.
package tandoor

import (
	"cmp"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Limits of the API and defaults of ours.
const (
	MaxPageSize         = 100 // of recipes; the server clamps silently
	maxPlanPage         = 200 // of meals and shopping entries
	referencePage       = 50  // of everything else: a row with a food in it can take a busy server 0.1 s
	maxPages            = 10_000
	DefaultMaxBody      = 16 << 20
	DefaultConcurrency  = 4 // the stock image serves six requests at once
	DefaultReferenceTTL = 10 * time.Minute
)

// Config says which Tandoor to talk to and how its data is read.
type Config struct {
	BaseURL string // "https://tandoor.example", with the SCRIPT_NAME prefix if there is one
	Token   seal.Secret
	HTTP    *http.Client // required; redirects are switched off in a copy. Give it a timeout of 30 s or more

	MaxBody      int64         // bytes of one answer; 0 = DefaultMaxBody
	Concurrency  int           // details fetched at once; 0 = DefaultConcurrency
	PageSize     int           // recipes per page; 0 = MaxPageSize
	ReferenceTTL time.Duration // how long foods, keywords and so on are reused; 0 = DefaultReferenceTTL
	Supermarket  string        // whose aisle order counts; "" = the first
	Properties   PropertyRules // how property types are recognised; zero = DefaultProperties()
	Keywords     KeywordMap    // which keyword means which meal; nil = DefaultKeywords()

	Now func() time.Time // nil = time.Now
}

// Client talks to one Tandoor with one token. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base *url.URL

	mu        sync.Mutex
	reference *Reference
	fetched   time.Time
}

// New checks the configuration. It makes no call.
func New(cfg Config) (*Client, error) {
	const op = "tandoor: configuration"
	base, err := url.Parse(strings.TrimSpace(cfg.BaseURL))
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fault.New(fault.InvalidConfig, op, "url %q: want http(s)://host, with a path prefix if Tandoor runs under one", cfg.BaseURL)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fault.New(fault.InvalidConfig, op, "url: must not hold a user, a query or a fragment; the token is a setting of its own")
	}
	if cfg.HTTP == nil {
		return nil, fault.New(fault.InvalidConfig, op, "an HTTP client is required")
	}
	base.Path = strings.TrimSuffix(strings.TrimRight(base.Path, "/"), "/api")
	cfg.HTTP = resilient.NoRedirects(cfg.HTTP)
	setDefault(&cfg.MaxBody, DefaultMaxBody)
	setDefault(&cfg.Concurrency, DefaultConcurrency)
	setDefault(&cfg.PageSize, MaxPageSize)
	setDefault(&cfg.ReferenceTTL, DefaultReferenceTTL)
	if cfg.Properties.empty() {
		cfg.Properties = DefaultProperties()
	}
	if cfg.Keywords == nil {
		cfg.Keywords = DefaultKeywords()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of a setting
	}
	return &Client{cfg: cfg, base: base}, nil
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// request is one call of the API.
type request struct {
	endpoint  string // template name, for metrics and messages
	method    string // "" = GET
	path      string // below the base, with both slashes
	query     url.Values
	body      any
	anonymous bool
}

// call makes the request and decodes its JSON answer into out, which may be nil.
func (c *Client) call(ctx context.Context, r request, out any) error {
	op := "tandoor: " + strings.ReplaceAll(r.endpoint, "_", " ")
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	resp, body, err := resilient.Exchange(c.cfg.HTTP, req, c.cfg.MaxBody) //nolint:bodyclose // it closes it
	if err != nil {
		return c.transportError(op, err)
	}
	if err := c.statusError(op, resp, body); err != nil {
		return err
	}
	if out == nil || resp.StatusCode == http.StatusNoContent {
		return nil
	}
	if !isJSON(resp) {
		return fault.New(fault.TandoorError, op,
			"status %d with content type %q instead of JSON: check that the URL is Tandoor's and that no proxy or log-in page stands in front of it",
			resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return &fault.Error{Kind: fault.TandoorError, Op: op, Message: "answer is not the JSON that was expected", Cause: err}
	}
	return nil
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	u := *c.base
	u.Path += r.path
	u.RawQuery = r.query.Encode()
	req, err := resilient.JSON(resilient.WithEndpoint(ctx, r.endpoint), cmp.Or(r.method, http.MethodGet), u.String(), r.body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+c.cfg.Token.Reveal())
	}
	return req, nil
}

func isJSON(resp *http.Response) bool {
	mt, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && (mt == "application/json" || strings.HasSuffix(mt, "+json"))
}
