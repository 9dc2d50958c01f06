package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/account/webhook"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Webhooks tells programs what happens.
type Webhooks interface {
	Create(ctx context.Context, userID, address string, events []string) (webhook.Webhook, string, error)
	List(ctx context.Context, userID string) ([]webhook.Webhook, error)
	Remove(ctx context.Context, userID, id string) error
	Ping(ctx context.Context, userID, id string) error
	Log(ctx context.Context, userID, id string) ([]webhook.Delivery, error)
}

// WebhookList are the user's webhooks.
type WebhookList struct {
	Webhooks []Webhook `json:"webhooks" doc:"The oldest first."`
}

// Webhook is an address that is told what happens.
type Webhook struct {
	ID      string     `json:"id" example:"wh_0123456789abcdef"`
	URL     string     `json:"url" format:"uri" example:"https://example.org/hook"`
	Events  []string   `json:"events" enum:"plan.ready,plan.changed,job.failed"`
	Created time.Time  `json:"created_at"`
	Ended   *time.Time `json:"ended_at,omitempty" doc:"The receiver answered 410, and is told no more; left out: it is told."`
}

// NewWebhook is a webhook with its secret.
type NewWebhook struct {
	Webhook Webhook `json:"webhook"`
	Secret  string  `json:"secret" doc:"Of the signatures (Standard Webhooks); it is not shown again." example:"whsec_..."`
}

// Deliveries are what a webhook was told.
type Deliveries struct {
	Deliveries []Delivery `json:"deliveries" doc:"The newest first, 100 at most; they are kept for 30 days."`
}

// Delivery is a message and what became of it.
type Delivery struct {
	ID       string          `json:"id" doc:"The webhook-id of the message, the same in each attempt." example:"msg_42"`
	Event    string          `json:"event" enum:"ping,plan.ready,plan.changed,job.failed"`
	Message  json.RawMessage `json:"message" doc:"What was sent."`
	Status   string          `json:"status" enum:"pending,delivered,failed"`
	Attempts int             `json:"attempts"`
	Answered *int            `json:"answered,omitempty" doc:"The HTTP status of the newest answer." example:"200"`
	Problem  *string         `json:"problem,omitempty"`
	Created  time.Time       `json:"created_at"`
	Next     *time.Time      `json:"next_attempt_at,omitempty"`
	Settled  *time.Time      `json:"settled_at,omitempty"`
}

type webhooksOut struct{ Body WebhookList }

type newWebhookOut struct{ Body NewWebhook }

type deliveriesOut struct{ Body Deliveries }

type webhookIn struct {
	Body struct {
		URL    string   `json:"url" minLength:"1" maxLength:"500" doc:"Where messages are posted; https." example:"https://example.org/hook"`
		Events []string `json:"events" minItems:"1" maxItems:"3" enum:"plan.ready,plan.changed,job.failed" example:"[\"plan.ready\"]"`
	}
}

// OfWebhook names a webhook in the address.
type OfWebhook struct {
	ID string `path:"id" maxLength:"40" doc:"The webhook's id." example:"wh_0123456789abcdef"`
}

type webhookChange struct {
	OfWebhook
	Keyed
}

func (a *API) registerWebhooks() {
	const tag = "Webhooks"
	scopes, missing := []access.Scope{access.Settings}, []int{http.StatusNotFound}
	add(a, operation{
		id: "listWebhooks", method: http.MethodGet, path: "/webhooks", tag: tag, scopes: scopes, summary: "List webhooks",
		about: "Without their secrets.",
	}, a.listWebhooks)
	add(a, operation{
		id: "createWebhook", method: http.MethodPost, path: "/webhooks", tag: tag, scopes: scopes, status: http.StatusCreated, summary: "Have a program told what happens",
		about: "At most 10. Addresses inside the installation's network are refused, also when a name leads there. Idempotency-Key does not apply: the secret is not stored as it is.",
	}, a.createWebhook)
	add(a, operation{
		id: "removeWebhook", method: http.MethodDelete, path: "/webhooks/{id}", tag: tag, scopes: scopes, errors: missing, status: http.StatusNoContent, summary: "Remove a webhook",
		about: "With its log.",
	}, a.removeWebhook)
	add(a, operation{
		id: "pingWebhook", method: http.MethodPost, path: "/webhooks/{id}/ping", tag: tag, scopes: scopes, errors: missing, status: http.StatusAccepted, summary: "Try a webhook",
		about: "Sends a message that tells of nothing, within seconds; the log says what became of it.",
	}, a.pingWebhook)
	add(a, operation{
		id: "listDeliveries", method: http.MethodGet, path: "/webhooks/{id}/deliveries", tag: tag, scopes: scopes, errors: missing, summary: "What a webhook was told",
		about: "And what became of it.",
	}, a.deliveries)
}

func (a *API) listWebhooks(ctx context.Context, c caller, _ *struct{}) (*webhooksOut, error) {
	all, err := a.Webhooks.List(ctx, c.User)
	out := &webhooksOut{WebhookList{[]Webhook{}}}
	for _, w := range all {
		out.Body.Webhooks = append(out.Body.Webhooks, webhookView(w))
	}
	return out, err
}

func webhookView(w webhook.Webhook) Webhook {
	return Webhook{w.ID, w.URL, list(w.Events), w.Created.UTC(), timeOf(w.Ended)}
}

func (a *API) createWebhook(ctx context.Context, c caller, in *webhookIn) (*newWebhookOut, error) {
	if c.effect != "" {
		return nil, fault.New(fault.InvalidInput, "webhook", "Idempotency-Key: leave it out: the secret is not stored as it is, so it cannot be told again")
	}
	w, secret, err := a.Webhooks.Create(ctx, c.User, in.Body.URL, in.Body.Events)
	return &newWebhookOut{NewWebhook{webhookView(w), secret}}, err
}

func (a *API) removeWebhook(ctx context.Context, c caller, in *webhookChange) (*struct{}, error) {
	return nil, a.Webhooks.Remove(ctx, c.User, in.ID)
}

func (a *API) pingWebhook(ctx context.Context, c caller, in *webhookChange) (*struct{}, error) {
	return nil, a.Webhooks.Ping(ctx, c.User, in.ID)
}

func (a *API) deliveries(ctx context.Context, c caller, in *OfWebhook) (*deliveriesOut, error) {
	all, err := a.Webhooks.Log(ctx, c.User, in.ID)
	out := &deliveriesOut{Deliveries{[]Delivery{}}}
	for _, d := range all {
		v := Delivery{"msg_" + strconv.FormatInt(d.ID, 10), d.Event, d.Message, d.Status, d.Attempts, d.Answered, d.Problem, d.Created.UTC(), nil, timeOf(d.Settled)}
		if d.Status == "pending" {
			v.Next = timeOf(&d.Next)
		}
		out.Body.Deliveries = append(out.Body.Deliveries, v)
	}
	return out, err
}
