package fatsecret

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// OutOfBand is the callback for a program without a web page: the user copies a code.
const OutOfBand = "oob"

// RequestToken begins connecting an account: the token goes into [Client.AuthorizeURL],
// and its secret is needed again for [Client.AccessToken]. It is good for some minutes.
func (c *Client) RequestToken(ctx context.Context, callback string) (Token, error) {
	return c.token(ctx, "request_token", c.cfg.RequestTokenVerb, c.request, url.Values{"oauth_callback": {callback}}, Token{})
}

// AuthorizeURL is where the user agrees. FatSecret then calls the callback with
// oauth_token and oauth_verifier.
func (c *Client) AuthorizeURL(request Token) string {
	u := *c.authorize
	u.RawQuery = form(url.Values{"oauth_token": {request.Key}})
	return u.String()
}

// AccessToken exchanges an authorised request token for the user's token, which lasts
// until it is revoked.
func (c *Client) AccessToken(ctx context.Context, request Token, verifier string) (Token, error) {
	return c.token(ctx, "access_token", c.cfg.AccessTokenVerb, c.access, url.Values{"oauth_verifier": {verifier}}, request)
}

// token makes one signed call whose answer is a form, not JSON.
func (c *Client) token(ctx context.Context, endpoint, verb string, address *url.URL, params url.Values, with Token) (Token, error) {
	op := "fatsecret: " + endpoint
	params, ts, err := c.signed(verb, address, params, with)
	if err != nil {
		return Token{}, fault.Wrap(fault.Internal, op, err)
	}
	u := *address
	var body *strings.Reader
	if verb == http.MethodGet {
		u.RawQuery = form(params)
		body = strings.NewReader("")
	} else {
		body = strings.NewReader(form(params))
	}
	req, err := http.NewRequestWithContext(resilient.WithEndpoint(ctx, endpoint), verb, u.String(), body)
	if err != nil {
		return Token{}, fault.Wrap(fault.Internal, op, err)
	}
	if verb != http.MethodGet {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	start := c.cfg.Now()
	resp, answer, err := resilient.Exchange(c.cfg.HTTP, req, c.cfg.MaxBody) //nolint:bodyclose // it closes it
	if label := resilient.Label(resp, err); label != resilient.LabelOpen {
		c.cfg.Observe(ctx, resilient.Call{Endpoint: endpoint, Status: label, Bytes: int64(len(answer)), Took: c.cfg.Now().Sub(start)})
	}
	if err != nil {
		return Token{}, c.transportError(op, err)
	}
	if e := errorIn(answer); e != nil {
		kind, cure := e.verdict()
		return Token{}, &fault.Error{Kind: kind, Op: op, Message: cure, Cause: e}
	}
	if resp.StatusCode != http.StatusOK {
		return Token{}, statusError(op, resp)
	}
	c.clock.tookBy(ts)
	v, err := url.ParseQuery(strings.TrimSpace(string(answer)))
	if err != nil || v.Get("oauth_token") == "" || v.Get("oauth_token_secret") == "" {
		return Token{}, fault.New(fault.FatSecretError, op, "the answer has no token: check the address and the consumer key")
	}
	return Token{v.Get("oauth_token"), seal.Secret(v.Get("oauth_token_secret"))}, nil
}
