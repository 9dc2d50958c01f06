// Package pagerduty sends events to PagerDuty's Events API v2. Contract: PagerDuty's
// developer documentation, "Events API v2: overview" and "send an alert event".
package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// DefaultURL is the vendor's address, for accounts in the US; those in the EU have
// https://events.eu.pagerduty.com/v2/enqueue.
const DefaultURL = "https://events.pagerduty.com/v2/enqueue"

// Limits of the vendor.
const (
	RoutingKeyLen = 32         // characters
	MaxDedupKey   = 255        // characters
	MaxSummary    = 1024       // characters
	MaxEvent      = 512 * 1000 // bytes of one request
)

// timeout bounds one call; maxAnswer is in bytes.
const (
	timeout   = 10 * time.Second
	maxAnswer = 64 << 10
)

// Options configure [New]. RoutingKey and HTTP are required.
type Options struct {
	URL        string // empty = [DefaultURL]
	RoutingKey seal.Secret
	HTTP       *http.Client // redirects are switched off in a copy
}

// Client sends events with one routing key. It is safe for concurrent use. It does not try
// again: an error whose kind is transient says that the same call may succeed later.
type Client struct {
	url  string
	key  seal.Secret
	http *http.Client
}

// New checks the options and makes no call. Errors have kind [fault.InvalidConfig].
func New(o Options) (*Client, error) {
	const op = "pagerduty: configuration"
	if o.URL == "" {
		o.URL = DefaultURL
	}
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return nil, fault.New(fault.InvalidConfig, op, "url: want http(s)://host/path without credentials")
	}
	if n := len(o.RoutingKey.Reveal()); n != RoutingKeyLen {
		return nil, fault.New(fault.InvalidConfig, op, "routing key: %d characters; an integration key has %d", n, RoutingKeyLen)
	}
	if o.HTTP == nil {
		return nil, fault.New(fault.InvalidConfig, op, "an HTTP client is required")
	}
	return &Client{url: u.String(), key: o.RoutingKey, http: resilient.NoRedirects(o.HTTP)}, nil
}

// Trigger opens an incident, or adds to the open one with the event's key, and returns the
// key. Errors have kind [fault.InvalidInput] when the event or the routing key is refused,
// and else that of the failure; see [Client].
func (c *Client) Trigger(ctx context.Context, e Event) (dedupKey string, err error) {
	p := &wirePayload{
		Summary: firstRunes(e.Summary, MaxSummary), Source: e.Source, Severity: e.Severity,
		Component: e.Component, Group: e.Group, Class: e.Class, Details: e.Details,
	}
	if !e.Time.IsZero() {
		p.Timestamp = e.Time.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	return c.send(ctx, "trigger", wireEvent{
		DedupKey: e.DedupKey, Client: e.Client, ClientURL: e.ClientURL, Links: e.Links, Payload: p,
	})
}

// Acknowledge marks the incident as being worked on. Without an open incident of that
// key the vendor accepts the event and drops it. Errors are those of [Client.Trigger].
func (c *Client) Acknowledge(ctx context.Context, dedupKey string) error {
	return c.update(ctx, "acknowledge", dedupKey)
}

// Resolve closes the incident. Without an open incident of that key the vendor accepts the
// event and drops it. Errors are those of [Client.Trigger].
func (c *Client) Resolve(ctx context.Context, dedupKey string) error {
	return c.update(ctx, "resolve", dedupKey)
}

func (c *Client) update(ctx context.Context, action, dedupKey string) error {
	if dedupKey == "" {
		return fault.New(fault.InvalidInput, "pagerduty: "+action, "the incident's key is missing")
	}
	_, err := c.send(ctx, action, wireEvent{DedupKey: dedupKey})
	return err
}

// answer is the body of a response.
type answer struct {
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	DedupKey string   `json:"dedup_key"`
	Errors   []string `json:"errors"`
}

func (c *Client) send(ctx context.Context, action string, e wireEvent) (string, error) {
	op := "pagerduty: " + action
	e.Action, e.RoutingKey = action, c.key.Reveal()
	body, err := json.Marshal(e)
	if err != nil {
		return "", fault.Wrap(fault.InvalidInput, op, err)
	}
	if len(body) > MaxEvent {
		return "", fault.New(fault.InvalidInput, op, "the event has %d bytes; %d are allowed", len(body), MaxEvent)
	}
	ctx, cancel := context.WithTimeout(resilient.WithEndpoint(ctx, "enqueue"), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", fault.Wrap(fault.InvalidConfig, op, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, text, err := resilient.Exchange(c.http, req, maxAnswer) //nolint:bodyclose // it closes it
	if resp == nil {
		return "", fault.Wrap(resilient.TransportKind(err), op, err)
	}
	var a answer
	decodeErr := json.NewDecoder(bytes.NewReader(text)).Decode(&a) // what came may do, although it was cut short
	if resp.StatusCode != http.StatusAccepted {
		return "", fault.New(refusal(resp.StatusCode), op, "HTTP %d: %s", resp.StatusCode, c.reason(a))
	}
	if decodeErr != nil || a.Status != "success" || a.DedupKey == "" {
		return "", fault.New(fault.Unavailable, op, "accepted, but the answer names no incident: it may be another server's")
	}
	return a.DedupKey, nil
}

// refusal is the kind of an answer other than 202. A throttled event is to be sent again.
func refusal(status int) fault.Kind {
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		return fault.Unavailable
	case status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge:
		return fault.InvalidInput
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fault.Unauthorized
	default:
		return fault.InvalidConfig // not the Events API
	}
}

// maxReason is how much of what a server said goes into an error, in characters.
const maxReason = 300

// reason is what the server said, without the routing key, should it repeat it.
func (c *Client) reason(a answer) string {
	var said []string
	for _, s := range append([]string{a.Status, a.Message}, a.Errors...) {
		if s != "" {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return firstRunes(strings.ReplaceAll(strings.Join(said, ": "), c.key.Reveal(), "<secret>"), maxReason)
}
