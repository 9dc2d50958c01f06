// Package conformance is the contract of PagerDuty's Events API v2 as cases over HTTP, and
// what a client of it must get right. The stand-in must pass the first; so should the
// vendor, given an account for tests.
package conformance

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

// Receiver is a server under test: where it takes events, and a routing key it knows.
type Receiver struct {
	URL, Key string
	HTTP     *http.Client
	// Record is what it has received; nil when nobody can say.
	Record func() pagerdutytest.Record
}

// Client is what the cases use of a client.
type Client interface {
	Trigger(context.Context, pagerduty.Event) (string, error)
	Acknowledge(ctx context.Context, dedupKey string) error
	Resolve(ctx context.Context, dedupKey string) error
}

// within bounds a case.
const within = 20 * time.Second

// RunReceiver runs the contract's cases as subtests, each with a receiver of its own.
func RunReceiver(t *testing.T, start func(testing.TB) Receiver) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			if err := c.Check(ctx, start(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// event is a trigger that is right in all respects, changed by what is given; a nil value
// removes the field, and "payload." leads into the payload.
func event(key string, changes map[string]any) map[string]any {
	payload := map[string]any{"summary": "External API tandoor is down", "source": "mealplanner", "severity": "critical"}
	e := map[string]any{"routing_key": key, "event_action": "trigger", "dedup_key": "case", "payload": payload}
	for k, v := range changes {
		in := e
		if rest, ok := strings.CutPrefix(k, "payload."); ok {
			in, k = payload, rest
		}
		if v == nil {
			delete(in, k)
		} else {
			in[k] = v
		}
	}
	return e
}
