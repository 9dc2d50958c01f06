package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Responder answers alerts.
type Responder interface {
	Respond(ctx context.Context, a alerting.Alert) error
}

// Alerts serves Alertmanager's webhooks, which need a bearer token.
type Alerts struct {
	Responder Responder
	Beat      func(context.Context) error
	Token     seal.Secret
	Log       *slog.Logger
}

// maxNotification bounds a notification, in bytes.
const maxNotification = 1 << 20

// Register adds the addresses to the mux.
func (a *Alerts) Register(mux *http.ServeMux) {
	mux.HandleFunc("POST /alerts/notify", a.guarded(a.notify))
	mux.HandleFunc("POST /alerts/heartbeat", a.guarded(func(ctx context.Context, _ []alerting.Alert) error { return a.Beat(ctx) }))
}

// notification is Alertmanager's webhook message, version 4. Unknown fields are allowed:
// Alertmanager adds some.
type notification struct {
	Version string           `json:"version"`
	Alerts  []alerting.Alert `json:"alerts"`
}

// guarded reads a notification whose sender has the token.
func (a *Alerts) guarded(do func(context.Context, []alerting.Alert) error) http.HandlerFunc {
	want := sha256.Sum256([]byte(a.Token.Reveal()))
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || !ok {
			a.fail(w, r, fault.New(fault.Unauthorized, "alerts", "the bearer token is missing or wrong (ALERTS_TOKEN)"))
			return
		}
		var n notification
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxNotification)).Decode(&n); err != nil {
			a.fail(w, r, fault.Wrap(fault.InvalidInput, "notification", err))
			return
		}
		if n.Version != "4" || len(n.Alerts) == 0 {
			a.fail(w, r, fault.New(fault.InvalidInput, "notification", "version %q with %d alerts: want version 4 and an alert", n.Version, len(n.Alerts)))
			return
		}
		for i, alert := range n.Alerts {
			if alert.Name() == "" || alert.Fingerprint == "" || alert.StartsAt.IsZero() || alert.Status != alerting.Firing && alert.Status != alerting.Resolved {
				a.fail(w, r, fault.New(fault.InvalidInput, "notification", "alerts[%d] needs a name, a fingerprint, a start and the status firing or resolved", i))
				return
			}
		}
		if err := do(r.Context(), n.Alerts); err != nil {
			a.fail(w, r, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (a *Alerts) notify(ctx context.Context, alerts []alerting.Alert) error {
	var errs []error
	for _, alert := range alerts {
		errs = append(errs, a.Responder.Respond(ctx, alert))
	}
	return errors.Join(errs...)
}

func (a *Alerts) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.Log.WarnContext(r.Context(), "Notification refused", append([]any{"component", "alerting"}, fault.Fields(fault.KindOf(err), err)...)...)
	message := err.Error()
	code := fault.HTTPStatus(err)
	if code >= http.StatusInternalServerError {
		code, message = http.StatusServiceUnavailable, "try again" // Alertmanager retries 5xx
	}
	http.Error(w, message, code)
}
