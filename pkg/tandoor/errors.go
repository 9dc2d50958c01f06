package tandoor

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// APIError is the cause of a fault that Tandoor answered with.
type APIError struct {
	Status     int
	Detail     string        // Tandoor's own words, shortened
	HTML       bool          // the answer was a page, not JSON
	RetryAfter time.Duration // of a 429 or 503; 0 = not said
}

// Error implements error.
func (e *APIError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("status %d", e.Status)
	}
	return fmt.Sprintf("status %d: %s", e.Status, e.Detail)
}

// Refused reports whether Tandoor answered to this very request, which had no effect and
// would not have one if it were sent again: a 4xx, or the page of a 500. Tokens, quotas and
// addresses are not about the request.
func (e *APIError) Refused() bool {
	switch s := e.Status; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusTooManyRequests:
		return false
	case s >= 400 && s < 500:
		return !e.HTML
	default:
		return s == http.StatusInternalServerError && e.HTML
	}
}

const maxDetail = 300

// The two texts by which Tandoor tells a token that is not valid from one that may not.
// Both come with status 403.
const (
	textNoCredentials = "credentials were not provided"
	textNoPermission  = "do not have permission"
)

func (c *Client) transportError(op string, err error) error {
	if errors.Is(err, resilient.ErrBodyTooLarge) {
		return &fault.Error{Kind: fault.TandoorError, Op: op, Message: "refused to read on", Cause: err}
	}
	kind := resilient.TransportKind(err)
	message := ""
	switch kind {
	case fault.TimeoutError:
		message = "no answer in time from " + c.base.Host
	case fault.NetworkError:
		message = "cannot reach " + c.base.Host + ": check the URL and that Tandoor runs"
	default:
	}
	return &fault.Error{Kind: kind, Op: op, Message: message, Cause: err}
}

// statusError maps the status and the shape of an answer; nil means a 2xx.
func (c *Client) statusError(op string, resp *http.Response, body []byte) error {
	s := resp.StatusCode
	if s >= 200 && s < 300 {
		return nil
	}
	cause := &APIError{Status: s, HTML: !isJSON(resp), RetryAfter: resilient.RetryAfter(resp.Header, c.cfg.Now())}
	if !cause.HTML {
		cause.Detail = shorten(detail(body))
	}
	kind, cure := judge(cause)
	if s >= 300 && s < 400 {
		cure = fmt.Sprintf("redirected to %q, so this is not a Tandoor API path: check the URL (scheme, host and path prefix)",
			shorten(resp.Header.Get("Location")))
	}
	return &fault.Error{Kind: kind, Op: op, Message: cure, Cause: cause}
}

func judge(e *APIError) (fault.Kind, string) {
	switch s := e.Status; {
	case s >= 300 && s < 400:
		return fault.TandoorError, ""
	case s == http.StatusTooManyRequests:
		return fault.QuotaExceeded, fmt.Sprintf("throttled: try again in %v", e.RetryAfter)
	case s == http.StatusBadGateway, s == http.StatusServiceUnavailable, s == http.StatusGatewayTimeout:
		return fault.Unavailable, "Tandoor is starting, overloaded or down"
	case s >= 500 && !e.HTML:
		return fault.Unavailable, "Tandoor failed"
	case s >= 500:
		return fault.TandoorError, "Tandoor failed on this very request: it refers to something that is no longer there, or Tandoor's log has the cause"
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return forbidden(e)
	case e.HTML && s == http.StatusBadRequest:
		return fault.TandoorError, "refused with a page: the host name must be in Tandoor's ALLOWED_HOSTS and must not contain an underscore"
	case e.HTML:
		return fault.TandoorError, "answered with a page, not JSON: check the URL"
	case s == http.StatusNotFound:
		return fault.NotFound, ""
	case s == http.StatusBadRequest:
		return fault.InvalidInput, ""
	default:
		return fault.TandoorError, ""
	}
}

func forbidden(e *APIError) (fault.Kind, string) {
	switch {
	case e.HTML:
		return fault.TandoorError, "refused with a page: check the URL; a proxy or the CSRF check answered instead of the API"
	case strings.Contains(e.Detail, textNoPermission):
		return fault.Unauthorized, "the token is valid but may not do this: make one with scope \"read write\" in Tandoor under Settings > API, for a user who belongs to a space"
	case strings.Contains(e.Detail, textNoCredentials) || e.Status == http.StatusUnauthorized:
		return fault.Unauthorized, "the token is wrong or expired: make a new one in Tandoor under Settings > API (if it is good in other programs, a proxy takes the Authorization header away)"
	default:
		return fault.Unauthorized, "refused: check the token in Tandoor under Settings > API"
	}
}

// detail finds the words in an error body: {"detail": ""}, {"error": true, "msg": ""}, or
// a tree of field names, which it flattens to "steps[0].food: This field is required.".
func detail(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return ""
	}
	if m, ok := v.(map[string]any); ok {
		for _, key := range []string{"detail", "msg"} {
			if s, ok := m[key].(string); ok {
				return s
			}
		}
	}
	var out []string
	flatten("", v, &out)
	return strings.Join(out, "; ")
}

func flatten(at string, v any, out *[]string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			flatten(strings.TrimPrefix(at+"."+k, "."), v[k], out)
		}
	case []any:
		for i, e := range v {
			if s, ok := e.(string); ok {
				*out = append(*out, at+": "+s)
			} else {
				flatten(fmt.Sprintf("%s[%d]", at, i), e, out)
			}
		}
	case string:
		*out = append(*out, at+": "+v)
	}
}

func shorten(s string) string {
	if len(s) > maxDetail {
		return strings.ToValidUTF8(s[:maxDetail], "") + "..."
	}
	return s
}

// apiError returns the APIError in err's chain, or nil.
func apiError(err error) *APIError {
	e, _ := errors.AsType[*APIError](err)
	return e
}
