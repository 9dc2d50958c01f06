// Package telemetryapi asks the servers that keep the telemetry: Prometheus for metrics,
// Loki for log lines, Jaeger for traces. Answers are bounded, calls have a time limit.
package telemetryapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 32 << 20

type server struct {
	name, base string
	setting    string // what the address comes from
	http       *http.Client
}

func newServer(name, base string, client *http.Client) server {
	return server{name, strings.TrimRight(base, "/"), strings.ToUpper(name) + "_URL", client}
}

// get reads a JSON answer. A server that does not answer is an error of kind NetworkError,
// TimeoutError or Unavailable; a question it does not understand, InvalidInput; an empty base,
// InvalidConfig.
func (s server) get(ctx context.Context, path string, q url.Values, into any) error {
	if s.base == "" {
		return fault.New(fault.InvalidConfig, s.name, "%s is empty: there is no %s to ask", s.setting, s.name)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, s.name, err)
	}
	resp, body, err := resilient.Exchange(s.http, req, maxAnswer) //nolint:bodyclose // it closes it
	if resp == nil {
		kind := resilient.TransportKind(err)
		if u, ok := errors.AsType[*url.Error](err); ok { // its text repeats the whole query
			err = u.Err
		}
		return fault.Wrap(kind, s.name, fmt.Errorf("no answer from %s (%s): %w", s.base, s.setting, err))
	}
	switch {
	case errors.Is(err, resilient.ErrBodyTooLarge):
		return fault.Wrap(fault.Unavailable, s.name, err)
	case err != nil:
		return fault.Wrap(fault.NetworkError, s.name, err)
	case resp.StatusCode == http.StatusNotFound:
		return fault.New(fault.NotFound, s.name, "not found")
	case resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusUnprocessableEntity:
		return fault.New(fault.InvalidInput, s.name, "%s", strings.TrimSpace(string(body[:min(len(body), 500)])))
	case resp.StatusCode != http.StatusOK:
		return fault.New(fault.Unavailable, s.name, "HTTP %d", resp.StatusCode)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fault.New(fault.Unavailable, s.name, "the answer is not from %s: %v", s.name, err)
	}
	return nil
}
