package resilient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Call describes one finished attempt at a call to an upstream, for metrics.
type Call struct {
	Endpoint string        // a template name such as "recipe_detail", never an address
	Status   string        // see [Label]; vendors with errors of their own map them to a status
	Bytes    int64         // read from the answer's body
	Took     time.Duration // from before the request to the end of the body
}

// Observer receives every finished attempt, with the caller's context.
type Observer func(context.Context, Call)

// Status labels of calls that got no answer.
const (
	LabelTimeout  = "timeout"
	LabelNetwork  = "network_error"
	LabelCanceled = "canceled"
	LabelOpen     = "circuit_open" // no call was made
)

// Label is the value of a status label: the HTTP status, or why there is none.
func Label(resp *http.Response, err error) string {
	if err == nil {
		return strconv.Itoa(resp.StatusCode)
	}
	switch TransportKind(err) {
	case fault.TimeoutError:
		return LabelTimeout
	case fault.Canceled:
		return LabelCanceled
	case fault.Unavailable:
		return LabelOpen
	default:
		return LabelNetwork
	}
}

// TransportKind classifies an error of an HTTP client or of reading a body: the kind it
// carries if it has one (an open breaker's), else [fault.TimeoutError],
// [fault.Canceled] or [fault.NetworkError].
func TransportKind(err error) fault.Kind {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return e.Kind
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return fault.TimeoutError
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.TimeoutError
	case errors.Is(err, context.Canceled):
		return fault.Canceled
	default:
		return fault.NetworkError
	}
}

type endpointKey struct{}

// WithEndpoint names the endpoint that requests made with the context go to.
func WithEndpoint(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, endpointKey{}, name)
}

// Endpoint returns the name given by [WithEndpoint], or "".
func Endpoint(ctx context.Context) string {
	name, _ := ctx.Value(endpointKey{}).(string)
	return name
}
