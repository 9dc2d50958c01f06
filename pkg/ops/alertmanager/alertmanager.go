// Package alertmanager speaks to Alertmanager's API v2: the alerts that fire, and silences.
package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// Client is a client for one Alertmanager. Safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

// New returns a client for the Alertmanager at base.
func New(base string, client *http.Client) *Client {
	return &Client{strings.TrimRight(base, "/"), client}
}

// Alert is an alert that fires.
type Alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	Fingerprint string            `json:"fingerprint"`
	Status      struct {
		State       string   `json:"state"` // unprocessed, active or suppressed
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
	} `json:"status"`
}

// Alerts lists the alerts that fire, silenced and inhibited ones too.
func (c *Client) Alerts(ctx context.Context) ([]Alert, error) {
	var out []Alert
	return out, c.call(ctx, http.MethodGet, "/api/v2/alerts?"+url.Values{"active": {"true"}, "silenced": {"true"}, "inhibited": {"true"}}.Encode(), nil, &out)
}

// Post says that an alert fires until endsAt, or with a time that has come that it has
// resolved.
func (c *Client) Post(ctx context.Context, labels, annotations map[string]string, startsAt, endsAt time.Time) error {
	return c.call(ctx, http.MethodPost, "/api/v2/alerts", []any{map[string]any{
		"labels": labels, "annotations": annotations, "startsAt": startsAt, "endsAt": endsAt,
	}}, nil)
}

// Matcher is one condition of a silence.
type Matcher struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	IsRegex bool   `json:"isRegex"`
	IsEqual bool   `json:"isEqual"`
}

// Silence keeps matching alerts from being notified.
type Silence struct {
	Matchers  []Matcher `json:"matchers"`
	StartsAt  time.Time `json:"startsAt"`
	EndsAt    time.Time `json:"endsAt"`
	CreatedBy string    `json:"createdBy"`
	Comment   string    `json:"comment"`
}

// Silence creates a silence and returns its id.
func (c *Client) Silence(ctx context.Context, s Silence) (string, error) {
	var out struct {
		ID string `json:"silenceID"`
	}
	err := c.call(ctx, http.MethodPost, "/api/v2/silences", s, &out)
	return out.ID, err
}

// Expire ends a silence; one that is gone or has ended is no error.
func (c *Client) Expire(ctx context.Context, id string) error {
	err := c.call(ctx, http.MethodDelete, "/api/v2/silence/"+url.PathEscape(id), nil, nil)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	if c.base == "" {
		return fault.New(fault.InvalidConfig, "ALERTMANAGER_URL", "it is empty: there is no Alertmanager to ask")
	}
	op := "alertmanager: " + strings.ToLower(method) + " " + strings.SplitN(path, "?", 2)[0]
	req, err := resilient.JSON(ctx, method, c.base+path, body)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "ALERTMANAGER_URL", err)
	}
	resp, answer, err := resilient.Exchange(c.http, req, maxAnswer) //nolint:bodyclose // it closes it
	switch {
	case resp == nil:
		return fault.New(fault.NetworkError, op, "no answer from %s (ALERTMANAGER_URL); alerts need the telemetry stack: %v", c.base, err)
	case errors.Is(err, resilient.ErrBodyTooLarge):
		return fault.Wrap(fault.Unavailable, op, err)
	case err != nil:
		return fault.Wrap(fault.NetworkError, op, err)
	case resp.StatusCode == http.StatusNotFound:
		return fault.New(fault.NotFound, op, "not found")
	case resp.StatusCode != http.StatusOK:
		return fault.New(fault.Unavailable, op, "%s: %s", resp.Status, strings.TrimSpace(string(answer[:min(len(answer), 200)])))
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fault.Wrap(fault.Unavailable, op, err)
	}
	return nil
}
